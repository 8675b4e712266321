"""Boxes and seconds expected of unlabelled images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.cost import LabellingCost, calibrate, expected_boxes, expected_seconds
from labelnext.errors import ArgumentError
from tests.reference import cost as reference

eighths = st.integers(0, 8).map(lambda k: k / 8)
boxes = st.lists(st.tuples(eighths, st.booleans()), min_size=1, max_size=25)


def arrays(drawn):
    return np.array([s for s, _ in drawn], np.float64), np.array([r for _, r in drawn], bool)


IDENTITY = calibrate(np.zeros(0), np.zeros(0, bool))


@given(boxes)
def test_calibration_equals_the_reference(drawn):
    scores, right = arrays(drawn)
    got = calibrate(scores, right, at_least=1)
    slow = reference.isotonic([s for s, _ in drawn], [r for _, r in drawn])
    assert got.probability(scores).tolist() == pytest.approx(slow)
    assert got.boxes == len(drawn)


@given(boxes)
def test_calibration_rises_and_adds_up(drawn):
    scores, right = arrays(drawn)
    got = calibrate(scores, right, at_least=1)
    line = got.probability(np.linspace(0, 1, 101))
    assert (np.diff(line) >= -1e-12).all()
    assert line.min() >= 0
    assert line.max() <= 1
    assert got.probability(scores).sum() == pytest.approx(right.sum())
    shuffled = np.random.default_rng(0).permutation(len(scores))
    again = calibrate(scores[shuffled], right[shuffled], at_least=1)
    assert again.probability(scores).tolist() == pytest.approx(got.probability(scores).tolist())


def test_overconfident_scores_are_brought_down():
    rng = np.random.default_rng(0)
    scores = rng.random(20_000)
    right = rng.random(20_000) < scores**2
    got = calibrate(scores, right)
    at = np.array([0.2, 0.5, 0.8])
    assert got.probability(at) == pytest.approx(at**2, abs=0.05)


def test_level_beyond_the_knots_and_straight_between():
    got = calibrate(np.repeat([0.4, 0.6], 20), np.arange(40) % 4 < np.repeat([1, 3], 20))
    probabilities = got.probability(np.array([0.0, 0.4, 0.5, 0.6, 1.0]))
    assert probabilities.tolist() == pytest.approx([0.25, 0.25, 0.5, 0.75, 0.75])


def test_the_score_itself_below_thirty_boxes():
    scores, right = np.linspace(0, 1, 29), np.zeros(29, bool)
    got = calibrate(scores, right)
    assert got.probability(scores).tolist() == pytest.approx(scores.tolist())
    assert got.boxes == 0
    more = calibrate(np.append(scores, 1), np.append(right, False))
    assert more.probability(scores).tolist() == [0] * 29
    assert more.boxes == 30


def test_expected_boxes_of_an_image():
    got = expected_boxes(np.array([0.9, 0.5, 0.25], np.float32), IDENTITY)
    assert (got.true_positives, got.false_positives) == pytest.approx((1.65, 1.35))
    assert expected_boxes(np.zeros(0), IDENTITY) == (0, 0)


def test_expected_seconds_by_hand():
    cost = LabellingCost(5, 10, 4, 2)
    scores, images = np.array([0.75, 0.25, 1.0]), np.array([0, 0, 2])
    got = expected_seconds(scores, images, 3, calibration=IDENTITY, cost=cost)
    assert got.plain.tolist() == [15, 5, 15]
    assert got.assisted.tolist() == [5 + 4 * 1 + 2 * 1, 5, 9]
    got = expected_seconds(
        scores, images, 3, calibration=IDENTITY, cost=cost, missed=0.5, shown_from=0.5
    )
    assert got.plain.tolist() == [20, 10, 20]
    assert got.assisted.tolist() == [5 + 10 * 0.75 + 4 * 0.75 + 2 * 0.25, 10, 14]


@given(
    drawn=st.lists(st.tuples(eighths, st.integers(0, 3)), max_size=12),
    missed=st.lists(eighths, min_size=4, max_size=4),
    shown_from=eighths,
)
def test_expected_seconds_equal_the_reference(drawn, missed, shown_from):
    calibration = calibrate(np.array([0.0, 0.5, 1]), np.array([False, False, True]), at_least=1)
    got = expected_seconds(
        np.array([s for s, _ in drawn], np.float64), np.array([i for _, i in drawn], np.int64), 4,
        calibration=calibration, cost=LabellingCost(), missed=np.array(missed),
        shown_from=shown_from,
    )  # fmt: skip
    for image in range(4):
        here = [(s, max(0.0, 2 * s - 1)) for s, i in drawn if i == image]
        objects = sum(p for _, p in here) + missed[image]
        kept = sum(p for s, p in here if s >= shown_from)
        deleted = sum(1 - p for s, p in here if s >= shown_from)
        prices = (5, 10, 4, 2)
        assert got.plain[image] == pytest.approx(reference.seconds(prices, 1, objects, 0, 0))
        slow = reference.seconds(prices, 1, objects - kept, kept, deleted)
        assert got.assisted[image] == pytest.approx(slow)


def test_an_empty_pool_and_a_pool_without_boxes():
    options = {"calibration": IDENTITY, "cost": LabellingCost()}
    none = np.zeros(0), np.zeros(0, np.int64)
    assert expected_seconds(*none, 0, **options).plain.shape == (0,)
    assert expected_seconds(*none, 2, missed=1, **options).assisted.tolist() == [15, 15]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"scores": np.array([0.5, np.nan])}, "'scores'.*NaN or another"),
        ({"scores": np.array([0.5, 1.5])}, "'scores'"),
        ({"images": np.array([0, 2])}, "'images'.*from 0 to 1"),
        ({"images": np.array([-1, 0])}, "'images'"),
        ({"missed": -1}, "'missed'"),
        ({"missed": np.ones(3)}, "'missed'.*2 images"),
        ({"n": -1}, "'n'"),
    ],
)
def test_bad_arguments(changes, says):
    given_values = {
        "scores": np.array([0.5, 0.25]), "images": np.array([0, 1]), "n": 2,
        "calibration": IDENTITY, "cost": LabellingCost(), **changes,
    }  # fmt: skip
    with pytest.raises(ArgumentError, match=says):
        expected_seconds(**given_values)


def test_bad_calibration(unchecked):
    with pytest.raises(ArgumentError, match="bool for each of the 2"):
        calibrate(np.array([0.5, 0.5]), np.array([True]))
    with pytest.raises(ArgumentError, match="bool for each"):
        calibrate(np.array([0.5]), np.array([1]))
    with pytest.raises(ArgumentError, match=r"'scores'.*shape"):
        calibrate(np.zeros((1, 1)), np.array([True]))
    with pytest.raises(ArgumentError, match="'scores'"):
        IDENTITY.probability(np.array([2.0]))
    with pytest.raises(ArgumentError, match=r"'images'.*float64"):
        expected_seconds(
            np.array([0.5]), np.array([0.0]), 1, calibration=IDENTITY, cost=LabellingCost()
        )
