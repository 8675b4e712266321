import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.scores.boxes import (
    box_entropy,
    box_least_confidence,
    box_margin,
    class_weights_of,
)
from labelnext.types import Detections
from tests.reference import scores_boxes as reference

SCORES = [box_entropy, box_margin, box_least_confidence]
SLOW = {
    box_entropy: reference.entropy,
    box_margin: reference.margin,
    box_least_confidence: reference.least_confidence,
}
every = pytest.mark.parametrize("score", SCORES)
shares = st.integers(0, 16).map(lambda k: k / 16)
aggregations = st.sampled_from(["sum", "mean", "max"])


def boxes(scores, vectors=None):
    n = len(scores)
    return Detections(
        np.zeros((n, 4), np.float32),
        np.array(scores, np.float32),
        np.zeros(n, np.int64),
        None
        if vectors is None
        else np.array(vectors, np.float32).reshape(n, len(vectors[0]) if n else 3),
    )


def test_published_numbers():
    """STRATEGIES §13."""
    vector = boxes([0.7], [[0.7, 0.2, 0.1]])
    assert box_entropy(vector, activation="softmax") == pytest.approx(0.8018, abs=5e-5)
    assert box_least_confidence(vector, activation="softmax") == pytest.approx(0.3)
    assert box_margin(vector, activation="softmax") == pytest.approx(0.25)
    assert box_entropy(boxes([0.9])) == pytest.approx(0.3251, abs=5e-5)
    assert box_entropy(boxes([0.6])) == pytest.approx(0.6730, abs=5e-5)
    # STRATEGIES §0.3: four weak boxes outweigh the most doubtful one under `sum`.
    assert box_entropy(boxes([0.05])) == pytest.approx(0.199, abs=5e-4)
    assert box_entropy(boxes([0.5])) == pytest.approx(0.693, abs=5e-4)
    assert box_entropy(boxes([0.05] * 4), aggregation="sum") > box_entropy(boxes([0.5]))


@every
@given(scores=st.lists(shares, max_size=6), aggregation=aggregations, least=shares)
def test_sigmoid_equals_the_reference(score, scores, aggregation, least):
    slow = SLOW[score]
    if score is box_least_confidence:
        values = [1 - s for s in scores if s >= least]
    else:
        values = [slow([s, 1 - s]) for s in scores if s >= least]
    got = score(boxes(scores), aggregation=aggregation, min_score=least)
    expected = reference.gather(values, aggregation)
    assert got == (None if expected is None else pytest.approx(expected, abs=1e-12))


@every
@given(
    counts=st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any), max_size=5),
    aggregation=aggregations,
)
def test_softmax_equals_the_reference(score, counts, aggregation):
    vectors = [[np.float32(c / sum(row)).item() for c in row] for row in counts]
    got = score(
        boxes([max(v) for v in vectors], vectors), aggregation=aggregation, activation="softmax"
    )
    expected = reference.gather([SLOW[score](v) for v in vectors], aggregation)
    assert got == (None if expected is None else pytest.approx(expected, abs=1e-9))


def test_margin_of_several_sigmoid_classes_takes_the_two_largest():
    assert box_margin(boxes([0.75], [[0.25, 0.75]])) == pytest.approx(0.25)
    assert box_margin(boxes([0.75], [[0.5, 0.75]])) == pytest.approx(0.5625)
    assert box_margin(boxes([0.75], [[0.75]])) == box_margin(boxes([0.75]))


@every
def test_an_image_without_boxes_has_no_score(score):
    assert score(boxes([])) is None
    assert score(boxes([]), activation="softmax") is None
    assert score(boxes([0.2]), min_score=0.3) is None


@every
@given(scores=st.lists(shares, min_size=1, max_size=5), more=shares)
def test_one_more_box_never_lowers_sum_or_max(score, scores, more):
    for aggregation in ("sum", "max"):
        before = score(boxes(scores), aggregation=aggregation)
        assert score(boxes([*scores, more]), aggregation=aggregation) >= before


@every
@given(scores=st.lists(shares, min_size=1, max_size=5), aggregation=aggregations)
def test_the_order_of_boxes_does_not_matter(score, scores, aggregation):
    got = score(boxes(scores), aggregation=aggregation)
    assert score(boxes(scores[::-1]), aggregation=aggregation) == pytest.approx(got)


def test_certain_boxes_score_nothing():
    for score in (box_entropy, box_margin):
        assert score(boxes([1.0, 0.0]), aggregation="sum") == 0
    assert math.copysign(1, box_entropy(boxes([1.0]))) == 1


@every
@given(
    given_boxes=st.lists(st.tuples(shares, st.integers(0, 2)), max_size=6),
    aggregation=aggregations,
)
def test_class_weights_multiply_each_box(score, given_boxes, aggregation):
    weights = np.array([0.5, 1.0, 4.0])
    several = Detections(
        np.zeros((len(given_boxes), 4), np.float32),
        np.array([s for s, _ in given_boxes], np.float32),
        np.array([c for _, c in given_boxes], np.int64),
    )
    expected = reference.gather(
        [weights[c] * score(boxes([s])) for s, c in given_boxes], aggregation
    )
    got = score(several, aggregation=aggregation, class_weights=weights)
    assert got == (None if expected is None else pytest.approx(expected, abs=1e-12))
    assert score(several, class_weights=np.ones(3)) == score(several)


def test_rare_classes_weigh_more():
    """(n + K) / (n_c + 1), by hand: n = 12, K = 3."""
    np.testing.assert_allclose(class_weights_of(np.array([9, 2, 1])), [1.5, 5, 7.5])
    np.testing.assert_array_equal(class_weights_of(np.array([0])), [1])
    for counts in ([], [3, -1]):
        with pytest.raises(ArgumentError, match="'counts' argument of class_weights_of"):
            class_weights_of(np.array(counts, np.int64))


@every
@pytest.mark.parametrize("weights", [[], [-1.0], [np.nan], [np.inf]])
def test_bad_class_weights(score, weights):
    with pytest.raises(ArgumentError, match="'class_weights' argument"):
        score(boxes([0.5]), class_weights=np.array(weights, np.float64))


@every
@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("detections", "options", "says"),
    [
        (boxes([np.nan]), {}, "scores from 0 to 1"),
        (boxes([1.5]), {}, "scores from 0 to 1"),
        (boxes([0.5], [[np.nan, 1]]), {}, "probabilities from 0 to 1"),
        (boxes([0.5]), {"activation": "softmax"}, "no vectors"),
        (boxes([0.5], [[0.5]]), {"activation": "softmax"}, "no vectors"),
        (boxes([0.5], [[0.5, 0.2]]), {"activation": "softmax"}, "adds up to 0.7"),
        (boxes([0.5]), {"aggregation": "median"}, "sum or mean or max"),
        (boxes([0.5]), {"activation": "tanh"}, "sigmoid or softmax"),
        (boxes([0.5]), {"min_score": np.nan}, "from 0 to 1"),
    ],
)
def test_bad_arguments(score, detections, options, says):
    with pytest.raises(ArgumentError, match=rf"of {score.__name__} must be .*{says}"):
        score(detections, **options)
