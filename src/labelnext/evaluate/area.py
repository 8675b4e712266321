"""Area under a learning curve: one number for a whole run (STRATEGIES §12).

Arms label at different paces in boxes or hours, so their curves end at different places. They are
compared over the range that they share: `shared_range`, then `area_between`.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float64

from labelnext.errors import ArgumentError


def area_under_curve(labels: Sequence[float], values: Sequence[float]) -> float:
    """Mean height of a learning curve, ∫ v(n) dn / (n_B − n_0), by trapezoids.

    Args:
        labels: Labels (or boxes, or hours) spent at each point, rising.
        values: The metric there.

    Returns:
        A number between the least and largest value.

    Raises:
        ArgumentError: Fewer than two points, lengths that differ, NaN, or labels that do not rise.
    """
    n, v = checked_curve("area_under_curve", labels, values)
    if not (np.diff(n) > 0).all():
        raise ArgumentError("area_under_curve", "labels", expected="rising", got=labels)
    return _mean_height(n, v)


def area_between(
    labels: Sequence[float], values: Sequence[float], low: float, high: float
) -> float:
    """Mean height of a learning curve from `low` to `high`, by trapezoids between its points.

    Args:
        labels: Images, boxes or hours spent at each point, never falling (a batch of images without
            objects adds no boxes). Of points at one place the last counts.
        values: The metric there.
        low: Start, not before the first point.
        high: End, after `low` and not beyond the last point: nothing is extrapolated.

    Returns:
        A number between the least and largest value.

    Raises:
        ArgumentError: Fewer than two points, lengths that differ, NaN, labels that fall, or a range
            that is empty or reaches beyond the points.
    """
    n, v = _settled("area_between", labels, values)
    _check_inside("area_between", "low", low, n)
    _check_inside("area_between", "high", high, n)
    if not low < high:
        raise ArgumentError("area_between", "high", expected=f"above `low` ({low})", got=high)
    inside = (n > low) & (n < high)
    ends = np.interp([low, high], n, v)
    n = np.concatenate([[low], n[inside], [high]])
    return _mean_height(n, np.concatenate([ends[:1], v[inside], ends[1:]]))


def quality_at(labels: Sequence[float], values: Sequence[float], at: float) -> float:
    """The metric after `at` labels, on the straight line between the points beside it.

    Args:
        labels: See `area_between`.
        values: See `area_between`.
        at: Within the points: nothing is extrapolated.

    Raises:
        ArgumentError: See `area_between`.
    """
    n, v = _settled("quality_at", labels, values)
    _check_inside("quality_at", "at", at, n)
    return float(np.interp(at, n, v))


def shared_range(labels: Iterable[Sequence[float]]) -> tuple[float, float] | None:
    """The range that all curves cover, from the latest start to the earliest end.

    Args:
        labels: Labels at the points of each curve, never falling.

    Returns:
        (low, high) with low < high; None if they share no such range, or there is no curve.

    Raises:
        ArgumentError: A curve has no point, or its labels are not finite or fall.
    """
    curves = [checked_curve("shared_range", n, [0.0] * len(n), least=1)[0] for n in labels]
    if not curves:
        return None
    low, high = max(n[0] for n in curves), min(n[-1] for n in curves)
    return (float(low), float(high)) if low < high else None


def checked_curve(
    function: str, labels: Sequence[float], values: Sequence[float], *, least: int = 2
) -> tuple[Float64[np.ndarray, "points"], Float64[np.ndarray, "points"]]:
    """Points of a curve as arrays, or an ArgumentError of `function`: see `area_between`."""
    n, v = np.asarray(labels, np.float64), np.asarray(values, np.float64)
    if n.ndim != 1 or len(n) < least:
        expected = {1: "one point or more", 2: "two points or more"}[least]
        raise ArgumentError(function, "labels", expected=expected, got=labels)
    if v.shape != n.shape:
        expected = f"one per label ({len(n)})"
        raise ArgumentError(function, "values", expected=expected, got=f"{v.size}")
    if not np.isfinite(v).all():
        raise ArgumentError(
            function,
            "values",
            expected="finite",
            got=values,
            remedy="A metric is NaN where the test set holds no truth.",
        )
    if not (np.isfinite(n).all() and (np.diff(n) >= 0).all()):
        raise ArgumentError(function, "labels", expected="finite, never falling", got=labels)
    return n, v


def _settled(
    function: str, labels: Sequence[float], values: Sequence[float]
) -> tuple[Float64[np.ndarray, "points"], Float64[np.ndarray, "points"]]:
    """The points without those that another at the same place replaces."""
    n, v = checked_curve(function, labels, values)
    last = np.append(n[1:] > n[:-1], True)
    return n[last], v[last]


def _check_inside(
    function: str, argument: str, value: float, n: Float64[np.ndarray, "points"]
) -> None:
    if not n[0] <= value <= n[-1]:
        raise ArgumentError(
            function,
            argument,
            expected=f"within the points ({n[0]:g} to {n[-1]:g})",
            got=value,
            remedy="See shared_range for the range that several curves cover.",
        )


def _mean_height(n: Float64[np.ndarray, "points"], v: Float64[np.ndarray, "points"]) -> float:
    return float(np.sum(np.diff(n) * (v[1:] + v[:-1]) / 2) / (n[-1] - n[0]))
