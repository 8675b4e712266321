"""Acquisition scores over boxes: entropy, margin and least confidence (STRATEGIES §0–1).

After Brust et al., VISAPP 2019. Each box gets a score, and the image their sum, mean or maximum.
An image without boxes has no defined score: None, never 0.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from labelnext.errors import ArgumentError
from labelnext.types import Activation, Detections

_Boxes = Float64[np.ndarray, "n"]
_AGGREGATIONS: dict[str, Callable[[_Boxes], np.floating]] = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
}


def box_entropy(
    detections: Detections,
    *,
    aggregation: str = "max",
    activation: Activation = "sigmoid",
    min_score: float = 0.0,
) -> float | None:
    """How undecided the boxes are: H(p_j) under softmax, h(s_j) = H((s_j, 1 − s_j)) under sigmoid.

    Args:
        detections: Boxes of one image after suppression.
        aggregation: `max`, `mean` or `sum` over boxes. `sum` favours crowds and many weak boxes.
        activation: `softmax` needs class vectors and keeps the background among them; `sigmoid`
            knows no distribution over classes, and each box counts for its own class alone.
        min_score: Boxes of lower score do not count.

    Returns:
        In nats; 0 to ln 2 a box (sigmoid) or ln classes (softmax). None if no box counts.

    Raises:
        ArgumentError: Unknown aggregation or activation; a score or probability that is NaN or
            outside [0, 1]; vectors that are absent or do not add up to 1 where softmax needs them.
    """
    kept = _checked("box_entropy", detections, aggregation, activation, min_score)
    if activation == "softmax":
        boxes = _entropy(kept.vectors)
    else:
        boxes = _entropy(np.stack([kept.scores, 1 - kept.scores], axis=1))
    return _aggregated(boxes, aggregation)


def box_margin(
    detections: Detections,
    *,
    aggregation: str = "max",
    activation: Activation = "sigmoid",
    min_score: float = 0.0,
) -> float | None:
    """How close the two likeliest classes are: (1 − (p₁ − p₂))², p₁ ≥ p₂ the two largest.

    Under sigmoid with one class, or without class vectors, they are s and 1 − s.

    Args:
        detections: See `box_entropy`.
        aggregation: See `box_entropy`.
        activation: See `box_entropy`.
        min_score: See `box_entropy`.

    Returns:
        0 to 1 a box. None if no box counts.

    Raises:
        ArgumentError: See `box_entropy`.
    """
    kept = _checked("box_margin", detections, aggregation, activation, min_score)
    vectors = kept.vectors
    if vectors.shape[1] < 2:
        vectors = np.stack([kept.scores, 1 - kept.scores], axis=1)
    two = np.sort(vectors, axis=1)[:, -2:]
    return _aggregated((1 - (two[:, 1] - two[:, 0])) ** 2, aggregation)


def box_least_confidence(
    detections: Detections,
    *,
    aggregation: str = "max",
    activation: Activation = "sigmoid",
    min_score: float = 0.0,
) -> float | None:
    """How unsure the best guess is: 1 − s_j; under softmax s_j is the largest of the class vector.

    Args:
        detections: See `box_entropy`.
        aggregation: See `box_entropy`.
        activation: See `box_entropy`.
        min_score: See `box_entropy`.

    Returns:
        0 to 1 a box. None if no box counts.

    Raises:
        ArgumentError: See `box_entropy`.
    """
    kept = _checked("box_least_confidence", detections, aggregation, activation, min_score)
    best = kept.vectors.max(axis=1, initial=0) if activation == "softmax" else kept.scores
    return _aggregated(1 - best, aggregation)


class _Kept(NamedTuple):
    """Scores and class vectors (no columns if there are none) of the boxes that count."""

    scores: _Boxes
    vectors: Float64[np.ndarray, "n classes"]


def _checked(
    function: str,
    detections: Detections,
    aggregation: str,
    activation: str,
    min_score: float,
) -> _Kept:
    for argument, value, known in (
        ("aggregation", aggregation, tuple(_AGGREGATIONS)),
        ("activation", activation, ("sigmoid", "softmax")),
    ):
        if value not in known:
            raise ArgumentError(function, argument, expected=" or ".join(known), got=repr(value))
    scores = detections.scores.astype(np.float64)
    vectors = np.zeros((len(scores), 0))
    if detections.probabilities is not None:
        vectors = detections.probabilities.astype(np.float64)
    for what, values in (("scores", scores), ("probabilities", vectors)):
        if not ((values >= 0) & (values <= 1)).all():
            raise ArgumentError(
                function,
                "detections",
                expected=f"with {what} from 0 to 1",
                got="NaN or another",
                remedy="Turn logits into probabilities first.",
            )
    if activation == "softmax" and len(scores):
        _check_distribution(function, vectors)
    keep = scores >= min_score
    return _Kept(scores[keep], vectors[keep])


def _check_distribution(function: str, vectors: Float64[np.ndarray, "n classes"]) -> None:
    sums = vectors.sum(axis=1)
    worst = sums[np.abs(sums - 1).argmax()]
    if vectors.shape[1] < 2:
        got, remedy = "no vectors", "Give `probabilities`, or use activation='sigmoid'."
    elif abs(worst - 1) > 1e-3:
        got = f"one that adds up to {worst:g}"
        remedy = "Keep the background among the classes, or use activation='sigmoid'."
    else:
        return
    raise ArgumentError(
        function,
        "detections",
        expected="with a class vector a box that adds up to 1, as activation is softmax",
        got=got,
        remedy=remedy,
    )


def _entropy(vectors: Float64[np.ndarray, "n classes"]) -> _Boxes:
    logs = np.log(vectors, out=np.zeros_like(vectors), where=vectors > 0)
    total: np.ndarray = -(vectors * logs).sum(axis=1)
    zero_at_least: np.ndarray = np.maximum(total, 0)  # no −0
    return zero_at_least


def _aggregated(boxes: _Boxes, aggregation: str) -> float | None:
    return float(_AGGREGATIONS[aggregation](boxes)) if len(boxes) else None
