"""Selection in stages: a short list by score, an order by other means, the rules at both ends."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float32, Float64, Int64

from labelnext.evidence import Pool
from labelnext.strategies.composed import Chosen, Task, best
from labelnext.strategies.rules import Mask, Ranked, Taken

Order = Int64[np.ndarray, "k"]
Arrange = Callable[[Order, Task], Order]
"""Puts a short list, best score first, into the order in which it is to be taken."""


def staged(
    arrange: Arrange, *, factor: float, score: Callable[[Task], Ranked] | None = None
) -> Callable[[Task], Chosen]:
    """Choose from the best `factor`·b images by score, in the order that `arrange` gives them.

    The rules hold twice: they keep the short list apart, so that it is not one scene seen often,
    and then the picks. What the arrangement leaves out fills up by rank. Images without a score are
    taken only where those with one are used up.

    Args:
        arrange: May leave images out.
        factor: δ, at least 1.
        score: Ranks the pool; by default what the rules make of its scores.
    """

    def choose(task: Task) -> Chosen:
        pool, budget, blocked, rng, rules = task
        ranked = rules.rank(pool) if score is None else score(task)
        known = ~np.isnan(ranked) & ~blocked
        if known.sum() <= budget:
            taken = rules.take(ranked, pool, budget=budget, blocked=blocked, rng=rng)
            return Chosen(taken, ranked)
        short = rules.take(
            ranked, pool, budget=math.ceil(factor * budget), blocked=blocked, rng=rng, among=known
        ).indices
        order = completed(arrange(short, task), short)
        taken = in_order(order, task)
        place = {int(image): i for i, image in enumerate(short, start=1)}
        notes = [f"number {place[int(i)]} of {len(short)} by score" for i in taken.indices]
        return Chosen(taken, ranked, notes)

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


def embeddings(task: Task) -> Float32[np.ndarray, "n d"]:
    """The pool's embeddings."""
    return vectors(task.pool, "embedding")


def vectors(pool: Pool, name: str) -> Float32[np.ndarray, "n d"]:
    """Vectors kept of the pool's images; no columns where none were."""
    return pool.vectors.get(name, np.zeros((len(pool), 0), np.float32))


def labelled_embeddings(task: Task) -> Float32[np.ndarray, "l d"]:
    """Embeddings of the labelled images by the same detector."""
    width = embeddings(task).shape[1]
    none = np.zeros((0, width), np.float32)
    return task.pool.labelled.vectors.get("embedding", none)


def shut(pool: Pool, order: Order) -> Mask:
    """True for every image that is not in `order`."""
    out = np.ones(len(pool), bool)
    out[order] = False
    return out


def expected_objects(pool: Pool, classes: int) -> Float64[np.ndarray, "n classes"]:
    """Σ of scores over an image's boxes of each class: how many objects to expect on it."""
    offers = np.zeros((len(pool), classes))
    for i, found in enumerate(pool.detections):
        if found is not None:
            offers[i] = np.bincount(found.classes, found.scores, classes)[:classes]
    return offers


__all__ = [
    "Arrange", "Order", "best", "completed", "embeddings", "expected_objects", "in_order",
    "labelled_embeddings", "shut", "staged", "vectors",
]  # fmt: skip
