"""Groups stay whole, sizes come near to the shares, and the same data give the same split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.data.split import allot, reached
from labelnext.errors import ArgumentError
from tests.reference import split as reference

SHARES = [(0.8, 0.2), (0.5, 0.5), (0.7, 0.2, 0.1), (1.0,)]


def shared_out(sizes: list[int], shares: tuple[float, ...], seed: int = 0) -> list[int]:
    names = [f"v{i}" for i in range(len(sizes))]
    return allot(names, np.array(sizes, np.int64), shares, seed=seed).tolist()


sizes_of = st.lists(st.sampled_from([1, 2, 3, 5, 8, 13, 40, 100, 171]), max_size=12)


@given(sizes_of, st.sampled_from(SHARES), st.integers(0, 5), st.data())
def test_as_near_as_the_reference(
    sizes: list[int], shares: tuple[float, ...], seed: int, data: st.DataObject
) -> None:
    names = [f"v{i}" for i in range(len(sizes))]
    parts = st.one_of(st.just(-1), st.integers(0, len(shares) - 1))
    fixed = data.draw(st.lists(parts, min_size=len(sizes), max_size=len(sizes)))
    found = allot(
        names, np.array(sizes, np.int64), shares, seed=seed, fixed=np.array(fixed, np.int64)
    ).tolist()
    groups = list(zip(names, sizes, strict=True))
    kept = {i: part for i, part in enumerate(fixed) if part >= 0}
    expected = reference.allot(groups, list(shares), seed, kept)
    assert all(found[i] == part for i, part in kept.items())
    distance = reference.distance(groups, found, list(shares))
    assert reference.best_step(groups, found, list(shares), kept) is None
    if len(set(sizes)) == len(sizes):  # else moves that help as much lead to different ends
        assert distance == pytest.approx(
            reference.distance(groups, expected, list(shares)), abs=1e-4
        )


def test_shares_are_met_where_groups_are_small() -> None:
    parts = np.array(shared_out([1] * 10_000, (0.7, 0.2, 0.1)))
    assert np.bincount(parts).tolist() == [7000, 2000, 1000]


def test_large_groups() -> None:
    """Ten groups of which the two largest must lie on one side."""
    sizes = [157, 8, 7, 2, 6, 16, 14, 6, 20, 227]
    for seed in range(20):
        parts = np.array(shared_out(sizes, (0.75, 0.25), seed))
        assert np.bincount(parts, weights=sizes).tolist() == [384, 79]


def test_order_does_not_matter_and_seeds_do() -> None:
    names = [f"v{i}" for i in range(50)]
    sizes = np.arange(1, 51)
    found = dict(zip(names, allot(names, sizes, (0.8, 0.2)).tolist(), strict=True))
    turned = allot(names[::-1], sizes[::-1], (0.8, 0.2)).tolist()
    assert dict(zip(names[::-1], turned, strict=True)) == found
    assert allot(names, sizes, (0.8, 0.2), seed=1).tolist() != list(found.values())


def test_few_groups_move_when_data_are_added() -> None:
    names = [f"v{i}" for i in range(1100)]
    sizes = np.random.default_rng(0).integers(50, 150, 1100)
    before = allot(names[:1000], sizes[:1000], (0.8, 0.2))
    after = allot(names, sizes, (0.8, 0.2))
    assert (before != after[:1000]).mean() < 0.05
    fixed = np.concatenate([before, np.full(100, -1)])
    kept = allot(names, sizes, (0.8, 0.2), fixed=fixed)
    assert (kept[:1000] == before).all()
    assert abs(sizes[kept == 1].sum() / sizes.sum() - 0.2) < 0.001


@pytest.mark.parametrize("shares", [(), (0.5, 0.6), (1.2, -0.2), (0.5,), (1.0, 0.0)])
def test_shares_outside_their_domain(shares: tuple[float, ...]) -> None:
    with pytest.raises(ArgumentError, match="positive, together 1"):
        allot(["a"], np.array([1]), shares)


def test_what_was_reached() -> None:
    assert reached(["train", "val"], np.array([3, 1]), np.array([2, 1])) == [
        "train: 3 images (75.0%) in 2 groups",
        "val: 1 images (25.0%) in 1 groups",
    ]
