"""The pixels of a decoded frame: RGB, upright."""

from typing import Any

import numpy as np
from jaxtyping import UInt8

from labelnext.data.pixels import MAX_PIXELS, UnusableImageError
from labelnext.types import Image

# x' = a·x + c·y, y' = b·x + d·y: places of a, b, c, d in the nine int32 of a display matrix.
_A, _B, _C, _D = 0, 1, 3, 4
_IDENTITY = (1, 0, 0, 1)


class Turning:
    """How the frames of a video are to be turned for display.

    A frame's display matrix is read only where its angle differs from the last one's: PyAV's side
    data and its frame hold each other, which keeps the decoder's memory until Python collects it.
    """

    def __init__(self) -> None:
        self._rotation: int | None = None
        self._matrix = _IDENTITY

    def of(self, frame: Any) -> tuple[int, int, int, int]:
        """The matrix of a frame, see `matrix`."""
        if frame.rotation != self._rotation:
            self._rotation, self._matrix = frame.rotation, matrix(frame)
        return self._matrix


def image(frame: Any, turned: tuple[int, int, int, int]) -> Image:
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
    pixels = upright(frame.to_ndarray(format="rgb24"), turned)
    # What was stored as RGB stays in the decoder's hands; elsewhere a copy would only cost time.
    whole = pixels.flags.c_contiguous and frame.format.name != "rgb24"
    return pixels if whole else np.array(pixels, order="C")


def small(frame: Any, width: int, height: int) -> UInt8[np.ndarray, "height width 3"]:
    """A frame scaled down, BGR, not turned."""
    scaled = frame.to_ndarray(
        width=width,
        height=height,
        format="bgr24",
        interpolation="FAST_BILINEAR",
        threads=1,  # by default, some are started and ended for every frame
    )
    return np.ascontiguousarray(scaled)


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


def upright_size(frame: Any, turned: tuple[int, int, int, int]) -> tuple[int, int]:
    """Width and height of a frame once it is upright."""
    return (frame.width, frame.height) if turned[0] else (frame.height, frame.width)


def _sign(value: int) -> int:
    return -1 if value < 0 else 1
