"""Strategies that choose images unlike each other and unlike labelled ones (STRATEGIES §4, §10).

All compare the detector's own embeddings, which the plain forward pass gives too.
"""

import math
from collections.abc import Callable

import numpy as np

from labelnext import scores, select
from labelnext.errors import ArgumentError
from labelnext.strategies import staged
from labelnext.strategies.arguments import (
    AGGREGATION,
    RULES,
    SELECTION,
    choice,
    needs,
    number,
    resolve,
)
from labelnext.strategies.boxes import BOX_SCORES, box_score
from labelnext.strategies.composed import Chosen, Composed, ImageScore, PixelScore, Task
from labelnext.strategies.keep import embedding, likeness
from labelnext.strategies.paper import maps

_SELECTORS: dict[str, Callable[..., staged.Order]] = {
    "k-center": select.k_center,
    "k-means": select.k_means_plus_plus,
}
_BASES = ("divergence", "entropy", *BOX_SCORES)


def k_center(*, preset: str = "corrected", **given: object) -> Composed:
    """The images farthest from all labelled ones, one after the other (Sener & Savarese, 2018)."""
    return _spread("k-center", preset, given)


def k_means(*, preset: str = "corrected", **given: object) -> Composed:
    """Images drawn with chances ∝ squared distance to the labelled ones (k-means++ seeding)."""
    return _spread("k-means", preset, given)


def hybrid(*, preset: str = "corrected", **given: object) -> Composed:
    """The δ·b best by score; of these the most diverse by embedding; of these by class quotas.

    Each step under the rules that keep picks apart. With one class, or `quotas=false`, there is no
    third step.
    """
    known = resolve(
        "hybrid", preset, given, ("radius", *AGGREGATION, "box_aggregate", "activation",
                                  "min_score", *SELECTION),
        base="divergence", factor=4.0, diversity="k-center", quotas=True,
    )  # fmt: skip
    base = choice(known, "base", _BASES)
    factor = at_least_one(known, "factor")
    way = choice(known, "diversity", tuple(_SELECTORS))

    def arrange(short: staged.Order, task: Task) -> staged.Order:
        order = _ordered(task, way, short, len(short))
        if not known["quotas"] or task.pool.classes < 2:
            return order
        return _by_quota(order, task)

    return Composed(
        "hybrid", known, needs(known, forward=True, detections=True, labelled=True),
        pixels=_pixels(base, known), image=_image(base, known),
        keep={"embedding": embedding, **likeness(known)},
        choose=staged.staged(arrange, factor=factor),
    )  # fmt: skip


def at_least_one(known: dict[str, object], name: str) -> float:
    """A factor of the budget.

    Raises:
        ArgumentError: It is below 1 or no number.
    """
    value = number(known, name)
    if not 1 <= value < math.inf:
        raise ArgumentError("a strategy", name, expected="1 or more", got=value)
    return value


def _spread(name: str, preset: str, given: dict[str, object]) -> Composed:
    known = resolve(name, preset, given, RULES, oversample=4.0)
    factor = at_least_one(known, "oversample")

    def choose(task: Task) -> Chosen:
        free = np.flatnonzero(~task.blocked)
        wanted = len(free) if task.rules.free else math.ceil(factor * task.budget)
        order = _ordered(task, name, free, task.budget if task.rules.free else wanted)
        taken = staged.in_order(staged.completed(order, free), task)
        nothing = np.full(len(task.pool), np.nan)
        notes = ["far from every labelled image"] * len(taken.indices)
        return Chosen(taken, nothing, notes)

    return Composed(
        name, known, needs(known, forward=True, labelled=True),
        keep={"embedding": embedding, **likeness(known)}, choose=choose,
    )  # fmt: skip


def _ordered(task: Task, way: str, among: staged.Order, budget: int) -> staged.Order:
    """`among` in the order in which they are farthest from what is labelled or taken before."""
    chosen: staged.Order = _SELECTORS[way](
        staged.embeddings(task)[among], budget=budget, labelled=staged.labelled_embeddings(task),
        rng=task.rng,
    )  # fmt: skip
    ordered: staged.Order = among[chosen]
    return ordered


def _by_quota(order: staged.Order, task: Task) -> staged.Order:
    """Walk down the order for classes that are rare among the labels, then for whatever is left."""
    pool = task.pool
    offers = staged.expected_objects(pool, pool.classes)
    weights = select.class_weights(pool.labelled.counts(pool.classes))
    quotas = offers[order[: task.budget]].sum() * weights / weights.sum()
    return select.quota(order, offers, budget=task.budget, quotas=quotas).indices


def _pixels(base: str, known: dict[str, object]) -> PixelScore | None:
    """The first stage's score, where it is one of pixels."""
    if base == "divergence":
        radius = int(number(known, "radius"))
        return lambda seen: scores.local_divergence(maps(seen), radius=radius)
    return (lambda seen: scores.entropy(maps(seen))) if base == "entropy" else None


def _image(base: str, known: dict[str, object]) -> ImageScore | None:
    """The first stage's score, where it is one of boxes."""
    return box_score(base, known) if base in BOX_SCORES else None
