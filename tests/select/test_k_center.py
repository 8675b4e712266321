"""K-center against loops over all pairs, and what it promises."""

from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from labelnext import select
from labelnext.errors import ArgumentError
from tests.reference import select_diverse as reference


@st.composite
def cases(draw):
    """Small whole numbers, which float32 computes exactly, so that ties and twins occur."""
    n, width = draw(st.integers(1, 30)), draw(st.integers(1, 3))
    row = st.lists(st.integers(-3, 3), min_size=width, max_size=width)
    rows = np.array(draw(st.lists(row, min_size=n, max_size=n)), np.float32)
    rows[draw(st.lists(st.booleans(), min_size=n, max_size=n))] = np.nan
    labelled = np.array(draw(st.lists(row, max_size=4)), np.float32).reshape(-1, width)
    blocked = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
    return rows, labelled, blocked


@pytest.mark.parametrize("at_once", [1, 3, 2048])
@given(case=cases(), budget=st.integers(0, 35))
def test_matches_loops_from_labelled_images(at_once, case, budget):
    rows, labelled, blocked = case
    labelled = np.concatenate([labelled, np.zeros((1, rows.shape[1]), np.float32)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("labelnext.select.k_center"), "_AT_ONCE", at_once)
        found = select.k_center(rows, budget=budget, labelled=labelled, blocked=blocked)
    expected = reference.k_center(rows, budget, labelled, set(np.flatnonzero(blocked)))
    assert found.tolist() == expected


@given(case=cases(), budget=st.integers(0, 35), data=st.data())
def test_matches_loops_from_a_first_image(case, budget, data):
    rows, _, blocked = case
    free = np.flatnonzero(~blocked & ~np.isnan(rows[:, 0]))
    first = int(data.draw(st.sampled_from(free))) if len(free) else None
    found = select.k_center(rows, budget=budget, blocked=blocked, first=first)
    expected = reference.k_center(rows, budget, (), set(np.flatnonzero(blocked)), first)
    assert found.tolist() == expected


def test_matches_loops_on_floats_across_blocks():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((5000, 6)).astype(np.float32) + np.float32(100)
    found = select.k_center(rows, budget=40)
    nearest = cdist(rows, rows[found[:1]])[:, 0]
    for index in found[1:]:
        assert nearest[index] >= nearest.max() * (1 - 1e-4)
        nearest = np.minimum(nearest, cdist(rows, rows[index][None])[:, 0])


def test_the_first_is_nearest_the_mean():
    rows = np.array([[0.0], [1], [2], [3], [10]], np.float32)  # mean 3.2
    assert select.k_center(rows, budget=5).tolist() == [3, 4, 0, 1, 2]
    blocked = np.arange(5) == 4  # mean 1.5, a tie
    assert select.k_center(rows, budget=4, blocked=blocked)[0] == 1
    assert select.k_center(rows, budget=2, first=0).tolist() == [0, 4]


def test_a_generator_draws_the_first():
    rows = np.arange(4, dtype=np.float32)[:, None]
    firsts = {
        int(select.k_center(rows, budget=1, rng=np.random.default_rng(seed))[0])
        for seed in range(40)
    }
    assert firsts == {0, 1, 2, 3}
    with_label = select.k_center(
        rows, budget=1, labelled=rows[:1], rng=np.random.default_rng(0)
    )  # fmt: skip
    assert with_label.tolist() == [3]


@given(st.integers(0, 2**32), st.integers(2, 60))
def test_no_duplicate_while_distinct_images_remain(seed, n):
    rng = np.random.default_rng(seed)
    few = rng.standard_normal((8, 5)).astype(np.float32) * np.float32(1e-4) + np.float32(50)
    which = rng.integers(0, 8, n)
    rows = few[which] * np.float32(1)
    rows[rng.random(n) < 0.2] *= np.float32(-1)  # so that there are more than eight
    distinct = len(np.unique(rows, axis=0))
    found = select.k_center(rows, budget=distinct)
    assert len(np.unique(rows[found], axis=0)) == distinct
    labelled = rows[:1]
    found = select.k_center(rows, budget=distinct - 1, labelled=labelled)
    assert len(np.unique(np.concatenate([labelled, rows[found]]), axis=0)) == distinct


def test_zero_and_minus_zero_are_one():
    rows = np.array([[0.0, 1], [-0.0, 1], [0, 1.0000001]], np.float32)
    assert select.k_center(rows, budget=3, first=0).tolist() == [0, 2, 1]


@given(st.integers(0, 2**32), st.integers(3, 40))
def test_the_cover_is_at_most_twice_the_best(seed, n):
    rows = np.random.default_rng(seed).standard_normal((n, 2)).astype(np.float32)
    between = cdist(rows, rows)
    found = select.k_center(rows, budget=2)
    radius = between[:, found].min(axis=1).max()
    pairs = [(i, j) for i in range(n) for j in range(i)]
    best = min(between[:, pair].min(axis=1).max() for pair in pairs)
    assert radius <= 2 * best * (1 + 1e-5)


def test_without_embeddings_it_goes_by_index():
    nothing = np.full((4, 3), np.nan, np.float32)
    assert select.k_center(nothing, budget=3).tolist() == [0, 1, 2]
    assert select.k_center(np.zeros((3, 0), np.float32), budget=2).tolist() == [0, 1]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("rows", "options", "word"),
    [
        (np.zeros((3, 2)), {}, "embeddings"),
        (np.zeros(3, np.float32), {}, "embeddings"),
        (np.array([[0, np.nan]], np.float32), {}, "embeddings"),
        (np.array([[0, np.inf]], np.float32), {}, "embeddings"),
        (np.array([[0, 1e30]], np.float32), {}, "embeddings"),
        (np.zeros((3, 2), np.float32), {"labelled": np.zeros((1, 3), np.float32)}, "labelled"),
        (np.zeros((3, 2), np.float32), {"labelled": np.zeros((1, 2))}, "labelled"),
        (np.zeros((3, 2), np.float32), {"first": 3}, "first"),
        (np.zeros((3, 2), np.float32), {"first": 0, "blocked": np.arange(3) < 1}, "first"),
    ],
)
def test_arguments_are_checked(rows, options, word):
    with pytest.raises(ArgumentError, match=f"'{word}' argument of select.k_center"):
        select.k_center(rows, budget=1, **options)


def test_the_faulty_row_is_named():
    rows = np.zeros((5000, 2), np.float32)
    rows[7] = np.nan
    rows[4321, 1] = np.nan
    with pytest.raises(ArgumentError, match="index 4321"):
        select.k_center(rows, budget=1)
