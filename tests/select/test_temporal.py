"""Temporal selection against loops, and what its rules imply."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import select
from labelnext.errors import ArgumentError
from tests.reference import select as reference


@st.composite
def cases(draw, seconds=False):
    n = draw(st.integers(0, 45))
    videos = draw(st.lists(st.sampled_from([None, "a", "b"]), min_size=n, max_size=n))
    frames = draw(st.lists(st.integers(0, 90), min_size=n, max_size=n, unique=True))
    if seconds:
        frames = [frame / 25 for frame in frames]
    scores = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5]), min_size=n, max_size=n))
    blocked = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    return np.array(scores, np.float64), videos, frames, np.array(blocked, bool)


def compare(found, expected, n):
    chosen, passes, later = expected
    assert found.indices.tolist() == chosen
    assert found.passes.tolist() == passes
    assert np.flatnonzero(found.blocked).tolist() == sorted(later)
    assert found.blocked.shape == (n,)


@given(cases(), st.integers(0, 50), st.integers(0, 9), st.integers(0, 4))
def test_matches_loops_in_pool_frames(case, budget, within, across):
    z, videos, frames, blocked = case
    found = select.temporal(
        z, videos=videos, frames=frames, budget=budget, within_cycle=within, across_cycles=across,
        blocked=blocked,
    )  # fmt: skip
    expected = reference.temporal(
        z, videos, frames, budget, within, across, set(np.flatnonzero(blocked))
    )
    compare(found, expected, len(z))


@given(cases(seconds=True), st.integers(0, 50), st.integers(0, 9), st.integers(0, 4))
def test_matches_loops_in_seconds(case, budget, within, across):
    z, videos, frames, blocked = case
    within, across = within / 25, across / 25  # on the edge of time stamps, where rounding bites
    found = select.temporal(
        z, videos=videos, frames=frames, budget=budget, within_cycle=within, across_cycles=across,
        blocked=blocked, unit="seconds",
    )  # fmt: skip
    expected = reference.temporal(
        z, videos, frames, budget, within, across, set(np.flatnonzero(blocked)), "seconds"
    )
    compare(found, expected, len(z))


@given(cases(), st.integers(0, 50), st.integers(0, 25), st.integers(0, 4))
def test_matches_the_authors_slices(case, budget, within, across):
    z, videos, frames, blocked = case
    found = select.temporal(
        z, videos=videos, frames=frames, budget=budget, within_cycle=within, across_cycles=across,
        blocked=blocked, window="slice", across_videos=True,
    )  # fmt: skip
    expected = reference.authors_temporal(
        z, budget, within, across, set(np.flatnonzero(blocked))
    )  # fmt: skip
    compare(found, expected, len(z))


@given(cases(), st.integers(0, 50), st.integers(0, 9))
def test_first_picks_keep_their_distance(case, budget, within):
    z, videos, frames, blocked = case
    found = select.temporal(
        z, videos=videos, frames=frames, budget=budget, within_cycle=within, blocked=blocked
    )
    ranks = reference.positions(videos, frames, "pool_frames")
    assert (np.diff(found.passes) >= 0).all()
    for number in (1, 2):
        picks = found.indices[found.passes == number]
        for video in ("a", "b"):
            at = sorted(ranks[i] for i in picks if videos[i] == video)
            assert (np.diff(at) > within).all()


def test_windows_end_where_they_should():
    z = np.zeros(60)
    z[30], z[15], z[14], z[45], z[46] = 9, 8, 7, 6, 5
    found = select.temporal(z, videos=["a"] * 60, frames=range(60), budget=3)
    assert found.indices.tolist() == [30, 14, 46]
    assert found.passes.tolist() == [1, 1, 1]
    assert np.flatnonzero(found.blocked).tolist() == [
        12, 13, 14, 15, 16, 28, 29, 30, 31, 32, 44, 45, 46, 47, 48,
    ]  # fmt: skip


def test_the_authors_windows_end_one_earlier_and_fail_near_the_start():
    z = np.zeros(60)
    z[30], z[15], z[44], z[45] = 9, 8, 7, 6
    options = {"videos": ["a"] * 60, "frames": range(60), "window": "slice", "across_videos": True}
    found = select.temporal(z, budget=2, **options)
    assert found.indices.tolist() == [30, 45]
    assert np.flatnonzero(found.blocked).tolist() == [28, 29, 30, 31, 43, 44, 45, 46]
    early = np.zeros(60)
    early[:3] = [1, 2, 3]
    found = select.temporal(early, budget=3, **options)
    assert found.indices.tolist() == [2, 1, 0]
    assert found.passes.tolist() == [1, 1, 1]
    assert np.flatnonzero(found.blocked).tolist() == [0, 1, 2, 3]  # of 2's slice; 1 and 0 have none


def test_windows_stop_at_the_video_unless_told_otherwise():
    z = np.array([0.0, 2.0, 1.0, 0.0])
    options = {"videos": ["a", "a", "b", "b"], "frames": range(4), "budget": 2}
    apart = select.temporal(z, **options)
    assert apart.indices.tolist() == [1, 2]
    assert apart.passes.tolist() == [1, 1]
    joined = select.temporal(z, **options, across_videos=True)
    assert joined.passes.tolist() == [1, 2]
    assert joined.blocked.all()


def test_three_passes_when_rules_and_budget_collide():
    z = np.arange(10, 0, -1.0)
    found = select.temporal(z, videos=["a"] * 10, frames=range(10), budget=7, within_cycle=4)
    assert found.indices.tolist() == [0, 5, 1, 6, 2, 3, 4]
    assert found.passes.tolist() == [1, 1, 2, 2, 3, 3, 3]


def test_stills_know_no_neighbours():
    z = np.arange(5, 0, -1.0)
    found = select.temporal(z, videos=[None] * 5, frames=[None] * 5, budget=3)
    assert found.indices.tolist() == [0, 1, 2]
    assert found.passes.tolist() == [1, 1, 1]
    assert found.blocked.tolist() == [True, True, True, False, False]


def test_no_rules_are_the_b_best():
    z = np.random.default_rng(0).random(50)
    found = select.temporal(
        z, videos=["a"] * 50, frames=range(50), budget=9, within_cycle=0, across_cycles=0
    )
    np.testing.assert_array_equal(found.indices, select.top(z, budget=9))
    assert sorted(found.indices) == np.flatnonzero(found.blocked).tolist()


def test_constant_scores_go_by_index():
    found = select.temporal(
        np.full(100, 0.1), videos=["a"] * 100, frames=range(100), budget=4, within_cycle=15
    )
    assert found.indices.tolist() == [0, 16, 32, 48]


def test_cycles_never_take_a_neighbour_of_an_earlier_pick():
    rng = np.random.default_rng(0)
    videos, frames = ["a"] * 200, range(200)
    blocked, taken = None, []
    for _ in range(6):
        found = select.temporal(
            rng.random(200), videos=videos, frames=frames, budget=5, blocked=blocked
        )
        for index in found.indices.tolist():
            assert all(abs(index - other) > 2 for other in taken)
        taken += found.indices.tolist()
        blocked = found.blocked
    assert len(set(taken)) == 30


def test_unscored_images_fill_up_under_the_same_rules():
    z = np.array([1.0] + [np.nan] * 9)
    options = {
        "videos": ["a"] * 10, "frames": range(10), "unscored": np.isnan(z), "within_cycle": 2,
    }  # fmt: skip
    firsts = set()
    for seed in range(30):
        found = select.temporal(z, budget=3, **options, rng=np.random.default_rng(seed))
        assert found.indices[0] == 0
        assert 2 not in found.indices[found.passes == 1]
        assert 1 not in found.indices[found.passes == 1]
        firsts.add(int(found.indices[1]))
    assert firsts == set(range(3, 10))
    with pytest.raises(ArgumentError, match="'rng'"):
        select.temporal(z, budget=3, **options)


def test_empty_and_single_pools():
    nothing = select.temporal(np.zeros(0), videos=[], frames=[], budget=3)
    assert len(nothing.indices) == len(nothing.passes) == len(nothing.blocked) == 0
    one = select.temporal(np.zeros(1), videos=["a"], frames=[7], budget=3)
    assert (one.indices, one.passes, one.blocked) == ([0], [1], [True])


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"within_cycle": -1}, "within_cycle"),
        ({"within_cycle": 1.5}, "within_cycle"),
        ({"across_cycles": np.nan}, "across_cycles"),
        ({"across_cycles": np.inf, "unit": "seconds"}, "across_cycles"),
        ({"window": "half"}, "window"),
        ({"window": "slice", "unit": "seconds"}, "window"),
        ({"unit": "minutes"}, "unit"),
        ({"frames": [0, 0]}, "frames"),
        ({"frames": [0, None]}, "frames"),
        ({"videos": ["a"] * 3}, "videos"),
    ],
)
def test_arguments_are_checked(options, word):
    given = {"videos": ["a", "a"], "frames": [0, 1], "budget": 1} | options
    with pytest.raises(ArgumentError, match=f"'{word}' argument of select.temporal"):
        select.temporal(np.zeros(2), **given)


def test_a_frame_twice_is_named():
    with pytest.raises(ArgumentError, match="frame 4 of video 'b' twice"):
        select.temporal(np.zeros(3), videos=["a", "b", "b"], frames=[4, 4, 4], budget=1)
