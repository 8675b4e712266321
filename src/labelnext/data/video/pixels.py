"""The pixels of a decoded frame: RGB, upright."""

from typing import Any

import numpy as np
from av.video.reformatter import VideoReformatter

from labelnext.data.pixels import MAX_PIXELS, UnusableImageError
from labelnext.types import Image

# x' = a·x + c·y, y' = b·x + d·y: places of a, b, c, d in the nine int32 of a display matrix.
_A, _B, _C, _D = 0, 1, 3, 4
_IDENTITY = (1, 0, 0, 1)


class Converter:
    """Makes RGB of frames; keeps what FFmpeg's scaler needs for it from frame to frame."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def image(self, frame: Any) -> Image:
        """The pixels of a frame as `uint8 [height, width, 3]`, turned as its display matrix says.

        The same as PyAV's `frame.to_ndarray(format="rgb24")`, then turned by multiples of 90° and
        mirrored. Pixels that are not square stay as they are stored.

        Raises:
            UnusableImageError: More than 100 million pixels.
        """
        if frame.width * frame.height > MAX_PIXELS:
            raise UnusableImageError(
                f"{frame.width} x {frame.height} px, more than {MAX_PIXELS:,} pixels"
            )
        pixels = _three_channels(self._reformatter.reformat(frame, format="rgb24"))
        return np.array(upright(pixels, matrix(frame)))

    def small(self, frame: Any, width: int, height: int) -> np.ndarray:
        """A frame scaled down, BGR, not turned."""
        scaled = self._reformatter.reformat(
            frame, width=width, height=height, format="bgr24", interpolation="FAST_BILINEAR"
        )
        return np.ascontiguousarray(_three_channels(scaled))


def _three_channels(frame: Any) -> np.ndarray:
    """A view of the pixels of an RGB or BGR frame, whose rows are padded."""
    plane: Any = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(frame.height, plane.line_size)
    return rows[:, : 3 * frame.width].reshape(frame.height, frame.width, 3)


def matrix(frame: Any) -> tuple[int, int, int, int]:
    """How a frame is to be turned for display, a, b, c, d of -1, 0 and 1.

    Source: ISO/IEC 14496-12, 8.3.2: x' = a·x + c·y, y' = b·x + d·y. Angles between multiples of
    90° are taken for the nearest.
    """
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return _IDENTITY
    values = np.frombuffer(data, np.int32)
    if len(values) != 9:
        return _IDENTITY
    a, b, c, d = (int(values[i]) for i in (_A, _B, _C, _D))
    if abs(a) >= abs(b):
        return (_sign(a), 0, 0, _sign(d))
    return (0, _sign(b), _sign(c), 0)


def upright(pixels: np.ndarray, turned: tuple[int, int, int, int]) -> np.ndarray:
    """A view of pixels `[height, width, …]` as a player shows them."""
    a, b, c, d = turned
    if a == 0:
        pixels = pixels.swapaxes(0, 1)
    across, down = (a, d) if a else (c, b)
    return pixels[::down, ::across]


def upright_size(frame: Any) -> tuple[int, int]:
    """Width and height of a frame once it is upright."""
    size = (frame.width, frame.height)
    return size if matrix(frame)[0] else (size[1], size[0])


def _sign(value: int) -> int:
    return -1 if value < 0 else 1
