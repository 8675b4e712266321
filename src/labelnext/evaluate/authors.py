"""The metric of the paper's authors: many to many, averaged over images (PAPER §7 ⚑)."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from labelnext.errors import ArgumentError
from labelnext.evaluate.matching import check_iou, overlapping_pairs
from labelnext.evaluate.pooled import Pooled, PooledTruth, pool
from labelnext.types import Detections, GroundTruth, MissRateCurve


def authors_curve(
    truths: Sequence[GroundTruth],
    detections: Sequence[Detections],
    *,
    iou: float = 0.3,
    thresholds: Sequence[float] | None = None,
) -> MissRateCurve:
    """Miss rate against false positives per image as the authors measured it.

    A truth is found if any detection of its class overlaps it by more than `iou`; a detection is
    false if it overlaps no truth so far, so duplicates cost nothing. There are no ignore regions:
    ignored truth counts as background, and a detection on it as false. Miss rate is 1 less the
    mean of the images' recalls, over the images that have truth (recall has no value on the others;
    the authors evaluated only frames with persons); false positives are averaged over all images.

    Args:
        truths: One an image.
        detections: One an image, in the same order.
        iou: Overlap that a match must exceed.
        thresholds: Scores from which detections count (score >= threshold). The authors used 11;
            which ones is not on record, and the default is 1, 0.9, …, 0.

    Returns:
        One point a threshold, strictest first; `miss_rate` is NaN if there is no truth. Empty if
        there are no images.

    Raises:
        ArgumentError: See `pool`; `iou` is out of range, or a threshold is not finite.
    """
    check_iou("authors_curve", iou)
    pooled = pool(truths, detections, function="authors_curve")
    levels = np.linspace(1, 0, 11) if thresholds is None else np.asarray(thresholds, np.float64)
    if not np.isfinite(levels).all():
        raise ArgumentError("authors_curve", "thresholds", expected="finite", got=thresholds)
    return authors_curve_pooled(pooled, iou=iou, thresholds=np.sort(levels)[::-1])


def authors_curve_pooled(
    pooled: Pooled, *, iou: float, thresholds: Float64[np.ndarray, "points"]
) -> MissRateCurve:
    """`authors_curve` on a test set that `pool` has checked already."""
    if pooled.images == 0:
        return MissRateCurve(np.zeros(0), np.zeros(0), np.zeros(0))
    keep = ~pooled.truth.ignore
    truth = PooledTruth(
        pooled.truth.image[keep],
        pooled.truth.xyxy[keep],
        pooled.truth.classes[keep],
        pooled.truth.ignore[keep],
    )
    found = pooled.detections
    detection, row, _ = overlapping_pairs(truth, found, iou, strict=True)
    right = np.zeros(len(found), bool)
    right[detection] = True
    # A truth is found at every threshold up to the best score among the detections on it.
    best = np.full(len(truth), -np.inf)
    np.maximum.at(best, row, found.scores[detection])
    present = np.bincount(truth.image, minlength=pooled.images)
    weight = 1 / present[truth.image]
    images_with_truth = int((present > 0).sum())
    wrong = found.scores[~right]
    fppi = np.array([(wrong >= level).sum() for level in thresholds], np.float64) / pooled.images
    found_share = np.array([weight[best >= level].sum() for level in thresholds], np.float64)
    if images_with_truth == 0:
        return MissRateCurve(fppi, np.full(len(thresholds), np.nan), thresholds)
    miss = np.clip(1 - found_share / images_with_truth, 0, 1)
    return MissRateCurve(fppi, miss, thresholds)
