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
_DRAWS = 100_000  # of signs beyond that: a p of .05 is then known to within .0014 (95 %)
_DRAWS_AT_ONCE = 2_000  # keeps memory flat


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Difference between two arms over the seeds they share.

    Attributes:
        seeds: How many.
        mean: Mean of first less second.
        low: Lower end of the bootstrap interval; NaN with one seed.
        high: Upper end; NaN with one seed.
        p_value: Two-sided, of the sign-flip test; never below 2^(1 − seeds).
        deviation: Standard deviation of the differences (n − 1); NaN with one seed.
        detectable: Gap that this many seeds would show with 80 % power, 2.8·deviation/√seeds.
        exact: True if `p_value` counts all sign patterns; False if it comes from a sample of them.
    """

    seeds: int
    mean: float
    low: float
    high: float
    p_value: float
    deviation: float
    detectable: float
    exact: bool = True

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
        rng: Draws the bootstrap samples of seeds, and signs for the test beyond 22 seeds.
        draws: How many samples of seeds.
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
    if seeds == 1:  # one difference says nothing about its spread
        nan = float("nan")
        return PairedDifference(1, mean, nan, nan, 1.0, nan, nan)
    means = differences[rng.integers(0, seeds, (draws, seeds))].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    deviation = float(differences.std(ddof=1))
    return PairedDifference(
        seeds,
        mean,
        float(low),
        float(high),
        sign_flip_p_value(differences.tolist(), rng=rng),
        deviation,
        2.8 * deviation / seeds**0.5,
        seeds <= _MOST_EXACT,
    )


def sign_flip_p_value(
    differences: Sequence[float], *, rng: np.random.Generator | None = None
) -> float:
    """Two-sided p: the share of sign patterns whose sum is at least as far from 0.

    All patterns are counted up to 22 seeds. Beyond that 100,000 are drawn, and p is
    (1 + hits) / (1 + draws), which is never 0 and valid (Phipson & Smyth, Stat. Appl. Genet. Mol.
    Biol. 2010).

    Args:
        differences: One a seed.
        rng: Draws the signs; needed beyond 22 seeds, not used below.

    Raises:
        ArgumentError: No seeds, a difference that is not finite, or no `rng` where it is needed.
    """
    values = _differences("sign_flip_p_value", "differences", np.asarray(differences, np.float64))
    slack = 1e-12 * np.abs(values).sum()  # equal sums must count whatever their order of addition
    least = abs(values.sum()) - slack
    if len(values) > _MOST_EXACT:
        if rng is None:
            raise ArgumentError(
                "sign_flip_p_value",
                "rng",
                expected=f"a numpy Generator beyond {_MOST_EXACT} seeds",
                got=f"None for {len(values)}",
                remedy="Pass numpy.random.default_rng(0).",
            )
        return _sampled_p(values, float(least), rng)
    sums = np.array([values[0]])  # patterns come in mirrored pairs: the first sign is fixed
    for value in values[1:]:
        sums = np.concatenate([sums + value, sums - value])
    return float(np.mean(np.abs(sums) >= least))


def minimal_seeds(tests: int, *, level: float = 0.05) -> int:
    """Fewest seeds with which one of several comparisons can be proven at all.

    The least two-sided p of the sign-flip test is 2^(1 − S), and Holm multiplies the least of
    several by their number: S is the first with tests · 2^(1 − S) < level.

    Args:
        tests: Comparisons that are corrected together, from 1.
        level: Corrected p must be below it; above 0, below 1.

    Raises:
        ArgumentError: An argument is out of its range.
    """
    if tests < 1:
        raise ArgumentError("minimal_seeds", "tests", expected="at least 1", got=tests)
    if not 0 < level < 1:
        raise ArgumentError("minimal_seeds", "level", expected="between 0 and 1", got=level)
    seeds = 1
    while tests * 2.0 ** (1 - seeds) >= level:
        seeds += 1
    return seeds


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


def _sampled_p(
    values: Float64[np.ndarray, "seeds"], least: float, rng: np.random.Generator
) -> float:
    hits = 0
    for _ in range(_DRAWS // _DRAWS_AT_ONCE):
        signs = rng.integers(0, 2, (_DRAWS_AT_ONCE, len(values))) * 2 - 1
        hits += int(np.count_nonzero(np.abs(signs @ values) >= least))
    return (1 + hits) / (1 + _DRAWS)


def _differences(
    function: str, argument: str, values: Float64[np.ndarray, "..."]
) -> Float64[np.ndarray, "seeds"]:
    if values.ndim != 1 or len(values) == 0:
        raise ArgumentError(function, argument, expected="one figure per seed", got=f"{values}")
    if not np.isfinite(values).all():
        raise ArgumentError(function, argument, expected="finite figures", got=f"{values}")
    return values
