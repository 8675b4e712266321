"""Boxes that are there twice: pairs of one class that overlap (nearly) wholly."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from labelnext.types import GroundTruth

SAME = 0.99
NEAR = 0.9
# Of an image with more boxes than this, only those with the very same corners are found.
MOST = 20_000
_PAIRS = 1_000_000


class Double(NamedTuple):
    """Box `second`, of the class and the ignore mark of box `first`, with their overlap (IoU)."""

    first: int
    second: int
    iou: float


def doubles(truth: GroundTruth, least: float = NEAR) -> list[Double]:
    """Pairs of boxes whose intersection over union is more than `least`; `first` < `second`.

    Of several that overlap one another, each is paired with the first of them only.
    """
    n = len(truth)
    if n < 2:
        return []
    pairs = _equal(truth.xyxy) if n > MOST else _overlapping(truth.xyxy, least)
    found: dict[int, Double] = {}
    for first, second, iou in pairs:
        alike = (
            truth.classes[first] == truth.classes[second]
            and truth.ignore[first] == truth.ignore[second]
        )
        if alike and second not in found:
            found[second] = Double(first, second, iou)
    return [found[second] for second in sorted(found)]


def _overlapping(boxes: np.ndarray, least: float) -> Iterator[tuple[int, int, float]]:
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    rows = max(1, _PAIRS // len(boxes))  # keeps memory flat
    for start in range(0, len(boxes), rows):
        some = boxes[start : start + rows, None]
        size = np.minimum(some[..., 2:], boxes[:, 2:]) - np.maximum(some[..., :2], boxes[:, :2])
        common = np.clip(size, 0, None).prod(axis=2)
        union = area[start : start + rows, None] + area - common
        first, second = np.nonzero((common > least * union) & (union > 0))
        for i, j in zip(first.tolist(), second.tolist(), strict=True):
            if start + i < j:
                yield start + i, j, float(common[i, j] / union[i, j])


def _equal(boxes: np.ndarray) -> Iterator[tuple[int, int, float]]:
    _, first, which = np.unique(boxes, axis=0, return_index=True, return_inverse=True)
    for second, one in enumerate(which.ravel().tolist()):
        if first[one] < second:
            yield int(first[one]), second, 1.0
