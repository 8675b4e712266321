"""The cells of all levels, in the order of a head's rows."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64


class Grid(NamedTuple):
    """Levels of cells, each with some boxes.

    The rows of a head: level by level, in a level anchor by anchor, then from top left to bottom
    right along the lines.

    Attributes:
        size: (height, width) of the network's input.
        strides: Of the levels.
        anchors: Boxes a cell.
    """

    size: tuple[int, int]
    strides: tuple[int, ...]
    anchors: int

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(rows, columns) of cells of each level."""
        return [(-(-self.size[0] // s), -(-self.size[1] // s)) for s in self.strides]

    @property
    def rows(self) -> int:
        """How many rows a head has."""
        return self.anchors * sum(h * w for h, w in self.shapes)

    def cells(self) -> Float64[np.ndarray, "rows 3"]:
        """For each row the column and line of its cell, and the stride."""
        parts = []
        for (h, w), stride in zip(self.shapes, self.strides, strict=True):
            y, x = np.mgrid[:h, :w]
            level = np.stack([x.ravel(), y.ravel(), np.full(h * w, stride)], 1)
            parts.append(np.tile(level, (self.anchors, 1)))
        return np.concatenate(parts).astype(np.float64)

    def split(self, values: np.ndarray) -> list[np.ndarray]:
        """Values of the rows `[rows, …]` by level, each `[anchors, h, w, …]`."""
        out, at = [], 0
        for h, w in self.shapes:
            count = self.anchors * h * w
            out.append(values[at : at + count].reshape(self.anchors, h, w, *values.shape[1:]))
            at += count
        return out
