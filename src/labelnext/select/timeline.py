"""Where each image of the pool stands in its video: what smoothing and temporal rules share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Int64

from labelnext.errors import ArgumentError

Unit = Literal["pool_frames", "seconds"]
Videos = Sequence[str | None]
Frames = Sequence[int | float | None] | np.ndarray

# Time stamps are compared to the microsecond, so that 0.6 s is 15 frames at 25 a second.
SECONDS_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Timeline:
    """The pool sorted by video and frame; a still is a video of its own.

    Attributes:
        order: Pool index at each place of the sorted pool.
        position: By place: rank among its video's frames in the pool, or seconds.
        start: By place: first place of its video.
        stop: By place: one past the last place of its video.
    """

    order: Int64[np.ndarray, "n"]
    position: Float64[np.ndarray, "n"]
    start: Int64[np.ndarray, "n"]
    stop: Int64[np.ndarray, "n"]


def timeline(
    videos: Videos, frames: Frames, n: int, function: str, *, unit: Unit, across_videos: bool
) -> Timeline:
    """Sort the pool, once its description is known to be whole.

    With `across_videos` the pool is one video in the order of the arrays (the authors' code).
    """
    if unit not in ("pool_frames", "seconds"):
        raise ArgumentError(
            function, "unit", expected="'pool_frames' or 'seconds'", got=repr(unit)
        )  # fmt: skip
    for argument, values in (("videos", videos), ("frames", frames)):
        if len(values) != n:
            raise ArgumentError(
                function, argument, expected=f"one entry for each of the {n} images",
                got=f"{len(values)} entries",
            )  # fmt: skip
    if across_videos:
        if unit == "seconds":
            raise ArgumentError(
                function, "unit", expected="'pool_frames' with across_videos", got=repr(unit),
                remedy="Time stamps of different videos cannot be compared.",
            )  # fmt: skip
        everything = np.zeros(n, np.int64)
        places = np.arange(n, dtype=np.int64)
        return Timeline(places, places.astype(np.float64), everything, everything + n)
    codes = _codes(videos)
    times = _times(videos, frames, codes < 0, function)
    order = np.lexsort((times, codes))
    codes, times = codes[order], times[order]
    first = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]]) if n else np.zeros(0, np.int64)
    lengths = np.diff(np.r_[first, n])
    start, stop = np.repeat(first, lengths), np.repeat(first + lengths, lengths)
    if unit == "seconds":
        return Timeline(order, times, start, stop)
    twin = np.flatnonzero((codes[1:] == codes[:-1]) & (times[1:] == times[:-1]))
    if len(twin):
        index = order[twin[0]]
        raise ArgumentError(
            function,
            "frames",
            expected="distinct within a video",
            got=f"frame {frames[index]} of video {videos[index]!r} twice",
            remedy="Drop the duplicate image from the pool.",
        )
    return Timeline(order, np.arange(n) - start.astype(np.float64), start, stop)


def _codes(videos: Videos) -> Int64[np.ndarray, "n"]:
    """A number of 0 or more for each video, and one below 0 for each still."""
    known = {video: code for code, video in enumerate(dict.fromkeys(videos))}
    codes = np.fromiter(map(known.__getitem__, videos), np.int64, len(videos))
    if None in known:
        stills = np.flatnonzero(codes == known[None])
        codes[stills] = -1 - stills
    return codes


def _times(
    videos: Videos, frames: Frames, stills: Bool[np.ndarray, "n"], function: str
) -> Float64[np.ndarray, "n"]:
    """Frame numbers or time stamps; 0 for stills, whatever they have."""
    times = np.array(frames, np.float64)  # None becomes NaN
    times[stills] = 0
    bad = np.flatnonzero(~np.isfinite(times))
    if len(bad):
        index = bad[0]
        raise ArgumentError(
            function,
            "frames",
            expected="a finite number for every image of a video",
            got=f"{frames[index]} at index {index} (video {videos[index]!r})",
            remedy="Give the frame number or time stamp, or None as its video for a still.",
        )
    return times
