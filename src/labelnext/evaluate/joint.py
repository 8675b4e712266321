"""Several arms against one baseline at once, without the price of Holm's correction.

Arms share their seeds, so a flip of a seed's sign flips every arm's difference: the patterns of
signs are few, but they are the same for all arms, and the largest statistic over the arms has a
distribution of its own (Westfall & Young, Resampling-Based Multiple Testing, 1993; step-down maxT).
Departure from STRATEGIES §12, which corrects by Holm: with S seeds the least p stays 2^(1 − S)
whatever the number of arms, where Holm multiplies it by that number, so that six seeds could prove
nothing about two arms.
"""

from itertools import product

import numpy as np
from jaxtyping import Float64

from labelnext.errors import ArgumentError

_MOST_EXACT = 16  # 2^15 patterns of signs; beyond that they are drawn
_DRAWS = 50_000
_SLACK = 1e-12

Differences = Float64[np.ndarray, "arms seeds"]


def joint_p_values(
    differences: Differences, *, rng: np.random.Generator | None = None
) -> tuple[float, ...]:
    """Two-sided p of each arm, valid for all of them together.

    The statistic is |Σ_s d_s|, in the metric's own unit, which all arms share: dividing by each
    arm's spread would let a small steady difference of one arm hide a large one of another. Arms
    are taken from the largest down; the p of each is the share of sign patterns under which any of
    the arms not yet taken reaches its statistic, and never less than that of the arm before.

    Args:
        differences: Arm less baseline, one row an arm, one column a seed that all share.
        rng: Draws 50,000 patterns beyond 16 seeds, p then being (1 + hits) / (1 + draws).

    Returns:
        One p an arm, in the order given; at least 2^(1 − seeds). An arm that never differs has 1.

    Raises:
        ArgumentError: No seeds, a difference that is not finite, or no `rng` where one is needed.
    """
    function = "joint_p_values"
    arms, seeds = differences.shape
    if not seeds or not np.isfinite(differences).all():
        raise ArgumentError(
            function, "differences", expected="finite, for one seed or more", got=f"{differences}"
        )
    if not arms:
        return ()
    signs, drawn = _patterns(seeds, rng, function)
    reached = np.abs(differences @ signs.T)  # arms × patterns
    observed = np.abs(differences.sum(axis=1))
    slack = _SLACK * np.abs(differences).sum(axis=1).max()  # equal sums count in any order
    order = np.argsort(-observed, kind="stable")
    p = np.empty(arms)
    least = 0.0
    for place, arm in enumerate(order):
        highest = reached[order[place:]].max(axis=0)
        hits = int(np.count_nonzero(highest >= observed[arm] - slack))
        share = (1 + hits) / (1 + len(signs)) if drawn else hits / len(signs)
        least = p[arm] = max(least, share)
    return tuple(p.tolist())


def _patterns(
    seeds: int, rng: np.random.Generator | None, function: str
) -> tuple[Float64[np.ndarray, "patterns seeds"], bool]:
    """Signs of each seed, the first one fixed as patterns come in mirrored pairs; and if drawn."""
    if seeds <= _MOST_EXACT:
        rest = np.array(list(product([1.0, -1.0], repeat=seeds - 1)), np.float64)
        return np.column_stack([np.ones(len(rest)), rest.reshape(len(rest), seeds - 1)]), False
    if rng is None:
        raise ArgumentError(
            function, "rng", expected=f"a numpy Generator beyond {_MOST_EXACT} seeds",
            got=f"None for {seeds}", remedy="Pass numpy.random.default_rng(0).",
        )  # fmt: skip
    return rng.integers(0, 2, (_DRAWS, seeds)) * 2.0 - 1.0, True
