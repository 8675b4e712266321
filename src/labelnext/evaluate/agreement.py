"""Have two successive models come to agree? A rule for stopping without labels (STRATEGIES §12).

Bloodgood & Vijay-Shanker (CoNLL 2009) stop when successive models agree on a fixed set of
unlabelled examples, by Cohen's κ of their classes. Departure: a detector's answer is a set of
boxes, of which κ is not defined, so the F1 of matched boxes takes its place.
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from labelnext.errors import ArgumentError
from labelnext.evaluate.matching import check_iou, overlapping_pairs
from labelnext.evaluate.pooled import PooledTruth, pool
from labelnext.types import Detections, GroundTruth


def agreement(
    first: Sequence[Detections],
    second: Sequence[Detections],
    *,
    iou: float = 0.5,
    min_score: float = 0.5,
) -> float:
    """F1 of the boxes that two models share on the same images: 2 · matched / (n₁ + n₂).

    Boxes of one image and class match one to one where their intersection over union is at least
    `iou`, as many as possible; so the order of the models makes no difference, nor do scores beyond
    the threshold.

    Args:
        first: One an image, 2,000 images or more for a figure that settles a decision.
        second: One an image, in the same order.
        iou: Above 0, at most 1.
        min_score: Boxes of lower score do not count.

    Returns:
        0 to 1; NaN where neither model has a box.

    Raises:
        ArgumentError: Lengths differ, a box or score is not finite, or `iou` is out of range.
    """
    check_iou("agreement", iou)
    if len(first) != len(second):
        expected = f"one per image of `first` ({len(first)})"
        raise ArgumentError("agreement", "second", expected=expected, got=f"{len(second)}")
    no_truth = [GroundTruth.from_boxes([])] * len(first)
    one, other = (pool(no_truth, side, function="agreement").detections for side in (first, second))
    kept = one.scores >= min_score, other.scores >= min_score
    total = int(kept[0].sum() + kept[1].sum())
    if total == 0:
        return float("nan")
    as_truth = PooledTruth(other.image, other.xyxy, other.classes, np.zeros(len(other), bool))
    left, right, _ = overlapping_pairs(as_truth, one, iou)
    both = kept[0][left] & kept[1][right]
    pairs = csr_array(
        (np.ones(int(both.sum()), np.int8), (left[both], right[both])), (len(one), len(other))
    )
    matched = int((maximum_bipartite_matching(pairs, perm_type="column") >= 0).sum())
    return 2 * matched / total


def f_change_bound(kappa: float) -> float:
    """Most that F can change between models whose κ exceeds `kappa`: 4 (1 − T) / T.

    Bloodgood & Grothendieck, CoNLL 2013 (1504.06329), for κ of classes; on the F1 of matched boxes
    it is a guide only.

    Args:
        kappa: T, above 0, at most 1.

    Raises:
        ArgumentError: It is outside.
    """
    if not 0 < kappa <= 1:
        raise ArgumentError("f_change_bound", "kappa", expected="above 0, at most 1", got=kappa)
    return 4 * (1 - kappa) / kappa


def settled(agreements: Sequence[float], *, least: float = 0.99, in_a_row: int = 3) -> bool:
    """True if the last `in_a_row` agreements are all at least `least`: labels change little now.

    Args:
        agreements: From `agreement`, each between a round and the next; NaN is not settled.
        least: 0 to 1; .99 is Bloodgood & Vijay-Shanker's, for κ.
        in_a_row: From 1.

    Raises:
        ArgumentError: An argument is out of its range.
    """
    if not 0 <= least <= 1:
        raise ArgumentError("settled", "least", expected="0 to 1", got=least)
    if in_a_row < 1:
        raise ArgumentError("settled", "in_a_row", expected="at least 1", got=in_a_row)
    latest = agreements[-in_a_row:]
    return len(latest) == in_a_row and all(value >= least for value in latest)
