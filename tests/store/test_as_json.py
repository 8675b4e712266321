"""What goes into the ledger as JSON comes back the same."""

import json

import numpy as np
import pytest

from labelnext.store.as_json import decode_metrics, decode_truth, encode_metrics, encode_truth
from labelnext.types import GroundTruth, Metrics, MissRateCurve


def test_truth_round_trip():
    truth = GroundTruth.from_boxes(
        [[1, 2, 3.25, 4], [0, 0, 1e-3, 9]], [0, 2], [True, False], [1, 0.3]
    )
    back = decode_truth(encode_truth(truth))
    for field in ("xyxy", "classes", "ignore", "visible"):
        np.testing.assert_array_equal(getattr(back, field), getattr(truth, field))
    assert encode_truth(back) == encode_truth(truth)


def test_optional_fields_round_trip():
    nan = float("nan")
    truth = GroundTruth.from_boxes(
        [[1, 2, 3, 4], [0, 0, 9, 9]],
        visible_xyxy=[[nan] * 4, [0, 0, 4.5, 9]],
        occlusion=[-1, 2],
        truncation=[0.25, nan],
        tracks=[7, -1],
        masks=[b"PQ4\\", None],
    )
    text = encode_truth(truth)
    json.loads(text, parse_constant=pytest.fail)  # NaN is no JSON
    back = decode_truth(text)
    for field in ("visible_xyxy", "occlusion", "truncation", "tracks", "masks"):
        before, after = getattr(truth, field), getattr(back, field)
        assert before.dtype == after.dtype
        np.testing.assert_array_equal(before, after)
    assert encode_truth(back) == text


def test_absent_fields_stay_absent_and_out_of_the_text():
    truth = GroundTruth.from_boxes([[1, 2, 3, 4]], tracks=[5])
    text = encode_truth(truth)
    assert sorted(json.loads(text)) == ["boxes", "classes", "ignore", "tracks", "visible"]
    back = decode_truth(text)
    assert (back.visible_xyxy, back.occlusion, back.truncation) == (None, None, None)
    assert back.tracks.tolist() == [5]


def test_truth_round_trip_of_no_objects():
    empty = decode_truth(encode_truth(GroundTruth.from_boxes([])))
    assert empty.xyxy.shape == (0, 4)
    assert empty.ignore.dtype == bool


def test_metrics_round_trip():
    curve = MissRateCurve(np.array([0.1, 1.0]), np.array([0.9, 0.3]), np.array([0.8, 0.1]))
    metrics = Metrics(3, 4, 0.3, 0.9, 0.5, 0.4, float("nan"), curve)
    back = decode_metrics(encode_metrics(metrics))
    assert back.miss_rate_at_fppi_1 == 0.3
    assert np.isnan(back.ap50)
    assert back.curve.fppi.tolist() == [0.1, 1.0]
    assert "mean_iou" not in encode_metrics(metrics)  # a row of boxes is as it always was


def test_figures_of_pixels_round_trip():
    curve = MissRateCurve(np.array([0.1]), np.array([0.9]), np.array([0.8]))
    metrics = Metrics(3, 4, 0.3, 0.9, 0.5, 0.4, 0.2, curve, 0.6, 0.9, (0.3, 0.9))
    back = decode_metrics(json.loads(json.dumps(encode_metrics(metrics))))
    assert (back.mean_iou, back.pixel_accuracy, back.class_iou) == (0.6, 0.9, (0.3, 0.9))
