import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.evaluate import area_between, area_under_curve, quality_at, shared_range
from tests.reference.evaluate_paired import area, area_of_slice, height

points = st.lists(
    st.tuples(st.integers(0, 1000), st.floats(0, 1)),
    min_size=2,
    max_size=8,
    unique_by=lambda p: p[0],
).map(sorted)


@given(points)
def test_equals_the_reference_and_lies_between_the_extremes(drawn):
    labels, values = [n for n, _ in drawn], [v for _, v in drawn]
    got = area_under_curve(labels, values)
    assert got == pytest.approx(area(labels, values), abs=1e-12)
    assert min(values) - 1e-12 <= got <= max(values) + 1e-12


def test_by_hand():
    assert area_under_curve([0, 10, 30], [1.0, 0.5, 0.5]) == pytest.approx((7.5 + 10) / 30)


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        ([1], [1.0]),
        ([1, 2], [1.0]),
        ([1, 2], [1.0, float("nan")]),
        ([2, 1], [0.0, 1.0]),
        ([1, 1], [0.0, 1.0]),
    ],
)
def test_bad_arguments(labels, values):
    with pytest.raises(ArgumentError):
        area_under_curve(labels, values)


@given(points, st.data())
def test_a_part_of_the_curve_equals_the_reference(drawn, data):
    labels, values = [n for n, _ in drawn], [v for _, v in drawn]
    places = st.integers(8 * labels[0], 8 * labels[-1]).map(lambda k: k / 8)
    low, high = sorted(data.draw(st.tuples(places, places).filter(lambda p: p[0] != p[1])))
    assert quality_at(labels, values, low) == pytest.approx(height(labels, values, low), abs=1e-12)
    got = area_between(labels, values, low, high)
    assert got == pytest.approx(area_of_slice(labels, values, low, high), abs=1e-9)
    assert min(values) - 1e-9 <= got <= max(values) + 1e-9


@given(points)
def test_the_whole_range_is_the_whole_area(drawn):
    labels, values = [n for n, _ in drawn], [v for _, v in drawn]
    expected = pytest.approx(area_under_curve(labels, values), abs=1e-12)
    assert area_between(labels, values, labels[0], labels[-1]) == expected


def test_a_batch_that_adds_no_boxes_counts_by_its_last_value():
    labels, values = [0, 10, 10, 20], [1.0, 0.8, 0.6, 0.2]
    assert quality_at(labels, values, 10) == 0.6
    assert area_between(labels, values, 0, 20) == pytest.approx((8 + 4) / 20)


def test_shared_range_by_hand():
    assert shared_range([[0, 5, 30], [2, 9], [1, 1, 20]]) == (2, 9)
    assert shared_range([[0, 5], [5, 9]]) is None
    assert shared_range([]) is None
    assert shared_range([[3]]) is None


@pytest.mark.parametrize("labels", [[], [2, 1], [0, float("nan")]])
def test_shared_range_checks_its_curves(labels):
    with pytest.raises(ArgumentError, match="shared_range"):
        shared_range([[0, 1], labels])


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [(-1, 5, "'low'"), (1, 11, "'high'"), (5, 5, "above `low`"), (float("nan"), 5, "'low'")],
)
def test_nothing_is_extrapolated(low, high, says):
    with pytest.raises(ArgumentError, match=says):
        area_between([0, 10], [1.0, 0.0], low, high)
    with pytest.raises(ArgumentError, match="'at'"):
        quality_at([0, 10], [1.0, 0.0], 10.5)
    with pytest.raises(ArgumentError, match="two points"):
        quality_at([0], [1.0], 0)
    with pytest.raises(ArgumentError, match="never falling"):
        area_between([0, 10, 5], [1.0, 0.0, 0.0], 0, 5)
