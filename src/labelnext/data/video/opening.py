"""A video file opened by PyAV: its picture stream, packet by packet and frame by frame.

Only the file itself is read. FFmpeg also knows playlists and scripts that name other files (HLS,
concat, image lists); the formats that it may take a file for are therefore listed here, whatever
the file is called, and no other protocol than plain files is let in.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import av
import av.error

from labelnext.data.pixels import MAX_PIXELS
from labelnext.data.pool.folder import VIDEO_SUFFIXES
from labelnext.errors import DataError
from labelnext.machine import available_cpus

SUFFIXES = VIDEO_SUFFIXES
# Names of FFmpeg's demuxers; each of them reads one file and follows no reference out of it.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,avi,matroska,webm,mpeg,mpegvideo,m4v,mpegts,asf,flv,ogg,mxf,dv,nut,"
    "ivf,h264,hevc"
)
_MOST_FAULTS = 100
_CORES_FOR_FRAMES = 4
# What PyAV raises: its own errors, which are not all of one kind, and those of its binding.
ERRORS = (av.error.FFmpegError, OSError, ValueError, RuntimeError, OverflowError, MemoryError)


class Fault(NamedTuple):
    """A part of a stream that could not be read: its time where known, and the reason."""

    pts: int | None
    reason: str


@dataclass
class Opened:
    """An open video; close it, or use it as a context.

    Attributes:
        path: The file.
        container: PyAV's container.
        stream: The picture stream: the first that is no cover picture.
        faults: Packets that could not be read or decoded so far, at most 100.
    """

    path: Path
    container: Any
    stream: Any
    faults: list[Fault] = field(default_factory=list)

    def packets(self) -> Iterator[Any]:
        """Packets from where the container stands, the last of them an empty one that drains."""
        packets = self.container.demux(self.stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except ERRORS as error:
                self._fault(None, error)
                return
            yield packet

    def decode(self, packet: Any) -> list[Any]:
        """Frames that come out for a packet; none for a damaged one, which becomes a fault."""
        try:
            return list(packet.decode())
        except av.error.EOFError:
            return []
        except ERRORS as error:
            self._fault(packet.pts, error)
            return []

    def frames(self) -> Iterator[Any]:
        """Frames in the order of display, from where the container stands."""
        for packet in self.packets():
            yield from self.decode(packet)

    def frames_from(self, first: Any, rest: Iterator[Any]) -> Iterator[Any]:
        """Frames of a packet that was taken already, and of those behind it."""
        yield from self.decode(first)
        for packet in rest:
            yield from self.decode(packet)

    def seconds(self, pts: int) -> float:
        """A time stamp of the stream in seconds."""
        return float(pts * self.stream.time_base)

    def close(self) -> None:
        """Close the file."""
        self.container.close()

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fault(self, pts: int | None, error: BaseException) -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(Fault(pts, reason(error)))


def is_video(path: str) -> bool:
    """Whether a path is that of a video, by its suffix."""
    return os.path.splitext(path)[1].lower() in SUFFIXES  # noqa: PTH122 (asked of every image)


def open_video(path: Path) -> Opened:
    """Open a video file for its pictures.

    Args:
        path: A file on this machine.

    Raises:
        FileNotFoundError: There is none.
        DataError: It is no regular file, no video of a known format, has no pictures, or its
            pictures have more than 100 million pixels.
    """
    status = Path(path).stat()
    if not stat.S_ISREG(status.st_mode):
        raise unusable(path, "is not a regular file")
    if not status.st_size:
        raise unusable(path, "is empty")
    try:
        container = av.open(
            f"file:{Path(path).absolute()}",
            "r",
            options={"max_pixels": str(MAX_PIXELS)},
            container_options={"format_whitelist": _FORMATS, "protocol_whitelist": "file"},
            metadata_errors="replace",
        )
    except ERRORS as error:
        raise unusable(path, f"cannot be opened as a video: {reason(error)}") from None
    try:
        return Opened(Path(path), container, _pictures(path, container))
    except BaseException:
        container.close()
        raise


def unusable(path: object, problem: str, record: object = None) -> DataError:
    """The error for a file that cannot be read as a video."""
    return DataError(
        path,
        f"{problem}.",
        record=record,
        remedy="Check that a player shows it, or convert it with ffmpeg.",
    )


def reason(error: BaseException) -> str:
    """An error of FFmpeg in words, without numbers and paths."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split()).rstrip(".")


def _threads() -> str:
    """Frames side by side where there are cores for it; on two, that loses to slices of a frame."""
    return "AUTO" if available_cpus() >= _CORES_FOR_FRAMES else "SLICE"


def _pictures(path: Path, container: Any) -> Any:
    covers = av.stream.Disposition.attached_pic
    streams = [s for s in container.streams.video if not s.disposition & covers]
    if not streams:
        raise unusable(path, "has no pictures")
    stream = streams[0]
    context = stream.codec_context
    if context is None:
        raise unusable(path, "is of a codec that cannot be decoded here")
    if context.width * context.height > MAX_PIXELS:
        raise unusable(
            path, f"has {context.width} x {context.height} px, more than {MAX_PIXELS:,} pixels"
        )
    if not stream.time_base:
        raise unusable(path, "has no time base")
    context.thread_type = _threads()
    return stream
