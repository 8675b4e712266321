"""How much boxes of one image overlap."""

import numpy as np
from jaxtyping import Float64


def pairwise_iou(
    a: Float64[np.ndarray, "n 4"], b: Float64[np.ndarray, "m 4"]
) -> Float64[np.ndarray, "n m"]:
    """Intersection over union of every box of `a` with every one of `b`; 0 without area."""
    corner = np.maximum(a[:, None, :2], b[None, :, :2])
    inside = (np.minimum(a[:, None, 2:], b[None, :, 2:]) - corner).clip(0).prod(axis=2)
    whole = _area(a)[:, None] + _area(b)[None, :] - inside
    share: np.ndarray = np.zeros_like(inside)
    np.divide(inside, whole, out=share, where=whole > 0)
    return share


def matching_iou(
    a: Float64[np.ndarray, "n 4"], b: Float64[np.ndarray, "n 4"]
) -> Float64[np.ndarray, "n"]:
    """Intersection over union of each box of `a` with the one of `b` in the same row."""
    inside = (np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])).clip(0).prod(axis=1)
    whole = _area(a) + _area(b) - inside
    share: np.ndarray = np.zeros_like(inside)
    np.divide(inside, whole, out=share, where=whole > 0)
    return share


def _area(boxes: Float64[np.ndarray, "n 4"]) -> Float64[np.ndarray, "n"]:
    area: np.ndarray = (boxes[:, 2:] - boxes[:, :2]).clip(0).prod(axis=1)
    return area
