"""The b best."""

import numpy as np
import pytest

from labelnext import select
from labelnext.errors import ArgumentError

NAN = float("nan")


def test_best_first_and_ties_by_index():
    z = np.array([1.0, 3.0, 2.0, 3.0, 1.0])
    np.testing.assert_array_equal(select.top(z, budget=5), [1, 3, 2, 0, 4])


def test_constant_scores_take_the_first():
    np.testing.assert_array_equal(select.top(np.full(100, 0.1), budget=3), [0, 1, 2])


def test_unscored_images_come_last_and_at_random():
    z = np.array([NAN, 0.5, NAN, 0.25, NAN, NAN])
    unscored = np.isnan(z)
    blocked = np.array([False] * 5 + [True])
    seen = set()
    for seed in range(40):
        found = select.top(
            z, budget=9, blocked=blocked, unscored=unscored, rng=np.random.default_rng(seed)
        )
        assert found[:2].tolist() == [1, 3]
        seen.add(tuple(found[2:].tolist()))
    assert {frozenset(rest) for rest in seen} == {frozenset({0, 2, 4})}
    assert len(seen) == 6


def test_unscored_images_need_a_generator():
    with pytest.raises(ArgumentError, match=r"'rng'.*default_rng"):
        select.top(np.zeros(2), budget=1, unscored=np.array([True, False]))
    blocked = np.array([True, False])
    assert select.top(np.zeros(2), budget=1, blocked=blocked, unscored=blocked) == [1]
