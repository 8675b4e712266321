"""Images that are there several times: with the same bytes, or nearly the same to the eye.

The eye is a perceptual hash (pHash, 64 bits, by the library imagehash): near images differ in few
of its bits. Images without structure (black frames) are near to each other, whatever they show.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

import imagehash
import numpy as np
from jaxtyping import Int64, UInt64
from PIL import Image as Pillow
from PIL import ImageOps

from labelnext.data import images, pixels
from labelnext.data.pool import remote
from labelnext.data.review.near import near_groups
from labelnext.errors import DataError
from labelnext.machine import available_cpus
from labelnext.protocols import Progress, quiet
from labelnext.threads import in_order
from labelnext.types import Image, ImageRecord, Sample

_RUN = 64
_AHEAD = 4
# JPEG decoders give a smaller picture at a fraction of the cost; the hash looks at 32 x 32 px.
_DRAFT = 64
_CONTENT = np.dtype([(name, "<u8") for name in "abcd"])


class Hashes(NamedTuple):
    """Hashes of many images.

    Attributes:
        keys: Of the usable ones.
        contents: SHA-256 of the file's bytes, or of a frame's pixels; 32 bytes an image.
        looks: Perceptual hashes.
        unusable: Key and reason of the others.
    """

    keys: list[str]
    contents: np.ndarray
    looks: UInt64[np.ndarray, "n"]
    unusable: list[tuple[str, str]]


class Duplicates(NamedTuple):
    """Groups of images that are there several times; members are places in `Hashes.keys`.

    Attributes:
        exact: Groups with the same bytes.
        near: Groups of near images (the same bytes included) that do not all have the same bytes.
        left_exact: Images left if one of each group with the same bytes is kept.
        left_near: Images left if one of each group of near images is kept.
        groups: The group of near images that each image belongs to.
    """

    exact: list[Int64[np.ndarray, "members"]]
    near: list[Int64[np.ndarray, "members"]]
    left_exact: int
    left_near: int
    groups: Int64[np.ndarray, "n"]


def hash_images(
    samples: Iterable[Sample],
    *,
    total: int = 0,
    workers: int | None = None,
    progress: Progress = quiet,
) -> Hashes:
    """Hash every image and frame, in threads, in their order.

    Args:
        samples: In any number; drawn as needed.
        total: How many there are, for the progress bar.
        workers: Threads; by default one a CPU.
        progress: Told of `hash`.
    """
    keys: list[str] = []
    unusable: list[tuple[str, str]] = []
    contents, looks = bytearray(), bytearray()
    done = 0
    count = workers or available_cpus()
    hashed_runs = in_order(
        lambda run: (run, _hash_run(run)), _runs(samples),
        workers=count, waiting=count * _AHEAD, name="hash",
    )  # fmt: skip
    for run, found in hashed_runs:
        for record, hashed in zip(run, found, strict=True):
            if isinstance(hashed, str):
                unusable.append((record.key, hashed))
                continue
            keys.append(record.key)
            contents += hashed[0]
            looks += hashed[1]
        done += len(run)
        progress("hash", done, max(total, done))
    return Hashes(
        keys, np.frombuffer(contents, _CONTENT), np.frombuffer(looks, np.uint64), unusable
    )


def find(hashes: Hashes, distance: int) -> Duplicates:
    """Group what was hashed.

    Args:
        hashes: From `hash_images`; of several sources one after the other.
        distance: Bits of the perceptual hash in which near images may differ, 0 to 8.

    Raises:
        ArgumentError: `distance` is outside its range.
    """
    groups = near_groups(hashes.looks, distance)
    _, same = np.unique(hashes.contents, return_inverse=True)
    same = same.reshape(-1)
    near = [group for group in _members(groups) if (same[group] != same[group[0]]).any()]
    return Duplicates(
        list(_members(same)), near, int(same.max(initial=-1)) + 1,
        int(groups.max(initial=-1)) + 1, groups,
    )  # fmt: skip


def together(parts: Sequence[Hashes]) -> Hashes:
    """Hashes of several sources, one after the other."""
    return Hashes(
        [key for part in parts for key in part.keys],
        np.concatenate([part.contents for part in parts]),
        np.concatenate([part.looks for part in parts]),
        [fault for part in parts for fault in part.unusable],
    )


def _members(groups: Int64[np.ndarray, "n"]) -> Iterator[Int64[np.ndarray, "members"]]:
    """Members of the groups with more than one, groups and members in the order of images."""
    order = np.argsort(groups, kind="stable")
    ends = np.flatnonzero(np.diff(groups[order])) + 1
    found = [part for part in np.split(order, ends) if len(part) > 1]
    return iter(sorted(found, key=lambda part: int(part[0])))


def _runs(samples: Iterable[Sample]) -> Iterator[list[ImageRecord]]:
    """Images a few at a time, and frames of one video together, to be decoded in one go."""
    run: list[ImageRecord] = []
    for sample in samples:
        record = sample.record
        other = bool(run) and _file(run[0]) != _file(record)
        if other or len(run) == _RUN:
            yield run
            run = []
        run.append(record)
    if run:
        yield run


def _file(record: ImageRecord) -> str | None:
    return record.path if images.in_video(record) else None


_Hashed = tuple[bytes, bytes] | str


def _hash_run(run: list[ImageRecord]) -> list[_Hashed]:
    if not images.in_video(run[0]):
        return [_hash_file(record) for record in run]
    return [
        found.problem if isinstance(found, DataError) else _hash_frame(found)
        for found in images.read_run(run)
    ]


def _hash_file(record: ImageRecord) -> _Hashed:
    try:
        data = remote.read_bytes(record.path)
    except FileNotFoundError:
        return "there is no such file"
    except (OSError, ValueError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"
    try:
        return sha256(data).digest(), _look(_small(data))
    except pixels.UnusableImageError as error:
        return str(error)


def _hash_frame(frame: Image) -> _Hashed:
    return sha256(frame.tobytes()).digest(), _look(Pillow.fromarray(frame))


def _small(data: bytes) -> Pillow.Image:
    """The upright image, decoded no larger than needed."""
    image = pixels.open_image(data).image
    if image.mode.startswith("I;16"):
        return Pillow.fromarray(pixels.decode(data))
    image.draft("L", (_DRAFT, _DRAFT))
    pixels.load(image)
    return ImageOps.exif_transpose(image)


def _look(image: Pillow.Image) -> bytes:
    """The perceptual hash, 8 bytes."""
    return np.packbits(imagehash.phash(image).hash.reshape(-1)).tobytes()
