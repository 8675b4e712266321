"""Frames of videos: one at a time in any order, or many in the order of time at full speed."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from labelnext.data.video import seq
from labelnext.data.video.cursor import Cursor
from labelnext.data.video.kept import Kept, Stamp, stamp
from labelnext.errors import DataError
from labelnext.types import Image

_OPEN = 4  # videos kept open in a thread


def _walk(path: Path) -> Int64[np.ndarray, "n"]:
    return np.fromiter((frame.place for frame in seq.frames(path)), np.int64)


_seqs = Kept(_walk, 64)


class _SeqCursor:
    """A .seq: every frame is an image of its own at a known byte."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, frame: int, place: int | None) -> Image:
        if place is None:
            places = _seqs.get(self.path)
            if not 0 <= frame < len(places):
                raise DataError(
                    self.path,
                    f"has {len(places):,} frames.",
                    record=f"frame {frame}",
                    remedy="Give the number of one of them, from 0.",
                )
            place = int(places[frame])
        return seq.read_pixels(self.path, place)

    def close(self) -> None:
        pass


_Reader = Cursor | _SeqCursor


def read_frame(path: str | Path, frame: int, place: int | None) -> Image:
    """The pixels of one frame of a video, upright, RGB, exactly that frame.

    Up to four videos a thread stay open, so that the frames near the last one cost little.

    Args:
        path: A video file on this machine.
        frame: Number of the frame in the order of display, from 0.
        place: Where it is in the file, see `ImageRecord.place`; None to count from the first frame,
            which decodes all that lie before it.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: The file is no usable video, or the frame is absent or damaged.
    """
    return _opened(Path(path)).read(frame, place)


def read_frames(
    path: str | Path, wanted: Sequence[tuple[int, int | None]]
) -> Iterator[Image | DataError]:
    """The pixels of some frames, decoded one after the other at full speed.

    Frames between them are decoded on through, or jumped over where many lie between. The pixels
    are those of `read_frame`, bit for bit.

    Args:
        path: A video file on this machine.
        wanted: Number and place of each frame; fastest in the order of time.

    Yields:
        For each of them, its pixels, or why there are none.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: The file is no usable video.
    """
    with closing(_cursor(Path(path))) as cursor:
        for frame, place in wanted:
            try:
                yield cursor.read(frame, place)
            except DataError as error:
                yield error


class _OpenVideos(threading.local):
    """The videos a thread read from last; each thread has its own."""

    def __init__(self) -> None:
        self.cursors: OrderedDict[Path, tuple[Stamp, _Reader]] = OrderedDict()


_videos = _OpenVideos()


def _opened(path: Path) -> _Reader:
    cursors, now = _videos.cursors, stamp(path)
    known = cursors.pop(path, None)
    if known is not None and known[0] != now:
        known[1].close()
        known = None
    cursors[path] = known or (now, _cursor(path))
    if len(cursors) > _OPEN:
        cursors.popitem(last=False)[1][1].close()
    return cursors[path][1]


def _cursor(path: Path) -> _Reader:
    return _SeqCursor(path) if seq.is_seq(path) else Cursor(path)
