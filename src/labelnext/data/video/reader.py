"""Videos as a pool: every frame, every n-th, or some a second, of one video or many."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from labelnext.data.dataset import Lazy
from labelnext.data.pool import remote
from labelnext.data.pool.listing import Listing, listing
from labelnext.data.video import sampling, seq
from labelnext.data.video.opening import SUFFIXES, open_video
from labelnext.data.video.scanning import scan
from labelnext.data.video.table import FrameTable
from labelnext.errors import DataError
from labelnext.types import ImageRecord, Sample

_DIGITS = 6
_MICROSECONDS = 1_000_000


def read(
    location: Path | str, *, every: int = 1, fps: float | None = None, cuts: bool = True
) -> Lazy:
    """The frames of the videos at a place, video after video in the order of their paths.

    A key is the video's path relative to the place, `/frame_` and the frame's number, with as many
    zeros that keys sort in time. `seconds` counts from the first frame, `segment` is the shot. A
    video is scanned (see `video.scan`) when its samples are drawn for the first time. A video that
    cannot be used becomes a note, and so do damaged frames, which are left out.

    Args:
        location: A video, a folder with videos in it or below it, a glob, or a text file of paths.
        every: Take frames 0, n, 2n, … of each video.
        fps: Take the first frame at or after each multiple of 1/fps seconds, instead. Videos that
            are slower are taken whole.
        cuts: Decode each video once to find its shots, so that rules in time do not reach from one
            into the next. Without, only the table of the file is read: much faster, but a video is
            one shot, and damaged frames show only when they are wanted.

    Raises:
        ArgumentError: An option is outside its domain.
        DataError: The place is absent, or holds no video that can be opened. Drawing samples raises
            it too where no video has a frame that can be decoded.
    """
    sampling.check(every, fps, cuts)
    found = listing(location, SUFFIXES)
    if not found.keys:
        raise DataError(location, "holds no video.", remedy="Give a video, or a place with some.")
    known: dict[str, FrameTable | DataError] = {}
    count = 0
    for key in found.keys:
        try:
            count += _estimate(found.path(key), every, fps)
        except FileNotFoundError:
            known[key] = _absent(found.path(key))
        except DataError as error:
            known[key] = error
    _some_usable(location, found, known)

    def make(notes: list[str]) -> Iterator[Sample]:
        notes.extend(found.notes)
        for key in found.keys:
            table = known.get(key)
            if table is None:
                table = known[key] = _scanned(found.path(key), cuts)
            if isinstance(table, DataError):
                notes.append(f"{key}: {table.problem}")
                continue
            notes.extend(f"{key}: {note}" for note in table.notes)
            yield from _samples(key, found.path(key), table, every, fps, notes)
        _some_usable(location, found, known)

    return Lazy((), make, count)


read.patterns = True  # type: ignore[attr-defined]


def _estimate(path: str, every: int, fps: float | None) -> int:
    """About how many frames of a video will be taken, by what the file says; 0 for unknown."""
    if remote.is_url(path):
        raise DataError(
            path,
            "a video at a URL; videos are read from this machine only.",
            remedy="Copy it here.",
        )
    if seq.is_seq(path):
        header = seq.read_header(Path(path))
        frames, rate = header.count, header.fps
        seconds = frames / rate if rate else 0.0
    else:
        with open_video(Path(path)) as video:
            rate = float(video.stream.average_rate or 0)
            seconds = max(0.0, (video.container.duration or 0) / _MICROSECONDS)
            frames = max(0, video.stream.frames or int(seconds * rate))
    if fps is not None and seconds:
        frames = min(frames, math.ceil(seconds * fps))
    return math.ceil(frames / every)


def _scanned(path: str, cuts: bool) -> FrameTable | DataError:
    try:
        return scan(path, cuts=cuts)
    except FileNotFoundError:
        return _absent(path)
    except DataError as error:
        return error


def _absent(path: str) -> DataError:
    return DataError(path, "there is no such file.", remedy="Put it back, or take it off the list.")


def _some_usable(
    location: Path | str, found: Listing, known: dict[str, FrameTable | DataError]
) -> None:
    """Refuse a place of which nothing is left."""
    errors = [error for error in known.values() if isinstance(error, DataError)]
    if len(errors) == len(found.keys):
        raise DataError(
            location,
            f"holds no video that can be used; the first of {len(errors)} errors: {errors[0]}",
        )


def _samples(
    key: str, path: str, table: FrameTable, every: int, fps: float | None, notes: list[str]
) -> Iterator[Sample]:
    if fps is not None and not np.isfinite(table.seconds).all():
        notes.append(f"{key}: has no times and no frame rate, so all of its frames are taken")
        fps = None
    width = max(_DIGITS, len(str(len(table) - 1)))
    for i in sampling.sampled(table.seconds, every, fps).tolist():
        if not table.usable[i]:
            continue
        seconds = float(table.seconds[i])
        record = ImageRecord(
            f"{key}/frame_{i:0{width}d}",
            path,
            int(table.sizes[i, 0]),
            int(table.sizes[i, 1]),
            key,
            i,
            round(seconds, 6) if math.isfinite(seconds) else None,
            int(table.shots[i]),
            table.place(i),
        )
        yield Sample(record)
