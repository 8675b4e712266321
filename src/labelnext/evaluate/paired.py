"""Is one strategy better than another? Paired over seeds, with interval and exact test.

STRATEGIES §12: arms that share a seed share the initial set, weights and order, so their
difference is taken seed by seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from labelnext.errors import ArgumentError

_MOST_EXACT = 22  # 2^21 sums of signs are held at once


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Difference between two arms over the seeds they share.

    Attributes:
        seeds: How many.
        mean: Mean of first less second.
        low: Lower end of the bootstrap interval; NaN with one seed.
        high: Upper end; NaN with one seed.
        p_value: Two-sided, of the exact sign-flip test; never below 2^(1 − seeds).
        deviation: Standard deviation of the differences (n − 1); NaN with one seed.
        detectable: Gap that this many seeds would show with 80 % power, 2.8·deviation/√seeds.
    """

    seeds: int
    mean: float
    low: float
    high: float
    p_value: float
    deviation: float
    detectable: float

    @property
    def shown(self) -> bool:
        """True if the interval excludes 0: only then may "better" or "worse" be said."""
        return self.low > 0 or self.high < 0


def paired_difference(
    first: Sequence[float],
    second: Sequence[float],
    *,
    rng: np.random.Generator,
    draws: int = 10_000,
    level: float = 0.95,
) -> PairedDifference:
    """Compare two arms seed by seed.

    Args:
        first: One figure a seed.
        second: One figure a seed, same seeds in the same order.
        rng: Draws the bootstrap samples of seeds.
        draws: How many.
        level: Coverage of the percentile interval.

    Raises:
        ArgumentError: No seeds, lengths that differ, a figure that is not finite, fewer than one
            draw, or a level outside 0 to 1.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.shape != b.shape:
        expected = f"one figure per seed of `first` ({a.size})"
        raise ArgumentError("paired_difference", "second", expected=expected, got=f"{b.size}")
    if draws < 1:
        raise ArgumentError("paired_difference", "draws", expected="at least 1", got=draws)
    if not 0 < level < 1:
        raise ArgumentError("paired_difference", "level", expected="between 0 and 1", got=level)
    differences = _differences("paired_difference", "first", a - b)
    mean, seeds = float(differences.mean()), len(differences)
    p_value = sign_flip_p_value(differences.tolist())
    if seeds == 1:  # one difference says nothing about its spread
        nan = float("nan")
        return PairedDifference(1, mean, nan, nan, p_value, nan, nan)
    means = differences[rng.integers(0, seeds, (draws, seeds))].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    deviation = float(differences.std(ddof=1))
    return PairedDifference(
        seeds, mean, float(low), float(high), p_value, deviation, 2.8 * deviation / seeds**0.5
    )


def sign_flip_p_value(differences: Sequence[float]) -> float:
    """Exact two-sided p: the share of all sign patterns whose sum is at least as far from 0.

    Args:
        differences: One a seed, at most 22.

    Raises:
        ArgumentError: None, too many, or not finite.
    """
    values = _differences("sign_flip_p_value", "differences", np.asarray(differences, np.float64))
    if len(values) > _MOST_EXACT:
        raise ArgumentError(
            "sign_flip_p_value",
            "differences",
            expected=f"at most {_MOST_EXACT} seeds",
            got=f"{len(values)}",
            remedy="Leave some seeds out, or use the bootstrap interval alone.",
        )
    sums = np.array([values[0]])  # patterns come in mirrored pairs: the first sign is fixed
    for value in values[1:]:
        sums = np.concatenate([sums + value, sums - value])
    slack = 1e-12 * np.abs(values).sum()  # equal sums must count whatever their order of addition
    return float(np.mean(np.abs(sums) >= abs(values.sum()) - slack))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's correction: p-values that stay valid although several strategies were tried.

    Args:
        p_values: One a comparison, 0 to 1.

    Returns:
        Corrected p-values in the order given, at most 1.
    """
    p = np.asarray(p_values, np.float64).reshape(-1)
    if not ((p >= 0) & (p <= 1)).all():
        raise ArgumentError("holm", "p_values", expected="between 0 and 1", got=p_values)
    order = np.argsort(p, kind="stable")
    corrected = np.empty_like(p)
    steps = p[order] * np.arange(len(p), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return tuple(corrected.tolist())


def _differences(
    function: str, argument: str, values: Float64[np.ndarray, "..."]
) -> Float64[np.ndarray, "seeds"]:
    if values.ndim != 1 or len(values) == 0:
        raise ArgumentError(function, argument, expected="one figure per seed", got=f"{values}")
    if not np.isfinite(values).all():
        raise ArgumentError(function, argument, expected="finite figures", got=f"{values}")
    return values
