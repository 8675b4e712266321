"""Strategies that score an image by its boxes alone (Brust et al., VISAPP 2019; STRATEGIES §1).

They need no dense maps, so they also run on a predictions file. An image without detections has no
score: it ranks behind every other one and fills the budget at random.
"""

from collections.abc import Callable
from typing import Any, cast

from labelnext.scores import boxes
from labelnext.strategies.arguments import SELECTION, needs, resolve
from labelnext.strategies.composed import Composed, detections
from labelnext.strategies.keep import likeness

_ARGUMENTS = ("box_aggregate", "activation", "min_score")


def box_entropy(*, preset: str = "corrected", **given: object) -> Composed:
    """Entropy of each box's class probabilities."""
    return _build("box-entropy", boxes.box_entropy, preset, given)


def box_margin(*, preset: str = "corrected", **given: object) -> Composed:
    """(1 − (p₁ − p₂))², p₁ ≥ p₂ the two largest class probabilities of each box."""
    return _build("box-margin", boxes.box_margin, preset, given)


def box_least_confidence(*, preset: str = "corrected", **given: object) -> Composed:
    """1 − score of each box."""
    return _build("box-least-confidence", boxes.box_least_confidence, preset, given)


def _build(
    name: str, score: Callable[..., float | None], preset: str, given: dict[str, object]
) -> Composed:
    known = resolve(name, preset, given, (*_ARGUMENTS, *SELECTION))
    options = {"aggregation": known["box_aggregate"], "activation": known["activation"],
               "min_score": known["min_score"]}  # fmt: skip
    return Composed(
        name, known, needs(known, forward=True), keep=likeness(known),
        image=lambda seen: score(detections(seen), **cast(Any, options)),
    )  # fmt: skip
