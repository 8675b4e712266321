"""Guided random: uniform scores under the temporal rules."""

import numpy as np
import pytest

from labelnext import select
from labelnext.errors import ArgumentError


def test_is_temporal_selection_of_uniform_scores():
    videos, frames = ["a"] * 90, range(90)
    found = select.guided_random(
        videos=videos, frames=frames, budget=4, rng=np.random.default_rng(3)
    )
    expected = select.temporal(
        np.random.default_rng(3).random(90), videos=videos, frames=frames, budget=4
    )
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_array_equal(found.blocked, expected.blocked)


def test_options_reach_the_rules():
    options = {"videos": ["a", "b"] * 30, "frames": np.arange(60), "budget": 5, "within_cycle": 4,
               "across_cycles": 1, "blocked": np.arange(60) < 9}  # fmt: skip
    for extra in ({"unit": "seconds"}, {"window": "slice", "across_videos": True}):
        found = select.guided_random(**options, **extra, rng=np.random.default_rng(5))
        scores = np.random.default_rng(5).random(60)
        expected = select.temporal(scores, **options, **extra)
        np.testing.assert_array_equal(found.indices, expected.indices)
        np.testing.assert_array_equal(found.passes, expected.passes)
        np.testing.assert_array_equal(found.blocked, expected.blocked)


def test_frames_are_chosen_evenly():
    rng = np.random.default_rng(0)
    counts = np.zeros(40)
    for _ in range(1000):
        found = select.guided_random(videos=["a"] * 40, frames=range(40), budget=1, rng=rng)
        counts[found.indices] += 1
    # χ² with 39 degrees of freedom exceeds 72.1 once in a thousand
    assert ((counts - 25) ** 2 / 25).sum() < 72.1


@pytest.mark.usefixtures("unchecked")
def test_the_generator_is_checked():
    with pytest.raises(ArgumentError, match="'rng'"):
        select.guided_random(videos=["a"], frames=[0], budget=1, rng=7)
