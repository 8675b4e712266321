"""Near hashes end in one group, as by comparing every pair; and in large sets, too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.data.review import near
from labelnext.data.review.near import near_groups
from labelnext.errors import ArgumentError
from tests.reference import near as reference

bases = st.sampled_from([0, 2**64 - 1, 0x0123456789ABCDEF, 0xFFFF0000FFFF0000])
flips = st.lists(st.integers(0, 63), max_size=6)


@st.composite
def clustered(draw: st.DrawFn) -> list[int]:
    """Hashes that lie near to a few others."""
    found = []
    for base, bits in draw(st.lists(st.tuples(bases, flips), max_size=25)):
        for bit in bits:
            base ^= 1 << bit
        found.append(base)
    return found


@given(clustered(), st.integers(0, 8), st.sampled_from([1, 2, 256]))
def test_as_by_every_pair(hashes: list[int], distance: int, small: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(near, "_SMALL", small)
        found = near_groups(np.array(hashes, np.uint64), distance)
    assert found.tolist() == reference.groups(hashes, distance)


@pytest.mark.parametrize("edges", [50, 1 << 22])
def test_dense_sets(edges: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that agree in most bits, as those of a fixed camera do."""
    monkeypatch.setattr(near, "_EDGES", edges)
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**14, 700, np.uint64) << np.uint64(30)
    for distance in (1, 2, 4):
        found = near_groups(hashes, distance)
        assert found.tolist() == reference.groups(hashes.tolist(), distance)


def test_planted_among_a_hundred_thousand() -> None:
    rng = np.random.default_rng(1)
    hashes = rng.integers(0, 2**63, 100_000, np.uint64)
    planted = rng.permutation(100_000)[:2_000].reshape(1_000, 2)
    for one, other in planted:
        flip = sum(1 << int(bit) for bit in rng.permutation(64)[: rng.integers(0, 5)])
        hashes[other] = hashes[one] ^ np.uint64(flip)
    groups = near_groups(hashes, 4)
    assert (groups[planted[:, 0]] == groups[planted[:, 1]]).all()
    assert len(np.unique(groups)) == 99_000  # random ones differ in 32 bits, give or take 4


def test_nothing_to_group() -> None:
    assert near_groups(np.zeros(0, np.uint64), 4).tolist() == []
    assert near_groups(np.array([7], np.uint64), 0).tolist() == [0]


@pytest.mark.parametrize("distance", [-1, 9])
def test_distances_outside_the_domain(distance: int) -> None:
    with pytest.raises(ArgumentError, match="'distance' argument of near_groups"):
        near_groups(np.zeros(1, np.uint64), distance)
