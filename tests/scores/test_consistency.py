"""Consistency under changes of the image, against loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.scores.consistency import (
    class_vector,
    consistency,
    labelled_class_vector,
)
from labelnext.scores.views import mirror
from tests.reference import scores_consistency as reference
from tests.scores.made import drawn, found, reordered, rows, seeds

SAME = np.array([[1.0, 0, 0], [0, 1, 0]])
SIZE = (80, 80)
MATRICES = [SAME, np.array([[-1.0, 0, 80], [0, 1, 0]]), np.array([[0.8, 0.1, 3], [-0.1, 0.8, 2]])]


def plain(detections):
    """(box, score, class, vector) best first."""
    boxes, scores, classes = rows(detections)
    p = detections.probabilities
    vectors = [None] * len(scores) if p is None else p.astype(float).tolist()
    return sorted(
        zip(boxes, scores, classes, vectors, strict=True), key=lambda box: (-box[1], box[2], box[0])
    )


def test_published_numbers():
    """STRATEGIES §13: IoU .8, (.1, .9) vs (.4, .6): JS .06329, m 1.5025, |m − β| .2025."""
    one = found([[0, 0, 10, 10]], [0.9], [0], [[0.9, 0.1]])
    other = found([[0, 0, 8, 10]], [0.6], [0], [[0.6, 0.4]])
    for activation in ("sigmoid", "softmax"):
        got = consistency(one, [(other, SAME, SIZE)], activation=activation)
        assert got == pytest.approx(-0.2025, abs=5e-5)
        zero = consistency(one, [(other, SAME, SIZE)], activation=activation, beta=1.5025)
        assert zero == pytest.approx(0, abs=1e-4)


@given(
    seed=seeds, vectors=st.booleans(), softmax=st.booleans(), beta=st.sampled_from([0.4, 1.3, 2])
)
def test_equals_the_reference(seed, vectors, softmax, beta):
    vectors = vectors or softmax
    detections = drawn(seed, vectors=vectors)
    views = [(drawn(seed + k, vectors=vectors), m, SIZE) for k, m in enumerate(MATRICES)]
    expected = reference.consistency(
        plain(detections), [(plain(d), m.tolist(), s) for d, m, s in views], beta, softmax
    )
    activation = "softmax" if softmax else "sigmoid"
    got = consistency(detections, views, beta=beta, activation=activation)
    assert got == (None if expected is None else pytest.approx(expected, abs=1e-6))
    assert got is None or -1 <= got <= 0


@pytest.mark.parametrize("n", [40, 41, 50, 51, 130])
def test_of_many_boxes_some_are_compared(n):
    detections, view = drawn(n, n=n), (drawn(n + 1, n=3), SAME, SIZE)
    expected = reference.consistency(
        plain(detections), [(plain(view[0]), SAME.tolist(), SIZE)], 1.3, False
    )
    assert consistency(detections, [view]) == pytest.approx(expected, abs=1e-6)


@given(seed=seeds)
def test_the_order_of_boxes_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    one, other = drawn(seed, n=60), drawn(seed + 1, n=5)
    shuffled = (reordered(d, rng.permutation(len(d))) for d in (one, other))
    got = consistency(next(shuffled), [(next(shuffled), MATRICES[2], SIZE)])
    assert got == pytest.approx(consistency(one, [(other, MATRICES[2], SIZE)]))


def test_identical_views_of_sure_boxes_agree_wholly():
    """m = 2, so |m − β| is 0.7."""
    sure = found([[0, 0, 10, 10]], [1.0])
    assert consistency(sure, [(sure, SAME, SIZE)] * 3) == pytest.approx(-0.7)


def test_boxes_are_compared_where_they_went():
    image = np.zeros((80, 80, 3), np.uint8)
    left, right = found([[0, 0, 10, 10]], [1.0]), found([[70, 0, 80, 10]], [1.0])
    matrix = mirror(image).matrix
    assert consistency(left, [(right, matrix, SIZE)]) == pytest.approx(-0.7)
    assert consistency(left, [(left, matrix, SIZE)]) == pytest.approx(-0.3)  # m = 0 + 1


def test_a_view_without_boxes_is_the_most_informative():
    one, none = drawn(0, n=3), drawn(0, n=0)
    assert consistency(one, [(none, SAME, SIZE)]) == 0
    assert np.copysign(1, consistency(one, [(none, SAME, SIZE)])) == 1


def test_an_image_without_boxes_has_no_score():
    none = drawn(0, n=0)
    assert consistency(none, [(drawn(1, n=2), SAME, SIZE)]) is None
    assert consistency(none, [(none, SAME, SIZE)], activation="softmax") is None


def test_boxes_that_leave_the_view_are_not_compared():
    away = np.array([[1.0, 0, 500], [0, 1, 0]])
    one = drawn(0, n=3)
    assert consistency(one, [(one, away, SIZE)]) is None
    both = [(one, away, SIZE), (one, SAME, SIZE)]
    assert consistency(one, both) == consistency(one, both[1:])


@pytest.mark.parametrize(
    ("one", "views", "options", "says"),
    [
        (drawn(0, n=2), [], {}, "one or more views"),
        (drawn(0, n=2), [(drawn(0, n=2), SAME, SIZE)], {"beta": 3}, "'beta'"),
        (drawn(0, n=2), [(drawn(0, n=2), SAME, SIZE)], {"activation": "softmax"}, "no vectors"),
        (drawn(0, n=2), [(drawn(0, n=2, vectors=True), SAME, SIZE)], {}, "class vectors as long"),
        (drawn(0, n=2), [(found([[0, 0, 1, 1]], [np.nan]), SAME, SIZE)], {}, "'viewed'"),
        (drawn(0, n=2), [(drawn(0, n=2), SAME * np.nan, SIZE)], {}, "'matrix'"),
    ],
)
def test_bad_arguments(one, views, options, says):
    with pytest.raises(ArgumentError, match=says):
        consistency(one, views, **options)


@given(seed=seeds)
def test_class_vectors_equal_the_reference(seed):
    images = [drawn(seed + k) for k in range(3)]
    got = class_vector(images, 4)
    assert got.shape == (4,)
    if not any(len(one) for one in images):
        assert np.isnan(got).all()
        return
    expected = reference.class_vector([rows(one)[1:] for one in images], 4)
    np.testing.assert_allclose(got, expected, atol=1e-9)
    assert got.sum() == pytest.approx(1)


def test_labelled_classes():
    got = labelled_class_vector(np.array([4, 0, 2]), 2)
    powers = np.exp([2, 0, 1])
    np.testing.assert_allclose(got, powers / powers.sum())


def test_bad_class_vectors():
    with pytest.raises(ArgumentError, match="classes below 2"):
        class_vector([found([[0, 0, 1, 1]], [0.5], [2])], 2)
    with pytest.raises(ArgumentError, match="'detections'"):
        class_vector([], 2)
    with pytest.raises(ArgumentError, match="'classes'"):
        class_vector([drawn(0, n=0)], 0)
    with pytest.raises(ArgumentError, match="'images'"):
        labelled_class_vector(np.array([1]), 0)
    with pytest.raises(ArgumentError, match="'counts'"):
        labelled_class_vector(np.array([-1]), 1)
