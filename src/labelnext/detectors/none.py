"""No detector: for picking at random, without torch and without predictions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from labelnext.errors import ProjectError
from labelnext.types import Detections, Image, Prediction


class NoDetector:
    """Detects nothing on any image. Satisfies `DetectorFactory`, `Detector` and `Precomputed`.

    Attributes:
        blind: True, so that a strategy that wants predictions is refused instead of seeing none.
    """

    blind = True

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)

    @classmethod
    def create(cls, classes: Sequence[str], *, seed: int = 0) -> "NoDetector":
        """The same whatever the seed."""
        return cls(classes)

    @classmethod
    def load(cls, path: Path) -> "NoDetector":
        """Refused: there are no weights to load.

        Raises:
            ProjectError: Always.
        """
        raise ProjectError(f"The detector 'none' has no weights; {path} cannot be loaded.")

    def lookup(self, keys: Sequence[str]) -> list[Prediction | None]:
        """A prediction without maps and boxes for every key."""
        return [_nothing() for _ in keys]

    def predict(self, images: Sequence[Image]) -> list[Prediction]:
        """A prediction without maps and boxes for every image."""
        return [_nothing() for _ in images]

    def fingerprint(self) -> str:
        """The same for every project with the same classes."""
        return f"none {','.join(self.classes)}"


def _nothing() -> Prediction:
    boxes = np.zeros((0, 4), np.float32)
    return Prediction(None, Detections(boxes, np.zeros(0, np.float32), np.zeros(0, np.int64)))
