"""What every aggregate must satisfy; a new one need only be added to AGGREGATES."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from labelnext import aggregate
from labelnext.errors import ArgumentError

AGGREGATES = {
    "max": aggregate.max,
    "mean": aggregate.mean,
    "region_max_mean": lambda pixels: aggregate.region_max_mean(pixels, region=4),
    "region_max_mean, centred": lambda pixels: aggregate.region_max_mean(
        pixels, region=4, tiling="centred"
    ),
    "sum": aggregate.sum,
}
every_aggregate = pytest.mark.parametrize("reduce", AGGREGATES.values(), ids=AGGREGATES.keys())
shapes = array_shapes(min_dims=2, max_dims=2, max_side=13)
pixels = arrays(np.float32, shapes, elements=st.floats(0, 4, width=32))


def test_every_public_aggregate_is_checked_here():
    assert {name.split(",")[0] for name in AGGREGATES} == set(aggregate.__all__)


@every_aggregate
@given(s=pixels)
def test_lies_between_the_extremes_and_is_a_float(reduce, s):
    z = reduce(s)
    assert type(z) is float
    scale = s.size if reduce is aggregate.sum else 1
    assert s.min() * scale * (1 - 1e-6) <= z <= s.max() * scale * (1 + 1e-6)


@every_aggregate
@given(s=pixels, factor=st.floats(0.125, 8))
def test_scales_with_the_scores(reduce, s, factor):
    assert reduce(s * np.float64(factor)) == pytest.approx(factor * reduce(s), rel=1e-6)


@every_aggregate
@given(s=pixels)
def test_transposition_changes_nothing(reduce, s):
    assert reduce(s.T) == pytest.approx(reduce(s), rel=1e-12)


@every_aggregate
@given(s=pixels, data=st.data())
def test_raising_a_pixel_never_lowers_it(reduce, s, data):
    y, x = (data.draw(st.integers(0, size - 1)) for size in s.shape)
    raised = s.copy()
    raised[y, x] += 1
    assert reduce(raised) >= reduce(s)


@every_aggregate
def test_one_pixel_is_its_own_aggregate(reduce):
    assert reduce(np.array([[0.75]])) == 0.75


@every_aggregate
@pytest.mark.parametrize("shape", [(0, 4), (4, 0)])
def test_empty_is_refused(reduce, shape):
    with pytest.raises(ArgumentError, match="non-empty"):
        reduce(np.zeros(shape))


@every_aggregate
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(reduce, bad):
    s = np.zeros((5, 6))
    s[4, 5] = bad
    with pytest.raises(ArgumentError, match="finite"):
        reduce(s)


@every_aggregate
@pytest.mark.usefixtures("unchecked")
def test_other_shapes_are_refused(reduce):
    with pytest.raises(ArgumentError, match=r"\[height, width\]"):
        reduce(np.zeros((1, 4, 4)))
