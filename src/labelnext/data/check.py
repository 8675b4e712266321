"""Every image read, hashed and decoded once, in threads; what is wrong with one stops no other."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import Literal, NamedTuple, TypeVar

from labelnext.data import video
from labelnext.data.boxes import fit_boxes
from labelnext.data.pixels import UnusableImageError, load, open_image
from labelnext.data.pool import remote
from labelnext.errors import ArgumentError
from labelnext.machine import available_cpus
from labelnext.threads import in_order
from labelnext.types import CheckedSample, ImageRecord, Sample

MAX_BYTES = 1 << 29
# JPEG decoders give an eighth of the size, in grey, without the costly part: yet they read every
# byte of the file.
_DRAFT = 8
_AHEAD = 16
_TOGETHER = 8
_T = TypeVar("_T")


class Decoded(NamedTuple):
    """What reading an image whole gave: SHA-256 of the file, and the size of the upright image.

    For a frame inside a video file, `content` is what `data.video.check_frame` identifies it by.
    """

    content: str
    width: int
    height: int


class File(NamedTuple):
    """The file of an image as it was found.

    Attributes:
        state: `ok`, `broken` or `missing`, as in `CheckedSample`.
        reason: Why it is not `ok`.
        decoded: What is in it; only the hash of a broken file, where it could be read.
        size: Bytes.
        modified_ns: Time of its last change.
    """

    state: Literal["ok", "broken", "missing"]
    reason: str
    decoded: Decoded = Decoded("", 0, 0)
    size: int = 0
    modified_ns: int = 0


Known = Callable[[Sample, int, int], Decoded | None]


def check(sample: Sample) -> CheckedSample:
    """Read the image of a sample whole: hash its bytes, decode it, fit its boxes.

    The image is a file, a URL that fsspec opens, or a frame inside a video file. The labels' width
    and height (unless 0) must be those of the upright image; if not, the boxes cannot be trusted
    and the sample is broken.
    """
    return _check(None, sample)


def check_all(
    samples: Iterable[Sample],
    *,
    workers: int | None = None,
    known: Known | None = None,
) -> Iterator[CheckedSample]:
    """`check` for many, in threads; at most 16 images a worker are held at a time.

    Args:
        samples: In any number; drawn as needed.
        workers: Threads; by default one a CPU.
        known: Given a sample, and size and modification time (ns) of its file, what an earlier
            check of the same file gave, or None. Called in the threads.

    Yields:
        In the order of `samples`.
    """
    return in_threads(partial(_check, known), samples, workers)


def read_file(sample: Sample, known: Known | None = None) -> File:
    """Read the image of a sample whole, whatever its labels say."""
    record = sample.record
    try:
        size, modified = _stamp(record.path)
        if size > MAX_BYTES and not video.is_video(record.path):
            return File("broken", f"{size:,} bytes, more than {MAX_BYTES:,}")
        # A server that does not say when a file changed cannot say that it did not.
        decoded = known(sample, size, modified) if known is not None and modified else None
        if decoded is not None:
            return File("ok", "", decoded, size, modified)
        if video.is_video(record.path):
            return File("ok", "", Decoded(*video.check_frame(record)), size, modified)
        data = _bytes(record.path)
    except (FileNotFoundError, NotADirectoryError):
        return File("missing", "there is no such file")
    except UnusableImageError as error:
        return File("broken", str(error), size=size, modified_ns=modified)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return File("broken", f"cannot be read: {reason}")
    content = sha256(data).hexdigest()
    try:
        return File("ok", "", Decoded(content, *_decode(data)), size, modified)
    except UnusableImageError as error:
        return File("broken", str(error), Decoded(content, 0, 0), size, modified)


def in_threads(
    work: Callable[[Sample], _T], samples: Iterable[Sample], workers: int | None = None
) -> Iterator[_T]:
    """What `work` makes of samples, in their order, as `check_all` does it.

    Several go to a thread together, because handing one over takes as long as reading a small file.
    """
    count = available_cpus() if workers is None else workers
    if count < 1:
        raise ArgumentError("check_all", "workers", expected="at least 1", got=workers)
    return _in_threads(work, iter(samples), count)


def _in_threads(
    work: Callable[[Sample], _T], samples: Iterator[Sample], workers: int
) -> Iterator[_T]:
    groups = iter(lambda: list(islice(samples, _TOGETHER)), [])
    made = in_order(
        lambda group: [work(one) for one in group], groups,
        workers=workers, waiting=max(1, workers * _AHEAD // _TOGETHER), name="check",
    )  # fmt: skip
    for group in made:
        yield from group


def _check(known: Known | None, sample: Sample) -> CheckedSample:
    checked = _fit(sample, read_file(sample, known))
    if not sample.problems:
        return checked
    return replace(checked, problems=sample.problems + checked.problems)


def _stamp(path: str) -> tuple[int, int]:
    if remote.is_url(path):
        return remote.stamp(path)
    status = os.stat(path)  # noqa: PTH116 - pathlib takes several times as long
    if not stat.S_ISREG(status.st_mode):
        raise OSError("not a regular file")
    return status.st_size, status.st_mtime_ns


def _bytes(path: str) -> bytes:
    if remote.is_url(path):
        return remote.read_bytes(path, MAX_BYTES)
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
        return file.read()


def _decode(data: bytes) -> tuple[int, int]:
    image, width, height = open_image(data)
    image.draft("L", (max(1, image.width // _DRAFT), max(1, image.height // _DRAFT)))
    load(image)
    return width, height


def _fit(sample: Sample, file: File) -> CheckedSample:
    found = (file.decoded.content, file.size, file.modified_ns)
    if file.state != "ok":
        return CheckedSample(sample, file.state, file.reason, *found)
    record, truth = sample.record, sample.truth
    _, width, height = file.decoded
    named = (record.width or width, record.height or height)
    if named != (width, height):
        return CheckedSample(sample, "broken", other_size(record, width, height), *found)
    problems: tuple[str, ...] = ()
    if truth is not None:
        truth, problems = fit_boxes(truth, width, height)
    if truth is not sample.truth or (record.width, record.height) != named:
        record = replace(record, width=width, height=height)
        sample = replace(sample, record=record, truth=truth)
    return CheckedSample(sample, "ok", "", *found, problems)


def other_size(record: ImageRecord, width: int, height: int) -> str:
    """What is said of labels made for another size than the upright image has."""
    return (
        f"the labels are for {record.width or width} x {record.height or height} px, the upright "
        f"image has {width} x {height}"
    )
