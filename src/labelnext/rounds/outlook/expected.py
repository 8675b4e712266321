"""What a batch of labels is expected to bring a run, from its cycles so far (STRATEGIES §12)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from labelnext.errors import ArgumentError
from labelnext.evaluate.learning_curve import LearningCurve, fit_learning_curve
from labelnext.evaluate.returns import Return, curve_return
from labelnext.rounds.results import CycleResult

LEVEL = 0.9
REACH = 2.0  # times the images labelled: no fit is to be trusted beyond


@dataclass(frozen=True, slots=True)
class Expected:
    """What a batch is expected to bring, from the cycles so far.

    Attributes:
        curve: Miss rate at FPPI 1 over images labelled, the initial ones included if they count.
        images: Of the batch; fewer than asked where the curve reaches no farther.
        hours: Of labelling it; None where the time is not known.
        gain: By how much the curve falls; positive is better.
        measured: The same of two measurements, each with its noise: what will be seen.
        per_hour: `gain` by `hours`; None without them.
    """

    curve: LearningCurve
    images: float
    hours: float | None
    gain: Return
    measured: Return
    per_hour: Return | None


@dataclass(frozen=True, slots=True)
class Goal:
    """How many more images a wanted miss rate takes; infinite where twice the images do not do.

    Attributes:
        target: Miss rate at FPPI 1.
        images: More than there are now; 0 where the curve is there already.
        low: Fewest, by the interval of the curve.
        high: Most.
        hours: Of labelling `images`; None where the time is not known or `images` is infinite.
    """

    target: float
    images: float
    low: float
    high: float
    hours: float | None


def expected(
    results: Sequence[CycleResult], *, initial: int, batch: float, rng: np.random.Generator
) -> Expected | None:
    """What the next batch brings, from one run's cycles so far.

    Hours are those of an average image labelled so far, so a strategy that comes to pick fuller
    images costs more than is said.

    Args:
        results: In order of cycle; those without a miss rate, or without any label, do not count.
        initial: Images labelled before the first cycle, if later detectors were trained on them
            too, else 0.
        batch: Images to be labelled, above 0; at most as many as there are now are looked at.
        rng: Draws the bootstrap.

    Returns:
        None where fewer than five numbers of images were measured.

    Raises:
        ArgumentError: `batch` is not above 0, or `initial` is below 0.
    """
    if not 0 < batch < math.inf:
        raise ArgumentError("expected", "batch", expected="finite, above 0", got=batch)
    if initial < 0:
        raise ArgumentError("expected", "initial", expected="at least 0", got=initial)
    points = usable(results, initial)
    if not points:
        return None
    curve = fit_learning_curve(
        [([r.images + initial for r in points], [miss_rate(r) or 0.0 for r in points])],
        lower_is_better=True,
        rng=rng,
    )
    if curve is None:
        return None
    step = min(batch, (REACH - 1) * curve.last)
    each = _hours_an_image(points[-1])
    hours = None if each is None else each * step
    gain = curve_return(curve, step, lower_is_better=True, level=LEVEL)
    measured = curve_return(curve, step, lower_is_better=True, level=LEVEL, new_measurement=True)
    return Expected(curve, step, hours, gain, measured, gain.per(hours) if hours else None)


def goal(found: Expected, target: float) -> Goal:
    """How many more images a miss rate takes, by the curve and the ends of its interval.

    Args:
        found: What the cycles so far say.
        target: Miss rate at FPPI 1, above 0.

    Raises:
        ArgumentError: It is not above 0, or not below 1.
    """
    if not 0 < target < 1:
        raise ArgumentError("goal", "target", expected="between 0 and 1", got=target)
    curve, each = found.curve, found.hours and found.hours / found.images
    images = _reached(curve, lambda n: curve.predict(n, level=LEVEL).value, target)
    low = _reached(curve, lambda n: curve.predict(n, level=LEVEL).low, target)
    high = _reached(curve, lambda n: curve.predict(n, level=LEVEL).high, target)
    hours = None if each is None or math.isinf(images) else each * images
    return Goal(target, images, low, high, hours)


def _reached(curve: LearningCurve, value: Callable[[float], float], target: float) -> float:
    """Images after the last at which a falling curve is down to the target.

    Quantiles of curves that all fall fall too, and cross the target at the quantiles of where the
    curves cross it.
    """
    low, high = curve.last, REACH * curve.last
    if value(low) <= target:
        return 0.0
    if value(high) > target:
        return math.inf
    while high - low > 0.5:
        middle = (low + high) / 2
        low, high = (low, middle) if value(middle) <= target else (middle, high)
    return float(math.ceil(high - curve.last))


def usable(results: Sequence[CycleResult], initial: int) -> list[CycleResult]:
    """Cycles with a miss rate; a curve has to start above 0 images."""
    return [r for r in results if miss_rate(r) is not None and r.images + initial > 0]


def miss_rate(result: CycleResult) -> float | None:
    """At FPPI 1; None where it was not measured or is not defined."""
    found = None if result.metrics is None else result.metrics.miss_rate_at_fppi_1
    return None if found is None or math.isnan(found) else found


def _hours_an_image(result: CycleResult) -> float | None:
    if not result.images or not result.labelling_seconds > 0:
        return None
    return result.labelling_seconds / result.images / 3600
