"""Which images of a pool become the test set: the last part of each video, or whole groups."""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from math import floor
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from labelnext.data.groups import Groups, gather
from labelnext.data.source import Source
from labelnext.data.split import allot
from labelnext.errors import DataError
from labelnext.protocols import Progress, quiet
from labelnext.types import ImageRecord

_CHUNK = 500
_SHOWN = 20

Roles = Callable[[Sequence[str]], Mapping[str, str]]


class HeldOut(NamedTuple):
    """What is held out.

    Attributes:
        keys: Of the images.
        groups: Names of the groups that they are; empty for a split by time.
        note: What was reached, in one sentence; empty for a split by time.
    """

    keys: frozenset[str]
    groups: tuple[str, ...] = ()
    note: str = ""


def hold_out(
    source: Source,
    fraction: float,
    by: str,
    *,
    seed: int = 0,
    roles: Roles,
    progress: Progress = quiet,
) -> HeldOut:
    """Choose the images of a source that go to the test set.

    Args:
        source: What is imported.
        fraction: Wanted share of the images, in (0, 1).
        by: `time`: the last part of each video (see `last_part`). Anything else keeps groups whole
            (see `data.split`): one of `data.groups.BY`.
        seed: Of the split into groups.
        roles: Role of those of some keys that are indexed: their groups stay where they are, so
            data that are added later never tear a group apart.
        progress: Told of `hash` where images must be read to find duplicates.

    Raises:
        ArgumentError: `by` is none of these.
        DataError: Groups are too few or too large: one side would be empty.
    """
    if by == "time":
        return HeldOut(last_part((sample.record for sample in source.samples()), fraction))
    groups = Groups()
    keys = list(gather(source, by, groups, progress=progress))
    of, sizes, names = groups.of(), groups.sizes(), groups.names
    fixed = _fixed(keys, of, len(sizes), roles)
    parts = allot(names, sizes, (1 - fraction, fraction), seed=seed, fixed=fixed)
    if len(keys) and (fixed < 0).all() and len(np.unique(parts)) < 2:
        raise DataError(
            source.location,
            f"cannot be split by {by}: with {len(sizes)} groups, the largest of {sizes.max()} of "
            f"{len(keys)} images, one side would be empty.",
            remedy="Split by something finer, or by time.",
        )
    taken = np.flatnonzero(parts == 1)
    chosen = tuple(names[group] for group in taken.tolist())
    held = frozenset(keys[i] for i in np.flatnonzero(parts[of] == 1).tolist())
    return HeldOut(held, chosen, _note(by, chosen, len(held), len(sizes), len(keys)))


def last_part(records: Iterator[ImageRecord], fraction: float) -> frozenset[str]:
    """Keys of the last `fraction` of each video's frames, and of the stills taken as one video.

    Frames go by number, stills by key. Of n, floor(fraction·n + ½) are taken.
    """
    keys: list[str] = []
    videos: dict[str | None, int] = {}
    of, frames = array("q"), array("q")
    for record in records:
        keys.append(record.key)
        of.append(videos.setdefault(record.video, len(videos)))
        frames.append(record.frame or 0)
    ranks = np.empty(len(keys), np.int64)
    ranks[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    group = np.array(of, np.int64)
    order = np.lexsort((ranks, np.array(frames, np.int64), group))
    taken: list[str] = []
    for video in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        count = floor(fraction * len(video) + 0.5)
        taken += [keys[i] for i in video[len(video) - count :].tolist()]
    return frozenset(taken)


def _fixed(
    keys: list[str], of: Int64[np.ndarray, "n"], count: int, roles: Roles
) -> Int64[np.ndarray, "groups"]:
    """The side of each group that is indexed already, in part or whole; -1 for the others.

    One that is on both sides goes on being tested on: what is new of it may look like that part.
    """
    fixed = np.full(count, -1, np.int64)
    remaining = iter(range(len(keys)))
    while chunk := list(islice(remaining, _CHUNK)):
        known = roles([keys[i] for i in chunk])
        for i in chunk:
            role = known.get(keys[i])
            if role in ("test", "pool"):
                fixed[of[i]] = max(fixed[of[i]], int(role == "test"))
    return fixed


def _note(by: str, chosen: Sequence[str], images: int, groups: int, total: int) -> str:
    shown = ", ".join(name or "." for name in chosen[:_SHOWN])
    more = f" and {len(chosen) - _SHOWN} more" if len(chosen) > _SHOWN else ""
    share = images / max(1, total)
    which = f": {shown}{more}" if chosen else "; all were indexed in another role before"
    return (
        f"held out for testing by {by}: {len(chosen)} of {groups} groups, {images} of {total} "
        f"images ({share:.1%}){which}"
    )
