import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.evaluate import area_under_curve
from tests.reference.evaluate_paired import area

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
