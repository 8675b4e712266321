"""Would a stopping rule have served? The rounds so far predict the next, and the next is known.

STRATEGIES §12, return and stop, checked by replay: at every cycle with five points or more the
learning curve of that run alone predicts what the next batch brings, and what it brought is there
to be compared.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from labelnext.audit.judge import facts
from labelnext.audit.judge.curves import Run, all_runs
from labelnext.audit.judge.judge import METRICS
from labelnext.audit.judge.values import UNITS, Unit
from labelnext.errors import ArgumentError
from labelnext.evaluate.learning_curve import LEAST_POINTS, fit_learning_curve
from labelnext.evaluate.returns import Return, curve_return, suggest_stop
from labelnext.rounds.results import Study

PRICES = (0.02, 0.01, 0.005)
LEVEL = 0.9
_DRAWS = 300


@dataclass(frozen=True, slots=True)
class Predicted:
    """How the predictions of one arm turned out.

    Attributes:
        arm: Name; empty for all arms together.
        predictions: How many.
        inside: How many of the 90 % intervals held what came.
        error: Mean of predicted less measured gain; above 0, too much was promised.
        size: Mean size of that error.
        width: Mean width of the intervals.
    """

    arm: str
    predictions: int
    inside: int
    error: float
    size: float
    width: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """What stopping at one price would have done, over all runs.

    Attributes:
        price: Gain that is just worth a batch.
        runs: Runs with enough cycles to stop before their end.
        stopped: How many would have stopped.
        cycle: Mean cycle of those stops; NaN without any.
        saved: Mean labour not spent, by unit, over the runs that would have stopped.
        lost: Mean gain forgone over those runs; below 0 where the metric got worse after the stop.
        worst: Greatest gain forgone.
    """

    price: float
    runs: int
    stopped: int
    cycle: float
    saved: Mapping[Unit, float]
    lost: float
    worst: float


@dataclass(frozen=True, slots=True)
class Stopping:
    """Both, with the metric they are about."""

    metric: str
    predicted: tuple[Predicted, ...]
    stopped: tuple[Stopped, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """One prediction: at which point, the gain of the curve, of the next measurement, what came."""

    point: int
    gain: Return
    measured: Return
    came: float


def stopping(
    study: Study,
    *,
    metric: str = "miss_rate_at_fppi_1",
    prices: Sequence[float] = PRICES,
) -> Stopping | None:
    """Predict every batch from the cycles before it, and stop where the prediction says so.

    Curves are over images; the initial ones are counted where rounds train on them too. Otherwise
    the initial detector is no point of the curve (docs/results/stopping.md), which must start above
    0 labels.

    Args:
        study: Complete or interrupted.
        metric: Field of `Metrics`.
        prices: Improvements of the metric that are just worth a batch, from 0.

    Returns:
        None where no run has a cycle after five points.

    Raises:
        ArgumentError: An unknown metric, a price below 0, or results that contradict each other.
    """
    if metric not in METRICS:
        expected = f"one of {', '.join(METRICS)}"
        raise ArgumentError("stopping", "metric", expected=expected, got=repr(metric))
    if not all(price >= 0 for price in prices):
        raise ArgumentError("stopping", "prices", expected="numbers from 0", got=prices)
    facts.check(study)
    lower = METRICS[metric]
    steps: dict[str, list[list[_Step]]] = {}
    runs: dict[str, list[Run]] = {}
    for arm, by_seed in all_runs(study, facts.arms(study), metric).items():
        for run in by_seed.values():
            if found := _steps(run, study.initial_images or 0, lower):
                steps.setdefault(arm, []).append(found)
                runs.setdefault(arm, []).append(run)
    if not steps:
        return None
    flat = {arm: [s for run in of for s in run] for arm, of in steps.items()}
    rows = [_predicted(arm, of) for arm, of in flat.items()]
    every = _predicted("", [s for of in flat.values() for s in of])
    pairs = [p for arm in steps for p in zip(runs[arm], steps[arm], strict=True)]
    return Stopping(
        metric, (every, *rows), tuple(_stopped(price, pairs, lower) for price in prices)
    )


def _steps(run: Run, initial: int, lower: bool) -> list[_Step]:
    """A prediction at every point that has a next one."""
    labels, values = run.labels["images"] + initial, run.values
    keep = labels > 0
    found: list[_Step] = []
    read = partial(curve_return, lower_is_better=lower, level=LEVEL)
    for k in range(LEAST_POINTS - 1, len(labels) - 1):
        step = float(labels[k + 1] - labels[k])
        if not 0 < step <= labels[k]:
            continue
        points = np.flatnonzero(keep[: k + 1])
        if len(points) < LEAST_POINTS:
            continue
        curve = fit_learning_curve(
            [(labels[points].tolist(), values[points].tolist())],
            lower_is_better=lower,
            rng=np.random.default_rng(k),
            draws=_DRAWS,
        )
        if curve is not None:
            came = float(values[k] - values[k + 1]) * (1 if lower else -1)
            found.append(_Step(k, read(curve, step), read(curve, step, new_measurement=True), came))
    return found


def _predicted(arm: str, steps: Sequence[_Step]) -> Predicted:
    errors = [s.gain.gain - s.came for s in steps]
    n = len(steps)
    return Predicted(
        arm,
        n,
        sum(s.measured.low <= s.came <= s.measured.high for s in steps),
        math.fsum(errors) / n,
        math.fsum(map(abs, errors)) / n,
        math.fsum(s.measured.high - s.measured.low for s in steps) / n,
    )


def _stopped(price: float, pairs: Sequence[tuple[Run, list[_Step]]], lower: bool) -> Stopped:
    stops = []
    for run, steps in pairs:
        for k in range(len(steps)):
            if suggest_stop([s.gain for s in steps[: k + 1]], price).stop:
                stops.append((run, steps[k].point))
                break
    lost = [float(r.values[k] - r.values[-1]) * (1 if lower else -1) for r, k in stops]
    return Stopped(
        price,
        len(pairs),
        len(stops),
        facts.spread(r.cycles[k] for r, k in stops).mean,
        {u: facts.spread(r.labels[u][-1] - r.labels[u][k] for r, k in stops).mean for u in UNITS},
        facts.spread(lost).mean,
        max(lost, default=math.nan),
    )
