"""Score per cost: its numbers and what it refuses."""

import numpy as np
import pytest

from labelnext import select
from labelnext.errors import ArgumentError


def test_divides_by_a_power_of_the_time():
    z, t = np.array([2.0, 3.0, 0.0]), np.array([4.0, 9.0, 1.0])
    np.testing.assert_allclose(select.per_cost(z, t), [1, 1, 0])
    np.testing.assert_allclose(select.per_cost(z, t, exponent=1), [1 / 2, 1 / 3, 0])
    np.testing.assert_array_equal(select.per_cost(z, t, exponent=0), z)
    np.testing.assert_array_equal(z, [2, 3, 0])
    assert select.per_cost(np.zeros(0), np.zeros(0)).shape == (0,)


def test_unscored_images_stay_without_a_score():
    z, t = np.array([np.nan, 3.0]), np.array([np.nan, 9.0])
    found = select.per_cost(z, t, unscored=np.isnan(z))
    np.testing.assert_array_equal(found, [np.nan, 1])


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"scores": np.array([1.0, -1])}, "scores"),
        ({"scores": np.array([1.0, np.nan])}, "scores"),
        ({"scores": np.array([1, 2])}, "scores"),
        ({"seconds": np.array([1.0, 0])}, "seconds"),
        ({"seconds": np.array([1.0, -1])}, "seconds"),
        ({"seconds": np.array([1.0, np.nan])}, "seconds"),
        ({"seconds": np.array([1.0, np.inf])}, "seconds"),
        ({"seconds": np.array([1.0])}, "seconds"),
        ({"exponent": 1.1}, "exponent"),
        ({"exponent": np.nan}, "exponent"),
        ({"unscored": np.array([True])}, "unscored"),
    ],
)
def test_arguments_are_checked(changed, word):
    given = {"scores": np.array([1.0, 2]), "seconds": np.array([1.0, 2])} | changed
    with pytest.raises(ArgumentError, match=f"'{word}' argument of select.per_cost"):
        select.per_cost(given.pop("scores"), given.pop("seconds"), **given)
