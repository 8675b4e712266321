import numpy as np
import pytest
from hypothesis import given

from labelnext.errors import ArgumentError
from labelnext.evaluate import authors_curve
from tests.evaluate.cases import both, images
from tests.reference.evaluate_authors import point

BOX = (0, 0, 10, 10)


@given(images)
def test_equals_the_reference(drawn):
    levels = [k / 8 for k in range(8, -1, -1)]
    curve = authors_curve(*both(drawn), thresholds=levels)
    expected = np.array([point(drawn, level) for level in levels])
    np.testing.assert_allclose(curve.fppi, expected[:, 0], atol=1e-12)
    np.testing.assert_allclose(curve.miss_rate, expected[:, 1], atol=1e-12)


def test_eleven_thresholds_from_strict_to_lax():
    curve = authors_curve(*both([([(BOX, 0, False)], [(BOX, 0, 0.55)])]))
    np.testing.assert_allclose(curve.threshold, np.arange(10, -1, -1) / 10)
    np.testing.assert_array_equal(curve.miss_rate, [1] * 5 + [0] * 6)


def test_duplicates_are_free_and_one_box_finds_several():
    near = (1, 0, 11, 10)
    drawn = [([(BOX, 0, False), (near, 0, False)], [(BOX, 0, 1.0), (BOX, 0, 1.0), (near, 0, 1.0)])]
    curve = authors_curve(*both(drawn))
    assert (curve.fppi[-1], curve.miss_rate[-1]) == (0, 0)
    alone = authors_curve(*both([(drawn[0][0], [(BOX, 0, 1.0)])]))
    assert alone.miss_rate[-1] == 0


def test_an_overlap_of_exactly_three_tenths_is_no_match():
    curve = authors_curve(*both([([(BOX, 0, False)], [((0, 0, 10, 3), 0, 1.0)])]))
    assert (curve.fppi[-1], curve.miss_rate[-1]) == (1, 1)


def test_ignored_truth_is_background():
    curve = authors_curve(*both([([(BOX, 0, True)], [(BOX, 0, 1.0)])]))
    assert curve.fppi[-1] == 1
    assert np.isnan(curve.miss_rate).all()


def test_recall_is_a_mean_over_images_not_over_objects():
    far = [((20 * k, 50, 20 * k + 10, 60), 0, False) for k in range(3)]
    drawn = [([(BOX, 0, False)], [(BOX, 0, 1.0)]), (far, []), ([], [])]
    assert authors_curve(*both(drawn)).miss_rate[-1] == pytest.approx(0.5)


def test_no_images_and_bad_thresholds():
    assert len(authors_curve([], []).fppi) == 0
    with pytest.raises(ArgumentError, match="thresholds"):
        authors_curve([], [], thresholds=[float("nan")])
    with pytest.raises(ArgumentError, match="'iou'"):
        authors_curve([], [], iou=1.5)
