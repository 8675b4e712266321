"""Every image read, hashed and decoded once, in threads; what is wrong with one stops no other."""

import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from labelnext.data.boxes import fit_boxes
from labelnext.data.pixels import UnusableImageError, load, open_image
from labelnext.errors import ArgumentError
from labelnext.types import CheckedSample, Sample

MAX_BYTES = 1 << 29
# JPEG decoders give an eighth of the size without the costly part, yet read every byte of it.
_DRAFT = 8
_AHEAD = 16


class Decoded(NamedTuple):
    """What reading an image whole gave: SHA-256 of the file, and the size of the upright image."""

    content: str
    width: int
    height: int


Known = Callable[[Sample, int, int], Decoded | None]


def check(sample: Sample) -> CheckedSample:
    """Read the image of a sample whole: hash its bytes, decode it, fit its boxes.

    The labels' width and height (unless 0) must be those of the upright image; if not, the boxes
    cannot be trusted and the sample is broken.
    """
    return _check(sample, _no_knowledge)


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
    count = available_cpus() if workers is None else workers
    if count < 1:
        raise ArgumentError("check_all", "workers", expected="at least 1", got=workers)
    waiting: deque[Future[CheckedSample]] = deque()
    with ThreadPoolExecutor(count, thread_name_prefix="check") as pool:
        try:
            for sample in samples:
                waiting.append(pool.submit(_check, sample, known or _no_knowledge))
                if len(waiting) >= count * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def available_cpus() -> int:
    """CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _no_knowledge(_sample: Sample, _size: int, _modified_ns: int) -> Decoded | None:
    return None


def _check(sample: Sample, known: Known) -> CheckedSample:
    checked = _check_image(sample, known)
    if not sample.problems:
        return checked
    return replace(checked, problems=sample.problems + checked.problems)


def _check_image(sample: Sample, known: Known) -> CheckedSample:
    path = Path(sample.record.path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return CheckedSample(sample, "broken", "not a regular file")
        size, modified = status.st_size, status.st_mtime_ns
        if size > MAX_BYTES:
            return CheckedSample(sample, "broken", f"{size:,} bytes, more than {MAX_BYTES:,}")
        decoded = known(sample, size, modified)
        data = path.read_bytes() if decoded is None else b""
    except (FileNotFoundError, NotADirectoryError):
        return CheckedSample(sample, "missing", "there is no such file")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return CheckedSample(sample, "broken", f"cannot be read: {reason}")
    if decoded is None:
        content = sha256(data).hexdigest()
        try:
            decoded = Decoded(content, *_decode(data))
        except UnusableImageError as error:
            return CheckedSample(sample, "broken", str(error), content, size, modified)
    return _fit(sample, decoded, size, modified)


def _decode(data: bytes) -> tuple[int, int]:
    image, width, height = open_image(data)
    image.draft(None, (max(1, image.width // _DRAFT), max(1, image.height // _DRAFT)))
    load(image)
    return width, height


def _fit(sample: Sample, decoded: Decoded, size: int, modified: int) -> CheckedSample:
    record = sample.record
    content, width, height = decoded
    named = (record.width or width, record.height or height)
    if named != (width, height):
        reason = (
            f"the labels are for {named[0]} x {named[1]} px, the upright image has "
            f"{width} x {height}"
        )
        return CheckedSample(sample, "broken", reason, content, size, modified)
    truth = sample.truth
    problems: tuple[str, ...] = ()
    if truth is not None:
        truth, problems = fit_boxes(truth, width, height)
    fitted = replace(sample, record=replace(record, width=width, height=height), truth=truth)
    return CheckedSample(fitted, "ok", "", content, size, modified, problems)
