"""Fig. 4: the paper's own numbers, and grids for other pools."""

import numpy as np
import pytest

from labelnext.audit.paper import times
from labelnext.cost import Machine
from labelnext.errors import ArgumentError
from tests.reference.cost import machine_seconds


def test_the_paper_s_three_times():
    found = times()
    at = found.hours[:, found.totals.tolist().index(7500)]
    hours = dict(zip(found.per_cycles.tolist(), at, strict=True))
    assert hours[2500] == pytest.approx(46, rel=0.02)
    assert hours[500] == pytest.approx(190, rel=0.005)
    assert hours[50] == pytest.approx(1800, rel=0.005)


@pytest.mark.parametrize("pool", [1, 2, 17, 480, 51_363, 70_000])
def test_a_grid_fits_its_pool(pool):
    found = times(pool)
    for values in (found.per_cycles, found.totals):
        assert (np.diff(values) > 0).all()
        assert values.min() >= 1
        assert values.max() <= pool
    known = found.per_cycles[:, None] <= found.totals
    np.testing.assert_array_equal(np.isfinite(found.hours), known)
    assert known.any()


@pytest.mark.parametrize("left", [1.0, 4.0])
def test_every_time_is_that_of_the_reference(left):
    found = times(480, machine=Machine(0.5, 0.25, 7), left_per_pick=left)
    for b, line in zip(found.per_cycles.tolist(), found.hours, strict=True):
        for total, hours in zip(found.totals.tolist(), line, strict=True):
            slow = machine_seconds(480, total, b, score=0.5, train=0.25, epochs=7, later=7,
                                   start=0, leave=left, initial=0)  # fmt: skip
            assert hours == pytest.approx(slow / 3600)


def test_a_larger_batch_takes_less_time_and_more_images_take_more():
    hours = times().hours
    assert (np.diff(hours, axis=0) < 0).all()
    assert (np.diff(hours, axis=1) > 0).all()


def test_one_s_own_times():
    slow, fast = (times(machine=Machine(s, s, 10)).hours for s in (2.0, 1.0))
    np.testing.assert_allclose(slow, 2 * fast)


def test_no_pool_is_refused():
    with pytest.raises(ArgumentError, match="pool"):
        times(0)
