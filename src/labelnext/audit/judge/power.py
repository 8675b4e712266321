"""How large a difference so many seeds would have shown: what "not distinguishable" is worth."""

from functools import cache
from statistics import NormalDist

import numpy as np
from jaxtyping import Float64
from scipy import stats

from labelnext.errors import ArgumentError
from labelnext.evaluate.paired import minimal_seeds

_STUDIES = 2000  # simulated: the gap is then known to within about 3 %
_MOST_EXACT = 11  # seeds whose patterns of signs are all tried


@cache
def smallest_gap(seeds: int, tests: int = 1, *, level: float = 0.05, power: float = 0.8) -> float:
    """Difference that is proven with the given power, in standard deviations between seeds.

    The test is the one that decides: sign flips shared by all arms (`evaluate.joint_p_values`), the
    arm in question being the only one that differs. Arms held against one baseline share its noise,
    so their differences are correlated by one half. Up to 11 seeds the power is found by simulating
    normal differences; beyond, it is close to that of Student's test after Bonferroni.

    Departure from STRATEGIES §12, which has 2.8/√seeds (80 % power of a normal test at .05): at six
    seeds all differences must share a sign, and 2.8/√6 would then be found in 45 % of studies only.

    Args:
        seeds: From 1.
        tests: Arms held against one baseline, from 1.
        level: Corrected p must be below it.
        power: Share of studies that show it, between 0 and 1.

    Returns:
        Above 0; infinite where so few seeds can prove nothing.

    Raises:
        ArgumentError: `seeds` is below 1, or `power` not between 0 and 1; see `minimal_seeds`.
    """
    if seeds < 1:
        raise ArgumentError("smallest_gap", "seeds", expected="at least 1", got=seeds)
    if not 0 < power < 1:
        raise ArgumentError("smallest_gap", "power", expected="between 0 and 1", got=power)
    if seeds < minimal_seeds(1, level=level):
        return float("inf")
    if seeds > _MOST_EXACT:
        free = seeds - 1
        reach = stats.t.ppf(1 - level / (2 * tests), free) + stats.t.ppf(power, free)
        return float(reach / seeds**0.5)
    return _simulated(seeds, tests, level, power)


def _simulated(seeds: int, tests: int, level: float, power: float) -> float:
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((_STUDIES, 1, seeds))
    drawn = (shared + rng.standard_normal((_STUDIES, tests, seeds))) / 2**0.5
    codes = np.arange(2 ** (seeds - 1))[:, None] >> np.arange(seeds)
    signs = 1.0 - 2.0 * (codes & 1)  # the last sign is always +: patterns come in mirrored pairs
    others = _statistics(drawn[:, 1:], signs).max(axis=1, initial=0)

    def found(gap: float) -> float:
        own = _statistics(drawn[:, :1] + gap, signs)[:, 0]
        p = (np.maximum(own, others) >= own[:, :1] - 1e-9).mean(axis=1)
        return float((p < level).mean())

    low, high = 0.0, 2.0 * NormalDist().inv_cdf(power ** (1 / seeds)) + 1
    while found(high) < power:
        low, high = high, 2 * high
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) >= power else (middle, high)
    return high


def _statistics(
    differences: Float64[np.ndarray, "studies arms seeds"],
    signs: Float64[np.ndarray, "patterns seeds"],
) -> Float64[np.ndarray, "studies arms patterns"]:
    """|Σ d| under each pattern of signs; the first pattern changes none."""
    reached: np.ndarray = np.abs(differences @ signs.T)
    return reached
