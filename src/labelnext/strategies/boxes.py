"""Strategies that score an image by its boxes alone (Brust et al., VISAPP 2019; STRATEGIES §1).

They need no dense maps, so they also run on a predictions file. An image without detections has no
score: it ranks behind every other one and fills the budget at random.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float64

from labelnext import scores
from labelnext.evidence import Pool
from labelnext.strategies import seen
from labelnext.strategies.arguments import SELECTION, choice, flag, needs, number, resolve
from labelnext.strategies.composed import Choose, Chosen, Composed, ImageScore, Task
from labelnext.strategies.keep import likeness
from labelnext.types import Detections

ARGUMENTS = ("box_aggregate", "activation", "min_score")
ACTIVATIONS = ("sigmoid", "softmax")

BOX_SCORES: Mapping[str, Callable[..., float | None]] = {
    "box-entropy": scores.box_entropy,
    "box-margin": scores.box_margin,
    "box-least-confidence": scores.box_least_confidence,
}

_Weights = Float64[np.ndarray, "classes"]


def box_entropy(*, preset: str = "corrected", **given: object) -> Composed:
    """Entropy of each box's class probabilities."""
    return _build("box-entropy", preset, given)


def box_margin(*, preset: str = "corrected", **given: object) -> Composed:
    """(1 − (p₁ − p₂))², p₁ ≥ p₂ the two largest class probabilities of each box."""
    return _build("box-margin", preset, given)


def box_least_confidence(*, preset: str = "corrected", **given: object) -> Composed:
    """1 − score of each box."""
    return _build("box-least-confidence", preset, given)


def image_score(name: str, known: Mapping[str, object]) -> ImageScore:
    """The score of an image by its boxes, with the arguments of a strategy.

    Raises:
        ArgumentError: One of them is outside its domain.
    """
    score, activation = _of_boxes(name, known), str(known["activation"])
    return lambda evidence: score(seen.class_vectors(evidence, activation), None)


def _of_boxes(
    name: str, known: Mapping[str, object]
) -> Callable[[Detections, _Weights | None], float | None]:
    score, options = BOX_SCORES[name], score_options(known)
    return lambda found, weights: score(found, class_weights=weights, **options)


def score_options(known: Mapping[str, object]) -> dict[str, Any]:
    """The arguments of a strategy as the box scores take them.

    Raises:
        ArgumentError: One of them is outside its domain.
    """
    return {
        "aggregation": choice(known, "box_aggregate", ("max", "mean", "sum")),
        "activation": choice(known, "activation", ACTIVATIONS),
        "min_score": number(known, "min_score", 0, 1),
    }


def _build(name: str, preset: str, given: dict[str, object]) -> Composed:
    known = resolve(name, preset, given, (*ARGUMENTS, *SELECTION), class_weighted=False)
    weighted = flag(known, "class_weighted")
    return Composed(
        name, known, needs(known, forward=True, detections=weighted, counts=weighted),
        image=image_score(name, known), keep=likeness(known),
        choose=_weighted(name, known) if weighted else None,
    )  # fmt: skip


def _weighted(name: str, known: dict[str, object]) -> Choose:
    """Score again with weights that favour the classes least labelled (Brust's variant).

    Weights need the labels of all images so far, which one image's score does not know.
    """
    score = _of_boxes(name, known)

    def choose(task: Task) -> Chosen:
        pool = task.pool
        weights = scores.class_weights_of(pool.labelled.counts(pool.classes))
        values = scored_again(pool, lambda found: score(found, weights))
        ranked = task.rules.rank(pool, values)
        taken = task.rules.take(
            ranked, pool, budget=task.budget, blocked=task.blocked, rng=task.rng
        )
        return Chosen(taken, ranked, scores=values)

    return choose


def scored_again(
    pool: Pool, score: Callable[[Detections], float | None]
) -> Float64[np.ndarray, "n"]:
    """Scores by the boxes kept of each image that had one; NaN for the others."""
    values = np.full(len(pool), np.nan)
    for i, found in enumerate(pool.detections):
        if found is not None and not np.isnan(pool.scores[i]):
            value = score(found)
            values[i] = np.nan if value is None else value
    return values
