"""Images are put into groups by what a user names."""

import numpy as np
import pytest

from labelnext.data.groups import Groups, group_near, grouping, near_bits
from labelnext.data.review.duplicates import Hashes
from labelnext.errors import ArgumentError
from labelnext.types import ImageRecord


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


@pytest.mark.parametrize(
    ("by", "bits"), [("duplicates", 4), ("duplicates:0", 0), ("duplicates:7", 7), ("video", None)]
)
def test_bits_of_near_duplicates(by: str, bits: int | None) -> None:
    assert near_bits(by) == bits


@pytest.mark.parametrize("by", ["duplicates:", "duplicates:-1", "duplicates:x", "duplicates:²"])
def test_bits_that_are_none(by: str) -> None:
    with pytest.raises(ArgumentError, match="duplicates or duplicates:BITS"):
        near_bits(by)


def test_near_duplicates_as_groups() -> None:
    looks = np.array([0, 2**40 - 1, 1, 2**63], np.uint64)
    hashes = Hashes(["a", "b", "c", "d"], np.zeros(4), looks, [("e", "broken")])
    groups = Groups()
    group_near(groups, hashes, 1, ["a", "b", "e", "c", "d"])
    assert [groups.names[i] for i in groups.of()] == ["a", "b", "e", "a", "a"]


def test_groups_are_counted() -> None:
    groups = Groups()
    numbers = [groups.add(f"g{i % 7}") for i in range(3000)]
    assert groups.of().tolist() == numbers
    assert groups.sizes().tolist() == np.bincount(numbers).tolist()
    assert list(groups.names) == [f"g{i}" for i in range(7)]
    assert Groups().sizes().tolist() == []
