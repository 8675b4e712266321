"""The authors' misplaced scores."""

import numpy as np

from labelnext import select


def test_slot_i_holds_the_score_of_the_next_image():
    np.testing.assert_array_equal(select.off_by_one(np.array([1.0, 2.0, 3.0])), [2, 3, 0])


def test_empty_and_single_pools():
    assert select.off_by_one(np.zeros(0)).shape == (0,)
    np.testing.assert_array_equal(select.off_by_one(np.array([5.0])), [0])


def test_unscored_images_lend_zero_and_stay_unscored():
    z = np.array([1.0, np.nan, 3.0])
    np.testing.assert_array_equal(select.off_by_one(z, unscored=np.isnan(z)), [0, np.nan, 0])
