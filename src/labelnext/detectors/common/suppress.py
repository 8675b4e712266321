"""Non-maximum suppression without torch."""

import numpy as np
from jaxtyping import Bool, Float64, Int64


def suppress(
    xyxy: Float64[np.ndarray, "n 4"], classes: Int64[np.ndarray, "n"], iou: float, limit: int
) -> Int64[np.ndarray, "kept"]:
    """Greedy suppression: indices of the boxes that overlap no better one of their class.

    Args:
        xyxy: Boxes, best first.
        classes: Class of each; boxes of other classes suppress nothing.
        iou: Overlap above which the worse of two boxes is dropped.
        limit: Most boxes to keep.
    """
    area = (xyxy[:, 2:] - xyxy[:, :2]).prod(1)
    alive: Bool[np.ndarray, n] = np.ones(len(xyxy), bool)
    kept: list[int] = []
    for i in range(len(xyxy)):
        if not alive[i]:
            continue
        kept.append(i)
        if len(kept) == limit:
            break
        sides = np.minimum(xyxy[i, 2:], xyxy[i:, 2:]) - np.maximum(xyxy[i, :2], xyxy[i:, :2])
        inter = sides.clip(0).prod(1)
        overlap = inter / (area[i] + area[i:] - inter)
        alive[i:] &= (overlap <= iou) | (classes[i:] != classes[i])
    return np.array(kept, np.int64)
