"""Rows to detections: the best class of each, a threshold, and suppression class by class."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.detectors.common.suppress import suppress

_MOST = 30_000  # candidates that suppression looks at, as YOLOv5 and v8 have it


class Found(NamedTuple):
    """Detections in pixels of the network's input, best first."""

    xyxy: Float64[np.ndarray, "n 4"]
    scores: Float64[np.ndarray, "n"]
    classes: Int64[np.ndarray, "n"]
    probabilities: Float64[np.ndarray, "n classes"] | None


def decode(
    xyxy: Float64[np.ndarray, "rows 4"],
    p: Float64[np.ndarray, "rows classes"],
    *,
    threshold: float,
    nms: float | None,
    multi_label: bool,
    max_detections: int,
) -> Found:
    """What the families' own programs do after the network.

    A row counts for its most probable class (`yolox.utils.postprocess`, `non_max_suppression` of
    YOLOv5 and v8 as they predict), or with `multi_label` for every class (as the latter two do when
    they validate), if that is at least `threshold`; boxes of other classes suppress nothing. One
    departure: classes that the project does not have are left out before, not after.

    Args:
        xyxy: Boxes of the rows.
        p: Probability of each class.
        threshold: Least probability.
        nms: IoU above which the worse of two boxes of a class is dropped; None or 1 keeps all.
        multi_label: Every class of a row, not its best alone.
        max_detections: Most to keep.
    """
    if multi_label:
        row, label = np.nonzero(p >= threshold)
    else:
        row = np.flatnonzero(p.max(1) >= threshold)
        label = p[row].argmax(1)
    scores = p[row, label]
    order = np.argsort(-scores, kind="stable")[:_MOST]
    row, label, scores = row[order], label[order].astype(np.int64), scores[order]
    if nms is None or nms >= 1:
        keep = np.arange(min(len(row), max_detections))
    else:
        keep = suppress(xyxy[row], label, nms, max_detections)
    return Found(xyxy[row[keep]], scores[keep], label[keep], p[row[keep]])
