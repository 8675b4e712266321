import numpy as np
import pytest
from hypothesis import given

from labelnext.errors import ArgumentError
from labelnext.evaluate import match, matching
from labelnext.types import Detections, GroundTruth
from tests.evaluate.cases import both, detections_of, images, random_set, truth_of
from tests.reference.evaluate_matching import match_image


def outcomes(drawn, iou=0.5):
    """Outcomes of `match`, in the words of the reference."""
    truths, detections = both(drawn)
    matches = match(truths, detections, iou=iou)
    first = np.cumsum([0, *(len(t) for t in truths)])
    said = []
    for image, row, ignored in zip(matches.image, matches.truth, matches.ignored, strict=True):
        if row >= 0:
            said.append(int(row - first[image]))
        else:
            said.append("ignored" if ignored else "false")
    return said


@given(images)
def test_equals_the_reference(drawn):
    expected = [o for truths, found in drawn for o in match_image(truths, found, 0.5)]
    assert outcomes(drawn) == expected


@given(images)
def test_small_blocks_of_pairs_change_nothing(drawn):
    expected = outcomes(drawn, iou=0.25)
    whole, matching._PAIRS_AT_ONCE = matching._PAIRS_AT_ONCE, 3
    try:
        assert outcomes(drawn, iou=0.25) == expected
    finally:
        matching._PAIRS_AT_ONCE = whole


def test_the_order_of_detections_does_not_matter():
    rng = np.random.default_rng(3)
    truths, detections = random_set(rng)
    shuffled, orders = [], []
    for d in detections:
        order = rng.permutation(len(d))
        orders.append(order)
        shuffled.append(Detections(d.xyxy[order], d.scores[order], d.classes[order]))
    plain, other = match(truths, detections), match(truths, shuffled)
    first = np.cumsum([0, *(len(d) for d in detections)])
    back = np.concatenate([start + order for start, order in zip(first, orders, strict=False)])
    np.testing.assert_array_equal(plain.truth[back], other.truth)
    np.testing.assert_array_equal(plain.ignored[back], other.ignored)


def test_every_truth_is_taken_once_at_most():
    truths, detections = random_set(np.random.default_rng(5), crowd=0.0)
    taken = match(truths, detections, iou=0.05).truth
    taken = taken[taken >= 0]
    assert len(taken) == len(np.unique(taken)) > 20


def test_the_better_detection_chooses_first():
    truth = [((0, 0, 10, 10), 0, False)]
    found = [((0, 0, 10, 10), 0, 0.25), ((0, 0, 10, 9), 0, 0.75)]
    assert outcomes([(truth, found)]) == ["false", 0]


def test_truth_is_preferred_to_an_ignore_region():
    truth = [((0, 0, 10, 10), 0, True), ((0, 0, 10, 20), 0, False)]
    assert outcomes([(truth, [((0, 0, 10, 10), 0, 1.0)])]) == [1]


def test_a_region_takes_any_number_by_share_of_the_detection():
    truth = [((0, 0, 100, 100), 0, True)]
    found = [((0, 0, 10, 10), 0, 1.0), ((5, 5, 9, 9), 0, 0.5), ((95, 0, 105.5, 10), 0, 0.5)]
    assert outcomes([(truth, found)]) == ["ignored", "ignored", "false"]


def test_an_overlap_of_exactly_the_threshold_counts():
    truth = [((0, 0, 10, 10), 0, False)]
    assert outcomes([(truth, [((0, 0, 10, 5), 0, 1.0)])]) == [0]
    assert outcomes([(truth, [((0, 0, 10, 4.99), 0, 1.0)])]) == ["false"]


def test_classes_and_images_keep_apart():
    box = (0, 0, 10, 10)
    assert outcomes([([(box, 0, False)], [(box, 1, 1.0)]), ([], [(box, 0, 1.0)])]) == ["false"] * 2


def test_counts_and_empty_sets():
    matches = match([truth_of([((0, 0, 1, 1), 0, True)]), truth_of([])], [detections_of([])] * 2)
    assert (matches.images, matches.instances, matches.truth.shape) == (2, 0, (0,))
    assert match([], []).images == 0


def test_a_box_of_no_size_matches_nothing():
    point = (5, 5, 5, 5)
    assert outcomes([([(point, 0, False)], [(point, 0, 1.0)])]) == ["false"]


@pytest.mark.parametrize("score", [np.nan, np.inf])
def test_scores_must_be_finite(score):
    bad = Detections(
        np.zeros((1, 4), np.float32), np.array([score], np.float32), np.zeros(1, np.int64)
    )
    with pytest.raises(ArgumentError, match=r"finite scores.*image 1"):
        match([GroundTruth.from_boxes([])] * 2, [detections_of([]), bad])


def test_boxes_must_be_sound():
    truth = GroundTruth.from_boxes([])
    with pytest.raises(ArgumentError, match="finite boxes"):
        match([GroundTruth.from_boxes([[0, 0, np.nan, 1]])], [detections_of([])])
    with pytest.raises(ArgumentError, match="x1 <= x2"):
        match([truth], [detections_of([((5, 0, 1, 1), 0, 1.0)])])
    with pytest.raises(ArgumentError, match="class indices"):
        match([truth], [detections_of([((0, 0, 1, 1), -1, 1.0)])])


@pytest.mark.parametrize("iou", [0, -1, 1.01, float("nan")])
def test_iou_is_a_share(iou):
    with pytest.raises(ArgumentError, match="'iou'"):
        match([], [], iou=iou)


def test_lengths_must_agree():
    with pytest.raises(ArgumentError, match="one per truth"):
        match([GroundTruth.from_boxes([])], [])
