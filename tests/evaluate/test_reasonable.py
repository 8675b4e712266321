import numpy as np
import pytest

from labelnext.errors import ArgumentError
from labelnext.evaluate import reasonable
from labelnext.types import Detections, GroundTruth
from tests.evaluate.cases import detections_of


def heights(*values):
    return [((0, 0, 10, value), 0, 0.5) for value in values]


def one(boxes, visible=None, **options):
    truths, _ = reasonable(
        [GroundTruth.from_boxes(boxes, visible=visible)], [detections_of([])], **options
    )
    return truths[0]


def test_low_and_hidden_truth_is_ignored():
    boxes = [[0, 0, 20, 49.99], [0, 0, 20, 50], [0, 0, 20, 90], [0, 0, 20, 90]]
    truth = one(boxes, visible=[1, 1, 0.649, 0.65])
    np.testing.assert_array_equal(truth.ignore, [True, False, True, False])
    np.testing.assert_array_equal(truth.xyxy, boxes)


def test_what_was_ignored_stays_ignored():
    kept, _ = reasonable(
        [GroundTruth.from_boxes([[0, 0, 20, 90]], ignore=[True])], [detections_of([])]
    )
    assert kept[0].ignore.all()


def test_detections_are_kept_from_forty_pixels():
    found = detections_of(heights(39.9, 40, 50, 5000))
    full = Detections(
        found.xyxy, found.scores, found.classes, np.eye(4, dtype=np.float32)[:, :2].copy()
    )
    _, kept = reasonable([GroundTruth.from_boxes([])] * 2, [found, full])
    np.testing.assert_allclose(kept[0].xyxy[:, 3], [40, 50, 5000])
    np.testing.assert_array_equal(kept[1].probabilities, full.probabilities[1:])


def test_caltech_border():
    boxes = [[5, 5, 50, 105], [4.9, 5, 50, 105], [600, 375, 635, 475], [600, 375, 635.1, 475]]
    truth = one(boxes, border=5, image_sizes=[(480, 640)])
    np.testing.assert_array_equal(truth.ignore, [False, True, False, True])


def test_caltech_aspect_keeps_centre_and_height_and_regions():
    truth = GroundTruth.from_boxes([[10, 0, 90, 100], [10, 0, 90, 100]], ignore=[False, True])
    kept, _ = reasonable([truth], [detections_of([])], aspect=0.41)
    np.testing.assert_allclose(kept[0].xyxy, [[29.5, 0, 70.5, 100], [10, 0, 90, 100]])


@pytest.mark.parametrize(
    "options", [{"slack": 0.9}, {"aspect": 0}, {"border": 5}, {"border": 5, "image_sizes": []}]
)
def test_bad_options(options):
    with pytest.raises(ArgumentError, match="of reasonable must be"):
        one([[0, 0, 1, 1]], **options)
