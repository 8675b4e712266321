"""Annotations of predicted boxes: cut to the image, numbered by their place."""

import numpy as np

from labelnext.coco_entries import box_entry, predicted_entries
from labelnext.types import Detections


def test_a_box() -> None:
    assert box_entry(2, [1, 2, 4, 8]) == {
        "category_id": 3, "bbox": [1, 2, 3, 6], "area": 18, "iscrowd": 0,
    }  # fmt: skip


def test_predicted_boxes() -> None:
    found = Detections(
        np.array([[-2, 0, 3, 4], [20, 0, 30, 4], [5, 5, 9, 9]], np.float32),
        np.array([0.5, 0.25, 0.125], np.float32),
        np.array([0, 1, 2]),
    )
    inside = dict(predicted_entries(found, 10, 8))
    assert list(inside) == [0, 2]
    assert inside[0] == box_entry(0, [0, 0, 3, 4]) | {"score": 0.5}
    assert inside[2] == box_entry(2, [5, 5, 9, 8]) | {"score": 0.125}
    assert [i for i, _ in predicted_entries(found, 0, 0)] == [0, 1, 2]
