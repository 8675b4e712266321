"""One open video, read forwards and by jumps: a frame asked for by its time is that very frame."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelnext.data.pixels import UnusableImageError
from labelnext.data.video.opening import ERRORS, Opened, open_video, unusable
from labelnext.data.video.pixels import Turning, image
from labelnext.errors import DataError
from labelnext.types import Image

_GAP = 2.0  # seconds that are decoded on through rather than jumped over, to begin with
_MOST_TRIES = 8
_END = 1 << 62


class Cursor:
    """A video and the frame it stands at. For one thread at a time.

    A frame further on is reached by decoding on, or, where it is far, from the last keyframe at or
    before it. After a jump, decoding begins at a keyframe whose own time is not later than the one
    asked for: frames shown before a keyframe but stored behind it (open groups of pictures) lean on
    pictures that were jumped over. A frame without a usable time is counted from the first one.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._opened = open_video(self.path)
        self._gap = self._ticks(_GAP)
        self._turning = Turning()
        self._frames: Iterator[Any]
        self._current: Any
        self._reached: int | None  # time of the current frame
        self._number: int  # of the current frame, where it was counted from the first
        self._from_first: bool
        self._from_start()

    def close(self) -> None:
        """Close the file."""
        self._opened.close()

    @property
    def opened(self) -> Opened:
        """The open file, with the faults met so far."""
        return self._opened

    def read(self, frame: int, place: int | None) -> Image:
        """The pixels of one frame, upright, RGB.

        Args:
            frame: Its number, from 0, among the frames that can be decoded.
            place: Its time stamp in the stream's time base; None to go by the number.

        Raises:
            DataError: There is no such frame, or it is damaged.
        """
        try:
            found = self._by_count(frame) if place is None else self._by_time(frame, place)
        except ERRORS as error:
            raise self._lost(frame, str(error)) from None
        if found.is_corrupt:
            raise self._lost(frame, "is damaged")
        try:
            return image(found, self._turning.of(found))
        except (UnusableImageError, *ERRORS) as error:
            raise self._lost(frame, f"cannot be used: {error}") from None

    def _by_count(self, frame: int) -> Any:
        if not self._from_first or frame < self._number or self._reached == _END:
            self._reopen()
        while self._number < frame:
            if not self._step():
                count = f"{self._number + 1:,}"
                raise self._lost(frame, f"is not there: the video has {count} frames")
        return self._current

    def _by_time(self, frame: int, place: int) -> Any:
        reached = self._reached
        if reached is None:
            reached = self._opened.stream.start_time or 0
        jumped = not 0 <= place - reached <= self._gap
        if jumped:
            self._jump(place)
        if self._forward(place):
            return self._current
        if jumped and not self._from_first:  # the way from that keyframe did not lead past it
            self._reopen()
            if self._forward(place):
                return self._current
        seconds = self._opened.seconds(place)
        raise self._lost(frame, f"is not there: no picture at {seconds:.3f} s can be decoded")

    def _forward(self, place: int) -> bool:
        """Decode on to a time; False when it is passed, or the video ends."""
        while self._reached is None or self._reached < place:
            if not self._step():
                return False
        return self._reached == place

    def _step(self) -> bool:
        self._current = next(self._frames, None)
        if self._current is None:
            self._reached = _END
            return False
        if self._current.pts is not None:
            self._reached = self._current.pts
        self._number += 1
        return True

    def _jump(self, place: int) -> None:
        """Stand before the last keyframe that `place` can be decoded from."""
        before, back = self._reached, 0
        for _ in range(_MOST_TRIES):
            key = self._seek(place - back)
            if key is None:
                break
            if key <= place:
                if before is not None and key <= before < place:
                    self._gap *= 2  # it led back: keyframes are farther apart than that
                return
            back = max(2 * back, self._ticks(1.0))
        self._reopen()

    def _seek(self, place: int) -> int | None:
        """Jump, and the time of the keyframe that comes first then; None where that fails."""
        container, stream = self._opened.container, self._opened.stream
        if place <= (stream.start_time or 0):
            return None
        try:
            container.seek(place, stream=stream, backward=True)
        except ERRORS:
            return None
        self._current, self._reached, self._from_first = None, None, False
        packets = self._opened.packets()
        for packet in packets:
            if packet.is_keyframe and packet.size:
                self._frames = self._opened.frames_from(packet, packets)
                found: int | None = packet.dts if packet.pts is None else packet.pts
                return found
        return None

    def _ticks(self, seconds: float) -> int:
        """A span of time in units of the stream's time base."""
        ticks: int = round(seconds / self._opened.stream.time_base)
        return max(1, ticks)

    def _reopen(self) -> None:
        """Begin anew; not by a jump, which files without an index or time stamps do not take."""
        self._opened.close()
        self._opened = open_video(self.path)
        self._from_start()

    def _from_start(self) -> None:
        self._frames = self._opened.frames()
        self._current, self._reached, self._number, self._from_first = None, None, -1, True

    def _lost(self, frame: int, problem: str) -> DataError:
        return unusable(self.path, problem, f"frame {frame}")
