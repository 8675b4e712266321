"""Uncertainty of an image by its distinct boxes: entropy-based suppression (STRATEGIES §6).

After Wu et al., CVPR 2022.
"""

import numpy as np
from jaxtyping import Float, Float32

from labelnext.scores.found import check_count, check_features, check_range, found_of, rank, unit
from labelnext.types import Detections


def distinct_entropy(
    detections: Detections, features: Float[np.ndarray, "n d"], *, threshold: float = 0.5
) -> float | None:
    """Sum of h(s_j) over boxes that do not look like a more doubtful one of their class (ENMS).

    While boxes remain, the one of largest h(s_j) = H((s_j, 1 − s_j)) is counted, and it goes with
    every box of its class whose feature has a cosine above `threshold` with its own. Ties go to the
    higher score, then the lower class, so the order of boxes does not matter. A feature of zeros
    has cosine 0 with every other.

    Args:
        detections: Boxes of one image.
        features: What the detector saw in each, row by row.
        threshold: Cosine, −1 to 1. It depends on the feature space.

    Returns:
        In nats, 0 to n·ln 2; higher is labelled sooner. None without boxes.

    Raises:
        ArgumentError: Another number of features than of boxes, one that is not finite, a threshold
            out of range, or a score outside [0, 1].
    """
    function = "distinct_entropy"
    check_range(function, "threshold", threshold, -1, 1)
    found = found_of(detections, function)
    directions = unit(check_features(function, "features", features, len(detections)))
    if not len(detections):
        return None
    doubt, total = found.doubt(), 0.0
    alive = np.ones(len(doubt), bool)
    for i in rank(found, doubt):
        if alive[i]:
            total += float(doubt[i])
            alike = directions @ directions[i] > threshold
            alive &= ~(alike & (found.classes == found.classes[i]))
    return total


def class_prototypes(
    detections: Detections, features: Float[np.ndarray, "n d"], classes: int
) -> Float32[np.ndarray, "classes d"]:
    """What each class looks like on an image: Σ_{c_j = c} h(s_j) f_j. Its length means nothing.

    Departure: where every box of a class is certain, so that all h are 0, the boxes weigh alike.

    Args:
        detections: Boxes of one image.
        features: What the detector saw in each, row by row.
        classes: How many classes there are.

    Returns:
        NaN in the rows of classes without a box.

    Raises:
        ArgumentError: As in `distinct_entropy`; or a class not below `classes`.
    """
    function = "class_prototypes"
    count = check_count(function, "classes", classes)
    found = found_of(detections, function, classes=count)
    rows = check_features(function, "features", features, len(detections))
    prototypes = np.full((count, rows.shape[1]), np.nan, np.float32)
    doubt = found.doubt()
    for label in np.unique(found.classes):
        own = found.classes == label
        weights = doubt[own] if doubt[own].any() else np.ones(own.sum())
        prototypes[label] = weights @ rows[own]
    return prototypes
