"""Acquisition scores over boxes: entropy, margin and least confidence (STRATEGIES §0–1).

After Brust et al., VISAPP 2019. Each box gets a score, and the image their sum, mean or maximum.
An image without boxes has no defined score: None, never 0.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.numerics import inverse_frequency
from labelnext.scores.found import (
    Found,
    PerBox,
    check_by_class,
    check_choice,
    check_range,
    found_of,
)
from labelnext.types import Activation, Detections

_ByClass = Float64[np.ndarray, "classes"]
_AGGREGATIONS: dict[str, Callable[[PerBox], np.floating]] = {
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
    class_weights: _ByClass | None = None,
) -> float | None:
    """How undecided the boxes are: H(p_j) under softmax, h(s_j) = H((s_j, 1 − s_j)) under sigmoid.

    Args:
        detections: Boxes of one image after suppression.
        aggregation: `max`, `mean` or `sum` over boxes. `sum` favours crowds and many weak boxes.
        activation: `softmax` needs class vectors and keeps the background among them; `sigmoid`
            knows no distribution over classes, and each box counts for its own class alone.
        min_score: Boxes of lower score do not count.
        class_weights: Each box's score is multiplied by the weight of its predicted class; see
            `class_weights_of`. None: all weigh 1.

    Returns:
        In nats; 0 to ln 2 a box (sigmoid) or ln classes (softmax), times its class's weight. None
        if no box counts.

    Raises:
        ArgumentError: Unknown aggregation or activation; `min_score`, a score or a probability that
            is NaN or outside [0, 1]; vectors that are absent or do not add up to 1 where softmax
            needs them; weights that are negative, not finite, or too few.
    """
    options = _Options("box_entropy", aggregation, activation, min_score, class_weights)
    return _score(detections, options, Found.entropy)


def box_margin(
    detections: Detections,
    *,
    aggregation: str = "max",
    activation: Activation = "sigmoid",
    min_score: float = 0.0,
    class_weights: _ByClass | None = None,
) -> float | None:
    """How close the two likeliest classes are: (1 − (p₁ − p₂))², p₁ ≥ p₂ the two largest.

    Under sigmoid with one class, or without class vectors, they are s and 1 − s.

    Args:
        detections: See `box_entropy`.
        aggregation: See `box_entropy`.
        activation: See `box_entropy`.
        min_score: See `box_entropy`.
        class_weights: See `box_entropy`.

    Returns:
        0 to 1 a box, times its class's weight. None if no box counts.

    Raises:
        ArgumentError: See `box_entropy`.
    """
    options = _Options("box_margin", aggregation, activation, min_score, class_weights)
    return _score(detections, options, _margins)


def box_least_confidence(
    detections: Detections,
    *,
    aggregation: str = "max",
    activation: Activation = "sigmoid",
    min_score: float = 0.0,
    class_weights: _ByClass | None = None,
) -> float | None:
    """How unsure the best guess is: 1 − s_j; under softmax s_j is the largest of the class vector.

    Args:
        detections: See `box_entropy`.
        aggregation: See `box_entropy`.
        activation: See `box_entropy`.
        min_score: See `box_entropy`.
        class_weights: See `box_entropy`.

    Returns:
        0 to 1 a box, times its class's weight. None if no box counts.

    Raises:
        ArgumentError: See `box_entropy`.
    """
    options = _Options("box_least_confidence", aggregation, activation, min_score, class_weights)
    return _score(detections, options, _least_confidences)


def class_weights_of(counts: Int64[np.ndarray, "classes"]) -> _ByClass:
    """Weights that favour rare classes: w_c = (n + K) / (n_c + 1), n = Σ_c n_c (Brust et al.).

    Args:
        counts: Labelled objects of each class.

    Returns:
        Above 0; all equal where all classes are as frequent.

    Raises:
        ArgumentError: No classes, or a negative count.
    """
    if counts.ndim != 1 or not len(counts) or counts.min() < 0:
        expected = "one count of 0 or more for each of one or more classes"
        raise ArgumentError("class_weights_of", "counts", expected=expected, got=counts.tolist())
    return inverse_frequency(counts)


class _Options(NamedTuple):
    """What the three scores have in common."""

    function: str
    aggregation: str
    activation: Activation
    min_score: float
    class_weights: _ByClass | None


def _score(
    detections: Detections, options: _Options, of: Callable[[Found, Activation], PerBox]
) -> float | None:
    function = options.function
    check_choice(function, "aggregation", options.aggregation, tuple(_AGGREGATIONS))
    check_range(function, "min_score", options.min_score, 0, 1)
    found = found_of(detections, function, activation=options.activation)
    found = found.take(found.scores >= options.min_score)
    boxes = of(found, options.activation)
    if options.class_weights is not None:
        weights = check_by_class(function, "class_weights", options.class_weights, found)
        boxes = boxes * weights[found.classes]
    return float(_AGGREGATIONS[options.aggregation](boxes)) if len(boxes) else None


def _margins(found: Found, _: Activation) -> PerBox:
    vectors = found.vectors
    if vectors.shape[1] < 2:
        vectors = np.stack([found.scores, 1 - found.scores], axis=1)
    two = np.sort(vectors, axis=1)[:, -2:]
    margins: np.ndarray = (1 - (two[:, 1] - two[:, 0])) ** 2
    return margins


def _least_confidences(found: Found, activation: Activation) -> PerBox:
    softmax = activation == "softmax"
    least: np.ndarray = 1 - (found.vectors.max(axis=1, initial=0) if softmax else found.scores)
    return least
