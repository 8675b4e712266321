import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.report import curves
from labelnext.types import MissRateCurve
from tests.report.studies import NAN, metrics, result, study


def read(curve: MissRateCurve, fppi: float) -> float:
    """By hand: the miss rate of the last point that is strict enough, 1 before the first."""
    found = 1.0
    for x, y in zip(curve.fppi, curve.miss_rate, strict=True):
        if x <= fppi:
            found = float(y)
    return found


@st.composite
def some_curves(draw: st.DrawFn) -> MissRateCurve:
    n = draw(st.integers(1, 12))
    fppi = sorted(draw(st.lists(st.floats(0, 20), min_size=n, max_size=n)))
    rates = sorted(draw(st.lists(st.floats(0, 1), min_size=n, max_size=n)), reverse=True)
    return MissRateCurve(np.array(fppi), np.array(rates), np.linspace(1, 0, n))


@given(st.lists(some_curves(), min_size=1, max_size=4))
def test_mean_curve_equals_reading_each_curve_by_hand(found: list[MissRateCurve]) -> None:
    mean = curves.mean_curve(found, points=31)
    assert mean is not None
    for fppi, rate in zip(mean.fppi, mean.miss_rate, strict=True):
        assert rate == pytest.approx(sum(read(c, fppi) for c in found) / len(found))
    assert (np.diff(mean.miss_rate) <= 1e-12).all()
    assert mean.fppi[0] == pytest.approx(0.01)
    assert 1.0 <= mean.fppi[-1] * 1.26 <= 12.6


def test_curves_that_are_empty_or_undefined_do_not_count() -> None:
    whole = metrics(0.5).curve
    empty = MissRateCurve(np.zeros(0), np.zeros(0), np.zeros(0))
    undefined = dataclasses.replace(whole, miss_rate=np.full(5, NAN))
    alone, mixed = curves.mean_curve([whole]), curves.mean_curve([empty, whole, undefined])
    assert alone is not None
    assert mixed is not None
    assert (alone.miss_rate == mixed.miss_rate).all()
    assert curves.mean_curve([empty, undefined]) is None
    assert curves.mean_curve([]) is None


def test_a_short_curve_is_read_up_to_fppi_1() -> None:
    short = MissRateCurve(np.array([0.0, 0.1]), np.array([1.0, 0.4]), np.array([1.0, 0.5]))
    mean = curves.mean_curve([short])
    assert mean is not None
    assert mean.fppi[-1] == pytest.approx(1.0)
    assert mean.miss_rate[-1] == 0.4


def test_an_arm_s_curve_is_that_of_its_cycle() -> None:
    made = study({"a": [[0.8, 0.4], [0.8, 0.6]], "b": [[0.8, 0.1], [0.8, None]]})
    found = curves.arm_curve(made, "a", 1)
    assert found is not None
    assert found.miss_rate[np.searchsorted(found.fppi, 1.0)] == pytest.approx(0.5)
    assert curves.arm_curve(made, "a", 5) is None


def test_the_initial_detector_counts_once_a_seed() -> None:
    results = (*(result(a, 1, 0, 0.4) for a in "abc"), result("a", 2, 0, 0.8))
    found = curves.initial_curve(study({}, results=results))
    assert found is not None
    assert found.miss_rate[np.searchsorted(found.fppi, 1.0)] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("cycles", "expected"),
    [([0, 1, 2, 3, 4, 5], (1, 3, 5)), ([0, 1, 2], (1, 2)), ([0, 7], (7,)), ([0], (0,)), ([], ())],
)
def test_landmarks_are_first_middle_and_last(cycles: list[int], expected: tuple[int, ...]) -> None:
    results = tuple(result("a", 1, c, 0.5) for c in cycles)
    assert curves.landmarks(study({}, results=results)) == expected


def test_cycles_without_metrics_are_no_landmarks() -> None:
    assert curves.landmarks(study({"a": [[0.8, 0.5, None]]})) == (1,)
