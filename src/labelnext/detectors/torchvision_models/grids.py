"""Levels onto grids of whole, equal strides whose cells are centred where `DenseMaps` says."""

import math

import numpy as np
from jaxtyping import Float32

from labelnext.detectors.torchvision_models.reading import Level
from labelnext.types import Activation, DenseMaps, MapLevel


def maps(levels: list[Level], size: tuple[int, int], activation: Activation) -> list[DenseMaps]:
    """The dense maps of each image of a batch, cut to the image.

    Args:
        levels: Of the batch.
        size: (height, width) of the images in the network's input.
        activation: How logits become probabilities.
    """
    placed = [_placed(level, size) for level in levels]
    count = levels[0].logits.shape[0]
    return [
        DenseMaps(
            tuple(MapLevel(np.ascontiguousarray(grid[i]), stride) for grid, stride in placed),
            size,
            activation,
        )
        for i in range(count)
    ]


def _placed(level: Level, size: tuple[int, int]) -> tuple[Float32[np.ndarray, "n c h w"], int]:
    """Every cell takes the value of the location nearest to its centre.

    Locations at (i+½)·step keep their grid; its stride is the step, rounded: SSDLite's 106⅔ is the
    only one that is not whole.

    Locations at i·step, the corners of such a grid, are given at half the step, each value in two
    by two cells about its location: a grid with the step itself as stride would move everything by
    half of it. Where the network's input is no multiple of a level's stride, torchvision's steps
    are smaller than that, and differ down and across; the stride is then half the smaller one.
    """
    logits = level.logits.float().cpu().numpy()
    if not level.corner:
        stride = round(min(level.steps))
        rows, columns = (math.ceil(side / stride) for side in size)
        return logits[:, :, :rows, :columns], stride
    stride = max(1, int(min(level.steps)) // 2)
    rows, columns = (
        np.clip(np.ceil((np.arange(math.ceil(side / stride)) + 0.5) * stride / step - 0.5), 0, most)
        for side, step, most in zip(size, level.steps, np.array(logits.shape[2:]) - 1, strict=True)
    )
    return logits[:, :, rows.astype(int)[:, None], columns.astype(int)], stride
