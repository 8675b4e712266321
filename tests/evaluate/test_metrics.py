import math

import numpy as np
import pytest

from labelnext.errors import ArgumentError
from labelnext.evaluate import (
    authors_curve,
    average_precision,
    evaluate,
    log_average_miss_rate,
    match,
    miss_rate_at,
    miss_rate_curve,
    reasonable,
)
from labelnext.types import GroundTruth
from tests.evaluate.cases import detections_of, random_set, truth_of

BOX = (0, 0, 40, 100)


@pytest.fixture(scope="module")
def drawn():
    return random_set(np.random.default_rng(8))


def test_gathers_the_figures_of_its_parts(drawn):
    truths, detections = drawn
    metrics = evaluate(truths, detections, classes=("a", "b"))
    curve = miss_rate_curve(match(truths, detections))
    assert metrics.images == len(truths)
    assert metrics.instances == sum(int((~t.ignore).sum()) for t in truths)
    assert metrics.miss_rate_at_fppi_1 == miss_rate_at(curve, 1)
    assert metrics.miss_rate_at_fppi_01 == miss_rate_at(curve, 0.1)
    assert metrics.log_average_miss_rate == log_average_miss_rate(curve)
    assert (metrics.ap, metrics.ap50) == average_precision(truths, detections)
    assert 0 < metrics.miss_rate_at_fppi_1 < metrics.miss_rate_at_fppi_01 < 1


def test_reasonable_filters_first(drawn):
    truths, detections = drawn
    sizes = [(480, 640)] * len(truths)
    options = {"border": 5, "aspect": 0.41, "image_sizes": sizes}
    got = evaluate(truths, detections, classes=("a", "b"), subset="reasonable", **options)
    filtered = reasonable(truths, detections, **options)
    expected = evaluate(*filtered, classes=("a", "b"))
    np.testing.assert_array_equal(got.curve.miss_rate, expected.curve.miss_rate)
    assert got.instances == expected.instances < evaluate(*drawn, classes=("a", "b")).instances


def test_authors_protocol(drawn):
    got = evaluate(*drawn, classes=("a", "b"), protocol="authors-code")
    expected = authors_curve(*drawn)
    np.testing.assert_array_equal(got.curve.miss_rate, expected.miss_rate)
    np.testing.assert_array_equal(got.curve.fppi, expected.fppi)
    assert got.miss_rate_at_fppi_1 == miss_rate_at(expected, 1)
    assert got.ap == evaluate(*drawn, classes=("a", "b")).ap


def test_iou_changes_miss_rates_only(drawn):
    lax, strict = (evaluate(*drawn, classes=("a", "b"), iou=iou) for iou in (0.3, 0.9))
    assert lax.miss_rate_at_fppi_1 < strict.miss_rate_at_fppi_1
    assert lax.ap == strict.ap


def test_adding_a_wrong_detection_never_helps(drawn):
    truths, detections = drawn
    worse = [detections_of([((500, 400, 540, 470), 0, 2.0)]), *detections[1:]]
    wrong = evaluate([truth_of([]), *truths[1:]], worse, classes=("a", "b"))
    right = evaluate(
        [truth_of([]), *truths[1:]], [detections_of([]), *detections[1:]], classes=("a", "b")
    )
    assert wrong.miss_rate_at_fppi_01 >= right.miss_rate_at_fppi_01
    assert wrong.ap <= right.ap


@pytest.mark.parametrize("protocol", ["standard", "authors-code"])
def test_a_perfect_detector(protocol):
    truths = [truth_of([(BOX, 0, False), ((200, 0, 250, 100), 0, False)])] * 3
    found = [detections_of([(BOX, 0, 1.0), ((200, 0, 250, 100), 0, 0.9)])] * 3
    metrics = evaluate(truths, found, classes=["person"], protocol=protocol)
    assert metrics.miss_rate_at_fppi_1 == 0
    assert metrics.ap == pytest.approx(1)


@pytest.mark.parametrize("protocol", ["standard", "authors-code"])
@pytest.mark.parametrize("truths", [[], [truth_of([])], [truth_of([(BOX, 0, True)])]])
def test_without_truth_every_figure_is_nan(truths, protocol):
    found = [detections_of([(BOX, 0, 0.5)])] * len(truths)
    metrics = evaluate(truths, found, classes=["person"], protocol=protocol)
    assert metrics.instances == 0
    assert all(
        math.isnan(value)
        for value in (
            metrics.miss_rate_at_fppi_1,
            metrics.miss_rate_at_fppi_01,
            metrics.log_average_miss_rate,
            metrics.ap,
            metrics.ap50,
        )
    )


@pytest.mark.parametrize("protocol", ["standard", "authors-code"])
def test_without_detections_everything_is_missed(protocol):
    metrics = evaluate(
        [truth_of([(BOX, 0, False)])], [detections_of([])], classes=["person"], protocol=protocol
    )
    assert (metrics.miss_rate_at_fppi_1, metrics.log_average_miss_rate, metrics.ap) == (1, 1, 0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"subset": "hard"}, "'all' or 'reasonable'"),
        ({"protocol": "coco"}, "'standard' or 'authors-code'"),
        ({"iou": 0}, "'iou'"),
        ({"classes": []}, "'classes'"),
        ({"image_sizes": [(1, 1), (2, 2)]}, "'image_sizes'"),
        ({"border": 5}, "subset='reasonable'"),
        ({"aspect": 0.41}, "subset='reasonable'"),
    ],
)
def test_bad_arguments(options, says):
    with pytest.raises(ArgumentError, match=says):
        evaluate([truth_of([])], [detections_of([])], **{"classes": ["person"], **options})


def test_classes_must_have_names():
    with pytest.raises(ArgumentError, match=r"'truths'.*class 1"):
        evaluate([truth_of([(BOX, 1, False)])], [detections_of([])], classes=["person"])
    with pytest.raises(ArgumentError, match=r"'detections'.*class 2"):
        evaluate([GroundTruth.from_boxes([])], [detections_of([(BOX, 2, 0.5)])], classes=["a", "b"])
