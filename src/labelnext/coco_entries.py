"""Boxes as annotations of a COCO file."""

from collections.abc import Iterator, Sequence

import numpy as np

from labelnext.types import Detections


def box_entry(category: int, xyxy: Sequence[float]) -> dict[str, object]:
    """What every annotation has; classes count from 0, the ids of categories from 1."""
    x1, y1, x2, y2 = xyxy
    return {
        "category_id": category + 1,
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "area": (x2 - x1) * (y2 - y1),
        "iscrowd": 0,
    }


def predicted_entries(
    found: Detections, width: int, height: int
) -> Iterator[tuple[int, dict[str, object]]]:
    """Annotations with a `score`, each with its place among the detections.

    Boxes are cut to the image (where its size is known, not 0), which labelling tools insist on;
    those of which nothing is left are passed over.
    """
    xyxy = found.xyxy.astype(np.float64)
    if width and height:
        xyxy = np.clip(xyxy, 0, [width, height, width, height])
    for i in np.flatnonzero((xyxy[:, 2:] > xyxy[:, :2]).all(axis=1)).tolist():
        entry = box_entry(int(found.classes[i]), xyxy[i].tolist())
        yield i, entry | {"score": float(found.scores[i])}
