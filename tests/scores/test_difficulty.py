"""Class difficulty and the entropy weighted by it, against loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.scores.boxes import box_entropy
from labelnext.scores.difficulty import (
    Positives,
    class_difficulty,
    difficulty_weights,
    weighted_entropy,
)
from tests.reference import scores_difficulty as reference
from tests.scores.made import drawn, found, reordered, rows, seeds

share = st.integers(0, 10).map(lambda k: k / 10)
batches = st.lists(st.lists(st.tuples(share, share, st.integers(0, 2)), max_size=4), max_size=6)


def positives(batch):
    p, u, c = zip(*batch, strict=True) if batch else ((), (), ())
    return Positives(np.array(p, float), np.array(u, float), np.array(c, np.int64))


def test_published_numbers():
    """STRATEGIES §13: p .8, IoU .5: q .6629; d 0, .5, 1: w 1, 1.1605, 1.2."""
    d = class_difficulty([positives([(0.8, 0.5, 0)])], 1)
    assert 1 - d[0] == pytest.approx(0.6629, abs=5e-5)
    weights = difficulty_weights(np.array([0, 0.5, 1]))
    np.testing.assert_allclose(weights, [1, 1.1605, 1.2], atol=5e-5)


@given(given_batches=batches, exponent=share, momentum=share)
def test_difficulty_equals_the_reference(given_batches, exponent, momentum):
    got = class_difficulty(
        [positives(batch) for batch in given_batches], 3, exponent=exponent, momentum=momentum
    )
    expected = reference.difficulty(given_batches, 3, exponent, momentum)
    np.testing.assert_allclose(got, expected, atol=1e-9)


def test_a_class_that_is_absent_keeps_its_difficulty():
    both = positives([(0.8, 0.5, 0), (0.3, 0.3, 1)])
    only = positives([(0.3, 0.3, 1)])
    before = class_difficulty([both], 2)
    np.testing.assert_allclose(class_difficulty([both, *[only] * 300], 2), before)


def test_a_rare_class_counts_for_more_when_it_comes():
    first, then = positives([(0.0, 0.0, 0)]), positives([(1.0, 1.0, 0)])
    soon = class_difficulty([first, then], 1)
    late = class_difficulty([first, *[positives([])] * 50, then], 1)
    assert late < soon


def test_a_class_never_seen_is_the_hardest():
    np.testing.assert_array_equal(class_difficulty([], 2), [1, 1])


@given(
    seed=seeds,
    least=share,
    side=st.sampled_from([0, 16, 30]),
    aspect=st.sampled_from([1.0, 2, 5]),
)
def test_weighted_entropy_equals_the_reference(seed, least, side, aspect):
    detections, weights = drawn(seed), np.array([1.0, 1.1, 1.2])
    got = weighted_entropy(detections, weights, min_score=least, min_side=side, max_aspect=aspect)
    expected = reference.weighted_entropy(*rows(detections), weights, least, side, aspect)
    assert got == (None if expected is None else pytest.approx(expected, abs=1e-9))
    shuffled = reordered(detections, np.random.default_rng(seed).permutation(len(detections)))
    again = weighted_entropy(shuffled, weights, min_score=least, min_side=side, max_aspect=aspect)
    assert again == (None if got is None else pytest.approx(got))


def test_with_equal_weights_it_is_the_sum_of_entropies():
    detections = drawn(3, n=6)
    got = weighted_entropy(detections, np.ones(3), min_score=0, min_side=0, max_aspect=1e9)
    assert got == pytest.approx(box_entropy(detections, aggregation="sum"))


def test_small_and_thin_and_faint_boxes_do_not_count():
    sizes = [(16, 16), (17, 17), (100, 20), (99, 20)]
    boxes = [[0, 0, w, h] for w, h in sizes]
    alone = [weighted_entropy(found([b], [0.5]), np.ones(1)) is not None for b in boxes]
    assert alone == [False, True, False, True]
    faint = [weighted_entropy(found(boxes[1:2], [s]), np.ones(1)) for s in (0.04, 0.05)]
    assert faint[0] is None
    assert faint[1] == pytest.approx(0.199, abs=5e-4)
    assert weighted_entropy(found([[5, 5, 5, 5]], [0.5]), np.ones(1), min_side=0) is None


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: class_difficulty([positives([(1.1, 0, 0)])], 1), "from 0 to 1"),
        (lambda: class_difficulty([positives([(np.nan, 0, 0)])], 1), "from 0 to 1"),
        (lambda: class_difficulty([positives([(1, 0, 2)])], 2), "classes from 0 to 1"),
        (lambda: class_difficulty([], 0), "'classes'"),
        (lambda: class_difficulty([], 1, momentum=1.5), "'momentum'"),
        (lambda: class_difficulty([], 1, exponent=-1), "'exponent'"),
        (lambda: difficulty_weights(np.array([1.2])), "'difficulty'"),
        (lambda: difficulty_weights(np.array([np.nan])), "'difficulty'"),
        (lambda: difficulty_weights(np.array([1.0]), alpha=0), "'alpha'"),
        (lambda: difficulty_weights(np.array([1.0]), beta=-1), "'beta'"),
        (lambda: weighted_entropy(drawn(0, n=4), np.zeros(0)), "for at least"),
        (lambda: weighted_entropy(drawn(0, n=4), np.full(3, np.nan)), "'weights'"),
        (lambda: weighted_entropy(drawn(0, n=4), np.ones(3), min_side=-1), "'min_side'"),
        (lambda: weighted_entropy(drawn(0, n=4), np.ones(3), max_aspect=0.5), "'max_aspect'"),
    ],
)
def test_bad_arguments(call, says):
    with pytest.raises(ArgumentError, match=says):
        call()


@pytest.mark.usefixtures("unchecked")
def test_fields_of_unequal_length():
    batch = Positives(np.ones(2), np.ones(1), np.zeros(2, np.int64))
    with pytest.raises(ArgumentError, match="one length"):
        class_difficulty([batch], 1)
