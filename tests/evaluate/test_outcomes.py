import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.evaluate import evaluate, outcome_miss_rate, outcomes, weighted_miss_rates
from tests.evaluate.cases import both, images, random_set
from tests.reference.evaluate_nested import written_out


def rows(found):
    """Detections as the reference takes them."""
    words = np.where(found.ignored, "ignored", np.where(found.right, "right", "false"))
    return list(zip(found.image.tolist(), found.scores.tolist(), words.tolist(), strict=True))


@given(images, st.sampled_from([0.3, 0.5]))
def test_the_miss_rate_is_that_of_evaluate(drawn, iou):
    truths, detections = both(drawn)
    metrics = evaluate(truths, detections, classes=("a", "b"), iou=iou)
    found = outcomes(truths, detections, iou=iou)
    for fppi, expected in ((1, metrics.miss_rate_at_fppi_1), (0.1, metrics.miss_rate_at_fppi_01)):
        np.testing.assert_equal(outcome_miss_rate(found, fppi=fppi), expected)
        once = np.ones((1, len(drawn)), np.int64)
        np.testing.assert_equal(weighted_miss_rates(found, once, fppi=fppi)[0], expected)
    assert found.instances.sum() == metrics.instances


def test_the_miss_rate_is_that_of_evaluate_on_a_larger_set():
    drawn = random_set(np.random.default_rng(2))
    got = outcome_miss_rate(outcomes(*drawn))
    assert got == evaluate(*drawn, classes=("a", "b")).miss_rate_at_fppi_1
    assert 0 < got < 1


@given(images, st.data(), st.sampled_from([0, 0.1, 0.5, 1, 3]))
def test_weights_equal_images_written_out(drawn, data, fppi):
    found = outcomes(*both(drawn))
    one = st.lists(st.integers(0, 3), min_size=len(drawn), max_size=len(drawn))
    weights = data.draw(st.lists(one, min_size=1, max_size=5))
    got = weighted_miss_rates(found, np.array(weights, np.int64), fppi=fppi)
    for rate, drawn_weights in zip(got, weights, strict=True):
        expected = written_out(found.instances.tolist(), rows(found), drawn_weights, fppi)
        if expected is None:
            assert np.isnan(rate)
        else:
            assert rate == pytest.approx(expected, abs=1e-12)


def test_weak_detections_that_no_draw_reaches_change_nothing():
    """Clutter of low score and many ties, far more than the first look takes in."""
    truths, detections = random_set(np.random.default_rng(5), images=12)
    found = outcomes(truths, detections)
    rng = np.random.default_rng(6)
    clutter = 2000
    more = type(found)(
        found.instances,
        np.append(found.image, rng.integers(0, 12, clutter)),
        np.append(found.scores, rng.integers(-8, 0, clutter) / 8),
        np.append(found.right, np.zeros(clutter, bool)),
        np.append(found.ignored, np.zeros(clutter, bool)),
    )
    weights = rng.multinomial(12, np.full(12, 1 / 12), size=50)
    for fppi in (0.5, 1.0):
        np.testing.assert_array_equal(
            weighted_miss_rates(more, weights, fppi=fppi),
            weighted_miss_rates(found, weights, fppi=fppi),
        )


def test_no_images_and_no_detections():
    empty = outcomes([], [])
    assert np.isnan(outcome_miss_rate(empty))
    assert np.isnan(weighted_miss_rates(empty, np.zeros((2, 0), np.int64))).all()
    silent = outcomes(*both([([((0, 0, 5, 5), 0, False)], [])]))
    assert outcome_miss_rate(silent) == 1
    assert weighted_miss_rates(silent, np.ones((1, 1), np.int64)).tolist() == [1]


@pytest.mark.parametrize(
    ("weights", "fppi"), [([[1, 1]], 1.0), ([[-1]], 1.0), ([[1]], -1.0), ([[1]], float("nan"))]
)
def test_bad_arguments(weights, fppi):
    found = outcomes(*both([([((0, 0, 5, 5), 0, False)], [])]))
    with pytest.raises(ArgumentError):
        weighted_miss_rates(found, np.array(weights, np.int64), fppi=fppi)
    with pytest.raises(ArgumentError, match="'iou'"):
        outcomes([], [], iou=0)
