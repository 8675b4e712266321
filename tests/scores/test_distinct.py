"""Entropy of distinct boxes and prototypes of classes, against loops."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.scores.boxes import box_entropy
from labelnext.scores.distinct import class_prototypes, distinct_entropy
from tests.reference import scores_difficulty as reference
from tests.scores.made import drawn, found, reordered, rows, seeds


def seen(seed, n=None):
    """Random boxes, and features of few directions so that many are alike."""
    detections = drawn(seed, n=n)
    rng = np.random.default_rng(seed)
    base = rng.standard_normal((3, 5))
    noise = rng.normal(0, 0.4, (len(detections), 5))
    return detections, (base[rng.integers(0, 3, len(detections))] + noise).astype(np.float32)


def plain(detections, features):
    _, scores, classes = rows(detections)
    return list(zip(scores, classes, features.astype(float).tolist(), strict=True))


@given(seed=seeds, threshold=st.sampled_from([-1.0, 0.0, 0.5, 0.9, 1.0]))
def test_equals_the_reference(seed, threshold):
    detections, features = seen(seed)
    expected = reference.distinct_entropy(plain(detections, features), threshold)
    got = distinct_entropy(detections, features, threshold=threshold)
    assert got == (None if expected is None else pytest.approx(expected, abs=1e-6))


def test_by_hand():
    """The surest box looks like the most doubtful one of its class, and does not count."""
    boxes = found(np.zeros((4, 4)), [0.5, 0.9, 0.6, 0.9], [0, 0, 0, 1])
    features = np.array([[1, 0], [2, 0.1], [0, 1], [1, 0]], np.float32)
    got = distinct_entropy(boxes, features)
    assert got == pytest.approx(math.log(2) + 0.6730 + 0.3251, abs=1e-4)


@given(seed=seeds)
def test_it_lies_between_the_largest_and_the_sum(seed):
    detections, features = seen(seed, n=6)
    got = distinct_entropy(detections, features)
    assert box_entropy(detections) - 1e-9 <= got
    assert got <= box_entropy(detections, aggregation="sum") + 1e-9
    different = distinct_entropy(detections, np.eye(6, dtype=np.float32))
    assert different == pytest.approx(box_entropy(detections, aggregation="sum"))


@given(seed=seeds)
def test_order_of_boxes_and_length_of_features_do_not_matter(seed):
    detections, features = seen(seed, n=6)
    order = np.random.default_rng(seed).permutation(6)
    expected = distinct_entropy(detections, features)
    got = distinct_entropy(reordered(detections, order), 7 * features[order])
    assert got == pytest.approx(expected, abs=1e-9)


def test_an_image_without_boxes():
    none = drawn(0, n=0)
    assert distinct_entropy(none, np.zeros((0, 5), np.float32)) is None
    prototypes = class_prototypes(none, np.zeros((0, 5), np.float32), 3)
    assert prototypes.shape == (3, 5)
    assert np.isnan(prototypes).all()


@given(seed=seeds)
def test_prototypes_equal_the_reference(seed):
    detections, features = seen(seed)
    got = class_prototypes(detections, features, 3)
    assert got.shape == (3, 5)
    for label, row in enumerate(got):
        expected = reference.prototype(plain(detections, features), label)
        np.testing.assert_allclose(row, [np.nan] * 5 if expected is None else expected, atol=1e-5)


def test_a_prototype_of_certain_boxes_is_not_empty():
    boxes = found(np.zeros((2, 4)), [1.0, 1.0])
    features = np.array([[1, 0], [0, 1]], np.float32)
    np.testing.assert_array_equal(class_prototypes(boxes, features, 1), [[1, 1]])


def test_bad_arguments():
    detections, features = seen(0, n=3)
    for bad, says in ((features[:2], "each of the 3 boxes"), (features * np.nan, "finite")):
        with pytest.raises(ArgumentError, match=f"'features'.*{says}"):
            distinct_entropy(detections, bad)
        with pytest.raises(ArgumentError, match=f"'features'.*{says}"):
            class_prototypes(detections, bad, 3)
    with pytest.raises(ArgumentError, match="'threshold'"):
        distinct_entropy(detections, features, threshold=1.5)
    with pytest.raises(ArgumentError, match="classes below 1"):
        class_prototypes(found(np.zeros((1, 4)), [0.5], [1]), features[:1], 1)
