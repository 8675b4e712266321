"""Uncertainty weighted by how hard each class is to learn (STRATEGIES §7, stage 1).

After PPAL: Yang, Huang and Crowley, CVPR 2024, and the faults of its release left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.scores.found import check_by_class, check_count, check_range, found_of
from labelnext.types import Detections

_ByClass = Float64[np.ndarray, "classes"]


@dataclass(frozen=True, slots=True)
class Positives:
    """What became of the objects of one batch: the boxes or cells meant to find them.

    Attributes:
        probabilities: p_a, given to the true class; 0 to 1.
        overlaps: IoU_a of the predicted with the true box; 0 to 1.
        classes: The true class.
    """

    probabilities: Float64[np.ndarray, "n"]
    overlaps: Float64[np.ndarray, "n"]
    classes: Int64[np.ndarray, "n"]


def class_difficulty(
    batches: Sequence[Positives], classes: int, *, exponent: float = 0.6, momentum: float = 0.99
) -> _ByClass:
    """How badly each class is found so far: d_c = 1 − q_c, q a moving average over batches.

    q_a = p_a^ξ · IoU_a^(1−ξ); q̄_c is its mean over the batch's positives of class c, and
    q_c ← m_c q_c + (1 − m_c) q̄_c. Then m_c is m₀ if the batch had the class, else m_c·m₀, so a
    class seen rarely counts for more when it comes.

    Departures from the release: a class absent from a batch keeps its q, which there decays
    towards 0; and the first batch that shows a class sets q to its mean, where there q starts
    from 0 and takes hundreds of batches to rise.

    Args:
        batches: In the order of training, or those of one pass over the labelled images.
        classes: How many classes there are.
        exponent: ξ, the weight of the probability against the overlap; 0 to 1.
        momentum: m₀, 0 to 1.

    Returns:
        0 (found perfectly) to 1; 1 for a class that never came.

    Raises:
        ArgumentError: A number outside its range, a class that is negative or not below `classes`,
            or positives whose fields differ in length.
    """
    function = "class_difficulty"
    count = check_count(function, "classes", classes)
    check_range(function, "exponent", exponent, 0, 1)
    check_range(function, "momentum", momentum, 0, 1)
    quality, inertia, seen = np.zeros(count), np.full(count, momentum), np.zeros(count, bool)
    for batch in batches:
        _check_positives(function, batch, count)
        each = batch.probabilities**exponent * batch.overlaps ** (1 - exponent)
        numbers = np.bincount(batch.classes, minlength=count)
        present = numbers > 0
        mean = np.bincount(batch.classes, each, count) / np.maximum(numbers, 1)
        kept = np.where(seen, inertia, 0.0)
        quality = np.where(present, kept * quality + (1 - kept) * mean, quality)
        inertia = np.where(present, momentum, inertia * momentum)
        seen |= present
    return np.clip(1 - quality, 0, 1)


def difficulty_weights(difficulty: _ByClass, *, alpha: float = 0.3, beta: float = 0.2) -> _ByClass:
    """Weights of classes: w_c = 1 + αβ·ln(γ d_c + 1), γ = e^(1/α) − 1.

    Args:
        difficulty: d_c, 0 to 1.
        alpha: Above 0 (at least 0.01); the smaller, the more easy classes are lifted.
        beta: 0 or more; what the hardest class gets more than the easiest.

    Returns:
        1 to 1 + β, growing with difficulty.

    Raises:
        ArgumentError: A number outside its range.
    """
    function = "difficulty_weights"
    check_range(function, "alpha", alpha, 0.01)
    check_range(function, "beta", beta)
    if not ((difficulty >= 0) & (difficulty <= 1)).all():
        got = difficulty.tolist()
        raise ArgumentError(function, "difficulty", expected="from 0 to 1", got=got)
    weights: np.ndarray = 1 + alpha * beta * np.log1p(np.expm1(1 / alpha) * difficulty)
    return weights


def weighted_entropy(
    detections: Detections,
    weights: _ByClass,
    *,
    min_score: float = 0.05,
    min_side: float = 16,
    max_aspect: float = 5,
) -> float | None:
    """U = Σ_j w_{c_j} h(s_j) over boxes that are neither faint, tiny nor slivers.

    Args:
        detections: Boxes of one image after suppression.
        weights: Of each class; see `difficulty_weights`.
        min_score: Least score that counts.
        min_side: √(width·height) must be above it, in pixels.
        max_aspect: The longer side over the shorter must be below it.

    Returns:
        In nats, 0 or more; higher is labelled sooner. None if no box counts.

    Raises:
        ArgumentError: A number outside its range; weights that are negative, not finite or too
            few; boxes or scores that `box_entropy` refuses.
    """
    function = "weighted_entropy"
    check_range(function, "min_score", min_score, 0, 1)
    check_range(function, "min_side", min_side)
    check_range(function, "max_aspect", max_aspect, 1)
    found = found_of(detections, function)
    by_class = check_by_class(function, "weights", weights, found)
    sides = (found.xyxy[:, 2:] - found.xyxy[:, :2]).clip(0)
    large = sides.prod(axis=1) > min_side**2
    compact = sides.max(axis=1, initial=0) < max_aspect * sides.min(axis=1, initial=np.inf)
    found = found.take(large & compact & (found.scores >= min_score))
    if not len(found.scores):
        return None
    return float(by_class[found.classes] @ found.doubt())


def _check_positives(function: str, batch: Positives, classes: int) -> None:
    lengths = {len(batch.probabilities), len(batch.overlaps), len(batch.classes)}
    if len(lengths) > 1:
        raise ArgumentError(
            function, "batches", expected="of fields of one length", got=sorted(lengths)
        )
    for values in (batch.probabilities, batch.overlaps):
        if not ((values >= 0) & (values <= 1)).all():
            raise ArgumentError(
                function,
                "batches",
                expected="of probabilities and overlaps from 0 to 1",
                got="NaN or another",
            )
    if len(batch.classes) and not 0 <= batch.classes.min() <= batch.classes.max() < classes:
        expected = f"of classes from 0 to {classes - 1}"
        raise ArgumentError(function, "batches", expected=expected, got=batch.classes.tolist())
