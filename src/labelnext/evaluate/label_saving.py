"""How many labels an arm saves on the way to the baseline's final quality (STRATEGIES §12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float64
from scipy.optimize import isotonic_regression

from labelnext.errors import ArgumentError
from labelnext.evaluate.area import checked_curve

Curve = tuple[Sequence[float], Sequence[float]]
Reach = Literal["reached", "more than", "beyond the range"]


@dataclass(frozen=True, slots=True)
class LabelSaving:
    """Labels that an arm needs for a quality, against those that the baseline needs.

    Attributes:
        seeds: How many.
        quality: The metric to be reached.
        labels: What the arm needs; its last or first point where `reach` says so.
        baseline: What the baseline needs.
        saving: 1 − labels / baseline; negative where the arm needs more. NaN where the baseline
            needs nothing.
        reach: `reached`: both curves pass the quality. `more than`: the arm is there at its first
            point already, so it saves at least so much. `beyond the range`: the arm is not there at
            its last point, so it saves at most so much, or wastes more.
        low: Lower end of the bootstrap interval of `saving`; NaN with one seed, −inf where even the
            bound lies beyond the range.
        high: Upper end; NaN with one seed, 1 where the arm may need next to nothing.
    """

    seeds: int
    quality: float
    labels: float
    baseline: float
    saving: float
    reach: Reach
    low: float
    high: float


def label_saving(
    arm: Sequence[Curve],
    baseline: Sequence[Curve],
    *,
    lower_is_better: bool,
    rng: np.random.Generator,
    draws: int = 2000,
    level: float = 0.95,
) -> LabelSaving:
    """Share of labels saved when the arm is as good as the baseline is at its end.

    Each arm gets one monotone curve: isotonic least squares over the points of all its seeds
    (Barlow et al., Statistical Inference under Order Restrictions, 1972), straight between points.
    The quality is the end of the baseline's curve, and n is where a curve first reaches it.

    Seeds are drawn with replacement, the same for both arms, and both curves and the quality are
    found anew; a draw in which the baseline needs nothing is left out. One in which the arm's n is
    known only to lie beyond an end of its range counts with that bound at one end of the interval,
    and with −inf or 1 at the other.

    Args:
        arm: (labels, values) a seed. Labels in images, boxes or hours, never falling; count what
            was bought if that is what is to be saved, or all labels with the initial ones.
        baseline: (labels, values) a seed, same seeds in the same order.
        lower_is_better: True for miss rates, False for average precision.
        rng: Draws seeds.
        draws: How many, from 1.
        level: Coverage of the percentile interval.

    Raises:
        ArgumentError: No seeds, numbers of seeds that differ, a curve with fewer than two points,
            labels below 0 or falling, a value that is not finite, draws or level out of range.
    """
    _check(baseline, arm, draws, level)
    sign = 1.0 if lower_is_better else -1.0
    ours = [_points(curve, sign) for curve in arm]
    theirs = [_points(curve, sign) for curve in baseline]
    point = _saving(ours, theirs)
    seeds, nan = len(arm), float("nan")
    low, high = nan, nan
    if seeds > 1 and not np.isnan(point.least):
        chosen = rng.integers(0, seeds, (draws, seeds))
        drawn = [_saving([ours[s] for s in row], [theirs[s] for s in row]) for row in chosen]
        known = [d for d in drawn if not np.isnan(d.least)]
        low, high = _interval(known or [point], level)
    return LabelSaving(
        seeds,
        sign * point.quality,
        point.labels,
        point.baseline,
        point.most if point.reach != "more than" else point.least,
        point.reach,
        low,
        high,
    )


def _interval(known: Sequence["_Saving"], level: float) -> tuple[float, float]:
    """Ends are values of draws: between −inf and a number nothing can be interpolated."""
    tail = (1 - level) / 2
    low = np.quantile([d.least for d in known], tail, method="lower")
    high = np.quantile([d.most for d in known], 1 - tail, method="higher")
    return float(low), float(high)


class _Points(NamedTuple):
    """One seed's curve, turned so that lower is better."""

    n: Float64[np.ndarray, "points"]
    v: Float64[np.ndarray, "points"]


class _Saving(NamedTuple):
    """The saving lies from `least` to `most`."""

    quality: float
    labels: float
    baseline: float
    least: float
    most: float
    reach: Reach


def _saving(arm: Sequence[_Points], baseline: Sequence[_Points]) -> _Saving:
    ours, theirs = _falling(arm), _falling(baseline)
    quality = float(theirs.v[-1])
    needed, _ = _first_at(theirs, quality)
    labels, reach = _first_at(ours, quality)
    if needed == 0:  # nothing to save
        return _Saving(quality, labels, needed, np.nan, np.nan, reach)
    saving = 1 - labels / needed
    least = -np.inf if reach == "beyond the range" else saving
    most = 1.0 if reach == "more than" else saving
    return _Saving(quality, labels, needed, least, most, reach)


def _falling(curves: Sequence[_Points]) -> _Points:
    """One curve that never rises, through the points of all seeds."""
    n = np.concatenate([c.n for c in curves])
    v = np.concatenate([c.v for c in curves])
    places, which, count = np.unique(n, return_inverse=True, return_counts=True)
    means = np.bincount(which, weights=v) / count
    fit = isotonic_regression(means, weights=count.astype(np.float64), increasing=False)
    return _Points(places, np.asarray(fit.x, np.float64))


def _first_at(curve: _Points, quality: float) -> tuple[float, Reach]:
    """Where the curve comes down to `quality`, or the end of its range beyond which that is."""
    n, v = curve
    slack = 1e-12 * max(1.0, abs(quality))  # means of equal values may differ by rounding
    there = np.flatnonzero(v <= quality + slack)
    if not len(there):
        return float(n[-1]), "beyond the range"
    i = int(there[0])
    if i == 0:
        return float(n[0]), "reached" if v[0] >= quality - slack else "more than"
    share = min(1.0, (v[i - 1] - quality) / (v[i - 1] - v[i]))
    return float(n[i - 1] + share * (n[i] - n[i - 1])), "reached"


def _points(curve: Curve, sign: float) -> _Points:
    n, v = (np.asarray(part, np.float64) for part in curve)
    return _Points(n, sign * v)


def _check(baseline: Sequence[Curve], arm: Sequence[Curve], draws: int, level: float) -> None:
    function = "label_saving"
    if len(arm) == 0:
        raise ArgumentError(function, "arm", expected="one curve per seed", got="none")
    if len(baseline) != len(arm):
        expected = f"one curve per seed of `arm` ({len(arm)})"
        raise ArgumentError(function, "baseline", expected=expected, got=f"{len(baseline)}")
    for labels, values in (*arm, *baseline):
        n, _ = checked_curve(function, labels, values)
        if n[0] < 0:
            raise ArgumentError(function, "labels", expected="from 0", got=labels)
    if draws < 1:
        raise ArgumentError(function, "draws", expected="at least 1", got=draws)
    if not 0 < level < 1:
        raise ArgumentError(function, "level", expected="between 0 and 1", got=level)
