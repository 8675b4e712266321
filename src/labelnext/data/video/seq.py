"""Norpix `.seq` files, the videos of Caltech Pedestrian: their headers, frames and pixels.

Little-endian. A header of 1,024 bytes (see `read_header`), then one record a frame. A compressed
frame (JPEG, PNG) is a uint32 n that counts itself, n - 4 bytes of an image file, a time stamp
(uint32 seconds, uint16 milliseconds), two bytes of padding and, in some files, eight more zero
bytes, found out at the second frame. An uncompressed frame (format 100 grey, 200 BGR) lies at a
fixed stride, the header's true size, and is followed by its time stamp; files that put n before it
are read too.

Source: PAPER §6 for compressed frames; Norpix2MATLAB and Piotr's toolbox (`seqIo`) for the stride
of uncompressed ones. Every size is held against the file's size before anything is read.
"""

import math
import os
import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from labelnext.data.pixels import MAX_PIXELS, UnusableImageError, decode
from labelnext.errors import DataError
from labelnext.types import Image

_MAGIC = 0xFEED
_NAME = "Norpix seq".encode("utf-16-le")
_HEADER = struct.Struct("<9I d")
_AT = 548  # of the nine numbers and the frame rate
_LEAST = _AT + _HEADER.size
_LENGTH = struct.Struct("<I")
_STAMP = struct.Struct("<I H")
_PAD = 2
_EXTRA = 8
_CHANNELS = {100: 1, 200: 3}
_LARGEST = 1 << 29  # bytes of one frame, as of one image file
_REMEDY = "It may be cut off or damaged: get the file again."


@dataclass(frozen=True, slots=True)
class SeqHeader:
    """What the header says.

    Attributes:
        width: In pixels.
        height: In pixels.
        fps: Frames a second; 0 where the header has no usable figure.
        format: 102 or 201 JPEG, 1 or 2 PNG, 100 raw grey, 200 raw BGR.
        count: Frames; 0 where the recording was not closed properly.
        image_bytes: Of one uncompressed image.
        true_size: Bytes from one uncompressed frame to the next.
        size: Bytes of the header: where the first frame begins.
    """

    width: int
    height: int
    fps: float
    format: int
    count: int
    image_bytes: int
    true_size: int
    size: int


@dataclass(frozen=True, slots=True)
class SeqFrame:
    """One frame: its number from 0, the byte its record begins at, and its time.

    `seconds` counts from the first frame's time stamp; where any stamp of the file is absent or not
    later than the one before, it is index / fps for every frame; None where there is no rate.
    """

    index: int
    place: int
    seconds: float | None


def is_seq(path: str | Path) -> bool:
    """Whether a file is a Norpix .seq, by its name."""
    return str(path).lower().endswith(".seq")


def read_header(path: Path) -> SeqHeader:
    """Read the header of a `.seq` file.

    At 0 0xFEED, at 4 `Norpix seq` in UTF-16, at 28 version and header size, at 36 a description of
    512 bytes, at 548 nine uint32 (width, height, bit depth, real depth, image bytes, format,
    frames, 0, true size), then the frame rate as float64.

    Raises:
        DataError: The file cannot be read, is no `.seq`, or announces what cannot be.
    """
    with _opened(path) as (handle, size):
        return _header(path, handle, size)


def frames(path: Path, notes: list[str] | None = None) -> Iterator[SeqFrame]:
    """The frames of a file, in order; only their headers are read.

    The walk ends at the header's count of frames, or at the end of the file where it has none.

    Args:
        path: The file.
        notes: Where to say that frames are cut off or missing; whole ones before them are kept.

    Raises:
        DataError: As `read_header`; or there is no whole frame.
    """
    with _opened(path) as (handle, size):
        header = _header(path, handle, size)
        found = _walk(handle, header, size)
    whole, why = len(found.places), found.end or "the file ends"
    if not whole:
        raise DataError(path, f"holds no whole frame: {why}.", remedy=_REMEDY)
    if notes is not None and (found.end or whole < header.count):
        announced = f" of {header.count:,}" if whole < header.count else ""
        notes.append(f"{path.name}: {why}; the {whole:,}{announced} frames before it are kept")
    yield from _timed(found, header.fps)


def read_bytes(path: Path, place: int) -> bytes:
    """The bytes of one frame: an image file, or the pixels of an uncompressed frame.

    Args:
        path: The file.
        place: Where the frame's record begins, as `frames` gives it.

    Raises:
        DataError: There is no whole frame at that place.
    """
    with _opened(path) as (handle, size):
        return _frame(path, handle, size, place)[1]


def read_pixels(path: Path, place: int) -> Image:
    """The pixels of one frame, uint8 [height, width, 3], RGB.

    Raises:
        DataError: There is no whole frame at that place, or it cannot be decoded.
    """
    with _opened(path) as (handle, size):
        header, data = _frame(path, handle, size, place)
    try:
        return decode_frame(header, data)
    except UnusableImageError as error:
        raise DataError(
            path, f"is not a usable image: {error}.", record=f"byte {place}", remedy=_REMEDY
        ) from None


def decode_frame(header: SeqHeader, data: bytes) -> Image:
    """`read_pixels` for bytes that `read_bytes` gave.

    Raises:
        UnusableImageError: With the reason.
    """
    channels = _CHANNELS.get(header.format)
    if channels is None:
        return decode(data)
    wanted = header.width * header.height * channels
    if len(data) != wanted:
        depth = len(data) * 8 / (header.width * header.height)
        raise UnusableImageError(
            f"{len(data):,} bytes, {depth:g} bits a pixel; 8-bit frames have {wanted:,}"
        )
    pixels = np.frombuffer(data, np.uint8).reshape(header.height, header.width, channels)
    return np.ascontiguousarray(np.broadcast_to(pixels[:, :, ::-1], (*pixels.shape[:2], 3)))


class _Walked(NamedTuple):
    """Places and time stamps of the whole frames (0 for no stamp), and why they end early."""

    places: "array[int]"
    stamps: "array[float]"
    end: str


@contextmanager
def _opened(path: Path) -> Iterator[tuple[int, int]]:
    """An open file and its size."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(path, f"cannot be read: {reason}.", remedy="Check the path.") from None
    try:
        yield handle, os.fstat(handle).st_size
    except OSError as error:  # a folder opens, but does not read
        raise DataError(
            path, f"cannot be read: {error.strerror}.", remedy="Check the path."
        ) from None
    finally:
        os.close(handle)


def _header(path: Path, handle: int, size: int) -> SeqHeader:
    head = os.pread(handle, _LEAST, 0)
    if len(head) < _LEAST or _LENGTH.unpack_from(head)[0] != _MAGIC or head[4:24] != _NAME:
        raise DataError(
            path,
            "is no Norpix .seq file: it does not begin with 0xFEED and 'Norpix seq'.",
            remedy="Give a .seq as Caltech Pedestrian has them.",
        )
    (begin,) = _LENGTH.unpack_from(head, 32)
    width, height, _, _, image_bytes, kind, count, _, true_size, fps = _HEADER.unpack_from(
        head, _AT
    )
    if not _LEAST <= begin <= size:
        raise DataError(
            path,
            f"its header claims {begin:,} bytes of {size:,}.",
            record="byte 32",
            remedy=_REMEDY,
        )
    if not 0 < width * height <= MAX_PIXELS:
        raise DataError(
            path,
            f"frames of {width} x {height} px are not from 1 to {MAX_PIXELS:,} pixels.",
            record=f"byte {_AT}",
            remedy=_REMEDY,
        )
    if kind in _CHANNELS and not 0 < image_bytes <= min(_LARGEST, size):
        raise DataError(
            path, f"raw frames of {image_bytes:,} bytes.", record=f"byte {_AT + 16}", remedy=_REMEDY
        )
    rate = fps if math.isfinite(fps) and 0 < fps <= 1e6 else 0.0
    return SeqHeader(width, height, rate, kind, count, image_bytes, true_size, begin)


def _strided(handle: int, header: SeqHeader) -> bool:
    """Whether frames lie at a fixed stride, without their length before them."""
    if header.format not in _CHANNELS:
        return False
    first = os.pread(handle, _LENGTH.size, header.size)
    return first != _LENGTH.pack(header.image_bytes + _LENGTH.size)


def _walk(handle: int, header: SeqHeader, size: int) -> _Walked:
    if _strided(handle, header):
        return _walk_strided(handle, header, size)
    found = _Walked(array("q"), array("d"), "")
    place, extra = header.size, 0
    while not header.count or len(found.places) < header.count:
        index = len(found.places)
        length = _number(handle, place)
        if index == 1 and length == 0:
            place, extra = place + _EXTRA, _EXTRA
            length = _number(handle, place)
        if length is None or (not length and not header.count):
            break
        if length <= _LENGTH.size or place + length + _STAMP.size > size:
            left = size - place
            end = f"frame {index} (byte {place}) claims {length:,} of {left:,} bytes"
            return found._replace(end=end)
        _add(found, place, os.pread(handle, _STAMP.size, place + length))
        place += length + _STAMP.size + _PAD + extra
    return found


def _walk_strided(handle: int, header: SeqHeader, size: int) -> _Walked:
    found = _Walked(array("q"), array("d"), "")
    stride = max(header.true_size, header.image_bytes)
    stamped = stride >= header.image_bytes + _STAMP.size
    place = header.size
    while place < size and (not header.count or len(found.places) < header.count):
        index, end = len(found.places), place + header.image_bytes
        if end > size:
            says = f"frame {index} (byte {place}) has {size - place:,} of {end - place:,} bytes"
            return found._replace(end=says)
        _add(found, place, os.pread(handle, _STAMP.size, end) if stamped else b"")
        place += stride
    return found


def _add(found: _Walked, place: int, stamp: bytes) -> None:
    seconds, thousandths = _STAMP.unpack(stamp) if len(stamp) == _STAMP.size else (0, 0)
    found.places.append(place)
    found.stamps.append(seconds + thousandths / 1000)


def _number(handle: int, place: int) -> int | None:
    data = os.pread(handle, _LENGTH.size, place)
    return int(_LENGTH.unpack(data)[0]) if len(data) == _LENGTH.size else None


def _timed(found: _Walked, fps: float) -> Iterator[SeqFrame]:
    times = np.asarray(found.stamps, np.float64)
    usable = bool(times[0] > 0 and (np.diff(times) > 0).all())
    for index, place in enumerate(found.places):
        if usable:
            yield SeqFrame(index, place, round(float(times[index] - times[0]), 3))
        else:
            yield SeqFrame(index, place, index / fps if fps else None)


def _frame(path: Path, handle: int, size: int, place: int) -> tuple[SeqHeader, bytes]:
    header = _header(path, handle, size)
    begin, length = place, header.image_bytes
    if not _strided(handle, header):
        found = _number(handle, place) if 0 <= place < size else None
        begin, length = place + _LENGTH.size, (found or 0) - _LENGTH.size
    if place < header.size or not 0 < length <= _LARGEST or begin + length > size:
        raise DataError(
            path,
            f"there is no whole frame at byte {place:,} of {size:,}.",
            remedy="The file is not the one that was indexed, or damaged: get it again.",
        )
    return header, os.pread(handle, length, begin)
