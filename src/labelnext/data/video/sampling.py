"""Which frames of a video go into the pool: all, every n-th, or some a second."""

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.errors import ArgumentError

# Times are compared to the microsecond: 3/30 s and 0.1 s are the same.
_TOLERANCE = 1e-6


def check(every: object, fps: object, cuts: object) -> None:
    """Refuse options of the reader `video` that are none.

    Raises:
        ArgumentError: `every` is no whole number of at least 1, `fps` no number above 0, or both
            are given; `cuts` is neither true nor false.
    """
    if not isinstance(cuts, bool):
        raise ArgumentError("video", "cuts", expected="true or false", got=repr(cuts))
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise ArgumentError("video", "every", expected="a whole number, 1 or more", got=repr(every))
    if fps is None:
        return
    if isinstance(fps, bool) or not isinstance(fps, int | float) or not 0 < fps <= 1e6:
        raise ArgumentError("video", "fps", expected="a number above 0", got=repr(fps))
    if every != 1:
        raise ArgumentError(
            "video", "fps", expected="given without `every`", got=f"fps={fps} and every={every}"
        )


def sampled(
    seconds: Float64[np.ndarray, "n"], every: int = 1, fps: float | None = None
) -> Int64[np.ndarray, "m"]:
    """Numbers of the frames that are taken.

    With `every`, frames 0, every, 2·every, …. With `fps`, the first frame at or after each multiple
    of 1/fps seconds; one frame that is the first for several multiples is taken once, so a video
    slower than `fps` is taken whole.

    Args:
        seconds: Time of each frame since the first, in order.
        every: 1 or more.
        fps: Above 0.
    """
    if fps is None:
        return np.arange(0, len(seconds), every, dtype=np.int64)
    passed = np.floor((seconds + _TOLERANCE) * fps)  # multiples at or before each frame, less one
    return np.flatnonzero(np.diff(passed, prepend=-1.0) > 0)
