"""What a study shows, in words that claim no more than its numbers do."""

import math

from labelnext.report.comparison import (
    Difference,
    Overlap,
    compare,
    find_baseline,
    least_p,
    outcome,
    overlap,
)
from labelnext.report.summary import arms, check, partial, spread, whole_pool
from labelnext.report.text import listing, number, plain
from labelnext.rounds.results import Study

_LEVEL = 0.05  # a sign-flip test that cannot go below this proves nothing


def verdict(study: Study) -> str:
    """The outcome in plain words: a headline, then one sentence or caution a line.

    It compares at the last cycle that every arm has reached, over the seeds that all arms share, so
    an interrupted study is judged on like with like. Cycle 0, the same detector for all, never
    counts. "No difference shown" stands unless the interval excludes 0 (STRATEGIES §12, words).

    Args:
        study: Complete or interrupted; metrics may be absent or NaN.

    Raises:
        ArgumentError: The results contradict each other.
    """
    return "\n".join(lines(study))


def lines(study: Study) -> tuple[str, ...]:
    """`verdict` line by line: the headline first."""
    check(study)
    notes = tuple(f"{note[0].upper()}{note[1:]}." for note in partial(study))
    names = arms(study)
    if not names:
        return ("No cycle has finished, so there is nothing to judge yet.", *notes)
    if all(r.metrics is None for r in study.results):
        return (
            "There is no test set, so nothing says whether the picks helped.",
            "Below is what was picked and why. Give labelled test images to measure miss rates.",
            *notes,
        )
    common = overlap(study)
    if common is None:
        return (_nothing(study), *notes)
    if len(names) == 1:
        return (*_alone(study, common), *notes)
    return (*_ranking(common), *_against(common), *_ceiling(study, common), *notes)


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
        rival, target = ranked[0], ranked[1]
        opening = ["No random arm ran, so this cannot say whether choosing beats chance."]
    else:
        rival = next(a for a in ranked if a != baseline)
        target = baseline
        opening = []
    result = compare(common, rival, target)
    return [
        *opening,
        _sentence(f"{plain(rival)} against {plain(target)} at the end", result.end),
        *(
            [_sentence("On average over cycles", result.average)]
            if len(common.positions) > 1
            else []
        ),
        *_cautions(common, (result.end, result.average)),
    ]


def _sentence(opening: str, d: Difference) -> str:
    if not float(f"{abs(d.mean):.3f}"):
        size = "no difference to three decimals"
    else:
        size = f"{number(abs(d.mean))} {'lower' if d.mean < 0 else 'higher'}"
    if d.seeds < 2:
        return f"{opening}: {size} on one seed, which has no interval: no difference shown."
    interval = f"95 % interval {_side(d.low)} to {_side(d.high)} over {d.seeds} paired seeds"
    return f"{opening}: {size} ({interval}): {outcome(d)}."


def _side(bound: float) -> str:
    if not float(f"{abs(bound):.3f}"):
        return "0.000"
    return f"{number(abs(bound))} {'lower' if bound < 0 else 'higher'}"


def _cautions(common: Overlap, differences: tuple[Difference, ...]) -> list[str]:
    seeds, notes = len(common.seeds), []
    if seeds == 1:
        notes.append(
            "One seed shows one course of chance: run at least six seeds, the fewest with which a "
            "two-sided sign-flip test can reach p < 0.05."
        )
    else:
        caution = f"With {seeds} seeds the least two-sided p that a sign-flip test can give is "
        caution += f"{least_p(seeds):.3g}"
        if least_p(seeds) > _LEVEL and any(
            outcome(d) != "no difference shown" for d in differences
        ):
            caution += ", so an interval that excludes 0 is here a sign and not proof"
        notes.append(f"{caution}.")
    if len(common.rates) > 2:
        notes.append(
            f"The best of {len(common.rates)} arms was found by looking, and intervals are not "
            "corrected for that: expect it to do a little less well next time."
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
