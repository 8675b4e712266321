"""One pass over a video that finds its frames, their times and sizes, and its shots."""

from array import array
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.data.video import seq
from labelnext.data.video.cuts import ShotFinder, small_size
from labelnext.data.video.faults import notes_on
from labelnext.data.video.kept import Kept
from labelnext.data.video.opening import ERRORS, Opened, open_video, unusable
from labelnext.data.video.pixels import Turning, small, upright_size
from labelnext.data.video.table import FrameTable
from labelnext.errors import DataError

_KEPT = 256
# Their time stamps are made up from the order of decoding, and differ behind a jump.
_WITHOUT_TIMES = frozenset({"avi", "h264", "hevc", "m4v", "mpegvideo", "ivf"})


def scan(path: str | Path, *, cuts: bool = True) -> FrameTable:
    """The frames of a video, found by decoding all of it once.

    Args:
        path: A video file on this machine.
        cuts: Look for shots. Without, the file's own table is read and only the first frame
            decoded, which is many times faster; then damaged frames are not found either, and
            numbers may differ where the table names pictures that do not decode. A file whose
            table has no usable times is decoded all the same.

    Returns:
        The table; kept for as long as the file does not change.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is no usable video, or no frame of it can be decoded.
    """
    path = Path(path)
    if seq.is_seq(path):
        table = (_seq_cut if cuts else _seq_quick).get(path)
    else:
        table = (_decoded if cuts else _quick).get(path)
    assert isinstance(table, FrameTable)
    return table


def last_scan(path: Path) -> FrameTable:
    """What is known of a video: by decoding it, where that was done; else by a quick scan.

    Raises:
        FileNotFoundError, DataError: As `scan`.
    """
    known = (_seq_cut if seq.is_seq(path) else _decoded).peek(path)
    return scan(path, cuts=False) if known is None else known


def _scan_decoded(path: Path) -> FrameTable:
    return _decode_all(path, cuts=True)


def _decode_all(path: Path, *, cuts: bool) -> FrameTable:
    """Decode every frame; shots only with `cuts`."""
    stored, times, sizes = array("q"), array("q"), array("i")
    usable, whole, turning = bytearray(), True, Turning()
    with open_video(path) as video:
        shots = ShotFinder(_rate(video)) if cuts else None
        for packet in video.packets():
            if packet.size:
                whole = whole and _own_time(video, packet)
                stored.append(packet.pts or 0)
            for frame in video.decode(packet):
                whole = whole and frame.pts is not None
                times.append(frame.pts or 0)
                sizes.extend(upright_size(frame, turning.of(frame)))
                usable.append(not frame.is_corrupt)
                if shots is not None:
                    _show(shots, frame)
        if not times:
            why = f" ({video.faults[0].reason})" if video.faults else ""
            raise unusable(path, f"has no frame that can be decoded{why}")
        places = _places(times) if whole else None
        good = np.frombuffer(usable, np.uint8).astype(bool)
        seconds = _seconds(video, places, len(times))
        return FrameTable(
            places,
            seconds,
            _numbered(len(times), shots.cuts if shots else []),
            np.array(sizes, np.int32).reshape(-1, 2),
            good,
            True,
            notes_on(video, np.array(stored, np.int64), places, seconds, good),
        )


def _show(shots: ShotFinder, frame: Any) -> None:
    if frame.is_corrupt:
        shots.skip()
        return
    try:
        pixels = small(frame, *small_size(frame.width, frame.height))
    except ERRORS:  # damaged such that it decodes, but to what cannot be converted
        shots.skip()
        return
    shots.show(pixels)


def _scan_quick(path: Path) -> FrameTable:
    """Read the packets of a file without decoding them, but for the first frame."""
    times, first_key, whole = array("q"), None, True
    with open_video(path) as video:
        for packet in video.packets():
            if not packet.size or packet.is_discard:
                continue
            whole = whole and _own_time(video, packet)
            if first_key is None and packet.is_keyframe:
                first_key = packet.pts
            if first_key is not None:  # what comes before it cannot be decoded
                times.append(packet.pts or 0)
        listed = np.sort(np.array(times, np.int64))
        listed = listed[listed >= (first_key or 0)]
        if not whole or not len(listed) or (np.diff(listed) <= 0).any():
            return _decode_all(path, cuts=False)
        seconds = _seconds(video, listed, len(listed))
    with open_video(path) as video:
        first = next(video.frames(), None)
        if first is None:
            return _decode_all(path, cuts=False)
        size = np.array(upright_size(first, Turning().of(first)), np.int32)
    count = len(listed)
    return FrameTable(
        listed, seconds, _numbered(count, []), np.tile(size, (count, 1)), np.ones(count, bool),
        False,
    )  # fmt: skip


def _scan_seq(path: Path, *, cuts: bool) -> FrameTable:
    notes: list[str] = []
    header = seq.read_header(path)
    places, times = array("q"), array("d")
    for found in seq.frames(path, notes):
        places.append(found.place)
        times.append(np.nan if found.seconds is None else found.seconds)
    sizes = np.tile(np.array([header.width, header.height], np.int32), (len(places), 1))
    usable = np.ones(len(places), bool)
    shots = ShotFinder(header.fps or None) if cuts else None
    if shots is not None:
        _show_seq(path, places, shots, sizes, usable)
        lost = np.flatnonzero(~usable)
        if len(lost) == len(usable):
            raise unusable(path, "has no frame that can be decoded")
        if len(lost):
            notes.append(f"{len(lost):,} frames cannot be decoded, the first of them {lost[0]}")
    return FrameTable(
        np.array(places, np.int64), np.array(times, np.float64),
        _numbered(len(places), shots.cuts if shots else []), sizes, usable, cuts, tuple(notes),
    )  # fmt: skip


def _show_seq(
    path: Path, places: "array[int]", shots: ShotFinder, sizes: np.ndarray, usable: np.ndarray
) -> None:
    import cv2

    for i, place in enumerate(places):
        try:
            pixels = seq.read_pixels(path, place)
        except DataError:
            usable[i] = False
            shots.skip()
            continue
        height, width = pixels.shape[:2]
        sizes[i] = width, height
        small = cv2.resize(pixels, small_size(width, height), interpolation=cv2.INTER_AREA)
        shots.show(np.ascontiguousarray(small[:, :, ::-1]))


_decoded = Kept(_scan_decoded, _KEPT)
_quick = Kept(_scan_quick, _KEPT)
_seq_cut = Kept(lambda path: _scan_seq(path, cuts=True), _KEPT)
_seq_quick = Kept(lambda path: _scan_seq(path, cuts=False), _KEPT)


def _own_time(video: Opened, packet: Any) -> bool:
    """Whether a packet's time stamp is the file's own, and so the same behind a jump."""
    if packet.pts is None:
        return False
    return video.container.format.name not in _WITHOUT_TIMES or packet.pts == packet.dts


def _places(times: "array[int]") -> Int64[np.ndarray, "n"] | None:
    places = np.array(times, np.int64)
    return places if (np.diff(places) > 0).all() else None


def _rate(video: Opened) -> float | None:
    rate = video.stream.average_rate or video.stream.guessed_rate
    return float(rate) if rate and rate > 0 else None


def _seconds(
    video: Opened, places: Int64[np.ndarray, "n"] | None, count: int
) -> Float64[np.ndarray, "n"]:
    """Times since the first frame: by time stamps, else by the frame rate, else NaN."""
    if places is not None:
        base = video.stream.time_base
        since: np.ndarray = (places - places[0]).astype(np.float64)
        since *= base.numerator / base.denominator
        return since
    rate = _rate(video)
    return np.arange(count) / rate if rate else np.full(count, np.nan)


def _numbered(count: int, cuts: list[int]) -> np.ndarray:
    """The number of the shot of each frame."""
    begins = np.zeros(count, np.int32)
    begins[[cut for cut in sorted(set(cuts)) if 0 < cut < count]] = 1
    return np.cumsum(begins, dtype=np.int32)
