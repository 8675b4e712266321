"""The small data set that every library writes: known boxes on images of a few pixels."""

from typing import NamedTuple

CLASSES = ("pedestrian", "car", "cyclist")


class Box(NamedTuple):
    """A box and what some formats say beyond it."""

    xyxy: tuple[float, float, float, float]
    label: str
    track: int
    occluded: bool = False
    truncated: bool = False
    difficult: bool = False


class Picture(NamedTuple):
    """An image with its boxes."""

    name: str
    width: int
    height: int
    boxes: tuple[Box, ...]


PICTURES = (
    Picture("000001", 64, 48, (
        Box((0, 0, 10, 20), "pedestrian", 1),
        Box((30.5, 10.25, 64, 48), "car", 2, truncated=True),
    )),
    Picture("000002", 64, 48, (Box((12, 3, 20, 23.5), "cyclist", 3, occluded=True),)),
    Picture("000003", 64, 48, (
        Box((1, 2, 3, 4), "car", 2),
        Box((5, 6, 15, 30), "pedestrian", 1, difficult=True),
        Box((40, 8, 50, 16), "cyclist", 3),
    )),
    Picture("000004", 64, 48, ()),
)  # fmt: skip
