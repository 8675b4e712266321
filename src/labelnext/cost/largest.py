"""The largest batch that a budget pays for, where the picks depend on its size (STRATEGIES §11)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.cost.budget import Budget, limit
from labelnext.cost.checks import Column, check_column, check_picks, check_whole
from labelnext.errors import ArgumentError

_Picks = Int64[np.ndarray, "k"]
_Costs = Float64[np.ndarray, "n"]


class Batch(NamedTuple):
    """Picks that the budget pays for.

    Attributes:
        size: The b that was asked of the selection.
        indices: What it chose.
        spent: What they take out of the budget, in its unit.
        calls: How often the selection was asked.
    """

    size: int
    indices: _Picks
    spent: float
    calls: int


def largest(
    select: Callable[[int], _Picks],
    costs: Column,
    budget: Budget,
    *,
    at_most: int | None = None,
    calls: int = 20,
) -> Batch:
    """Bisect the size b of a batch until one fits the budget and b + 1 does not.

    For selections of which the first picks of b + 1 are not those of b (k-medoids, windows that a
    second pass lifts); for others `prefix` does it at once. What the b cheapest and the b dearest
    images cost bounds b before the first call: with equal costs a single call is enough.

    What b picks cost need not rise with b. The batch returned always fits, but a larger one
    may fit too, as it may when the calls run out.

    Args:
        select: Picks for a given b, distinct images of the pool, b at most. The same b must give
            the same picks: make its generator inside it.
        costs: What each image of the pool takes out, in the budget's unit (`image_costs`).
        budget: What may be spent.
        at_most: Largest b to consider; the whole pool if not given.
        calls: How often `select` may be called.

    Raises:
        ArgumentError: Costs that are negative or not finite, picks that are too many, repeated or
            outside the pool, or fewer than one call.
    """
    amounts = check_column(costs, "largest", "costs")
    check_whole(calls, "largest", "calls", least=1)
    most = len(amounts) if at_most is None else check_whole(at_most, "largest", "at_most")
    allowed = limit(budget)
    rising = np.sort(amounts)
    sure = _count_within(rising[::-1], allowed, most)
    ceiling = _count_within(rising, allowed, most)
    best = Batch(0, np.zeros(0, np.int64), 0.0, 0)
    size = sure or ceiling  # the lower bound first, where there is one: it costs a call and fits
    made = 0
    while size > best.size and made < calls:
        made += 1
        picks = _asked(select, size, amounts)
        spent = float(amounts[picks].sum())
        if spent <= allowed:
            best = Batch(size, picks, spent, made)
        else:
            ceiling = size - 1
        size = (best.size + ceiling + 1) // 2
    return best._replace(calls=made)


def _count_within(ordered: _Costs, allowed: float, most: int) -> int:
    """How many of the first costs fit, `most` at most."""
    return min(int(np.searchsorted(np.cumsum(ordered), allowed, side="right")), most)


def _asked(select: Callable[[int], _Picks], size: int, amounts: _Costs) -> _Picks:
    picks = check_picks(select(size), len(amounts), "largest", "select")
    if len(picks) > size:
        expected = f"a function that gives at most the {size} picks it is asked for"
        raise ArgumentError("largest", "select", expected=expected, got=f"{len(picks)} picks")
    return picks
