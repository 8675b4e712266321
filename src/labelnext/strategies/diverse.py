"""Strategies that choose images unlike each other and unlike labelled ones (STRATEGIES §4, §10).

All compare the detector's own embeddings, which the plain forward pass gives too.
"""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float64

from labelnext import select
from labelnext.evidence import Pool
from labelnext.strategies import boxes, paper, seen, staged
from labelnext.strategies.arguments import (
    AGGREGATION,
    RULES,
    SELECTION,
    choice,
    flag,
    needs,
    number,
    resolve,
    whole,
)
from labelnext.strategies.composed import Chosen, Composed, Task
from labelnext.strategies.keep import likeness

_SELECTORS: dict[str, Callable[..., staged.Order]] = {
    "k-center": select.k_center,
    "k-means": select.k_means_plus_plus,
}
_PIXEL_BASES = ("divergence", "entropy")


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
        "hybrid", preset, given, ("radius", *AGGREGATION, *boxes.ARGUMENTS, *SELECTION),
        base="divergence", factor=4.0, diversity="k-center", quotas=True,
    )  # fmt: skip
    base = choice(known, "base", (*_PIXEL_BASES, *boxes.BOX_SCORES))
    way, quotas = choice(known, "diversity", tuple(_SELECTORS)), flag(known, "quotas")
    whole(known, "radius", 0)  # whether the base takes it or not, like those of boxes
    boxes.score_options(known)
    pixels = paper.pixel_score(base, known) if base in _PIXEL_BASES else None
    image = None if pixels else boxes.image_score(base, known)

    def arrange(short: staged.Order, task: Task) -> staged.Order:
        order = _ordered(task, way, short, len(short))
        return _by_quota(order, task) if quotas and task.pool.classes > 1 else order

    return Composed(
        "hybrid", known, needs(known, forward=True, detections=quotas, labelled=True),
        pixels=pixels, image=image, keep={"embedding": seen.embedding, **likeness(known)},
        choose=staged.staged(arrange, factor=number(known, "factor", 1)),
    )  # fmt: skip


def _spread(name: str, preset: str, given: dict[str, object]) -> Composed:
    """Choose by distance alone.

    Under rules that keep picks apart, the `oversample`·b farthest are put in order, and the rules
    take from these; where they leave too few, others are drawn at random.
    """
    known = resolve(name, preset, given, RULES, oversample=4.0)
    oversample = number(known, "oversample", 1)

    def choose(task: Task) -> Chosen:
        free = np.flatnonzero(~task.blocked)
        alone = task.rules.free(task.pool.timeline)
        wanted = task.budget if alone else math.ceil(oversample * task.budget)
        order = _ordered(task, name, free, wanted)
        rest = task.rng.permutation(free[~np.isin(free, order)])
        taken = staged.in_order(np.concatenate([order, rest]), task)
        far = set(order.tolist())
        notes = [
            "far from every labelled image" if int(i) in far
            else "drawn at random, as the far ones are too near each other"
            for i in taken.indices
        ]  # fmt: skip
        return Chosen(taken, np.full(len(task.pool), np.nan), notes)

    return Composed(
        name, known, needs(known, forward=True, labelled=True),
        keep={"embedding": seen.embedding, **likeness(known)}, choose=choose,
    )  # fmt: skip


def _ordered(task: Task, way: str, among: staged.Order, budget: int) -> staged.Order:
    """`among` in the order in which they are farthest from what is labelled or taken before."""
    chosen: staged.Order = _SELECTORS[way](
        staged.vectors(task.pool, "embedding")[among], budget=budget,
        labelled=staged.labelled_vectors(task.pool, "embedding"), rng=task.rng,
    )  # fmt: skip
    ordered: staged.Order = among[chosen]
    return ordered


def _by_quota(order: staged.Order, task: Task) -> staged.Order:
    """Walk down the order for classes that are rare among the labels, then for whatever is left.

    Asked of each class: the objects expected on the first b, shared out by `select.class_weights`.
    """
    pool = task.pool
    offers = _expected_objects(pool)
    weights = select.class_weights(pool.labelled.counts(pool.classes))
    quotas = offers[order[: task.budget]].sum() * weights / weights.sum()
    return select.quota(order, offers, budget=task.budget, quotas=quotas).indices


def _expected_objects(pool: Pool) -> Float64[np.ndarray, "n classes"]:
    """Σ of scores over an image's boxes of each class: how many objects to expect on it."""
    offers = np.zeros((len(pool), pool.classes))
    for row, found in zip(offers, pool.detections, strict=True):
        if found is not None:
            np.add.at(row, found.classes, found.scores)
    return offers
