"""K-means++: the odds of what it draws."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import chi2

from labelnext import select
from labelnext.errors import ArgumentError
from tests.reference import select_diverse as reference

ROWS = np.array([[0, 0], [1, 0], [0, 3], [4, 4], [-2, 1]], np.float32)


@pytest.mark.usefixtures("unchecked")  # thousands of draws
@pytest.mark.parametrize(
    ("labelled", "first", "many"),
    [([], None, 2), ([[9.0, 9], [1, 1], [0, 2]], None, 2), ([], 0, 4)],
)
def test_draws_have_the_odds_of_d_squared(labelled, first, many):
    """Every order, against its exact probability; the fourth is drawn from old distances."""
    rng, draws = np.random.default_rng(1), 3000
    given = [] if first is None else [first]
    labels = np.array(labelled, np.float32).reshape(-1, 2)
    seen = Counter(
        tuple(
            select.k_means_plus_plus(
                ROWS, budget=many, rng=rng, labelled=labels, first=first
            ).tolist()
        )
        for _ in range(draws)
    )
    statistic, cells = 0.0, -1
    rest = [i for i in range(len(ROWS)) if i != first]
    for order in permutations(rest, many - len(given)):
        centres = labelled + ROWS[given].tolist()
        expected = draws * reference.k_means_odds(ROWS.tolist(), centres, order)
        statistic += (seen[(*given, *order)] - expected) ** 2 / expected
        cells += 1
    assert statistic < chi2.ppf(0.999, cells)


def test_far_images_are_drawn_more_often_than_near_ones_in_a_large_pool():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((3000, 8)).astype(np.float32)
    rows[:30] += 100  # a far cluster: one draw of it makes all of it near
    found = select.k_means_plus_plus(rows, budget=200, rng=rng)
    assert (found[:4] < 30).any()
    assert (found < 30).sum() < 20


@pytest.mark.parametrize("seed", range(20))
def test_twins_come_last_and_by_index(seed):
    rows = np.array([[0], [5], [0], [np.nan], [5], [7], [0]], np.float32)
    found = select.k_means_plus_plus(rows, budget=7, rng=np.random.default_rng(seed)).tolist()
    assert len({float(rows[i, 0]) for i in found[:3]}) == 3
    assert found[3:6] == sorted(found[3:6])
    assert found[6] == 3


def test_what_rounding_takes_for_equal_still_comes_before_twins():
    rows = np.array([[1e4, 0], [1e4, 0], [1e4, 1e-30], [-1e4, 0]], np.float32)
    found = select.k_means_plus_plus(rows, budget=4, rng=np.random.default_rng(0), first=0)
    assert found.tolist() == [0, 3, 2, 1]


def test_many_draws_renew_distances():
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((400, 3)).astype(np.float32)
    found = select.k_means_plus_plus(rows, budget=400, rng=rng)
    assert sorted(found.tolist()) == list(range(400))


@pytest.mark.usefixtures("unchecked")
def test_arguments_are_checked():
    with pytest.raises(ArgumentError, match=r"'rng'.*default_rng"):
        select.k_means_plus_plus(ROWS, budget=1, rng=7)
    with pytest.raises(ArgumentError, match="'first' argument"):
        select.k_means_plus_plus(ROWS, budget=1, rng=np.random.default_rng(0), first=9)
