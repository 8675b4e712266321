"""How many boxes, and how many seconds, an unlabelled image is expected to cost (STRATEGIES §11).

A detector's scores are no probabilities, and its raw counts no numbers of objects: they are
calibrated first on boxes whose truth is known.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from labelnext.cost.checks import Numbers, check_amounts, check_probabilities, check_whole
from labelnext.cost.model import LabellingCost
from labelnext.errors import ArgumentError


@dataclass(frozen=True, slots=True)
class Calibration:
    """P(true positive | score), never falling: straight lines between knots, level beyond them.

    Attributes:
        scores: Knots, rising.
        probabilities: P at each knot.
        boxes: How many boxes it was made from; 0 for P = score.
    """

    scores: Float64[np.ndarray, "knots"]
    probabilities: Float64[np.ndarray, "knots"]
    boxes: int

    def probability(self, scores: Float[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
        """P of each box; a score that is NaN or outside 0 to 1 is refused."""
        values = check_probabilities(scores, "Calibration.probability", "scores")
        return np.asarray(np.interp(values, self.scores, self.probabilities))


class ExpectedBoxes(NamedTuple):
    """Of the boxes that a detector proposes for an image, how many are right and wrong."""

    true_positives: float
    false_positives: float


class ExpectedSeconds(NamedTuple):
    """Labelling time of each image of the pool.

    `plain`: every object is drawn. `assisted`: the detector's boxes are there to be corrected.
    """

    plain: Float64[np.ndarray, "n"]
    assisted: Float64[np.ndarray, "n"]


def calibrate(
    scores: Float[np.ndarray, "n"],
    true_positive: Bool[np.ndarray, "n"],
    *,
    at_least: int = 30,
) -> Calibration:
    """Isotonic regression of right and wrong on the score; P = score with too few boxes.

    Pool-adjacent-violators (Zadrozny and Elkan, KDD 2002) on the distinct scores, each weighed by
    its boxes. Summed over the boxes it was made from, P gives just the number that were right.
    Departure: between neighbouring levels P rises in a straight line instead of a step, so that
    two images with almost the same scores get almost the same cost.

    Args:
        scores: Of boxes on labelled images, 0 to 1; leave boxes on ignore regions out.
        true_positive: Whether each found an object of its own.
        at_least: Boxes below which P = score.

    Raises:
        ArgumentError: Scores that are NaN or outside 0 to 1, or arrays of different length.
    """
    values = check_probabilities(scores, "calibrate", "scores")
    least = check_whole(at_least, "calibrate", "at_least", least=1)
    if true_positive.dtype != bool or true_positive.shape != values.shape:
        raise ArgumentError(
            "calibrate",
            "true_positive",
            expected=f"a bool for each of the {len(values)} boxes",
            got=f"{true_positive.dtype} {true_positive.shape}",
        )
    if len(values) < least:
        return Calibration(np.array([0.0, 1.0]), np.array([0.0, 1.0]), 0)
    from scipy.optimize import isotonic_regression  # here: it takes long to import

    knots, place, boxes = np.unique(values, return_inverse=True, return_counts=True)
    right = np.bincount(place, weights=true_positive, minlength=len(knots))
    levels = np.clip(isotonic_regression(right / boxes, weights=boxes).x, 0, 1)
    bends = np.ones(len(knots), bool)  # knots inside a level say nothing
    bends[1:-1] = (levels[1:-1] != levels[:-2]) | (levels[1:-1] != levels[2:])
    return Calibration(knots[bends], levels[bends], len(values))


def expected_boxes(scores: Float[np.ndarray, "n"], calibration: Calibration) -> ExpectedBoxes:
    """Σ P and Σ (1 − P) over the boxes of one image; both 0 for an image without boxes."""
    right = float(calibration.probability(scores).sum())
    return ExpectedBoxes(right, len(scores) - right)


def expected_seconds(
    scores: Float[np.ndarray, "boxes"],
    images: Int64[np.ndarray, "boxes"],
    n: int,
    *,
    calibration: Calibration,
    cost: LabellingCost,
    missed: Numbers = 0,
    shown_from: float = 0,
) -> ExpectedSeconds:
    """Seconds that each image of the pool is expected to take, without and with proposed boxes.

    An image holds Σ P objects, and those that the detector misses. Without proposals all are
    drawn. With them, of the boxes shown Σ P are kept and Σ (1 − P) deleted, and what is not shown
    is drawn.

    Args:
        scores: Of all boxes on the pool, 0 to 1.
        images: Index of the image each box is on, 0 to n − 1.
        n: Images in the pool; one without boxes holds only what is missed.
        calibration: From `calibrate`.
        cost: Seconds of each part.
        missed: Objects an image that no box stands for, as labelled images show; a number, or one
            an image.
        shown_from: Boxes of at least this score are shown to the annotator.

    Raises:
        ArgumentError: Scores outside 0 to 1, an index outside the pool, arrays of different
            length, or a `missed` that is negative or does not fit the pool.
    """
    function = "expected_seconds"
    n = check_whole(n, function, "n")
    values = check_probabilities(scores, function, "scores")
    _check_images(images, len(values), n, function)
    unseen = check_amounts(missed, function, "missed")
    if unseen.shape not in ((), (n,)):
        expected = f"a number, or one for each of {n} images"
        raise ArgumentError(function, "missed", expected=expected, got=f"shape {unseen.shape}")
    right = calibration.probability(values)
    shown = values >= shown_from
    objects = np.bincount(images, weights=right, minlength=n) + unseen
    kept = np.bincount(images[shown], weights=right[shown], minlength=n)
    deleted = np.bincount(images[shown], weights=1 - right[shown], minlength=n)
    new = np.maximum(objects - kept, 0)  # rounding
    return ExpectedSeconds(cost.seconds(1, objects), cost.seconds(1, new, kept, deleted))


def _check_images(images: Int64[np.ndarray, "boxes"], boxes: int, n: int, function: str) -> None:
    whole = images.shape == (boxes,) and np.issubdtype(images.dtype, np.integer)
    if not whole or ((images < 0) | (images >= n)).any():
        raise ArgumentError(
            function,
            "images",
            expected=f"an index from 0 to {n - 1} for each of the {boxes} boxes",
            got=f"{images.dtype} {images.shape}" if not whole else "another",
        )
