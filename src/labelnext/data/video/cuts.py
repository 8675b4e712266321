"""Where one shot ends and the next begins, by PySceneDetect."""

import numpy as np
from jaxtyping import UInt8

# Wide enough to tell shots apart, small enough to cost little beside decoding.
WIDTH = 256
_SHORTEST = 0.5  # seconds of a shot
_USUAL_RATE = 25.0


class ShotFinder:
    """Is shown the frames of a video one after the other; `cuts` are the first frames of new shots.

    PySceneDetect's AdaptiveDetector with its own thresholds: the change from one frame to the next
    in HSV must be 3 times that of the two frames on either side, and 15 levels at least, so that
    fast motion of the camera is no cut. A shot lasts half a second at least. Fades and dissolves
    are not cuts.

    Args:
        rate: Frames a second, where known.
    """

    def __init__(self, rate: float | None) -> None:
        from scenedetect import AdaptiveDetector, FrameTimecode

        self._rate = float(rate) if rate and 1 <= rate <= 1000 else _USUAL_RATE
        self._time = FrameTimecode
        self._detector = AdaptiveDetector(min_scene_len=max(1, round(_SHORTEST * self._rate)))
        self._shown = 0
        self._shape: tuple[int, ...] | None = None
        self.cuts: list[int] = []

    def show(self, small: UInt8[np.ndarray, "h w 3"]) -> None:
        """Show the next frame, BGR. Where the size changes, another shot begins."""
        if self._shape is not None and self._shape != small.shape:
            self.cuts.append(self._shown)
            self._detector = type(self._detector)(min_scene_len=self._detector.min_scene_len)
        self._shape = small.shape
        now = self._time(self._shown, fps=self._rate)
        self.cuts += [cut.frame_num for cut in self._detector.process_frame(now, small)]
        self._shown += 1

    def skip(self) -> None:
        """Pass over a frame that is damaged: it says nothing."""
        self._shown += 1


def small_size(width: int, height: int) -> tuple[int, int]:
    """Width and height, the larger of them at most 256, the smaller at least 8 where it can be."""
    factor = min(1.0, WIDTH / max(width, height))
    return max(min(width, 8), round(width * factor)), max(min(height, 8), round(height * factor))
