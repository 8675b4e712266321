"""What every selection must satisfy; a new one need only be added to SELECTIONS."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import select
from labelnext.errors import ArgumentError


def _guided(pool, budget, blocked):
    return select.guided_random(
        videos=pool.videos, frames=pool.frames, budget=budget, blocked=blocked,
        rng=np.random.default_rng(pool.seed), within_cycle=3, across_cycles=1,
    ).indices  # fmt: skip


def _temporal(pool, budget, blocked, **options):
    return select.temporal(
        pool.scores, videos=pool.videos, frames=pool.frames, budget=budget, blocked=blocked,
        within_cycle=3, across_cycles=1, **options,
    ).indices  # fmt: skip


SELECTIONS = {
    "guided_random": _guided,
    "random": lambda pool, budget, blocked: select.random(
        len(pool.scores), budget=budget, blocked=blocked, rng=np.random.default_rng(pool.seed)
    ),
    "temporal": _temporal,
    "temporal, seconds": lambda pool, budget, blocked: _temporal(
        pool, budget, blocked, unit="seconds"
    ),
    "temporal, authors": lambda pool, budget, blocked: _temporal(
        pool, budget, blocked, window="slice", across_videos=True
    ),
    "top": lambda pool, budget, blocked: select.top(pool.scores, budget=budget, blocked=blocked),
}
NOT_SELECTIONS = {"Selection", "off_by_one", "smooth"}
every_selection = pytest.mark.parametrize("choose", SELECTIONS.values(), ids=SELECTIONS.keys())


class Pool:
    """A pool of stills and frames of three videos, shuffled."""

    def __init__(self, n, seed, scores):
        rng = np.random.default_rng(seed)
        self.seed, self.scores = seed, np.array(scores, np.float64)
        self.videos = [[None, "a", "b", "c"][k] for k in rng.integers(0, 4, n)]
        self.frames = [int(k) for k in rng.permutation(n)]


@st.composite
def pools(draw, least=0, distinct=False):
    n = draw(st.integers(least, 40))
    one = st.floats(0, 4, width=16)  # few values, so that ties occur
    scores = draw(st.lists(one, min_size=n, max_size=n, unique=distinct))
    return Pool(n, draw(st.integers(0, 2**32)), scores)


def test_every_public_selection_is_checked_here():
    assert {name.split(",")[0] for name in SELECTIONS} == set(select.__all__) - NOT_SELECTIONS


@every_selection
@given(pool=pools(), budget=st.integers(0, 50), data=st.data())
def test_takes_the_budget_once_each_and_nothing_blocked(choose, pool, budget, data):
    n = len(pool.scores)
    blocked = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
    before = pool.scores.copy(), blocked.copy()
    indices = choose(pool, budget, blocked)
    assert indices.dtype == np.int64
    assert len(indices) == min(budget, n - blocked.sum())
    assert len(set(indices.tolist())) == len(indices)
    assert not blocked[indices].any()
    np.testing.assert_array_equal(pool.scores, before[0])
    np.testing.assert_array_equal(blocked, before[1])
    np.testing.assert_array_equal(choose(pool, budget, blocked), indices)


@every_selection
@given(pool=pools())
def test_a_budget_of_the_pool_takes_it_all(choose, pool):
    n = len(pool.scores)
    assert sorted(choose(pool, n, None)) == list(range(n))
    assert sorted(choose(pool, 10 * n + 1, None)) == list(range(n))


@every_selection
@given(pool=pools(), small=st.integers(0, 20), large=st.integers(0, 20))
def test_a_larger_budget_goes_on_from_a_smaller_one(choose, pool, small, large):
    longer = choose(pool, small + large, None)
    np.testing.assert_array_equal(choose(pool, small, None), longer[:small])


@pytest.mark.parametrize("name", ["temporal", "temporal, seconds", "top"])
@given(pool=pools(distinct=True), budget=st.integers(0, 40), seed=st.integers(0, 99))
def test_permuting_the_pool_permutes_the_result(name, pool, budget, seed):
    order = np.random.default_rng(seed).permutation(len(pool.scores))
    turned = Pool(0, 0, pool.scores[order])
    turned.videos = [pool.videos[i] for i in order]
    turned.frames = [pool.frames[i] for i in order]
    choose = SELECTIONS[name]
    expected = choose(pool, budget, None)
    np.testing.assert_array_equal(order[choose(turned, budget, None)], expected)


@every_selection
@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("budget", [-1, 2.0, True, None])
def test_budget_is_checked(choose, budget):
    with pytest.raises(ArgumentError, match="'budget'"):
        choose(Pool(3, 0, [1.0, 2.0, 3.0]), budget, None)


@every_selection
@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("blocked", [np.zeros(4, bool), np.zeros(3, int), [False] * 3])
def test_blocked_is_checked(choose, blocked):
    with pytest.raises(ArgumentError, match=r"'blocked'.*3 images"):
        choose(Pool(3, 0, [1.0, 2.0, 3.0]), 1, blocked)


@pytest.mark.parametrize("name", ["temporal", "top"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused_unless_blocked(name, bad):
    pool = Pool(4, 0, [1.0, bad, 3.0, 2.0])
    with pytest.raises(ArgumentError, match="index 1 "):
        SELECTIONS[name](pool, 2, None)
    blocked = np.array([False, True, False, False])
    assert set(SELECTIONS[name](pool, 3, blocked)) == {0, 2, 3}


@pytest.mark.parametrize("name", ["temporal", "top"])
@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("scores", [np.zeros((2, 2)), np.zeros(4, int), [0.0] * 4])
def test_scores_are_a_vector_of_floats(name, scores):
    pool = Pool(4, 0, [0.0] * 4)
    pool.scores = scores
    with pytest.raises(ArgumentError, match="'scores'"):
        SELECTIONS[name](pool, 2, None)
