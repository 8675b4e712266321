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


def _distinct(pool, budget, blocked, **options):
    return select.distinct(
        pool.scores, groups=pool.videos, budget=budget, blocked=blocked, **options
    ).indices


def _ranking(pool):
    return np.argsort(-pool.scores, kind="stable")


def _k_center(pool, budget, blocked, **options):
    return select.k_center(pool.vectors, budget=budget, blocked=blocked, **options)


def _k_means_plus_plus(pool, budget, blocked, **options):
    return select.k_means_plus_plus(
        pool.vectors, budget=budget, blocked=blocked, rng=np.random.default_rng(pool.seed),
        **options,
    )  # fmt: skip


def _quota(pool, budget, blocked):
    return select.quota(
        _ranking(pool), pool.classes, budget=budget, blocked=blocked, quotas=np.array([2.0, 1, 0])
    ).indices


def _furthest_classes(pool, budget, blocked):
    shares = pool.classes / pool.classes.sum(axis=1, keepdims=True)
    return select.furthest_classes(
        _ranking(pool), shares, np.array([0.5, 0.25, 0.25]), budget=budget, blocked=blocked
    )


def _diverse_prototypes(pool, budget, blocked):
    return select.diverse_prototypes(
        _ranking(pool), pool.prototypes, pool.classes / 2, budget=budget, blocked=blocked,
        labelled_counts=np.array([9, 2, 1]),
    )  # fmt: skip


SELECTIONS = {
    "distinct": lambda pool, budget, blocked: _distinct(
        pool, budget, blocked, vectors=pool.vectors, threshold=0.7
    ),
    "distinct, hashes": lambda pool, budget, blocked: _distinct(
        pool, budget, blocked, hashes=pool.hashes, threshold=8, within="pool"
    ),
    "diverse_prototypes": _diverse_prototypes,
    "furthest_classes": _furthest_classes,
    "guided_random": _guided,
    "k_center": _k_center,
    "k_center, labelled": lambda pool, budget, blocked: _k_center(
        pool, budget, blocked, labelled=LABELLED
    ),
    "k_means_plus_plus": _k_means_plus_plus,
    "k_means_plus_plus, labelled": lambda pool, budget, blocked: _k_means_plus_plus(
        pool, budget, blocked, labelled=LABELLED
    ),
    "quota": _quota,
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
# What takes no budget or no pool: types, scores, weights, and medoids of a matrix.
NOT_SELECTIONS = {
    "Quota", "Selection", "class_weights", "k_medoids", "likely_upper", "off_by_one", "per_cost",
    "smooth", "threshold_for", "to_score",
}  # fmt: skip
# The quota of a class is a share of the budget, so that another budget chooses another way.
WITHOUT_PREFIXES = {"diverse_prototypes"}
LABELLED = np.array([[0.5, -1, 2, 0], [np.nan] * 4], np.float32)
every_selection = pytest.mark.parametrize("choose", SELECTIONS.values(), ids=SELECTIONS.keys())


class Pool:
    """A pool of stills and frames of three videos, shuffled."""

    def __init__(self, n, seed, scores):
        rng = np.random.default_rng(seed)
        self.seed, self.scores = seed, np.array(scores, np.float64)
        self.videos = [[None, "a", "b", "c"][k] for k in rng.integers(0, 4, n)]
        self.frames = [int(k) for k in rng.permutation(n)]
        self.vectors = rng.standard_normal((n, 4)).astype(np.float32)
        self.hashes = rng.integers(0, 2**64, n, np.uint64)
        self.classes = rng.random((n, 3)) + 1e-6
        self.prototypes = rng.standard_normal((n, 3, 2)).astype(np.float32)
        self.prototypes[rng.random((n, 3)) < 0.2] = np.nan
        if n > 2:  # images without an embedding, and look-alikes
            self.vectors[0] = np.nan
            self.vectors[-1], self.hashes[-1] = self.vectors[-2], self.hashes[-2]

    def turned(self, order):
        """The same pool in another order."""
        pool = Pool(0, self.seed, self.scores[order])
        pool.videos = [self.videos[i] for i in order]
        pool.frames = [self.frames[i] for i in order]
        for name in ("vectors", "hashes", "classes", "prototypes"):
            setattr(pool, name, getattr(self, name)[order])
        return pool


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


@pytest.mark.parametrize("name", ["distinct", "temporal", "top"])
def test_constant_scores_are_no_reason_to_fail(name):
    pool = Pool(12, 0, [0.1] * 12)
    pool.videos = [None] * 12 if name != "distinct" else [str(k) for k in range(12)]
    assert SELECTIONS[name](pool, 4, None).tolist() == [0, 1, 2, 3]


@every_selection
@given(pool=pools())
def test_a_budget_of_the_pool_takes_it_all(choose, pool):
    n = len(pool.scores)
    assert sorted(choose(pool, n, None)) == list(range(n))
    assert sorted(choose(pool, 10 * n + 1, None)) == list(range(n))


@pytest.mark.parametrize("name", [name for name in SELECTIONS if name not in WITHOUT_PREFIXES])
@given(pool=pools(), small=st.integers(0, 20), large=st.integers(0, 20))
def test_a_larger_budget_goes_on_from_a_smaller_one(name, pool, small, large):
    choose = SELECTIONS[name]
    longer = choose(pool, small + large, None)
    np.testing.assert_array_equal(choose(pool, small, None), longer[:small])


PERMUTABLE = [
    "distinct", "distinct, hashes", "diverse_prototypes", "furthest_classes",
    "k_center, labelled", "quota", "temporal", "temporal, seconds", "top",
]  # fmt: skip


@pytest.mark.parametrize("name", PERMUTABLE)
@given(pool=pools(distinct=True), budget=st.integers(0, 40), seed=st.integers(0, 99))
def test_permuting_the_pool_permutes_the_result(name, pool, budget, seed):
    if len(pool.vectors):
        pool.vectors[-1, 0] += 0.5  # twins are ties, which go by index
    order = np.random.default_rng(seed).permutation(len(pool.scores))
    turned = pool.turned(order)
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


@pytest.mark.parametrize("name", ["distinct", "temporal", "top"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused_unless_blocked(name, bad):
    pool = Pool(4, 0, [1.0, bad, 3.0, 2.0])
    with pytest.raises(ArgumentError, match="index 1 "):
        SELECTIONS[name](pool, 2, None)
    blocked = np.array([False, True, False, False])
    assert set(SELECTIONS[name](pool, 3, blocked)) == {0, 2, 3}


@pytest.mark.parametrize("name", ["distinct", "temporal", "top"])
@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("scores", [np.zeros((2, 2)), np.zeros(4, int), [0.0] * 4])
def test_scores_are_a_vector_of_floats(name, scores):
    pool = Pool(4, 0, [0.0] * 4)
    pool.scores = scores
    with pytest.raises(ArgumentError, match="'scores'"):
        SELECTIONS[name](pool, 2, None)
