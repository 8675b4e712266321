"""Groups stay whole, sizes come near to the shares, and the same data give the same split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.data.split import Groups, allot, grouping, reached
from labelnext.errors import ArgumentError
from labelnext.types import ImageRecord
from tests.reference import split as reference

SHARES = [(0.8, 0.2), (0.5, 0.5), (0.7, 0.2, 0.1), (1.0,)]


def shared_out(sizes: list[int], shares: tuple[float, ...], seed: int = 0) -> list[int]:
    names = [f"v{i}" for i in range(len(sizes))]
    return allot(names, np.array(sizes, np.int64), shares, seed=seed).tolist()


sizes_of = st.lists(st.sampled_from([1, 2, 3, 5, 8, 40, 100]), max_size=14)


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
    again = _improved(groups, found, list(shares), kept)
    assert again == pytest.approx(reference.distance(groups, found, list(shares)), abs=1e-4)
    if len(set(sizes)) == len(sizes):  # else moves that help as much lead to different ends
        assert reference.distance(groups, found, list(shares)) == pytest.approx(
            reference.distance(groups, expected, list(shares)), abs=1e-4
        )


def _improved(
    groups: list[tuple[str, int]], parts: list[int], shares: list[float], kept: dict[int, int]
) -> float:
    """The least distance that one more move could reach."""
    found = [reference.distance(groups, parts, shares)]
    for i in range(len(groups)):
        for target in range(len(shares)):
            if i not in kept:
                moved = [*parts[:i], target, *parts[i + 1 :]]
                found.append(reference.distance(groups, moved, shares))
    return min(found)


def test_shares_are_met_where_groups_are_small() -> None:
    parts = np.array(shared_out([1] * 10_000, (0.7, 0.2, 0.1)))
    assert np.bincount(parts).tolist() == [7000, 2000, 1000]


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


def record(key: str, video: str | None = None) -> ImageRecord:
    return ImageRecord(key, key, 1, 1, video)


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("image", ["a/1.jpg", "a/2.jpg", "b/c.mp4/frame_1", "s/01.jpg"]),
        ("video", ["a/1.jpg", "a/2.jpg", "b/c.mp4", "s"]),
        ("folder", ["a", "a", "b", "s"]),
        (r"name:^[a-z]", ["a", "a", "b", "s"]),
        (r"name:(\d)\.(jpg)", ["1/jpg", "2/jpg", "b/c.mp4/frame_1", "1/jpg"]),
        (r"name:nothing", ["a/1.jpg", "a/2.jpg", "b/c.mp4/frame_1", "s/01.jpg"]),
    ],
)
def test_grouping(by: str, groups: list[str]) -> None:
    records = [
        record("a/1.jpg"), record("a/2.jpg"), record("b/c.mp4/frame_1", "b/c.mp4"),
        record("s/01.jpg", "s"),
    ]  # fmt: skip
    assert [grouping(by).group(of) for of in records] == groups


@pytest.mark.parametrize("by", ["", "name", "Video", "name:(", "time"])
def test_groupings_that_are_not_known(by: str) -> None:
    with pytest.raises(ArgumentError, match="'by' argument of split must be"):
        grouping(by)


def test_groups_are_counted() -> None:
    groups = Groups()
    numbers = [groups.add(f"g{i % 7}") for i in range(3000)]
    assert groups.of().tolist() == numbers
    assert groups.sizes().tolist() == np.bincount(numbers).tolist()
    assert list(groups.names) == [f"g{i}" for i in range(7)]
    assert Groups().sizes().tolist() == []


def test_what_was_reached() -> None:
    assert reached(["train", "val"], np.array([3, 1]), np.array([2, 1])) == [
        "train: 3 images (75.0%) in 2 groups",
        "val: 1 images (25.0%) in 1 groups",
    ]
