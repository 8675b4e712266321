"""What a COCO file says of a box beyond its corners is kept."""

import numpy as np

from labelnext.coco_format import CocoBox
from labelnext.coco_truth import to_truth


def test_plain_boxes_have_no_optional_fields() -> None:
    truth = to_truth([CocoBox("a", 1, 2, (1, 2, 3, 4), True, 0.5)])
    assert truth.xyxy.tolist() == [[1, 2, 4, 6]]
    assert (truth.classes[0], truth.ignore[0], truth.visible[0]) == (2, True, 0.5)
    assert truth.fields()[4:] == (None,) * 5


def test_everything_and_nothing() -> None:
    full = CocoBox("a", 1, 0, (1, 2, 3, 4), False, 1.0, None, (1, 2, 2, 2), 2, 0.25, 7)
    truth = to_truth([full, CocoBox("b", 1, 0, (0, 0, 1, 1), False, 1.0)])
    assert truth.visible_xyxy is not None
    assert truth.truncation is not None
    assert truth.occlusion is not None
    assert truth.tracks is not None
    assert truth.visible_xyxy[0].tolist() == [1, 2, 3, 4]
    assert np.isnan(truth.visible_xyxy[1]).all()
    assert truth.occlusion.tolist() == [2, -1]
    assert truth.truncation[0] == 0.25
    assert truth.tracks.tolist() == [7, -1]
    assert len(to_truth([])) == 0


def test_masks_stay_with_their_boxes() -> None:
    boxes = [CocoBox(name, 1, 0, (0, 0, 1, 1), False, 1.0) for name in "ab"]
    truth = to_truth(boxes, [None, b"04"])
    assert truth.masks is not None
    assert truth.masks.tolist() == [None, b"04"]
    assert to_truth(boxes, [None, None]).masks is None
