"""What differs most from the labelled, against loops and scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import select
from labelnext.errors import ArgumentError
from tests.reference import select_diverse as reference


def distributions(seed, n, classes):
    rng = np.random.default_rng(seed)
    weights = rng.random((n, classes)) * (rng.random((n, classes)) < 0.7) + 1e-9
    weights[weights < 1e-6] = 0
    weights[:, 0] += 0.01
    return weights / weights.sum(axis=1, keepdims=True)


@given(st.integers(0, 2**32), st.integers(1, 20), st.integers(0, 25), st.data())
def test_matches_a_sort_by_loops(seed, n, budget, data):
    rows = distributions(seed, n + 1, 4)
    candidates = data.draw(st.permutations(range(n)))[: data.draw(st.integers(0, n))]
    found = select.furthest_classes(
        np.array(candidates, np.int64), rows[1:], rows[0], budget=budget
    )
    by_divergence = sorted(
        candidates, key=lambda i: -round(reference.jensen_shannon(rows[i + 1], rows[0]), 12)
    )
    assert found.tolist() == by_divergence[:budget]


def test_one_class_leaves_the_order_of_the_short_list():
    found = select.furthest_classes(
        np.array([3, 0, 2]), np.ones((4, 1)), np.ones(1), budget=2
    )  # fmt: skip
    assert found.tolist() == [3, 0]


def test_only_candidates_need_a_distribution():
    rows = np.array([[np.nan, np.nan], [0.5, 0.5]])
    found = select.furthest_classes(np.array([1]), rows, np.array([1.0, 0]), budget=1)
    assert found.tolist() == [1]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"candidates": np.array([2])}, "candidates"),
        ({"candidates": np.array([1, 1])}, "candidates"),
        ({"vectors": np.array([[0.5, 0.6], [0, 1]])}, "vectors"),
        ({"vectors": np.array([[np.nan, 0.6], [0, 1]])}, "vectors"),
        ({"vectors": np.array([[-0.5, 1.5], [0, 1]])}, "vectors"),
        ({"labelled": np.array([1.0, 1])}, "labelled"),
        ({"labelled": np.array([1.0])}, "labelled"),
        ({"budget": -1}, "budget"),
    ],
)
def test_arguments_are_checked(changed, word):
    given = {
        "candidates": np.array([0, 1]), "vectors": np.full((2, 2), 0.5),
        "labelled": np.array([0.25, 0.75]), "budget": 1,
    } | changed  # fmt: skip
    with pytest.raises(ArgumentError, match=f"'{word}' argument of select.furthest_classes"):
        select.furthest_classes(
            given["candidates"], given["vectors"], given["labelled"], budget=given["budget"]
        )
