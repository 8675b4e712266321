"""Selection in stages: a short list by score, an order by other means, the rules at both ends."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float32, Int64

from labelnext.evidence import Pool
from labelnext.strategies.composed import Choose, Chosen, Task
from labelnext.strategies.rules import Ranked, Taken

Order = Int64[np.ndarray, "_k"]
Arrange = Callable[[Order, Task], Order]
"""Puts a short list, best score first, into the order in which it is to be taken."""


def staged(
    arrange: Arrange, *, factor: float, score: Callable[[Pool], Ranked] | None = None
) -> Choose:
    """Choose from the best `factor`·b images by score, in the order that `arrange` gives them.

    The rules hold twice: they keep the short list apart, so that it is not one scene seen often,
    and then the picks. What the arrangement leaves out fills up by rank. Images without a score are
    taken only where those with one are used up.

    Args:
        arrange: May leave images out.
        factor: δ, at least 1.
        score: Scores to rank by, in place of the pool's own.
    """

    def choose(task: Task) -> Chosen:
        pool, budget, blocked, rng, rules = task
        scores = None if score is None else score(pool)
        ranked = rules.rank(pool, scores)
        known = ~np.isnan(ranked) & ~blocked
        if known.sum() <= budget:
            taken = rules.take(ranked, pool, budget=budget, blocked=blocked, rng=rng)
            return Chosen(taken, ranked, scores=scores)
        short = rules.take(
            ranked, pool, budget=math.ceil(factor * budget), blocked=blocked, rng=rng, among=known
        ).indices
        taken = in_order(completed(arrange(short, task), short), task)
        place = {int(image): i for i, image in enumerate(short, start=1)}
        notes = [f"number {place[int(i)]} of {len(short)} by score" for i in taken.indices]
        return Chosen(taken, ranked, notes, scores)

    return choose


def in_order(order: Order, task: Task) -> Taken:
    """The first of an order that the rules leave; nothing else is taken."""
    pool, budget, blocked, rng, rules = task
    rank = np.full(len(pool), np.nan)
    rank[order] = -np.arange(len(order), dtype=np.float64)
    among = np.zeros(len(pool), bool)
    among[order] = True
    return rules.take(rank, pool, budget=budget, blocked=blocked, rng=rng, among=among)


def completed(first: Order, all_: Order) -> Order:
    """`first`, then what of `all_` it leaves out, in its order."""
    rest = all_[~np.isin(all_, first)]
    return np.concatenate([first, rest]).astype(np.int64)


def vectors(pool: Pool, name: str) -> Float32[np.ndarray, "n d"]:
    """Vectors kept of the pool's images; no columns where none were."""
    return pool.vectors.get(name, np.zeros((len(pool), 0), np.float32))


def labelled_vectors(pool: Pool, name: str) -> Float32[np.ndarray, "l d"]:
    """The same vectors of the labelled images, by the same detector; none where the pool has none.

    A pool that is used up has none, and so nothing to compare them with.
    """
    width = vectors(pool, name).shape[1]
    none = np.zeros((0, width), np.float32)
    return pool.labelled.vectors.get(name, none) if width else none
