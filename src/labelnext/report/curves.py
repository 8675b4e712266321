"""Miss rate – FPPI curves averaged over seeds."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from labelnext.evaluate.miss_rate import miss_rate_at
from labelnext.rounds.results import Study
from labelnext.types import MissRateCurve


class MeanCurve(NamedTuple):
    """Miss rate at fixed FPPI values, mean over seeds."""

    fppi: Float64[np.ndarray, "points"]
    miss_rate: Float64[np.ndarray, "points"]


def mean_curve(curves: Sequence[MissRateCurve], *, points: int = 121) -> MeanCurve | None:
    """Average curves at FPPI values spaced evenly in log from 0.01 to 10.

    At each value a curve counts with what `miss_rate_at` reads from it. The average ends where the
    longest curve ends, but not before FPPI 1; a shorter curve keeps its last value.

    Args:
        curves: One a seed. Empty curves and those with NaN are left out.
        points: Values between 0.01 and 10.

    Returns:
        The curve, or None where no curve is left.
    """
    whole = [c for c in curves if math.isfinite(miss_rate_at(c, 1.0))]
    if not whole:
        return None
    grid = np.geomspace(0.01, 10.0, points)
    grid = grid[grid <= max(1.0, *(float(c.fppi[-1]) for c in whole)) * (1 + 1e-9)]
    rates = [[miss_rate_at(c, fppi) for fppi in grid] for c in whole]
    return MeanCurve(grid, np.mean(rates, axis=0))


def arm_curve(study: Study, arm: str, cycle: int) -> MeanCurve | None:
    """Mean curve of one arm at one cycle; None where nothing was measured."""
    found = [r for r in study.results if (r.arm, r.cycle) == (arm, cycle) and r.metrics]
    return mean_curve([r.metrics.curve for r in sorted(found, key=lambda r: r.seed) if r.metrics])


def initial_curve(study: Study) -> MeanCurve | None:
    """Mean curve of the initial detector, once a seed whichever arm recorded it."""
    seeds = {r.seed: r.metrics.curve for r in study.results if r.cycle == 0 and r.metrics}
    return mean_curve([seeds[s] for s in sorted(seeds)])


def landmarks(study: Study) -> tuple[int, ...]:
    """First, middle and last measured cycle after the initial one; fewer where fewer are."""
    cycles = sorted({r.cycle for r in study.results if r.metrics and r.cycle > 0})
    if not cycles:
        cycles = sorted({r.cycle for r in study.results if r.metrics})
    if not cycles:
        return ()
    return tuple(sorted({cycles[0], cycles[(len(cycles) - 1) // 2], cycles[-1]}))
