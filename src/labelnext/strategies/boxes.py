"""Strategies that score an image by its boxes alone (Brust et al., VISAPP 2019; STRATEGIES §1).

They need no dense maps, so they also run on a predictions file. An image without detections has no
score: it ranks behind every other one and fills the budget at random.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float64

from labelnext import scores
from labelnext.evidence import Evidence
from labelnext.strategies.arguments import SELECTION, needs, resolve
from labelnext.strategies.composed import Chosen, Composed, ImageScore, Task, detections
from labelnext.strategies.keep import likeness
from labelnext.types import Prediction

_ARGUMENTS = ("box_aggregate", "activation", "min_score")


BOX_SCORES = {
    "box-entropy": scores.box_entropy,
    "box-margin": scores.box_margin,
    "box-least-confidence": scores.box_least_confidence,
}


def box_entropy(*, preset: str = "corrected", **given: object) -> Composed:
    """Entropy of each box's class probabilities."""
    return _build("box-entropy", preset, given)


def box_margin(*, preset: str = "corrected", **given: object) -> Composed:
    """(1 − (p₁ − p₂))², p₁ ≥ p₂ the two largest class probabilities of each box."""
    return _build("box-margin", preset, given)


def box_least_confidence(*, preset: str = "corrected", **given: object) -> Composed:
    """1 − score of each box."""
    return _build("box-least-confidence", preset, given)


def box_score(
    name: str, known: Mapping[str, object], weights: Float64[np.ndarray, "classes"] | None = None
) -> ImageScore:
    """The score of an image by its boxes, with the arguments of a strategy."""
    score = BOX_SCORES[name]
    options: dict[str, Any] = {
        "aggregation": known["box_aggregate"], "activation": known["activation"],
        "min_score": known["min_score"], "class_weights": weights,
    }  # fmt: skip
    return lambda seen: score(detections(seen), **options)


def _build(name: str, preset: str, given: dict[str, object]) -> Composed:
    known = resolve(name, preset, given, (*_ARGUMENTS, *SELECTION), class_weighted=False)
    if not known["class_weighted"]:
        return Composed(
            name, known, needs(known, forward=True), image=box_score(name, known),
            keep=likeness(known),
        )  # fmt: skip
    return Composed(
        name, known, needs(known, forward=True, detections=True, counts=True),
        image=box_score(name, known), keep=likeness(known), choose=_weighted(name, known),
    )  # fmt: skip


def _weighted(name: str, known: dict[str, object]) -> Callable[[Task], Chosen]:
    """Score again with weights that favour the classes least labelled (Brust's variant)."""

    def choose(task: Task) -> Chosen:
        pool = task.pool
        weights = scores.class_weights_of(pool.labelled.counts(pool.classes))
        score = box_score(name, known, weights)
        values = np.full(len(pool), np.nan)
        for i, found in enumerate(pool.detections):
            if found is not None and not np.isnan(pool.scores[i]):
                value = score(Evidence((1, 1), Prediction(None, found), classes=pool.classes))
                values[i] = np.nan if value is None else value
        ranked = task.rules.rank(pool, values)
        taken = task.rules.take(
            ranked, pool, budget=task.budget, blocked=task.blocked, rng=task.rng
        )
        return Chosen(taken, ranked)

    return choose
