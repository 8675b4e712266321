"""The largest batch that fits, where picks depend on its size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.cost import Budget, largest, prefix
from labelnext.errors import ArgumentError

eighths = st.integers(0, 80).map(lambda k: k / 8)
pools = st.tuples(st.lists(eighths, max_size=30), eighths.map(lambda k: 10 * k))


def first(size):
    return np.arange(size)


@given(pools)
def test_equals_the_prefix_where_picks_are_nested(drawn):
    costs, amount = drawn
    budget = Budget(amount, "hours")
    got = largest(first, costs, budget)
    longest = prefix(np.arange(len(costs)), costs, budget)
    # An image that costs nothing may end a batch as well as not: the size is the longest.
    assert got.indices.tolist() == longest.tolist()
    assert got.spent == pytest.approx(sum(costs[i] for i in longest))
    assert got.size == len(longest)


@given(pools, st.integers(0, 2**32), st.integers(1, 4))
def test_always_fits_and_never_asks_too_often(drawn, seed, calls):
    """Picks that share nothing between sizes, so that what they cost goes up and down."""
    costs, amount = drawn
    asked = []

    def select(size):
        asked.append(size)
        return np.random.default_rng([seed, size]).permutation(len(costs))[:size]

    got = largest(select, costs, Budget(amount, "hours"), calls=calls)
    assert len(asked) == got.calls <= calls
    assert got.spent <= amount * (1 + 1e-9)
    assert len(set(asked)) == len(asked)
    if got.size:
        assert got.indices.tolist() == select(got.size).tolist()


def test_every_larger_size_beside_it_was_too_dear():
    costs = np.random.default_rng(0).random(1000)

    def dearest_first(size):
        return np.argsort(-costs)[:size]

    got = largest(dearest_first, costs, Budget(100, "hours"))
    assert got.spent <= 100
    assert costs[dearest_first(got.size + 1)].sum() > 100
    assert got.calls <= 20


def test_equal_costs_take_one_call():
    got = largest(first, np.ones(100_000), Budget(700, "images"))
    assert (got.size, got.calls, got.spent) == (700, 1, 700)


def test_nearly_equal_costs_take_few():
    costs = np.random.default_rng(0).uniform(0.99, 1.01, 100_000)
    got = largest(first, costs, Budget(700, "images"))
    assert got.calls <= 5
    assert 693 <= got.size <= 707


def test_at_most():
    assert largest(first, np.ones(100), Budget(70, "images"), at_most=30).size == 30
    assert largest(first, np.ones(100), Budget(70, "images"), at_most=0).calls == 0


def test_a_selection_may_give_fewer_than_it_was_asked_for():
    got = largest(lambda size: np.arange(min(size, 5)), np.ones(100), Budget(70, "images"))
    assert (got.size, got.indices.tolist()) == (70, [0, 1, 2, 3, 4])


def test_nothing_fits_or_there_is_nothing():
    for costs in (np.full(5, 3.0), np.zeros(0)):
        got = largest(first, costs, Budget(2, "boxes"))
        assert (got.size, got.spent, got.calls) == (0, 0, 0)
        assert got.indices.shape == (0,)


@pytest.mark.parametrize(
    ("select", "options", "says"),
    [
        (lambda size: np.arange(size + 1), {}, "'select'.*at most the 3 picks"),
        (lambda size: np.zeros(size, np.int64), {}, "'select'"),
        (lambda size: np.array([7]), {}, "'select'"),
        (first, {"calls": 0}, "'calls'"),
        (first, {"at_most": -1}, "'at_most'"),
    ],
)
def test_bad_arguments(select, options, says):
    with pytest.raises(ArgumentError, match=says):
        largest(select, np.ones(6), Budget(3, "images"), **options)
    with pytest.raises(ArgumentError, match="'costs'"):
        largest(select, np.array([np.nan]), Budget(3, "images"))
