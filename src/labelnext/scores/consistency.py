"""Do predictions agree with those on changed images? CALD (STRATEGIES §5).

After Yu et al., CVPR Workshops 2022, and the authors' program.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.numerics import jensen_shannon
from labelnext.scores.found import (
    Found,
    PerBox,
    Vectors,
    check_count,
    check_range,
    found_of,
)
from labelnext.scores.overlap import pairwise_iou
from labelnext.scores.views import Affine, map_boxes
from labelnext.types import Activation, Detections

Viewed = tuple[Detections, Affine, tuple[int, int]]
"""Boxes on a changed image, the matrix into it, and its (height, width)."""

_THIN_OUT_ABOVE, _THINNED_OUT = 40, 50


def consistency(
    reference: Detections,
    viewed: Sequence[Viewed],
    *,
    beta: float = 1.3,
    activation: Activation = "sigmoid",
) -> float | None:
    """−M(x): how near some box comes to the middling agreement at which a label helps most.

    For each view, box k of the original, mapped into the view, is matched with the box there of
    largest IoU, whatever its class. C^b is that IoU, C^s = ½(max s_k + max s'_k)·(1 − JS(s_k‖s'_k))
    with s the class vectors, m_k = C^b + C^s from 0 to 2, and M the mean over views of
    min(1, min_k |m_k − β|).

    As in the program: of more than 40 boxes, 50 are compared, evenly spaced by rank; a view that
    shows no box at all counts 0, the most informative value; where boxes are there but none
    overlaps, the best of them is the match. Departures from it: an image without boxes has no
    score, where there it has the best one; a box that leaves the view is not compared; under
    sigmoid, which knows no distribution over classes, the vectors are (p_c, 1 − p_c) for the class
    c of the box of the original, max s being the box's score. Without class vectors p_c of a box of
    another class is 0.

    Args:
        reference: Boxes on the image as it is.
        viewed: Boxes on each changed image; see `views`.
        beta: Agreement at which a box informs most; above it lies the stable, below it the lost.
        activation: `softmax` needs class vectors, the background among them.

    Returns:
        −1 to 0, higher is labelled sooner. None without boxes, or if all of them leave every view.

    Raises:
        ArgumentError: No views; beta outside [0, 2]; boxes, scores, vectors or matrices that
            `box_entropy` or `map_boxes` refuses; vectors of different lengths.
    """
    function = "consistency"
    check_range(function, "beta", beta, 0, 2)
    if not viewed:
        raise ArgumentError(function, "viewed", expected="one or more views", got="none")
    original = _thinned(found_of(reference, function, "reference", activation=activation).ranked())
    furthest = []
    for detections, matrix, size in viewed:
        there = found_of(detections, function, "viewed", activation=activation).ranked()
        _check_lengths(function, original, there)
        places = map_boxes(original.xyxy, matrix, size)
        seen = np.all(places[:, 2:] > places[:, :2], axis=1)
        if not seen.any():
            continue
        if not len(there.scores):
            furthest.append(0.0)
            continue
        agreement = _agreement(original.take(seen), places[seen], there, activation)
        furthest.append(min(1.0, float(np.abs(agreement - beta).min())))
    return 0.0 - float(np.mean(furthest)) if furthest else None


def class_vector(detections: Sequence[Detections], classes: int) -> Float64[np.ndarray, "classes"]:
    """What classes an image shows, for balancing a batch (CALD, second stage).

    Per class the largest score of a box of that class, averaged over the image and its changed
    versions, then softmax. Departures from the program: all boxes of the original count, not the 50
    that are compared; an image without boxes in any view has no vector.

    Args:
        detections: Boxes on the image as it is and on each changed image.
        classes: How many classes there are, without the background.

    Returns:
        Adds up to 1; NaN throughout where there is no box.

    Raises:
        ArgumentError: No detections; fewer than one class; a class not below `classes`; a score
            outside [0, 1].
    """
    function = "class_vector"
    count = check_count(function, "classes", classes)
    if not detections:
        raise ArgumentError(function, "detections", expected="of one image or more", got="none")
    best = np.zeros((len(detections), count))
    for row, one in zip(best, detections, strict=True):
        found = found_of(one, function, classes=count)
        np.maximum.at(row, found.classes, found.scores)
    if not any(len(one) for one in detections):
        return np.full(count, np.nan)
    return _softmax(best.mean(axis=0))


def labelled_class_vector(
    counts: Int64[np.ndarray, "classes"], images: int
) -> Float64[np.ndarray, "classes"]:
    """What to compare it with: softmax of the mean number of labelled objects an image (CALD).

    Args:
        counts: Labelled objects of each class.
        images: Labelled images, at least 1.

    Returns:
        Adds up to 1.

    Raises:
        ArgumentError: No classes, a negative count, or no images.
    """
    function = "labelled_class_vector"
    check_count(function, "images", images)
    if counts.ndim != 1 or not len(counts) or counts.min() < 0:
        expected = "one count of 0 or more for each of one or more classes"
        raise ArgumentError(function, "counts", expected=expected, got=counts.tolist())
    return _softmax(counts / images)


def _agreement(
    original: Found, places: Float64[np.ndarray, "n 4"], there: Found, activation: Activation
) -> PerBox:
    """m_k of each box of the original."""
    overlaps = pairwise_iou(places, there.xyxy)
    match = there.take(overlaps.argmax(axis=1))
    if activation == "softmax":
        a, b = original.vectors, match.vectors
        best = a.max(axis=1) + b.max(axis=1)
    else:
        a, b = (_of_class(found, original.classes) for found in (original, match))
        best = original.scores + match.scores
    agreement: np.ndarray = overlaps.max(axis=1) + best / 2 * (1 - jensen_shannon(a, b))
    return agreement


def _of_class(found: Found, classes: Int64[np.ndarray, "n"]) -> Vectors:
    """(p_c, 1 − p_c) of each box, c being the class asked for in its row."""
    if found.vectors.shape[1] > max(1, classes.max()):
        p = found.vectors[np.arange(len(classes)), classes]
    else:
        p = np.where(found.classes == classes, found.scores, 0.0)
    return np.stack([p, 1 - p], axis=1)


def _thinned(found: Found) -> Found:
    """Boxes given best first; of many, some evenly spaced by rank."""
    n = len(found.scores)
    if n <= _THIN_OUT_ABOVE:
        return found
    return found.take(np.rint(np.linspace(0, n - 1, _THINNED_OUT)).astype(np.int64))


def _check_lengths(function: str, original: Found, there: Found) -> None:
    lengths = {len(found.vectors.T) for found in (original, there) if len(found.scores)}
    if len(lengths) > 1:
        raise ArgumentError(
            function,
            "viewed",
            expected="with class vectors as long as those of the original",
            got=f"lengths {sorted(lengths)}",
        )


def _softmax(values: Float64[np.ndarray, "classes"]) -> Float64[np.ndarray, "classes"]:
    powers: np.ndarray = np.exp(values - values.max())
    share: np.ndarray = powers / powers.sum()
    return share
