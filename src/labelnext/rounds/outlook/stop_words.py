"""Whether to go on with a project, why, and how sure that is: in sentences."""

import math
from dataclasses import dataclass

from labelnext.evaluate.agreement import f_change_bound
from labelnext.evaluate.learning_curve import LEAST_POINTS, Estimate
from labelnext.rounds.outlook.expected import REACH, Expected, Goal
from labelnext.rounds.outlook.successive import IN_A_ROW, LEAST_IMAGES, LEAST_KAPPA, Successive
from labelnext.wording import count, listing, number, plural, significant

_FEW = 8  # points below which an interval is rough: docs/results/stopping.md


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Go on or stop.

    Attributes:
        stop: True to stop.
        why: In a sentence.
        sure: How sure that is, in a sentence or two; empty where there is nothing to add.
    """

    stop: bool
    why: str
    sure: str


def used_up() -> Suggestion:
    """No image is left to pick."""
    return Suggestion(True, "no image of the pool may be picked any more.", "")


def by_price(found: Expected, price: float, stop: bool, chance: float) -> Suggestion:
    """Judged by what an hour of labelling brings.

    Args:
        found: With hours.
        price: Miss rate that an hour must bring.
        stop: What the rule says.
        chance: Share of the curves drawn on which the next batch brings its price.
    """
    assert found.per_hour is not None
    high, asked = significant(found.per_hour.high, 2), f"{price:g}"
    if stop:
        why = f"an hour of labelling lowers the miss rate by {high} at most, less than the {asked} "
        why += "it must, and the cycle before said so too."
    elif found.per_hour.high < price:
        why = f"an hour of labelling lowers the miss rate by {high} at most, less than the {asked} "
        why += "it must, but the cycle before did not say so; two in a row have to."
    else:
        why = f"an hour of labelling may lower the miss rate by up to {high}; {asked} is asked."
    sure = f"{_percent(chance)} of the curves that fit the {found.curve.points} points bring that "
    sure += "with the next batch."
    if found.curve.points < _FEW:
        sure += f" {found.curve.points} points are few: take it as a hint."
    return Suggestion(stop, why, sure)


def by_agreement(
    agreed: Successive, found: Expected | None, price: float | None, measured: int
) -> Suggestion:
    """Judged without a price that could decide: do successive detectors still differ?"""
    if agreed.settled:
        why = f"{_because(found, price, measured)}, and the last {IN_A_ROW + 1} detectors agree on "
        why += f"{plural(agreed.images, 'pool image')} (F1 of boxes {_values(agreed)})."
        bound = f_change_bound(LEAST_KAPPA)
        sure = (
            f"By this rule F changes by {bound:.3f} at most with the next labels; for boxes, and "
        )
        sure += "on images that were not worth a pick, it is a guide only."
        return Suggestion(True, why, sure)
    return Suggestion(False, f"{_because(found, price, measured)}, {_differ(agreed)}", "")


def batch(found: Expected) -> str:
    """What the next batch brings."""
    hours = "" if found.hours is None else f", {_hours(found.hours)} of labelling"
    text = f"The next batch ({plural(round(found.images), 'image')}{hours}) is expected to lower "
    text += f"the miss rate at FPPI 1 by {_with_interval(found)}"
    if found.per_hour is not None:
        text += f", {significant(found.per_hour.gain, 2)} an hour"
    return (
        f"{text}; measured, from {_signed(found.measured.low)} to {_signed(found.measured.high)}."
    )


def limit(value: Estimate | None, family: str) -> str:
    """What ever more labels lead to."""
    if value is None:
        return f"The curve that fits best ({family}) has no floor: nothing says where it ends."
    return (
        f"Ever more labels of this kind tend to a miss rate of {number(value.value)} (90 % "
        f"interval {number(value.low)} to {number(value.high)}; {family} curve)."
    )


def goal(of: Goal) -> str:
    """How far the wanted miss rate is."""
    head = f"For a miss rate of {of.target:g}: "
    if not of.images:
        return f"{head}the curve is there already{_range(of)}."
    if math.isinf(of.images):
        return (
            f"{head}more than {REACH:g} times the images, beyond what a curve can say{_range(of)}."
        )
    hours = "" if of.hours is None else f", {_hours(of.hours)} of labelling"
    return f"{head}about {count(of.images)} more images{hours}{_range(of)}."


def line(
    cycle: int | None, miss_rate: float | None, found: Expected | None, suggestion: Suggestion
) -> str:
    """All of it in a line."""
    head = f"Cycle {cycle if cycle is not None else 0}"
    if miss_rate is not None:
        head += f", miss rate {number(miss_rate)}"
    if found is not None:
        head += f", by the next batch −{_with_interval(found)}"
    return f"{head}. {'Stop' if suggestion.stop else 'Go on'}: {suggestion.why}"


def _because(found: Expected | None, price: float | None, measured: int) -> str:
    if found is None and not measured:
        return "there is no miss rate to fit a curve to"
    if found is None:
        verb = "is" if measured == 1 else "are"
        few = f"{plural(measured, 'measured cycle')} {verb} too few for a curve"
        return f"{few}, {LEAST_POINTS} needed"
    if price is None:
        return "no price is set (stop.price: miss rate an hour of labelling has to bring)"
    return "nothing was labelled yet that would tell hours"


def _differ(agreed: Successive) -> str:
    if agreed.problem:
        return f"and the detectors cannot be compared: {agreed.problem}"
    if not agreed.values:
        return f"and no {LEAST_IMAGES} pool images were seen by two detectors to compare them on."
    on = f"(F1 of boxes {_values(agreed)} on {plural(agreed.images, 'pool image')}"
    if len(agreed.values) < IN_A_ROW:
        return f"and {len(agreed.values) + 1} detectors are too few to see them settle {on})."
    return f"and detectors still differ {on}; {IN_A_ROW} of {LEAST_KAPPA} or more would say stop)."


def _values(agreed: Successive) -> str:
    return listing(number(value) for value in agreed.values)


def _with_interval(found: Expected) -> str:
    low, high = found.gain.low, found.gain.high
    return f"{number(found.gain.gain)} (90 % interval {number(low)} to {number(high)})"


def _range(of: Goal) -> str:
    if math.isinf(of.low):
        return ""
    high = "beyond reach" if math.isinf(of.high) else count(of.high)
    return f" (90 % interval {count(of.low)} to {high})"


def _hours(hours: float) -> str:
    return f"{significant(hours, 2)} h" if hours >= 1 else f"{hours * 60:.0f} min"


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{number(abs(value))}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
