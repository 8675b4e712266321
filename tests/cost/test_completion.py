"""The paper's time to completion."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.cost import completion_seconds, grid
from labelnext.errors import ArgumentError
from tests.reference import cost as reference

N, B = 51_363, 7_500  # PAPER §8
eighths = st.integers(0, 16).map(lambda k: k / 8)


def hours(b, **options):
    return completion_seconds(N, B, b, **options) / 3600


@pytest.mark.parametrize(("b", "published"), [(2500, 46), (500, 190), (50, 1800)])
def test_the_paper_s_figures(b, published):
    """Within 4 % whatever ρ is between 1 and 2Δt₂+1 = 5, and cut off to them at ρ = 4."""
    for left_per_pick in (1, 2, 3, 4, 5):
        assert hours(b, left_per_pick=left_per_pick) == pytest.approx(published, rel=0.04)
    assert int(hours(b, left_per_pick=4)) == published


def test_what_each_left_per_pick_gives():
    """The figures of the docstring."""
    for left_per_pick, figures in (
        (1, (47.8, 196.6, 1870.7)),
        (4, (46.8, 190.0, 1800.8)),
        (5, (46.5, 187.8, 1777.5)),
    ):
        got = [hours(b, left_per_pick=left_per_pick) for b in (2500, 500, 50)]
        assert got == pytest.approx(figures, abs=0.051)


@st.composite
def loops(draw):
    pool = draw(st.integers(1, 400))
    total = draw(st.integers(1, pool))
    return pool, total, draw(st.integers(1, total))


@given(
    loop=loops(), score=eighths, train=eighths, epochs=st.integers(0, 5),
    leave=st.integers(8, 48).map(lambda k: k / 8),
)  # fmt: skip
def test_equals_the_reference(loop, score, train, epochs, leave):
    got = completion_seconds(
        *loop, score_seconds=score, train_seconds=train, epochs=epochs, left_per_pick=leave
    )
    slow = reference.machine_seconds(
        *loop, score=score, train=train, epochs=epochs, later=epochs, start=0, leave=leave,
        initial=0,
    )  # fmt: skip
    assert got == pytest.approx(slow)


@given(loops())
def test_one_cycle_scores_and_trains_once(loop):
    pool, total, _ = loop
    assert completion_seconds(pool, total, total) == pytest.approx(0.15 * pool + 10 * total)


def test_a_last_cycle_may_be_smaller():
    got = completion_seconds(100, 25, 10, score_seconds=1, train_seconds=1, epochs=1)
    assert got == (100 + 90 + 80) + (10 + 20 + 25)


def test_the_pool_never_has_fewer_left_than_are_yet_to_be_picked():
    got = completion_seconds(100, 60, 20, score_seconds=1, train_seconds=0, left_per_pick=5)
    assert got == 100 + 40 + 20


def test_the_grid_of_figure_4():
    bs, totals = np.array([50, 500, 2500]), np.array([1000, B])
    got = grid(bs, totals, pool=N, left_per_pick=4)
    assert got.shape == (3, 2)
    assert np.isnan(got[2, 0])
    assert got[:, 1] / 3600 == pytest.approx([1800.8, 190.0, 46.8], abs=0.05)
    assert got[0, 0] == completion_seconds(N, 1000, 50, left_per_pick=4)
    assert grid(np.zeros(0, np.int64), totals, pool=N).shape == (0, 2)


@pytest.mark.parametrize(
    ("loop", "options", "says"),
    [
        ((0, 1, 1), {}, "'pool'"),
        ((10, 11, 1), {}, "'total'.*at most the pool of 10"),
        ((10, 0, 1), {}, "'total'"),
        ((10, 5, 6), {}, "'per_cycle'.*from 1 to 5"),
        ((10, 5, 0), {}, "'per_cycle'"),
        ((10, 5, 5), {"score_seconds": -1}, "'score_seconds'"),
        ((10, 5, 5), {"train_seconds": float("nan")}, "'train_seconds'"),
        ((10, 5, 5), {"epochs": -1}, "'epochs'"),
        ((10, 5, 5), {"left_per_pick": 0.5}, "'left_per_pick'.*1 or more"),
    ],
)
def test_bad_arguments(loop, options, says):
    with pytest.raises(ArgumentError, match=says):
        completion_seconds(*loop, **options)
