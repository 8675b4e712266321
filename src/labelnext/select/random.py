"""Uniformly random selection, the baseline every strategy is held against (PAPER §4)."""

import numpy as np

from labelnext.errors import ArgumentError
from labelnext.select.checks import Indices, Mask, check_budget, check_mask


def random(
    n: int, *, budget: int, rng: np.random.Generator, blocked: Mask | None = None
) -> Indices:
    """`budget` of `n` images, each set of that size equally likely, without temporal rules.

    Args:
        n: Size of the pool.
        budget: How many to choose; with fewer available, all of them.
        rng: The only source of randomness.
        blocked: Images that must not be chosen (labelled already).

    Returns:
        Indices in the order drawn.

    Raises:
        ArgumentError: A negative pool or budget, or a mask of another length.
    """
    function = "select.random"
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
        raise ArgumentError(function, "n", expected="an integer of 0 or more", got=n)
    budget = check_budget(budget, function)
    available = np.flatnonzero(~check_mask(blocked, int(n), function, "blocked"))
    return rng.permutation(available)[:budget]
