import numpy as np
import pytest
from hypothesis import given

from labelnext.errors import ArgumentError
from labelnext.evaluate import log_average_miss_rate, match, miss_rate_at, miss_rate_curve
from labelnext.types import MissRateCurve
from tests.evaluate.cases import both, detections_of, images, random_set, truth_of
from tests.reference.evaluate_matching import match_image
from tests.reference.evaluate_miss_rate import log_average
from tests.reference.evaluate_miss_rate import miss_rate_at as slow_miss_rate_at


def curve_of(truths, detections):
    return miss_rate_curve(match(truths, detections))


@given(images)
def test_equals_the_reference(drawn):
    curve = curve_of(*both(drawn))
    instances = sum(not ignore for truths, _ in drawn for _, _, ignore in truths)
    scored = []
    for truths, found in drawn:
        for outcome, (_, _, score) in zip(match_image(truths, found, 0.5), found, strict=True):
            scored.append((score, outcome if isinstance(outcome, str) else "right"))
    if instances == 0:
        assert np.isnan(miss_rate_at(curve, 1))
        assert np.isnan(log_average_miss_rate(curve))
        return
    for fppi in (0, 0.01, 0.1, 0.5, 1, 3):
        expected = slow_miss_rate_at(scored, len(drawn), instances, fppi)
        assert miss_rate_at(curve, fppi) == pytest.approx(expected, abs=1e-12)
    expected = log_average(scored, len(drawn), instances)
    assert log_average_miss_rate(curve) == pytest.approx(expected, rel=1e-9)


def test_the_curve_falls_while_false_positives_rise():
    curve = curve_of(*random_set(np.random.default_rng(1)))
    assert (np.diff(curve.fppi) >= 0).all()
    assert (np.diff(curve.miss_rate) <= 0).all()
    assert (np.diff(curve.threshold) < 0).all()
    assert (curve.fppi[0], curve.miss_rate[0], curve.threshold[0]) == (0, 1, np.inf)


def test_a_set_counted_by_hand():
    """Ten images, a truth in five: hits at .9 and .8, false at .85 and .5, a hit at .5."""
    truth, empty = [((0, 0, 10, 10), 0, False)], []
    hit, wrong = (0, 0, 10, 10), (50, 50, 60, 60)
    scores = [[(hit, 0, 0.9)], [(hit, 0, 0.8), (wrong, 0, 0.5)], [(hit, 0, 0.5)], [], []]
    drawn = [(truth, found) for found in scores] + [(empty, [(wrong, 0, 0.85)])] + [(empty, [])] * 4
    curve = curve_of(*both(drawn))
    np.testing.assert_allclose(curve.threshold, np.float32([np.inf, 0.9, 0.85, 0.8, 0.5]))
    np.testing.assert_allclose(curve.fppi, [0, 0, 0.1, 0.1, 0.2])
    np.testing.assert_allclose(curve.miss_rate, [1, 0.8, 0.8, 0.6, 0.4])
    assert miss_rate_at(curve, 0.1) == pytest.approx(0.6)
    assert miss_rate_at(curve, 0.099) == pytest.approx(0.8)
    assert miss_rate_at(curve, 1) == pytest.approx(0.4)
    # References .01–.0562 read .8, .1 and .1778 read .6, .3162–1 read .4.
    assert log_average_miss_rate(curve) == pytest.approx((0.8**4 * 0.6**2 * 0.4**3) ** (1 / 9))


def test_references_are_nine_from_a_hundredth_to_one():
    """A step just at each reference is seen from that reference on (10^(−2:.25:0))."""
    for place, reference in enumerate([10 ** (-2 + 0.25 * k) for k in range(9)]):
        step = MissRateCurve(
            np.array([0.0, reference]), np.array([1.0, 0.5]), np.array([np.inf, 0.5])
        )
        assert log_average_miss_rate(step) == pytest.approx(0.5 ** ((9 - place) / 9))


def test_a_curve_that_begins_above_the_reference_misses_everything():
    late = MissRateCurve(np.array([0.3]), np.array([0.2]), np.array([1.0]))
    assert miss_rate_at(late, 0.1) == 1
    assert miss_rate_at(late, 0.3) == 0.2


def test_perfect_and_silent_detectors():
    truth = truth_of([((0, 0, 10, 10), 0, False)])
    perfect = curve_of([truth], [detections_of([((0, 0, 10, 10), 0, 0.5)])])
    assert miss_rate_at(perfect, 0) == 0
    assert log_average_miss_rate(perfect) == pytest.approx(1e-10)
    silent = curve_of([truth], [detections_of([])])
    assert (miss_rate_at(silent, 1), log_average_miss_rate(silent)) == (1, 1)


def test_images_without_truth_count_for_false_positives():
    drawn = [([((0, 0, 9, 9), 0, False)], [((30, 30, 40, 40), 0, 0.5)])]
    assert curve_of(*both(drawn)).fppi[-1] == 1
    assert curve_of(*both([*drawn, ([], [])])).fppi[-1] == 0.5


def test_ignored_detections_make_no_point():
    drawn = [([((0, 0, 9, 9), 0, True)], [((0, 0, 5, 5), 0, 0.5)])]
    assert len(curve_of(*both(drawn)).fppi) == 1


def test_no_images_is_undefined():
    curve = curve_of([], [])
    assert len(curve.fppi) == 0
    assert np.isnan(miss_rate_at(curve, 1))
    assert np.isnan(log_average_miss_rate(curve))


@pytest.mark.parametrize("fppi", [-0.1, float("nan")])
def test_fppi_is_a_number_from_zero(fppi):
    with pytest.raises(ArgumentError, match="'fppi'"):
        miss_rate_at(curve_of([], []), fppi)
