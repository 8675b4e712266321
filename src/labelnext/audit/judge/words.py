"""A judgement in words that claim no more than its numbers do (STRATEGIES §12, words)."""

import math

from labelnext.audit.judge.savings import savings
from labelnext.audit.judge.values import Comparison, Contest, Judgement
from labelnext.wording import count, listing, number, plain, plural

METRIC_WORDS = {
    "miss_rate_at_fppi_1": "miss rate at FPPI 1",
    "miss_rate_at_fppi_01": "miss rate at FPPI 0.1",
    "log_average_miss_rate": "log-average miss rate",
    "ap": "average precision",
    "ap50": "AP50",
    "mean_iou": "mean IoU",
    "pixel_accuracy": "pixel accuracy",
}
_NOTHING = {
    "no cycle": "No cycle has finished, so there is nothing to judge yet.",
    "no test set": "There is no test set, so nothing says whether the picks helped: give labelled "
    "test images to measure miss rates.",
    "no truth": "The metric is undefined: the test set holds no object to find.",
    "only the start": "Only the initial detector has been measured, so there is nothing to judge "
    "yet.",
}
LEVEL = 0.05


def headline(j: Judgement) -> str:
    """The one sentence for those who read no further."""
    if j.nothing:
        return _NOTHING.get(j.nothing) or (
            f"No seed has a measured cycle in every arm ({listing(map(plain, j.arms))}), so "
            "nothing is compared."
        )
    if len(j.arms) == 1:
        return _alone(j)
    if not j.main:
        best = j.standings[0]
        return (
            "No random arm ran, so nothing says whether choosing beats chance; "
            f"{plain(best.arm)} has the best {metric(j)}, {number(best.area)} on average {over(j)}."
        )
    return f"On this data {_outcome(j)}"


def arm_lines(j: Judgement) -> tuple[str, ...]:
    """One line an arm: the verdict against the first baseline in images, boxes and hours."""
    return tuple(f"{plain(c.arm)}: {_by_units(c)}." for c in j.main)


def notes(j: Judgement) -> tuple[str, ...]:
    """What the headline leaves out: savings, the end, ceiling, cautions, what is missing."""
    if j.nothing:
        return _missing(j)
    said: list[str] = []
    for c in sorted(j.main, key=lambda c: _rank(j, c)):
        if _word(c) == "better":
            said.append(savings(c, j.rate))
    return tuple(
        s
        for s in (
            *said,
            _uncorrected(j),
            _at_end(j),
            _plainly_random(j),
            _ceiling(j),
            _chance(j),
            _scope(j),
            *_missing(j),
        )
        if s
    )


def text(j: Judgement) -> str:
    """All of it, a sentence or two a line, the headline first."""
    return "\n".join((headline(j), *(arm_lines(j) if len(j.main) > 1 else ()), *notes(j)))


def metric(j: Judgement) -> str:
    """The metric's name in words."""
    return METRIC_WORDS[j.metric]


def over(j: Judgement) -> str:
    """The range of images that all arms share, in words."""
    return f"over the first {count(j.ends['images'])} images"


def interval(c: Comparison) -> str:
    """`0.050 lower (95 % interval 0.061 to 0.040 lower)`, or without interval from one seed."""
    d = c.difference
    size = f"{number(abs(d.mean))} {'lower' if d.mean < 0 else 'higher'}"
    if not float(f"{abs(d.mean):.3f}"):
        size = "equal to three decimals"
    if d.seeds < 2:
        return size
    return f"{size} (95 % interval {bounds(d.low, d.high)}, p = {c.p:.2g})"


def bounds(low: float, high: float) -> str:
    """An interval of differences in words."""
    least, most = number(abs(low)), number(abs(high))
    if high <= 0:
        return f"{most} to {least} lower"
    if low >= 0:
        return f"{least} to {most} higher"
    return f"from {least} lower to {most} higher"


def _outcome(j: Judgement) -> str:
    base, seeds = plain(j.baselines[0]), plural(len(j.seeds), "paired seed")
    better = sorted((c for c in j.main if _word(c) == "better"), key=lambda c: _rank(j, c))
    worse = [c for c in j.main if _word(c) == "worse"]
    if better:
        best = better[0]
        names = listing(plain(c.arm) for c in better)
        verb = "is" if len(better) == 1 else "are"
        several = f"the {metric(j)} of {plain(best.arm)}"
        which = several if len(better) > 1 else f"its {metric(j)}"
        return (
            f"{names} {verb} better than {base} {over(j)} ({seeds}): {which} is "
            f"{interval(_area(best))} on average."
        )
    one = plain(j.main[0].arm) if len(j.main) == 1 else ""
    if len(j.seeds) < j.least_seeds:
        who = one or "no arm"
        cannot = "cannot be told" if one else "can be told"
        among = "" if one else f" among {len(j.main)} arms"
        prove = "proves" if len(j.seeds) == 1 else "prove"
        return (
            f"{who} {cannot} from {base}: {seeds} {prove} nothing{among}, however large the "
            f"difference; {j.least_seeds} seeds are the fewest that can."
        )
    if len(worse) == len(j.main) == 1:
        what = f"its {metric(j)} is {interval(_area(worse[0]))} on average."
        return f"{one} is worse than {base} {over(j)} ({seeds}): {what}"
    if len(worse) == len(j.main):
        return f"every arm is worse than {base} {over(j)} ({seeds})."
    gap = max(_area(c).gap for c in j.main if _word(c) == "not distinguishable")
    seen = f"a gap of {number(gap, 2 if gap >= 0.095 else 3)} or more would have been seen."
    if one:
        return f"{one} is not distinguishable from {base} {over(j)} ({seeds}); {seen}"
    tail = f"; {listing(plain(c.arm) for c in worse)} {'is' if len(worse) == 1 else 'are'} worse"
    return f"no arm is better than {base} {over(j)} ({seeds}){tail if worse else ''}; {seen}"


def _alone(j: Judgement) -> str:
    (standing,) = j.standings
    before = f", from {number(j.start)} before any labelling" if math.isfinite(j.start) else ""
    over_ = f"mean of {len(j.seeds)} seeds" if len(j.seeds) > 1 else "one seed"
    return (
        f"{plain(standing.arm)} brings the {metric(j)} to {number(standing.end)} with "
        f"{count(j.ends['images'])} images labelled{before} ({over_}). It ran alone, so this "
        "cannot say whether it beats chance."
    )


def _by_units(c: Contest) -> str:
    """`better in images, not distinguishable in boxes and hours`."""
    by_word: dict[str, list[str]] = {}
    for u in c.units:
        by_word.setdefault(u.area.verdict, []).append(u.unit)
    return ", ".join(f"{word} in {listing(units)}" for word, units in by_word.items())


def _uncorrected(j: Judgement) -> str:
    """Arms that would be better if they alone had been tried."""
    found = [
        c
        for c in sorted(j.main, key=lambda c: _rank(j, c))
        if _word(c) != "better" and _alone_better(_area(c), j)
    ]
    if not found or len(j.main) == 1:
        return ""
    names = listing(plain(c.arm) for c in found)
    return (
        f"Had {'it' if len(found) == 1 else 'each'} been the only arm tried, {names} would be "
        f"called better (p < {LEVEL:g} by itself): worth a study of "
        f"{'its' if len(found) == 1 else 'their'} own, not proof, since {len(j.main)} arms were "
        "tried."
    )


def _alone_better(c: Comparison, j: Judgement) -> bool:
    good = (c.difference.mean < 0) == j.lower_is_better
    return c.difference.shown and good and c.difference.p_value < LEVEL


def _at_end(j: Judgement) -> str:
    """The last point, for the arm that the headline is about."""
    if not j.main or len(j.seeds) < 2:
        return ""
    c = min(j.main, key=lambda c: _rank(j, c))
    at_end = c.units[0].end
    if c.clips is None:
        scope = "over seeds alone, so it holds for this test set only"
        known = f"{interval(at_end)}: {at_end.verdict}; the interval is {scope}"
    else:
        known = (
            f"{number(abs(c.clips.mean))} {'lower' if c.clips.mean < 0 else 'higher'} (95 % "
            f"interval over seeds and {plural(c.clips.clips, 'clip')} of the test set "
            f"{bounds(c.clips.low, c.clips.high)}, p = {at_end.p:.2g}): {c.clips_verdict}"
        )
    return (
        f"At {count(j.ends['images'])} images the {metric(j)} of {plain(c.arm)} is "
        f"{number(at_end.arm)} against {number(at_end.baseline)}, {known}."
    )


def _plainly_random(j: Judgement) -> str:
    """Against plain random choice too, where guided random is the baseline."""
    if len(j.baselines) < 2:
        return ""
    rows = [c for c in j.against(j.baselines[1]) if c.arm != j.baselines[0]]
    better = [plain(c.arm) for c in rows if _word(c) == "better"]
    guided = next(c for c in j.against(j.baselines[1]) if c.arm == j.baselines[0])
    who = listing(better) or "no arm"
    verb = "are" if len(better) > 1 else "is"
    return (
        f"Against {plain(j.baselines[1])}, {who} {verb} better; {plain(j.baselines[0])} itself is "
        f"{_word(guided)}{'' if _word(guided) != 'not distinguishable' else ' from it'}."
        if rows
        else ""
    )


def _ceiling(j: Judgement) -> str:
    if not math.isfinite(j.ceiling):
        return ""
    best = min(j.standings, key=lambda s: (s.end if j.lower_is_better else -s.end, s.arm))
    gap = best.end - j.ceiling
    side = "above" if gap >= 0 else "below"
    return (
        f"Trained on the whole pool, the detector's {metric(j)} is {number(j.ceiling)}: "
        f"{plain(best.arm)}, the best at the end, is {number(abs(gap))} {side} it."
    )


def _chance(j: Judgement) -> str:
    if not j.main:
        return ""
    least = f"{2.0 ** (1 - len(j.seeds)):.2g}"
    many = len(j.main) > 1
    corrected = (
        f"p is valid for the {len(j.main)} arms together, the intervals are each arm's own"
        if many
        else ""
    )
    seeds = plural(len(j.seeds), "paired seed")
    return (
        f"With {seeds} the least p that a sign-flip test can give is {least}"
        f"{f'; {corrected}' if corrected else ''}."
    )


def _scope(j: Judgement) -> str:
    if j.all_seeds:
        return ""
    named = listing(str(s) for s in j.seeds)
    return f"Compared is what all arms have: seed{'s' * (len(j.seeds) > 1)} {named}."


def _missing(j: Judgement) -> tuple[str, ...]:
    left = (
        f"Left out of the comparison, having done less than half of what others have: "
        f"{listing(map(plain, j.behind))}.",
    )
    partial = tuple(f"{note[0].upper()}{note[1:]}." for note in j.lacking)
    return (*(left if j.behind else ()), *partial)


def _area(c: Contest) -> Comparison:
    return c.units[0].area


def _word(c: Contest) -> str:
    """The verdict that counts: area over images."""
    return _area(c).verdict


def _rank(j: Judgement, c: Contest) -> tuple[float, str]:
    mean = _area(c).difference.mean
    return (mean if j.lower_is_better else -mean, c.arm)
