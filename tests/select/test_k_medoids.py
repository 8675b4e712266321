"""K-medoids against loops, and what a step may not do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import select
from labelnext.errors import ArgumentError
from tests.reference import select_diverse as reference


@st.composite
def matrices(draw):
    m = draw(st.integers(0, 14))
    one = st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0])
    cells = np.array(draw(st.lists(one, min_size=m * m, max_size=m * m))).reshape(m, m)
    whole = np.triu(cells, 1)
    return whole + whole.T


@given(matrices(), st.integers(0, 16), st.integers(0, 5))
def test_matches_loops(distances, k, steps):
    found = select.k_medoids(distances, k=k, steps=steps)
    assert found.tolist() == reference.k_medoids(distances.tolist(), k, steps)
    assert found.dtype == np.int64
    assert len(set(found.tolist())) == min(k, len(distances))


@given(matrices(), st.integers(1, 6))
def test_steps_never_make_it_worse(distances, k):
    if not len(distances):
        return
    cost = [
        distances[:, select.k_medoids(distances, k=k, steps=steps)].min(axis=1).sum()
        for steps in range(5)
    ]
    assert (np.diff(cost) <= 1e-12).all()


def test_finds_the_middle_of_each_cluster():
    at = np.array([0.0, 1, 2, 50, 51, 52, 53, 54, 90])
    found = select.k_medoids(np.abs(at[:, None] - at), k=3)
    assert sorted(found.tolist()) == [1, 5, 8]


def test_permuting_the_pool_permutes_the_result():
    rng = np.random.default_rng(0)
    at = rng.random((30, 2))
    distances = np.linalg.norm(at[:, None] - at, axis=2)
    order = rng.permutation(30)
    turned = select.k_medoids(distances[np.ix_(order, order)], k=5)
    np.testing.assert_array_equal(order[turned], select.k_medoids(distances, k=5))


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("distances", "options", "word"),
    [
        (np.zeros((2, 3)), {}, "distances"),
        ([[0.0]], {}, "distances"),
        (np.array([[0, 1.0], [2, 0]]), {}, "distances"),
        (np.array([[1.0, 1], [1, 0]]), {}, "distances"),
        (np.array([[0, -1.0], [-1, 0]]), {}, "distances"),
        (np.array([[0, np.nan], [np.nan, 0]]), {}, "distances"),
        (np.zeros((2, 2)), {"k": -1}, "k"),
        (np.zeros((2, 2)), {"steps": 1.5}, "steps"),
    ],
)
def test_arguments_are_checked(distances, options, word):
    with pytest.raises(ArgumentError, match=f"'{word}' argument of select.k_medoids"):
        select.k_medoids(distances, **({"k": 1} | options))
