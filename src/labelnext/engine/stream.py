"""Images decoded ahead of their use, in order, with a bounded number in memory."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from labelnext.errors import DataError
from labelnext.types import Image, ImageRecord

ReadImage = Callable[[ImageRecord], Image]


@dataclass(frozen=True, slots=True)
class Decoded:
    """One image of a stream: its pixels, or why they could not be read."""

    record: ImageRecord
    image: Image | None
    problem: str | None = None


def decode_ahead(
    records: Sequence[ImageRecord], read: ReadImage, *, ahead: int = 8, threads: int = 2
) -> Iterator[Decoded]:
    """Yield the images in order; at most `ahead` decoded ones wait. An unreadable one is yielded
    with its problem, and the stream goes on.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Decoded]] = deque()
        try:
            for record in records:
                waiting.append(pool.submit(_decode, record, read))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def batches(stream: Iterator[Decoded], size: int) -> Iterator[list[Decoded]]:
    """Group consecutive images of one shape, at most `size`; unreadable ones stand alone."""
    group: list[Decoded] = []
    for item in stream:
        if group and (len(group) == size or not _together(group[0], item)):
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _together(first: Decoded, item: Decoded) -> bool:
    if first.image is None or item.image is None:
        return False
    return first.image.shape == item.image.shape


def _decode(record: ImageRecord, read: ReadImage) -> Decoded:
    try:
        return Decoded(record, read(record))
    except (DataError, OSError) as error:
        return Decoded(record, None, str(error))
