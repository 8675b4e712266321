"""Uniform random selection."""

from itertools import combinations

import numpy as np
import pytest

from labelnext import select
from labelnext.errors import ArgumentError


def test_every_set_is_equally_likely():
    rng = np.random.default_rng(0)
    sets = [frozenset(select.random(5, budget=2, rng=rng).tolist()) for _ in range(5000)]
    counts = [sets.count(frozenset(pair)) for pair in combinations(range(5), 2)]
    assert sum(counts) == 5000
    # χ² with 9 degrees of freedom exceeds 27.9 once in a thousand
    assert sum((c - 500) ** 2 / 500 for c in counts) < 27.9


def test_the_generator_alone_decides():
    one, two, other = (np.random.default_rng(seed) for seed in (7, 7, 8))
    a, b, c = (select.random(1000, budget=10, rng=rng).tolist() for rng in (one, two, other))
    assert a == b
    assert a != c


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("n", [-1, 2.5, True])
def test_the_pool_is_checked(n):
    with pytest.raises(ArgumentError, match="'n'"):
        select.random(n, budget=1, rng=np.random.default_rng(0))
