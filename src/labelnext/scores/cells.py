"""Dense maps on a grid of cells instead of pixels: scores at the detector's own resolution.

A score at every pixel interpolates between cells what the detector never said. One value a cell
costs stride² times less, which tells with many classes; docs/results/resolution.md says how far the
two rank images alike.
"""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from labelnext.errors import ArgumentError
from labelnext.numerics import Plane
from labelnext.types import DenseMaps


class Cells(NamedTuple):
    """Maps whose unit of length is a cell.

    Attributes:
        maps: A score's argument like any other; lengths such as a radius count cells.
        side: Pixels a cell is wide and high.
    """

    maps: DenseMaps
    side: int


def on_cells(maps: DenseMaps) -> Cells:
    """The same logits, at one value a cell of the finest grid on which all levels lie.

    The cell's side is the greatest common divisor of the strides: that of the finest level where,
    as usual, strides are multiples of each other. There the finest level is taken as it is, and the
    others are interpolated. A cell that the image covers in part counts as a whole one.

    Raises:
        ArgumentError: A stride below 1.
    """
    strides = [level.stride for level in maps.levels]
    if any(stride < 1 for stride in strides):
        raise ArgumentError(
            "scores.on_cells", "maps", expected="of strides of 1 or more", got=f"strides {strides}"
        )
    side = math.gcd(*strides) or 1  # of no levels it is 0; scores refuse them
    levels = tuple(replace(level, stride=level.stride // side) for level in maps.levels)
    height, width = (-(-length // side) for length in maps.image_size)
    return Cells(DenseMaps(levels, (height, width), maps.activation), side)


def to_pixels(
    cells: Float32[np.ndarray, "rows columns"], side: int, image_size: tuple[int, int]
) -> Plane:
    """Every pixel's score where there is one a cell: that of its cell.

    Args:
        cells: `[⌈height/side⌉, ⌈width/side⌉]` scores.
        side: Pixels a cell is wide and high.
        image_size: (height, width) in pixels.

    Returns:
        `[height, width]`, in the unit of the scores.
    """
    wide = np.repeat(np.repeat(cells, side, axis=0), side, axis=1)
    return np.ascontiguousarray(wide[: image_size[0], : image_size[1]])


def in_cells(pixels: int, side: int) -> int:
    """A length in whole cells, at least one unless it is 0: 9 pixels are 2 cells of 4."""
    return max(1, round(pixels / side)) if pixels else 0
