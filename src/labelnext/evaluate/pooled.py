"""Boxes of all images in one flat table, checked on the way in: what every metric here works on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.types import Detections, GroundTruth


@dataclass(frozen=True, slots=True)
class PooledTruth:
    """Every labelled object of a test set, image by image in the order given."""

    image: Int64[np.ndarray, "n"]
    xyxy: Float64[np.ndarray, "n 4"]
    classes: Int64[np.ndarray, "n"]
    ignore: Bool[np.ndarray, "n"]

    def __len__(self) -> int:
        return len(self.image)


@dataclass(frozen=True, slots=True)
class PooledDetections:
    """Every detection on a test set, image by image in the order given."""

    image: Int64[np.ndarray, "n"]
    xyxy: Float64[np.ndarray, "n 4"]
    classes: Int64[np.ndarray, "n"]
    scores: Float64[np.ndarray, "n"]

    def __len__(self) -> int:
        return len(self.image)


@dataclass(frozen=True, slots=True)
class Pooled:
    """A test set and what a detector said about it; `images` counts those without any box too."""

    images: int
    truth: PooledTruth
    detections: PooledDetections


def pool(
    truths: Sequence[GroundTruth], detections: Sequence[Detections], *, function: str = "pool"
) -> Pooled:
    """Put the boxes of all images into two flat tables.

    Args:
        truths: One an image.
        detections: One an image, in the same order; sorted by score or not.
        function: Name that an error shows.

    Raises:
        ArgumentError: Lengths differ; a box is not finite or has its corners swapped; a score is
            not finite; a class index is negative.
    """
    if len(truths) != len(detections):
        raise ArgumentError(
            function,
            "detections",
            expected=f"one per truth ({len(truths)})",
            got=f"{len(detections)}",
            remedy="Pass empty Detections for an image without any.",
        )
    truth = PooledTruth(
        _images([len(t) for t in truths]),
        _boxes([t.xyxy for t in truths]),
        _column([t.classes for t in truths], np.int64),
        _column([t.ignore for t in truths], np.bool_),
    )
    found = PooledDetections(
        _images([len(d) for d in detections]),
        _boxes([d.xyxy for d in detections]),
        _column([d.classes for d in detections], np.int64),
        _column([d.scores for d in detections], np.float64),
    )
    _check_boxes(function, "truths", truth.xyxy, truth.image, truth.classes)
    _check_boxes(function, "detections", found.xyxy, found.image, found.classes)
    _first_bad(function, "detections", ~np.isfinite(found.scores), found.image, "finite scores")
    return Pooled(len(truths), truth, found)


def _images(lengths: list[int]) -> Int64[np.ndarray, "n"]:
    return np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)


def _boxes(parts: list[np.ndarray]) -> Float64[np.ndarray, "n 4"]:
    return np.concatenate([np.zeros((0, 4)), *parts]).astype(np.float64)


def _column(parts: list[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *parts]).astype(kind)


def _check_boxes(
    function: str, argument: str, xyxy: np.ndarray, image: np.ndarray, classes: np.ndarray
) -> None:
    _first_bad(function, argument, np.any(~np.isfinite(xyxy), axis=1), image, "finite boxes")
    swapped = np.any(xyxy[:, 2:] < xyxy[:, :2], axis=1)
    _first_bad(function, argument, swapped, image, "boxes [x1, y1, x2, y2] with x1 <= x2, y1 <= y2")
    _first_bad(function, argument, classes < 0, image, "class indices from 0")


def _first_bad(
    function: str, argument: str, bad: np.ndarray, image: np.ndarray, expected: str
) -> None:
    if bad.any():
        where = int(image[np.argmax(bad)])
        raise ArgumentError(
            function, argument, expected=expected, got=f"another at image {where} of the sequence"
        )
