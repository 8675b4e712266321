"""Boxes that no format can hold are refused, naming function, argument and image."""

import numpy as np
import pytest

from labelnext.box_checks import check_boxes
from labelnext.errors import ArgumentError
from labelnext.types import Detections, GroundTruth


def found(score: float = 0.5, right: float = 3, kind: int = 0) -> Detections:
    return Detections(
        np.array([[0, 0, right, 4]], np.float32), np.array([score], np.float32), np.array([kind])
    )


def test_sound_ones_pass() -> None:
    check_boxes("f", "a", found(), 1, "k")
    check_boxes("f", "a", GroundTruth.from_boxes([]), 0, "k")
    check_boxes("f", "a", GroundTruth.from_boxes([[0, 0, 1, 1]], [1]), 2, "k")


@pytest.mark.parametrize(
    ("boxes", "says"),
    [
        (found(score=float("nan")), "of finite boxes. Got NaN on k"),
        (found(right=float("inf")), "of finite boxes. Got NaN on k"),
        (found(kind=2), "of classes 0 to 1. Got class 2 on k"),
        (found(kind=-1), "of classes 0 to 1. Got class -1 on k"),
        (GroundTruth.from_boxes([[0, 0, 1, float("nan")]]), "of finite boxes. Got NaN on k"),
    ],
)
def test_others_are_refused(boxes: Detections | GroundTruth, says: str) -> None:
    with pytest.raises(ArgumentError, match=rf"'a' argument of f must be {says}"):
        check_boxes("f", "a", boxes, 2, "k")
