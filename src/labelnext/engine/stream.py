"""Images decoded ahead of their use, in order, with a bounded number in memory."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, groupby
from queue import Full, Queue
from threading import Event, Thread

from labelnext.data import images
from labelnext.errors import DataError
from labelnext.threads import in_order
from labelnext.types import Image, ImageRecord

ReadImage = Callable[[ImageRecord], Image]
_POLL = 0.05  # seconds until a thread that waits looks whether it is still wanted


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

    Args:
        records: In any order; frames of one video that follow each other are decoded in sequence,
            which is many times as fast as one by one.
        read: Reads an image that is no frame of a video file.
        ahead: Decoded images that may wait.
        threads: Threads that read images; a video has one, and those of its codec.
    """
    kinds = groupby(images.runs(records), key=lambda run: images.in_video(run[0]))
    for frames, group in kinds:
        if frames:
            yield from _in_sequence(group, ahead)
        else:
            yield from in_order(
                lambda record: _decode(record, read), chain.from_iterable(group),
                workers=threads, waiting=ahead + 1, name="decode",
            )  # fmt: skip


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


def _in_sequence(runs: Iterable[Sequence[ImageRecord]], ahead: int) -> Iterator[Decoded]:
    """Frames of videos, one video after the other, decoded by one thread while others are used."""
    queue: Queue[Decoded | BaseException | None] = Queue(ahead)
    stop = Event()

    def put(item: Decoded | BaseException | None) -> bool:
        while not stop.is_set():
            try:
                queue.put(item, timeout=_POLL)
                return True
            except Full:
                continue
        return False

    def produce() -> None:
        try:
            with closing(_frames(runs)) as frames:
                for item in frames:
                    if not put(item):
                        return
            put(None)
        except BaseException as error:  # shown where the stream is used
            put(error)

    producer = Thread(target=produce, name="decode", daemon=True)
    producer.start()
    try:
        while (item := queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        producer.join()


def _frames(runs: Iterable[Sequence[ImageRecord]]) -> Generator[Decoded, None, None]:
    for run in runs:
        with closing(images.read_run(run)) as found_all:
            for record, found in zip(run, found_all, strict=True):
                if isinstance(found, DataError):
                    yield Decoded(record, None, str(found))
                else:
                    yield Decoded(record, found)


def _together(first: Decoded, item: Decoded) -> bool:
    if first.image is None or item.image is None:
        return False
    return first.image.shape == item.image.shape


def _decode(record: ImageRecord, read: ReadImage) -> Decoded:
    try:
        return Decoded(record, read(record))
    except (DataError, OSError) as error:
        return Decoded(record, None, str(error))
