"""What a writer did, and what its format could not hold."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from labelnext.types import Detections, GroundTruth, ImageRecord

Place = Callable[[ImageRecord, Path], None]
"""Told where a writer's format expects an image: copies it there, links it, or does nothing."""

# What each optional part of a label is called in a report of losses.
_PARTS = {
    "ignore": "marks of regions to ignore",
    "visible": "visible fractions",
    "visible_xyxy": "visible boxes",
    "occlusion": "degrees of occlusion",
    "truncation": "truncations",
    "tracks": "track numbers",
    "masks": "masks",
}


IN_VIDEO = "places of frames in their videos"


def leave(_record: ImageRecord, _target: Path) -> None:
    """A `Place` that leaves images where they are."""


class Written(NamedTuple):
    """What was written.

    Attributes:
        images: Images, labelled or not.
        objects: Boxes.
        lost: What the format cannot hold, in words, with how many labels or images it concerns.
    """

    images: int
    objects: int
    lost: Mapping[str, int]


class Losses:
    """Counts what a format cannot hold.

    Args:
        holds: Names of the optional parts of a label (fields of `GroundTruth`) that it can.
    """

    def __init__(self, *holds: str) -> None:
        self._without = [name for name in _PARTS if name not in holds]
        self.counts: Counter[str] = Counter()

    def count(self, truth: GroundTruth) -> None:
        """Count what is lost of one image's labels."""
        for name in self._without:
            lost = _given(truth, name)
            if lost:
                self.counts[_PARTS[name]] += lost

    def unheld(self, record: ImageRecord, predictions: Mapping[str, Detections] | None) -> None:
        """Count what formats of labels alone lose of an image: predictions, place in its video."""
        if predictions is not None and len(predictions.get(record.key, ())):
            self.counts["predicted boxes"] += len(predictions[record.key])
        if record.video is not None:
            self.counts[IN_VIDEO] += 1

    def add(self, what: str, count: int = 1) -> None:
        """Count another loss, in words that follow a number: `3 <what>`."""
        self.counts[what] += count


def _given(truth: GroundTruth, name: str) -> int:
    """Of how many objects a part says something beyond its default."""
    values = getattr(truth, name)
    if values is None:
        return 0
    if name == "ignore":
        return int(values.sum())
    if name == "visible":
        return int((values != 1).sum())
    if name == "masks":
        return sum(mask is not None for mask in values.tolist())
    if name == "visible_xyxy":
        return int(np.isfinite(values).all(axis=1).sum())
    if name == "truncation":
        return int((values > 0).sum())
    return int((values > 0).sum() if name == "occlusion" else (values >= 0).sum())
