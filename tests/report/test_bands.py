import math

import numpy as np
import pytest

from labelnext.report.bands import Line, band, count_bands
from tests.report.studies import result, study


def line(x: list[float], y: list[float]) -> Line:
    return Line(np.array(x), np.array(y))


def test_seeds_are_read_between_their_points_at_the_mean_place_of_each() -> None:
    found = band([line([0, 10, 20], [1, 0.5, 0.4]), line([0, 20, 30], [1, 0.6, 0.3])])
    assert list(found.x) == [0, 15, 20]
    assert found.mean[1] == pytest.approx((0.45 + (1 - 0.4 * 15 / 20)) / 2)
    assert found.mean[2] == pytest.approx((0.4 + 0.6) / 2)
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high).all()


def test_a_seed_that_stops_early_counts_as_far_as_it_goes() -> None:
    found = band([line([0, 10, 20], [1, 0.5, 0.4]), line([0, 10], [0.8, 0.7])])
    assert list(found.x) == [0, 10, 20]
    assert list(found.mean) == pytest.approx([0.9, 0.6, 0.4])
    assert math.isnan(found.low[2])


def test_of_points_at_one_place_the_last_counts() -> None:
    found = band([line([0, 0, 10], [1, 0.9, 0.5])])
    assert list(found.x) == [0, 10]
    assert list(found.mean) == [0.9, 0.5]


def test_counts_can_be_set_against_any_unit_that_is_known() -> None:
    made = study({}, results=tuple(result("a", s, c, None) for s in (1, 2) for c in (0, 1)))
    assert list(count_bands(made, "instances")["a"].mean) == [0, 31.5]
    assert list(count_bands(made, "images", "boxes")["a"].x) == [0, 31]
    unknown = study({}, results=(result("a", 1, 1, None, labelling_seconds=math.nan),))
    assert count_bands(unknown, "images", "hours") == {}
