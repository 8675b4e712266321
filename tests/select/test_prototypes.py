"""DivProto against loops, and its rules one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import select
from labelnext.errors import ArgumentError
from tests.reference import select_diverse as reference


@st.composite
def cases(draw):
    n, classes = draw(st.integers(0, 16)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    protos = rng.standard_normal((n, classes, 2)).astype(np.float32)
    protos[rng.random((n, classes)) < 0.4] = np.nan
    protos[rng.random((n, classes)) < 0.1] = 0
    best = np.where(np.isnan(protos[..., 0]), 0, rng.random((n, classes)))
    counts = rng.integers(0, 4, classes)
    ranking = draw(st.permutations(range(n)))[: draw(st.integers(0, n))]
    return np.array(ranking, np.int64), protos, best, counts


@given(
    cases(),
    st.integers(0, 20),
    st.sampled_from([-0.2, 0.5, 0.9]),
    st.sampled_from([0.3, 0.8]),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.0, 0.75, 1.0]),
)
def test_matches_loops(case, budget, intra, inter, alpha, beta):
    ranking, protos, best, counts = case
    found = select.diverse_prototypes(
        ranking, protos, best, budget=budget, labelled_counts=counts, intra=intra, inter=inter,
        alpha=alpha, beta=beta,
    )  # fmt: skip
    expected = reference.prototypes(
        ranking.tolist(), protos.tolist(), best.tolist(), budget, counts.tolist(), intra, inter,
        alpha, beta,
    )  # fmt: skip
    assert found.tolist() == expected


def one_class(angles):
    at = np.deg2rad(angles)
    return np.stack([np.cos(at), np.sin(at)], axis=1).astype(np.float32)[:, None]


def test_what_shows_nothing_new_is_passed_over():
    protos = one_class([0, 10, 90, 95, 180])
    found = select.diverse_prototypes(
        np.arange(5), protos, np.ones((5, 1)), budget=4, labelled_counts=np.array([9])
    )
    assert found.tolist() == [0, 2, 4, 1]
    scaled = protos * np.float32(0.01)
    again = select.diverse_prototypes(
        np.arange(5), scaled, np.ones((5, 1)), budget=4, labelled_counts=np.array([9])
    )
    assert again.tolist() == [0, 2, 4, 1]


def test_the_rarest_class_has_its_share_first():
    """Of four, β·b / ⌊α·K⌋ = 2 images are to show the rarer class."""
    same = np.eye(8, dtype=np.float32)[:, None].repeat(2, axis=1)
    best = np.array(
        [[0.9, 0], [0.9, 0.2], [0.9, 0.5], [0.9, 0], [0, 0.9], [0, 0.9], [0, 0], [0, 0]]
    )
    found = select.diverse_prototypes(
        np.arange(8), same, best, budget=4, labelled_counts=np.array([50, 3]), beta=0.5
    )
    assert found.tolist() == [2, 4, 5, 6]


def test_an_image_that_shows_no_class_only_fills_up():
    protos = one_class([0, 90, 180])
    protos[0] = np.nan
    found = select.diverse_prototypes(
        np.arange(3), protos, np.ones((3, 1)), budget=3, labelled_counts=np.array([9])
    )
    assert found.tolist() == [1, 2, 0]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"ranking": np.array([2])}, "ranking"),
        ({"prototypes": np.full((2, 1, 2), np.inf, np.float32)}, "prototypes"),
        ({"best_scores": np.full((2, 1), 1.5)}, "best_scores"),
        ({"best_scores": np.full((2, 1), np.nan)}, "best_scores"),
        ({"best_scores": np.zeros((2, 2))}, "best_scores"),
        ({"labelled_counts": np.array([1, 2])}, "labelled_counts"),
        ({"labelled_counts": np.array([-1])}, "labelled_counts"),
        ({"intra": 1.5}, "intra"),
        ({"inter": -0.1}, "inter"),
        ({"alpha": np.nan}, "alpha"),
        ({"beta": 2}, "beta"),
    ],
)
def test_arguments_are_checked(changed, word):
    given = {
        "ranking": np.array([0, 1]), "prototypes": one_class([0, 90]), "budget": 1,
        "best_scores": np.ones((2, 1)), "labelled_counts": np.array([5]),
    } | changed  # fmt: skip
    first = [given.pop(name) for name in ("ranking", "prototypes", "best_scores")]
    with pytest.raises(ArgumentError, match=f"'{word}' argument of select.diverse_prototypes"):
        select.diverse_prototypes(*first, **given)
