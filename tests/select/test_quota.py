"""Class quotas against loops, and their numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import select
from labelnext.errors import ArgumentError
from tests.reference import select_diverse as reference

AMOUNTS = st.sampled_from([0.0, 0.25, 0.5, 1.0, 3.0])


@st.composite
def cases(draw):
    n, classes = draw(st.integers(0, 20)), draw(st.integers(1, 4))
    offers = draw(st.lists(AMOUNTS, min_size=n * classes, max_size=n * classes))
    quotas = draw(st.lists(AMOUNTS, min_size=classes, max_size=classes))
    ranking = draw(st.permutations(range(n)))[: draw(st.integers(0, n))]
    blocked = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
    return np.array(ranking, np.int64), np.array(offers).reshape(n, classes), quotas, blocked


@given(cases(), st.integers(0, 25), st.sampled_from([0.0, 0.3]))
def test_matches_loops(case, budget, least):
    ranking, offers, quotas, blocked = case
    found = select.quota(
        ranking, offers, budget=budget, quotas=np.array(quotas), blocked=blocked, least=least
    )
    chosen, received = reference.quota(
        ranking.tolist(), offers.tolist(), budget, quotas, set(np.flatnonzero(blocked)), least
    )
    assert found.indices.tolist() == chosen
    np.testing.assert_allclose(found.received, received, atol=1e-12)


def test_a_met_quota_stops_counting_and_the_rest_goes_by_rank():
    offers = np.array([[2.0, 0], [1, 0], [1, 1], [0, 0], [0, 2]])
    ranking = np.arange(5)
    options = {"budget": 4, "quotas": np.array([2.0, 2])}
    found = select.quota(ranking, offers, **options)
    assert found.indices.tolist() == [0, 2, 4, 1]
    assert found.received.tolist() == [4, 3]


def test_little_offers_need_not_count():
    offers = np.array([[0.01], [0.9], [0.02]])
    options = {"budget": 1, "quotas": np.array([1.0])}
    assert select.quota(np.arange(3), offers, **options).indices.tolist() == [0]
    assert select.quota(np.arange(3), offers, **options, least=0.5).indices.tolist() == [1]


def test_images_that_are_not_ranked_need_no_offers():
    offers = np.array([[np.nan], [1.0]])
    found = select.quota(np.array([1]), offers, budget=2, quotas=np.array([5.0]))
    assert found.indices.tolist() == [1]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"ranking": np.array([0, 0])}, "ranking"),
        ({"ranking": np.array([0, 2])}, "ranking"),
        ({"ranking": np.array([-1, 0])}, "ranking"),
        ({"ranking": [0, 1]}, "ranking"),
        ({"ranking": np.array([0.0, 1.0])}, "ranking"),
        ({"offers": np.array([[1.0], [np.nan]])}, "offers"),
        ({"offers": np.array([[1.0], [-1]])}, "offers"),
        ({"quotas": np.array([1.0, 2])}, "quotas"),
        ({"quotas": np.array([np.inf])}, "quotas"),
        ({"least": -1}, "least"),
    ],
)
def test_arguments_are_checked(changed, word):
    given = {
        "ranking": np.array([1, 0]), "offers": np.ones((2, 1)), "budget": 1,
        "quotas": np.array([1.0]),
    } | changed  # fmt: skip
    with pytest.raises(ArgumentError, match=f"'{word}' argument of select.quota"):
        select.quota(given.pop("ranking"), given.pop("offers"), **given)
