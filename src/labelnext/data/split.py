"""Whole groups of images (videos, folders, near duplicates) shared out among parts.

Images that look alike must not lie on two sides of a split, or a test measures what was learned by
heart. So groups are kept whole, and sizes are as near to the wanted shares as that allows.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import permutations
from posixpath import dirname
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.data.folder import VIDEO_SUFFIXES
from labelnext.data.pool import suffix
from labelnext.errors import ArgumentError
from labelnext.types import ImageRecord

BY = ("video", "folder", "name:REGEX", "duplicates", "image")


class Groups:
    """Images gathered into groups, in any number: a number an image, a name a group.

    Attributes:
        names: Names of the groups, in the order of their first images.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._of = np.empty(1024, np.int32)
        self._count = 0

    def add(self, group: str) -> int:
        """Put the next image into a group; returns the group's number."""
        if self._count == len(self._of):
            self._of = np.concatenate([self._of, np.empty_like(self._of)])
        number = self._numbers.setdefault(group, len(self._numbers))
        self._of[self._count] = number
        self._count += 1
        return number

    @property
    def names(self) -> Sequence[str]:
        """Names of the groups."""
        return list(self._numbers)

    def of(self) -> Int64[np.ndarray, "images"]:
        """The number of each image's group."""
        return self._of[: self._count].astype(np.int64)

    def sizes(self) -> Int64[np.ndarray, "groups"]:
        """Images in each group."""
        return np.bincount(self._of[: self._count], minlength=len(self._numbers)).astype(np.int64)


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


def allot(
    names: Sequence[str],
    sizes: Int64[np.ndarray, "groups"],
    shares: Sequence[float],
    *,
    seed: int = 0,
    fixed: Int64[np.ndarray, "groups"] | None = None,
) -> Int64[np.ndarray, "groups"]:
    """Which part each group belongs to.

    A hash of seed and name gives each group a place between 0 and 1, and the shares cut that line
    into parts; so the order of groups does not matter, and a group added later moves no other one
    by itself. Then single groups are moved, each time the one that brings the sizes nearest to the
    wanted ones (least sum of squares), until no move of one group brings them nearer.

    Args:
        names: Different names of the groups.
        sizes: Images in each.
        shares: Of each part; positive, together 1.
        seed: Another seed, another split.
        fixed: A part for groups that must stay where they are; -1 for the others.

    Returns:
        Parts from 0, one a group.

    Raises:
        ArgumentError: The shares are not positive or not 1 together.
    """
    wanted = _checked(shares)
    places = np.array([_place(seed, name) for name in names], np.float64)
    parts = np.searchsorted(np.cumsum(wanted)[:-1], places, side="right").astype(np.int64)
    free = np.ones(len(parts), bool)
    if fixed is not None:
        free = fixed < 0
        parts = np.where(free, parts, fixed)
    return _evened(parts, sizes, wanted, np.lexsort((places, sizes)), free)


def _evened(
    parts: Int64[np.ndarray, "groups"],
    sizes: Int64[np.ndarray, "groups"],
    wanted: Float64[np.ndarray, "parts"],
    order: Int64[np.ndarray, "groups"],
    free: np.ndarray,
) -> Int64[np.ndarray, "groups"]:
    """Move single groups while that brings sizes nearer to the wanted ones."""
    held = [order[(parts[order] == part) & free[order]] for part in range(len(wanted))]
    held_sizes = [sizes[groups] for groups in held]
    counts = np.bincount(parts, weights=sizes, minlength=len(wanted))
    while True:
        beyond = (counts - wanted * counts.sum()).tolist()
        moves = []
        for source, target in permutations(range(len(wanted)), 2):
            place = _best(held_sizes[source], beyond[source] - beyond[target])
            if place is not None:
                size = int(held_sizes[source][place])
                gain = size * (beyond[source] - beyond[target] - size)
                moves.append((gain, -source, -target, place))
        if not moves:
            return parts
        _, source, target, place = max(moves)
        group, size = held[-source][place], held_sizes[-source][place]
        held[-source] = np.delete(held[-source], place)
        held_sizes[-source] = np.delete(held_sizes[-source], place)
        rank = int(np.searchsorted(held_sizes[-target], size, side="right"))
        held[-target] = np.insert(held[-target], rank, group)
        held_sizes[-target] = np.insert(held_sizes[-target], rank, size)
        counts[-source] -= size
        counts[-target] += size
        parts[group] = -target


def _best(sizes: Int64[np.ndarray, "groups"], gap: float) -> int | None:
    """The place of the size, ascending, that lies nearest to half the gap; None if none helps."""
    if gap <= 1e-6 or not len(sizes):
        return None
    after = int(np.searchsorted(sizes, gap / 2))
    near = [int(np.searchsorted(sizes, sizes[at])) for at in (after - 1, after)
            if 0 <= at < len(sizes)]  # fmt: skip
    gains = [(int(sizes[at]) * (gap - int(sizes[at])), -at) for at in near]
    gain, place = max(gains)
    return -place if gain > 1e-6 else None


def _checked(shares: Sequence[float]) -> Float64[np.ndarray, "parts"]:
    wanted = np.asarray(shares, np.float64)
    if not len(wanted) or not (wanted > 0).all() or abs(wanted.sum() - 1) > 1e-6:
        got = ", ".join(f"{share:g}" for share in shares) or "none"
        raise ArgumentError("split", "shares", expected="positive, together 1", got=got)
    return wanted


def _place(seed: int, name: str) -> float:
    text = f"{seed}\0{name}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") / 2**64


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


def reached(
    parts: Iterable[str], sizes: Int64[np.ndarray, "parts"], groups: Int64[np.ndarray, "parts"]
) -> list[str]:
    """What each part got, in words: images, share, groups."""
    total = max(1, int(sizes.sum()))
    return [
        f"{name}: {size} images ({size / total:.1%}) in {count} groups"
        for name, size, count in zip(parts, sizes.tolist(), groups.tolist(), strict=True)
    ]
