"""Keeping look-alikes out, against loops over all pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import select
from labelnext.errors import ArgumentError
from labelnext.select import Selection
from tests.reference import select_diverse as reference

SCORES = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5])


@st.composite
def cases(draw):
    n = draw(st.integers(0, 30))
    scores = np.array(draw(st.lists(SCORES, min_size=n, max_size=n)), np.float64)
    groups = draw(st.lists(st.sampled_from([None, "a", "b"]), min_size=n, max_size=n))
    blocked = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
    return scores, groups, blocked, np.random.default_rng(draw(st.integers(0, 2**32)))


def compare(found, expected):
    chosen, passes, later = expected
    assert isinstance(found, Selection)
    assert found.indices.tolist() == chosen
    assert found.passes.tolist() == passes
    assert set(np.flatnonzero(found.blocked).tolist()) == later


@given(cases(), st.integers(0, 35), st.sampled_from([-0.5, 0.3, 0.9]), st.booleans())
def test_matches_loops_by_cosine(case, budget, threshold, everywhere):
    scores, groups, blocked, rng = case
    vectors = rng.standard_normal((len(scores), 3)).astype(np.float32)
    vectors[rng.random(len(scores)) < 0.1] = np.nan
    vectors[rng.random(len(scores)) < 0.1] = 0
    found = select.distinct(
        scores, vectors=vectors, groups=groups, budget=budget, threshold=threshold,
        within="pool" if everywhere else "video", blocked=blocked,
    )  # fmt: skip

    def alike(i, j):
        near = reference.cosine(vectors[i], vectors[j]) >= threshold - 1e-6
        return near and (everywhere or groups[i] == groups[j])

    compare(found, reference.distinct(scores, alike, budget, set(np.flatnonzero(blocked))))


@given(cases(), st.integers(0, 35), st.sampled_from([0, 5, 30, 64]), st.booleans())
def test_matches_loops_by_hash(case, budget, threshold, grouped):
    scores, groups, blocked, rng = case
    hashes = rng.integers(0, 2**64, len(scores), np.uint64)
    hashes[rng.random(len(scores)) < 0.3] ^= np.uint64(0b10110)
    if len(hashes):
        hashes[rng.random(len(scores)) < 0.4] = hashes[0] ^ np.uint64(0b11111)
    found = select.distinct(
        scores, hashes=hashes, groups=groups if grouped else None, budget=budget,
        threshold=threshold, blocked=blocked,
    )  # fmt: skip

    def alike(i, j):
        near = reference.hamming(hashes[i], hashes[j]) <= threshold
        return near and (not grouped or groups[i] == groups[j])

    compare(found, reference.distinct(scores, alike, budget, set(np.flatnonzero(blocked))))


def test_blocks_join_without_a_seam():
    """More images than one product holds, in clusters of ten."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((500, 16)).astype(np.float32)
    vectors = (centres.repeat(10, axis=0) + rng.normal(0, 0.01, (5000, 16))).astype(np.float32)
    scores = rng.random(5000)
    found = select.distinct(scores, vectors=vectors, budget=400, threshold=0.95)
    assert (found.passes == 1).all()
    assert len(set((found.indices // 10).tolist())) == 400
    best = [index for index in np.argsort(-scores) if scores[index] == scores.reshape(
        -1, 10)[index // 10].max()]  # fmt: skip
    assert found.indices.tolist() == best[:400]
    expected = np.isin(np.arange(5000) // 10, found.indices // 10)
    np.testing.assert_array_equal(found.blocked, expected)


def test_equal_vectors_are_alike_at_a_threshold_of_one():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((50, 33)).astype(np.float32).repeat(2, axis=0)
    found = select.distinct(np.arange(100.0), vectors=vectors, budget=60, threshold=1)
    assert (found.passes == 1).sum() == 50


def test_cycles_never_take_what_looks_like_an_earlier_pick():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**64, 30, np.uint64).repeat(4)
    blocked, taken = None, set()
    for _ in range(5):
        found = select.distinct(
            rng.random(120), hashes=hashes, budget=6, threshold=10, blocked=blocked
        )
        fresh = set(hashes[found.indices].tolist())
        assert len(fresh) == 6
        assert not fresh & taken
        taken |= fresh
        blocked = found.blocked
    assert blocked.all()


def test_images_that_are_not_candidates_stay_free():
    scores = np.array([np.nan, 5.0, 4.0, np.nan])
    hashes = np.array([1, 1, 99, 2**60 + 1], np.uint64)
    found = select.distinct(
        scores, hashes=hashes, budget=1, threshold=0, among=np.array([False, True, True, False])
    )
    assert found.indices.tolist() == [1]
    assert found.blocked.tolist() == [True, True, False, False]


def test_unscored_images_fill_up_under_the_same_rule():
    scores = np.array([1.0] + [np.nan] * 5)
    hashes = np.array([0, 0, 0, 2**20 - 1, 2**40 - 1, 2**60 - 1], np.uint64)
    options = {"hashes": hashes, "budget": 3, "threshold": 3, "unscored": np.isnan(scores)}
    seconds = set()
    for seed in range(30):
        found = select.distinct(scores, **options, rng=np.random.default_rng(seed))
        assert found.indices[0] == 0
        assert (found.passes == 1).all()
        seconds.add(int(found.indices[1]))
    assert seconds == {3, 4, 5}
    with pytest.raises(ArgumentError, match="'rng'"):
        select.distinct(scores, **options)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"hashes": np.zeros(2, np.uint64)}, "vectors"),
        ({"vectors": None}, "vectors"),
        ({"vectors": np.ones((3, 2), np.float32)}, "vectors"),
        ({"vectors": np.ones((2, 2))}, "vectors"),
        ({"vectors": np.array([[1, np.nan]] * 2, np.float32)}, "vectors"),
        ({"vectors": None, "hashes": np.zeros(3, np.uint64)}, "hashes"),
        ({"vectors": None, "hashes": np.zeros(2, np.int64)}, "hashes"),
        ({"vectors": None, "hashes": np.zeros(2, np.uint64), "threshold": 0.9}, "threshold"),
        ({"vectors": None, "hashes": np.zeros(2, np.uint64), "threshold": 65}, "threshold"),
        ({"threshold": 2}, "threshold"),
        ({"threshold": np.nan}, "threshold"),
        ({"within": "scene"}, "within"),
        ({"groups": ["a"]}, "groups"),
        ({"among": np.array([True])}, "among"),
    ],
)
def test_arguments_are_checked(changed, word):
    given = {
        "vectors": np.ones((2, 2), np.float32), "threshold": 0.9, "budget": 1
    } | changed  # fmt: skip
    with pytest.raises(ArgumentError, match=f"'{word}' argument of select.distinct"):
        select.distinct(np.zeros(2), **given)
