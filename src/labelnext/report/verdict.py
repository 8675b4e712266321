"""What a study shows, in words that claim no more than its numbers do."""

import math

from labelnext.evaluate.paired import PairedDifference
from labelnext.report.comparison import (
    LEVEL,
    MOST_SEEDS,
    Overlap,
    compare,
    find_baseline,
    least_p,
    outcome,
    overlap,
)
from labelnext.report.summary import arms, check, partial, spread, whole_pool
from labelnext.rounds.results import Study
from labelnext.wording import listing, number, plain


def verdict(study: Study) -> str:
    """The outcome in plain words: a headline, then one sentence or caution a line.

    It compares at the last cycle that every arm has reached, over the seeds that all arms share, so
    an interrupted study is judged on like with like. Cycle 0, the same detector for all, never
    counts. "No difference shown" stands unless the interval excludes 0 (STRATEGIES §12, words), and
    "not proven" unless p < 0.05 too: the interval is too narrow with few seeds.

    Args:
        study: Complete or interrupted; metrics may be absent or NaN.

    Raises:
        ArgumentError: The results contradict each other.
    """
    notes = (f"{note[0].upper()}{note[1:]}." for note in partial(study))
    return "\n".join((*lines(study), *notes))


def lines(study: Study) -> tuple[str, ...]:
    """`verdict` line by line, the headline first, without what is missing."""
    check(study)
    names = arms(study)
    if not names:
        return ("No cycle has finished, so there is nothing to judge yet.",)
    if all(r.metrics is None for r in study.results):
        return (
            "There is no test set, so nothing says whether the picks helped.",
            "Below is what was picked and why. Give labelled test images to measure miss rates.",
        )
    common = overlap(study)
    if common is None:
        return (_nothing(study),)
    if len(names) == 1:
        return tuple(_alone(study, common))
    scope = _scope(study, common)
    return (*_ranking(common), *_against(common), *_ceiling(study, common), *scope)


def _ranking(common: Overlap) -> list[str]:
    by_end = sorted(common.rates, key=lambda a: (common.end_mean(a), a))
    by_average = sorted(common.rates, key=lambda a: (common.average_mean(a), a))
    first, mean = by_end[0], by_average[0]
    end = f"{number(common.end_mean(first))} {common.where()}"
    average = f"{number(common.average_mean(mean))} {common.span()}"
    if len(common.positions) == 1:
        return [f"{plain(first)} has the lowest miss rate at FPPI 1: {end}."]
    if first == mean:
        return [
            f"{plain(first)} has the lowest miss rate at FPPI 1, at the end ({end}) and on average "
            f"({average})."
        ]
    return [
        f"{plain(first)} has the lowest miss rate at FPPI 1 at the end ({end}); "
        f"{plain(mean)} has it on average ({average})."
    ]


def _against(common: Overlap) -> list[str]:
    baseline = find_baseline(tuple(common.rates))
    ranked = sorted(common.rates, key=lambda a: (common.end_mean(a), a))
    if baseline is None:
        opening = ["No random arm ran, so this cannot say whether choosing beats chance."]
        (result,) = compare(common, ranked[:1], ranked[1])
    else:
        opening = [f"No arm ends below {plain(baseline)}."] if ranked[0] == baseline else []
        rival = next(a for a in ranked if a != baseline)
        found = compare(common, [a for a in ranked if a != baseline], baseline)
        result = next(c for c in found if c.arm == rival)
    pair = f"{plain(result.arm)} against {plain(result.baseline)}"
    said = [_sentence(f"{pair} at the end", result.end, result.p_end)]
    if len(common.positions) > 1:
        said.append(_sentence("The same on average", result.average, result.p_average))
    return [*opening, *said, *_cautions(common, baseline)]


def _sentence(opening: str, d: PairedDifference, p: float) -> str:
    if not float(f"{abs(d.mean):.3f}"):
        size = "equal to three decimals"
    else:
        size = f"{number(abs(d.mean))} {'lower' if d.mean < 0 else 'higher'}"
    if d.seeds < 2:
        return f"{opening}: {size}, on one seed, which gives no interval: no difference shown."
    known = f"95 % interval {_interval(d)} over {d.seeds} paired seeds, p = {p:.2g}"
    power = "" if d.shown else f" (so many seeds would show a gap of {number(d.detectable)})"
    return f"{opening}: {size} ({known}): {outcome(d, p)}{power}."


def _interval(d: PairedDifference) -> str:
    low, high = (number(abs(bound)) for bound in (d.low, d.high))
    if d.high <= 0:
        return f"{high} to {low} lower"
    if d.low >= 0:
        return f"{low} to {high} higher"
    return f"from {low} lower to {high} higher"


def _cautions(common: Overlap, baseline: str | None) -> list[str]:
    seeds, notes = min(len(common.seeds), MOST_SEEDS), []
    tried = len(common.rates) - 1 if baseline is not None else 1
    needed = next(s for s in range(1, 99) if least_p(s) * tried < LEVEL)
    of = f"one of {tried} comparisons" if tried > 1 else "a difference"
    enough = f"{needed} seeds are the fewest with which {of} can be proven"
    if seeds == 1:
        notes.append(
            "One seed shows one course of chance (the least two-sided p of a sign-flip test is "
            f"then 1); {enough}."
        )
    else:
        least = f"With {seeds} seeds the least two-sided p of a sign-flip test is "
        least += f"{least_p(seeds):.2g}{' before correction' if tried > 1 else ''}"
        notes.append(f"{least}; {enough}." if seeds < needed else f"{least}.")
    if len(common.seeds) > MOST_SEEDS:
        notes.append(f"The test takes the first {MOST_SEEDS} of {len(common.seeds)} seeds.")
    if tried > 1 and seeds > 1:
        notes.append(
            f"{tried} arms were held against it: p is corrected for that (Holm), the intervals are "
            "not."
        )
    if baseline is None and len(common.rates) > 2:
        notes.append(
            "These two arms were picked by their results, and nothing is corrected for that."
        )
    if common.uneven:
        notes.append("Arms had labelled different numbers of images at the same cycle.")
    return notes


def _ceiling(study: Study, common: Overlap) -> list[str]:
    ceiling = spread(m.miss_rate_at_fppi_1 for m in whole_pool(study)).mean
    if not math.isfinite(ceiling):
        return []
    best = min(common.rates, key=lambda a: (common.end_mean(a), a))
    gap = common.end_mean(best) - ceiling
    side = "above" if gap >= 0 else "below"
    return [
        f"Trained on the whole pool, the detector's miss rate is {number(ceiling)}: {plain(best)} "
        f"ends {number(abs(gap))} {side} it."
    ]


def _scope(study: Study, common: Overlap) -> list[str]:
    """What was compared, where that is less than what the table shows."""
    seeds = {r.seed for r in study.results}
    last = max(r.images if common.by_images else r.cycle for r in study.results)
    if len(common.seeds) == len(seeds) and common.positions[-1] == last:
        return []
    named = listing(str(s) for s in common.seeds)
    return [
        f"Compared is what all arms have: seed{'s' * (len(common.seeds) > 1)} {named}, up to "
        f"{common.where().removeprefix('at ').removeprefix('after ')}."
    ]


def _alone(study: Study, common: Overlap) -> list[str]:
    (arm,) = common.rates
    start = spread(
        r.metrics.miss_rate_at_fppi_1 for r in study.results if r.cycle == 0 and r.metrics
    ).mean
    before = f", from {number(start)} before any labelling" if math.isfinite(start) else ""
    over = f" (mean of {len(common.seeds)} seeds)" if len(common.seeds) > 1 else " (one seed)"
    return [
        f"{plain(arm)} brings the miss rate at FPPI 1 to {number(common.end_mean(arm))} "
        f"{common.where()}{before}{over}.",
        "It ran alone, so this cannot say whether it beats chance: run guided random beside it.",
        *_ceiling(study, common),
    ]


def _nothing(study: Study) -> str:
    measured = [r for r in study.results if r.metrics]
    if all(math.isnan(r.metrics.miss_rate_at_fppi_1) for r in measured if r.metrics):
        return "The miss rate is undefined: the test set holds no object to find."
    if all(r.cycle == 0 for r in measured):
        return "Only the initial detector has been measured, so there is nothing to judge yet."
    short = listing(plain(a) for a in arms(study))
    return f"No seed has a measured cycle in every arm ({short}), so nothing is compared."
