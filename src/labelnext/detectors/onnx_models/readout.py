"""Probabilities of the rows as dense maps, and an inner feature map as embedding and features."""

from math import gcd

import numpy as np
from jaxtyping import Float, Float32, Float64

from labelnext.detectors.common.embedding import pooled
from labelnext.detectors.onnx_models.grid import Grid
from labelnext.detectors.onnx_models.heads import logit
from labelnext.types import DenseMaps, MapLevel


def maps(p: Float64[np.ndarray, "rows classes"], grid: Grid, content: tuple[int, int]) -> DenseMaps:
    """Sigmoid maps, one a stride; boxes of one cell are pooled to their highest probability.

    Args:
        p: Probability of each class in each row.
        grid: The cells.
        content: (height, width) of the part of the input that the image covers.
    """
    levels = []
    for level, stride in zip(grid.split(p), grid.strides, strict=True):
        best = _cut(level.max(0), stride, content)  # [h, w, classes]
        levels.append(MapLevel(np.ascontiguousarray(logit(best).transpose(2, 0, 1)), stride))
    return DenseMaps(tuple(levels), content)


def embedding(
    features: Float32[np.ndarray, "d h w"],
    stride: int,
    p: Float64[np.ndarray, "rows classes"] | None,
    grid: Grid,
    content: tuple[int, int],
) -> Float32[np.ndarray, "d2"]:
    """See `common.embedding`; a place weighs as much as the highest probability seen in it."""
    h, w = (-(-side // stride) for side in content)
    weight = np.ones((h, w))
    if p is not None:
        coarse = [
            _pool(_cut(level.max((0, 3)), s, content), s, stride, (h, w))
            for level, s in zip(grid.split(p), grid.strides, strict=True)
        ]
        weight = np.maximum(np.max(coarse, 0), 1e-12)
    vector: np.ndarray = pooled(features[None, :, :h, :w], weight[None])[0]
    return vector


def box_features(
    features: Float32[np.ndarray, "d h w"], stride: int, xyxy: Float[np.ndarray, "n 4"]
) -> Float32[np.ndarray, "n d"]:
    """What the feature map holds where the boxes (in the network's input) have their centres."""
    centre = (xyxy[:, :2] + xyxy[:, 2:]) / 2 // stride
    h, w = features.shape[1:]
    x, y = centre[:, 0].clip(0, w - 1).astype(int), centre[:, 1].clip(0, h - 1).astype(int)
    return np.ascontiguousarray(features[:, y, x].T)


def _cut(level: np.ndarray, stride: int, content: tuple[int, int]) -> np.ndarray:
    """Those of the cells [h, w, …] that the image covers."""
    return level[: -(-content[0] // stride), : -(-content[1] // stride)]


def _pool(
    level: Float64[np.ndarray, "h w"], stride: int, wanted: int, shape: tuple[int, int]
) -> Float64[np.ndarray, "h2 w2"]:
    """The highest value in each cell of another stride, 0 where there is none."""
    step = gcd(stride, wanted)
    fine = level.repeat(stride // step, 0).repeat(stride // step, 1)
    block = wanted // step
    full = np.zeros((shape[0] * block, shape[1] * block))
    h, w = (min(a, b) for a, b in zip(full.shape, fine.shape, strict=True))
    full[:h, :w] = fine[:h, :w]
    pooled_to: np.ndarray = full.reshape(shape[0], block, shape[1], block).max((1, 3))
    return pooled_to
