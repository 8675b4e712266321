"""Exports with suppression inside: rows of boxes, without maps."""

from collections.abc import Sequence

import numpy as np

from labelnext.detectors.onnx_models.decode import Found


def decode(
    output: np.ndarray, kept: Sequence[int], *, threshold: float, max_detections: int
) -> list[Found]:
    """Detections of each image of a batch, in pixels of the network's input.

    Args:
        output: `[n, boxes, 6]`: x1, y1, x2, y2, score, class (YOLOv10, YOLO26, and Ultralytics'
            exports with `nms`).
        kept: Place among the model's classes of each of the project's.
        threshold: Least score.
        max_detections: Most to keep.
    """
    images = output.astype(np.float64)
    places = np.full(max([*kept, int(images[..., 5].max(initial=0))]) + 1, -1, np.int64)
    places[list(kept)] = np.arange(len(kept))
    return [_one(rows, places, threshold, max_detections) for rows in images]


def _one(rows: np.ndarray, places: np.ndarray, threshold: float, most: int) -> Found:
    classes = places[rows[:, 5].astype(np.int64).clip(0)]
    use = (rows[:, 4] >= threshold) & (classes >= 0)
    order = np.argsort(-rows[use, 4], kind="stable")[:most]
    chosen = rows[use][order]
    return Found(chosen[:, :4], chosen[:, 4], classes[use][order], None)
