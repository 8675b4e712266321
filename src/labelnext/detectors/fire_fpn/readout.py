"""From tensors to labelnext's values: mirrored views merged, padding cut, maps and embedding."""

import numpy as np
from jaxtyping import Float, Float32
from torch import Tensor

from labelnext.detectors.common.embedding import pooled
from labelnext.detectors.fire_fpn.boxes import STRIDES
from labelnext.types import DenseMaps, MapLevel


def maps(levels: list[Float32[np.ndarray, "classes _h _w"]], size: tuple[int, int]) -> DenseMaps:
    pairs = zip(levels, STRIDES, strict=True)
    return DenseMaps(tuple(MapLevel(level, stride) for level, stride in pairs), size)


def merge(
    views: list[list[Float[Tensor, "n c _h _w"]]],
    size: tuple[int, int],
    axis: str,
    *,
    signed: bool = False,
) -> list[Float32[np.ndarray, "n c _h _w"]]:
    """Mean of the views (the second is of the mirrored image), cut to the image.

    `signed` negates channel 0, a shift to the right, on mirroring back.
    """
    out = []
    for level, stride in enumerate(STRIDES):
        merged = views[0][level]
        if len(views) == 2:
            back = views[1][level].flip(3 if axis == "width" else 2)
            if signed:
                back[:, 0].neg_()
            merged = (merged + back) / 2
        cut = merged[:, :, : -(-size[0] // stride), : -(-size[1] // stride)]
        out.append(np.ascontiguousarray(cut.cpu().numpy(), dtype=np.float32))
    return out


def embedding(
    deepest: Float[Tensor, "n d h8 w8"],
    levels: list[Float32[np.ndarray, "n classes _h _w"]],
    size: tuple[int, int],
) -> Float32[np.ndarray, "n d2"]:
    height, width = (-(-side // 8) for side in size)
    features = deepest[:, :, :height, :width].cpu().numpy()
    best = np.max([level.max(1) for level in levels[:4]], axis=0)  # [n, h8, w8]
    return pooled(features, 1 / (1 + np.exp(-np.clip(best.astype(np.float64), -50, 50))))
