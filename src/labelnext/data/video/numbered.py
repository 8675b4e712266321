"""Images whose names are numbered are frames: what a data set does not say of its videos."""

import re
from collections.abc import Iterator, Sequence, Sized
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from labelnext.data.dataset import Lazy, Noting
from labelnext.data.video.sampling import check
from labelnext.protocols import Dataset
from labelnext.types import Sample

MOST_EXACT = 1 << 53  # temporal rules count in float64
_NUMBER = re.compile(r"[0-9]+(?=[^0-9]*\Z)")  # the last one in a name
_MOST_NAMED = 5


class Numbered(NamedTuple):
    """A name taken apart: its folder, the rest of it with `#` for the number, and the number."""

    folder: str
    template: str
    number: int


def numbered(key: str) -> Numbered | None:
    """The last number of an image's name; None without one, or with one of 20 digits or more."""
    path = PurePosixPath(key)
    found = _NUMBER.search(path.stem)
    if found is None or len(found[0]) > 19:
        return None
    template = f"{path.stem[: found.start()]}#{path.stem[found.end() :]}"
    return Numbered(str(path.parent), template, int(found[0]))


def say(notes: list[str], keys: Sequence[str], what: str) -> None:
    """Note images of which something is to be said: the first by name, the others by their count.

    `what` is said of one, such as `without a number, left out`.
    """
    notes += [f"{key}: an image {what}" for key in keys[:_MOST_NAMED]]
    if len(keys) > _MOST_NAMED:
        notes.append(f"{len(keys) - _MOST_NAMED:,} more images {what}")


class Rows:
    """Counts stills that are numbered in a row, as frames of a video are."""

    _MANY = 50
    _DENSE = 0.5  # share of the numbers from first to last that are there

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[int, int, int]] = {}

    def see(self, key: str) -> None:
        """One still of the source."""
        name = numbered(key)
        if name is not None:
            count, low, high = self._found.get(name[:2], (0, name.number, name.number))
            self._found[name[:2]] = count + 1, min(low, name.number), max(high, name.number)

    @property
    def images(self) -> int:
        """How many stand in rows of at least 50 with no more gaps than images."""
        return sum(
            count
            for count, low, high in self._found.values()
            if count >= self._MANY and count >= self._DENSE * (high - low + 1)
        )


def as_sequences(dataset: Dataset, *, fps: float | None = None) -> Dataset:
    """The data set with its stills taken for frames, by the numbers in their names.

    A frame's video is called by its folder and the rest of its name, with `#` for the number:
    `drive/left_#`. Images that are frames already stay as they are; images without a number, or
    with the number of another, stay stills, which the notes say.

    Args:
        dataset: Any.
        fps: The rate that the numbers count in: gives `seconds` since the video's first image in
            the source's order.

    Raises:
        ArgumentError: A rate that is not above 0.
    """
    check(1, fps, False)

    def make(notes: list[str]) -> Iterator[Sample]:
        first: dict[str, int] = {}
        taken: set[tuple[str, int]] = set()
        unnumbered: list[str] = []
        twice: list[str] = []
        for sample in dataset.samples():
            record, name = sample.record, numbered(sample.record.key)
            if record.video is not None:
                yield sample
                continue
            video = "" if name is None else str(PurePosixPath(name.folder) / name.template)
            if name is None or (video, name.number) in taken:
                (unnumbered if name is None else twice).append(record.key)
                yield sample
                continue
            taken.add((video, name.number))
            since = name.number - first.setdefault(video, name.number)
            frame = since if first[video] > MOST_EXACT else name.number
            seconds = None if fps is None else round(since / fps, 6)
            yield replace(sample, record=replace(record, video=video, frame=frame, seconds=seconds))
        notes.extend(dataset.notes if isinstance(dataset, Noting) else ())
        say(notes, unnumbered, "without a usable number in its name, left a still")
        say(notes, twice, "with the number of another, left a still")

    made: Any = Lazy(dataset.classes, make, len(dataset) if isinstance(dataset, Sized) else 0)
    return made  # type: ignore[no-any-return]
