"""What a video holds: the place and time of every frame, its size, and where shots begin."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64


@dataclass(frozen=True, slots=True)
class FrameTable:
    """The frames of one video, in the order of display.

    Attributes:
        places: Of each frame: its time stamp in units of the stream's time base, or its byte in a
            .seq; None where time stamps are missing, repeated or not those of the file's own.
        seconds: Since the first frame; NaN where neither time stamps nor a frame rate are known.
        shots: Number of the shot, from 0; all 0 where shots were not looked for.
        sizes: Width and height, upright.
        usable: False for a frame that is damaged.
        decoded: Whether every frame was decoded; otherwise only the file's own table was read.
        notes: What is wrong with the video, one sentence each, beginning with its time.
    """

    places: Int64[np.ndarray, "n"] | None
    seconds: Float64[np.ndarray, "n"]
    shots: Int32[np.ndarray, "n"]
    sizes: Int32[np.ndarray, "n 2"]
    usable: Bool[np.ndarray, "n"]
    decoded: bool
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.seconds)

    def known(self, frame: int, place: int | None) -> bool:
        """Whether a frame is where a record says."""
        here = place is None or self.places is None or int(self.places[frame]) == place
        return here and bool(self.usable[frame])

    def place(self, frame: int) -> int | None:
        """Where a frame is, as `ImageRecord.place` has it."""
        return None if self.places is None else int(self.places[frame])
