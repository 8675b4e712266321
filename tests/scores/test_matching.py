"""Distances between images by their boxes, against loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.scores import matching
from labelnext.scores.matching import matching_distance, matching_distances
from tests.reference import scores_difficulty as reference
from tests.scores.made import drawn, found, reordered, rows, seeds


def images(seed, m=6):
    rng = np.random.default_rng(seed)
    detections = [drawn(seed + k) for k in range(m)]
    return detections, [rng.standard_normal((len(d), 4)).astype(np.float32) for d in detections]


def plain(detections, features):
    _, scores, classes = rows(detections)
    return list(zip(scores, classes, features.astype(float).tolist(), strict=True))


@pytest.mark.parametrize("block", [1, 7, 1000])
@given(seed=seeds, least=st.sampled_from([0.05, 0.5]), most=st.sampled_from([2, 100]))
def test_equals_the_reference(block, seed, least, most):
    detections, features = images(seed)
    rows_at_once, matching._ROWS = matching._ROWS, block
    try:
        got = matching_distances(detections, features, min_score=least, max_boxes=most)
    finally:
        matching._ROWS = rows_at_once
    listed = [plain(d, f) for d, f in zip(detections, features, strict=True)]
    for i, a in enumerate(listed):
        for j, b in enumerate(listed):
            expected = reference.distance(a, b, least, most)
            if i == j and expected is not None:
                expected = 0.0
            expected = np.nan if expected is None else expected
            np.testing.assert_allclose(got[i, j], expected, atol=1e-5)


def test_by_hand():
    """Cosines 0 and 0.6, scores 0.9 and 0.1; the second class is on one image only."""
    a = found(np.zeros((2, 4)), [0.9, 0.1], [0, 1])
    b = found(np.zeros((2, 4)), [0.5, 0.5], [0, 0])
    a_features = np.array([[1, 0], [1, 1]], np.float32)
    b_features = np.array([[0, 2], [0.6, 0.8]], np.float32)
    there = 0.9 * 0.4 + 0.1 * 2
    back = 0.5 * 1 + 0.5 * 0.4
    got = matching_distance(a, a_features, b, b_features)
    assert got == pytest.approx((there + back) / 2)


def test_boxes_of_equal_rank_are_not_taken_for_equal():
    """The release's fault (a): two images of one box each, nothing alike, had distance 0."""
    one = found(np.zeros((1, 4)), [0.9])
    got = matching_distance(one, np.array([[1, 0]], np.float32), one, np.eye(2, dtype="f4")[1:])
    assert got == pytest.approx(1)


@given(seed=seeds)
def test_it_is_symmetric_and_bounded(seed):
    got = matching_distances(*images(seed))
    np.testing.assert_array_equal(got, got.T)
    some = got[~np.isnan(got)]
    assert ((some >= 0) & (some <= 2)).all()
    diagonal = np.diag(got)
    np.testing.assert_array_equal(diagonal[~np.isnan(diagonal)], 0)


@given(seed=seeds)
def test_order_of_boxes_and_of_images_does_not_matter(seed):
    detections, features = images(seed)
    expected = matching_distances(detections, features)
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(d)) for d in detections]
    turned = matching_distances(
        [reordered(d, o) for d, o in zip(detections, orders, strict=True)],
        [f[o] for f, o in zip(features, orders, strict=True)],
    )
    np.testing.assert_allclose(turned, expected, atol=1e-5)
    order = rng.permutation(len(detections))
    other = matching_distances([detections[i] for i in order], [features[i] for i in order])
    np.testing.assert_allclose(other, expected[np.ix_(order, order)], atol=1e-5)


def test_an_image_without_boxes_has_no_distance():
    one, features = drawn(0, n=2), np.ones((2, 3), np.float32)
    none = drawn(0, n=0), np.zeros((0, 3), np.float32)
    assert matching_distance(one, features, *none) is None
    got = matching_distances([one, none[0]], [features, none[1]])
    assert got[0, 0] == 0
    assert np.isnan([got[0, 1], got[1, 0], got[1, 1]]).all()
    assert matching_distances([], []).shape == (0, 0)
    assert np.isnan(matching_distances([none[0]], [none[1]])).all()


def test_boxes_that_all_score_nothing_weigh_alike():
    boxes = found(np.zeros((2, 4)), [0, 0])
    features = np.eye(2, dtype=np.float32)
    other = found(np.zeros((1, 4)), [0.5])
    got = matching_distance(boxes, features, other, features[:1], min_score=0)
    assert got == pytest.approx((0.5 * 0 + 0.5 * 1 + 0) / 2)


def test_bad_arguments():
    one, features = drawn(0, n=2), np.ones((2, 3), np.float32)
    for detections, given_, options, says in (
        ([one], [features, features], {}, "each of the 1 images"),
        ([one], [features[:1]], {}, "each of the 2 boxes"),
        ([one, one], [features, features[:, :2]], {}, "one width"),
        ([one], [features * np.nan], {}, "finite"),
        ([one], [features], {"min_score": 2}, "'min_score'"),
        ([one], [features], {"max_boxes": 0}, "'max_boxes'"),
    ):
        with pytest.raises(ArgumentError, match=says):
            matching_distances(detections, given_, **options)
