"""What is wrong with a video, in words: which parts could not be decoded."""

import numpy as np
from jaxtyping import Bool, Float64, Int64

from labelnext.data.video.opening import Opened

_MOST = 8
_SHORT = 1.0  # seconds that may be missing at the end without being worth a word


def notes_on(
    video: Opened,
    stored: Int64[np.ndarray, "packets"],
    places: Int64[np.ndarray, "n"] | None,
    seconds: Float64[np.ndarray, "n"],
    usable: Bool[np.ndarray, "n"],
) -> tuple[str, ...]:
    """One sentence each on packets that failed, frames that are damaged, and an early end.

    Args:
        video: As it is after its last frame.
        stored: Time stamps of the packets.
        places: Time stamps of the frames, where usable.
        seconds: Times of the frames since the first.
        usable: False for damaged frames.
    """
    notes = []
    if video.faults:
        first = video.faults[0]
        when = "" if first.pts is None else f" at {_since(video, first.pts, places):.3f} s"
        more = "" if len(video.faults) < 2 else f", and {len(video.faults) - 1} more"
        notes.append(f"a packet{when} cannot be decoded ({first.reason}){more}")
        if places is not None and len(lost := np.setdiff1d(stored, places)):
            times = [f"{_since(video, int(pts), places):.3f}" for pts in lost[:_MOST]]
            notes.append(f"{_frames(len(lost))} lost, at {', '.join(times)}{_more(lost)} s")
    damaged = np.flatnonzero(~usable)
    if len(damaged):
        numbers = ", ".join(str(i) for i in damaged[:_MOST])
        notes.append(f"{_frames(len(damaged))} damaged and left out: {numbers}{_more(damaged)}")
    announced = _announced(video)
    if announced - seconds[-1] > _SHORT:  # never where times are not known
        notes.append(f"ends at {seconds[-1]:.3f} s of the {announced:.3f} s that it announces")
    return tuple(notes)


def _announced(video: Opened) -> float:
    """When the last frame begins by what the file says, in seconds after the first; 0 if it says
    nothing.
    """
    stream, rate = video.stream, float(video.stream.average_rate or 0)
    frame = 1 / rate if rate > 0 else 0.0
    duration = float(stream.duration * stream.time_base) if stream.duration else 0.0
    return max(duration, (stream.frames or 0) * frame) - frame  # an AVI counts what it was to have


def _since(video: Opened, pts: int, places: Int64[np.ndarray, "n"] | None) -> float:
    return video.seconds(pts - (0 if places is None else int(places[0])))


def _frames(count: int) -> str:
    return "1 frame is" if count == 1 else f"{count:,} frames are"


def _more(values: np.ndarray) -> str:
    return " …" if len(values) > _MOST else ""
