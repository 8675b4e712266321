"""How images are put into groups: by video, folder, a part of their names, or near duplicates."""

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from posixpath import dirname
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from labelnext.data.pool.folder import VIDEO_SUFFIXES
from labelnext.data.pool.listing import suffix
from labelnext.data.review.duplicates import Hashes, find, hash_images
from labelnext.data.source import Source
from labelnext.errors import ArgumentError
from labelnext.protocols import Progress, quiet
from labelnext.types import ImageRecord

BY = ("video", "folder", "name:REGEX", "duplicates[:BITS]", "image")
_NEAR = 4


class Groups:
    """Images gathered into groups, in any number: a number an image, a name a group.

    Attributes:
        names: Names of the groups, in the order of their first images.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._of = array("i")

    def add(self, group: str) -> int:
        """Put the next image into a group; returns the group's number."""
        number = self._numbers.setdefault(group, len(self._numbers))
        self._of.append(number)
        return number

    @property
    def names(self) -> Sequence[str]:
        """Names of the groups."""
        return list(self._numbers)

    def of(self) -> Int64[np.ndarray, "images"]:
        """The number of each image's group."""
        return np.array(self._of, np.int64)

    def sizes(self) -> Int64[np.ndarray, "groups"]:
        """Images in each group."""
        return np.bincount(self.of(), minlength=len(self._numbers)).astype(np.int64)


class Grouping(NamedTuple):
    """How images are put into groups.

    Attributes:
        by: As a user named it.
        group: Name of an image's group.
    """

    by: str
    group: Callable[[ImageRecord], str]


def grouping(by: str) -> Grouping:
    """What a user names as `video`, `folder`, `name:REGEX` or `image`.

    `video`: frames of one video belong together, a still is a group of its own. `folder`: the
    folder of the image, or of the video file that a frame is in. `name:REGEX`: what the expression
    finds in the key (its groups in parentheses, where it has some, otherwise all that it matches);
    an image in whose key it finds nothing is a group of its own. `image`: every image by itself.

    Raises:
        ArgumentError: It is none of these, or the expression is not valid.
    """
    if by.startswith("name:"):
        return Grouping(by, _by_name(by.removeprefix("name:")))
    known: Mapping[str, Callable[[ImageRecord], str]] = {
        "video": lambda record: record.video or record.key,
        "folder": _folder,
        "image": lambda record: record.key,
    }
    if by not in known:
        raise ArgumentError("split", "by", expected=f"one of {', '.join(BY)}", got=repr(by))
    return Grouping(by, known[by])


def near_bits(by: str) -> int | None:
    """The distance of near duplicates that `duplicates` or `duplicates:BITS` asks for.

    None for other ways to group.

    Raises:
        ArgumentError: It is no whole number.
    """
    name, colon, bits = by.partition(":")
    if name != "duplicates":
        return None
    if colon and not (bits.isascii() and bits.isdecimal() and len(bits) < 3):
        raise ArgumentError("split", "by", expected="duplicates or duplicates:BITS", got=repr(by))
    return int(bits) if colon else _NEAR


def group_near(groups: Groups, hashes: Hashes, bits: int, keys: Iterable[str]) -> None:
    """Put near duplicates into groups, each called after its first image.

    Args:
        groups: Where to put them.
        hashes: Of the images.
        bits: In how many bits near ones may differ.
        keys: Of all images, in the order in which they were hashed; those that could not be are
            groups of their own.
    """
    near = find(hashes, bits).groups
    first = np.unique(near, return_index=True)[1]
    place = 0
    for key in keys:
        if place < len(hashes.keys) and hashes.keys[place] == key:
            groups.add(hashes.keys[first[near[place]]])
            place += 1
        else:
            groups.add(key)


def gather(source: Source, by: str, groups: Groups, *, progress: Progress = quiet) -> Iterator[str]:
    """Put the images of a source into groups, as `by` says; gives their keys, in its order.

    Raises:
        ArgumentError: `by` is none of `BY`.
    """
    bits = near_bits(by)
    if bits is None:
        chosen = grouping(by)
        for sample in source.samples():
            groups.add(chosen.group(sample.record))
            yield sample.record.key
        return
    hashes = hash_images(source.samples(), total=source.total, progress=progress)
    group_near(groups, hashes, bits, (sample.record.key for sample in source.samples()))
    yield from (sample.record.key for sample in source.samples())


def _folder(record: ImageRecord) -> str:
    folder = dirname(record.key)
    return dirname(folder) if record.video is not None and _is_video(folder) else folder


def _is_video(name: str) -> bool:
    return suffix(name) in VIDEO_SUFFIXES


def _by_name(expression: str) -> Callable[[ImageRecord], str]:
    try:
        pattern = re.compile(expression)
    except (re.error, RecursionError, OverflowError) as error:
        raise ArgumentError(
            "split",
            "by",
            expected="name: and a regular expression",
            got=f"{expression!r} ({error})",
        ) from None

    def group(record: ImageRecord) -> str:
        found = pattern.search(record.key)
        if found is None:
            return record.key
        return "/".join(part or "" for part in found.groups()) if pattern.groups else found[0]

    return group
