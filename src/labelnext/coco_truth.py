"""Boxes and masks of a COCO file become the labels of an image."""

from collections.abc import Sequence

import numpy as np

from labelnext.coco_format import CocoBox
from labelnext.types import GroundTruth


def to_truth(boxes: Sequence[CocoBox], masks: Sequence[bytes | None] | None = None) -> GroundTruth:
    """The boxes of one image as they stand in the file, unclipped, with all it says of them.

    `masks` are what `masks.read` makes of their segmentations, where that is wanted.
    """
    xywh = np.array([box.xywh for box in boxes], np.float64).reshape(-1, 4)
    visible = [box.visible_xywh or (np.nan,) * 4 for box in boxes]
    return GroundTruth.from_boxes(
        _corners(xywh),
        [box.category for box in boxes],
        [box.ignore for box in boxes],
        [box.visible for box in boxes],
        visible_xyxy=_corners(np.array(visible, np.float64).reshape(-1, 4)),
        occlusion=[_or(box.occlusion, -1) for box in boxes],
        truncation=[_or(box.truncation, np.nan) for box in boxes],
        tracks=[_or(box.track, -1) for box in boxes],
        masks=masks,
    )


def _corners(xywh: np.ndarray) -> np.ndarray:
    return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)


def _or(value: float | None, absent: float) -> float:
    return absent if value is None else value
