"""Area under a learning curve: one number for a whole run (STRATEGIES §12)."""

from collections.abc import Sequence

import numpy as np

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
    n, v = np.asarray(labels, np.float64), np.asarray(values, np.float64)
    if n.ndim != 1 or len(n) < 2:
        raise ArgumentError("area_under_curve", "labels", expected="two points or more", got=labels)
    if v.shape != n.shape:
        expected = f"one per label ({len(n)})"
        raise ArgumentError("area_under_curve", "values", expected=expected, got=f"{v.size}")
    if not np.isfinite(v).all():
        raise ArgumentError(
            "area_under_curve",
            "values",
            expected="finite",
            got=values,
            remedy="A metric is NaN where the test set holds no truth.",
        )
    if not (np.diff(n) > 0).all():
        raise ArgumentError("area_under_curve", "labels", expected="rising", got=labels)
    return float(np.sum(np.diff(n) * (v[1:] + v[:-1]) / 2) / (n[-1] - n[0]))
