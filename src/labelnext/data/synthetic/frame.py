"""A frame of the synthetic street as it is handed out."""

from dataclasses import dataclass

import numpy as np

from labelnext.data.synthetic.render import Picture
from labelnext.errors import ArgumentError
from labelnext.types import GroundTruth, Image

CROWD = 5
"""So many persons, not ignored, make a crowd."""


@dataclass(frozen=True, slots=True)
class SyntheticFrame:
    """One picture with its exact truth.

    Attributes:
        image: RGB.
        truth: Boxes of all persons in the image, cut at its border, and where asked for the pixels
            in which they are seen; see `docs/synthetic.md`.
        video: Name of the video; None for a still.
        frame: Index in the video; None for a still.
        seconds: Since the video's start; None for a still.
        tags: The light (sun, overcast, dusk, night), `crowd`, `occluded`, `empty`.
    """

    image: Image
    truth: GroundTruth
    video: str | None
    frame: int | None
    seconds: float | None
    tags: tuple[str, ...]


def tags(picture: Picture, light: str) -> tuple[str, ...]:
    """Words that describe a frame, for slices of an evaluation."""
    if picture.dark > 0.72:
        light = "night"
    elif picture.dark > 0.25:
        light = "dusk"
    found = [light]
    counted = ~picture.truth.ignore
    if np.count_nonzero(counted) >= CROWD:
        found.append("crowd")
    if (counted & (picture.truth.visible < 0.65)).any():
        found.append("occluded")
    if not counted.any():
        found.append("empty")
    return tuple(found)


def check(function: str, count: int, size: tuple[int, int], seed: int, *, name: str) -> None:
    """Refuse sizes, counts and seeds that cannot be rendered."""
    if count < 0:
        raise ArgumentError(function, name, expected="0 or more", got=count)
    if len(size) != 2 or min(size) < 48 or max(size) > 4096:
        raise ArgumentError(
            function, "size", expected="(height, width), each 48 to 4096 pixels", got=size
        )
    if seed < 0:
        raise ArgumentError(function, "seed", expected="0 or more", got=seed)
