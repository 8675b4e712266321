"""From tensors to labelnext's values: dense maps and an embedding."""

from typing import Any

import numpy as np
from jaxtyping import Float32
from torch import Tensor

from labelnext.detectors.common.embedding import pooled
from labelnext.errors import LabelnextError
from labelnext.types import DenseMaps, MapLevel


def levels(
    scored: Tensor, strides: tuple[int, ...], size: tuple[int, int], places: list[int]
) -> list[Float32[np.ndarray, "n classes _h _w"]]:
    """The encoder's class logits of every location, level by level.

    Args:
        scored: [n, locations, all classes]: the levels one after the other, each row by row
            (`enc_outputs_class` of transformers).
        strides: Of the levels.
        size: (height, width) of the model's input.
        places: Of the wanted classes.

    Raises:
        LabelnextError: There are more or fewer locations than levels of these strides have.
    """
    flat = scored[:, :, places].float().cpu().numpy()
    out, at = [], 0
    for stride in strides:
        h, w = (-(-side // stride) for side in size)
        part = flat[:, at : at + h * w].reshape(len(flat), h, w, len(places))
        out.append(np.ascontiguousarray(part.transpose(0, 3, 1, 2)))
        at += h * w
        if at > flat.shape[1]:
            break
    if at != flat.shape[1]:
        raise LabelnextError(
            f"transformers: an input of {size} has {flat.shape[1]} locations on the encoder's "
            f"maps, but strides {strides} make {at}. The model's `feat_strides` are not those of "
            "its backbone."
        )
    return out


def maps(
    each: list[Float32[np.ndarray, "classes _h _w"]],
    strides: tuple[int, ...],
    size: tuple[int, int],
) -> DenseMaps:
    """The levels of one image, cut to the part of the input that it covers."""
    cut = [
        level[:, : -(-size[0] // stride), : -(-size[1] // stride)]
        for level, stride in zip(each, strides, strict=True)
    ]
    pairs = zip(cut, strides, strict=True)
    return DenseMaps(tuple(MapLevel(np.ascontiguousarray(m), s) for m, s in pairs), size)


def deepest(output: Any, config: Any, size: tuple[int, int]) -> Float32[np.ndarray, "n d h w"]:
    """The deepest of the encoder's maps.

    Where the encoder gives its locations in a row, the level's height and width follow from the
    input's; should they not, the whole row is taken as one line.
    """
    last = output.encoder_last_hidden_state
    if isinstance(last, list | tuple):
        found: np.ndarray = last[-1].float().cpu().numpy()
        return found
    tokens = last.float().cpu().numpy().transpose(0, 2, 1)
    count = int(getattr(config, "num_feature_levels", 1))
    for stride in (64, 32, 16, 8):
        shapes = [
            tuple(-(-side // (stride // 2**k)) for side in size)
            for k in range(count)
            if stride >= 2**k
        ]
        if sum(h * w for h, w in shapes) == tokens.shape[2]:
            h, w = shapes[0]
            return np.ascontiguousarray(tokens[:, :, -h * w :]).reshape(*tokens.shape[:2], h, w)
    line: np.ndarray = tokens[:, :, None]
    return line


def embedding(
    features: Float32[np.ndarray, "n d h w"],
    boxes: Float32[np.ndarray, "n queries 4"],
    scores: Float32[np.ndarray, "n queries"],
    size: tuple[int, int],
    padded: tuple[int, int],
) -> Float32[np.ndarray, "n d2"]:
    """The mean of the deepest map, then its mean weighted by the best box that covers each place.

    Args:
        features: The deepest map.
        boxes: Centre and size, relative to the image.
        scores: Highest probability of each box.
        size: (height, width) of the image in the input.
        padded: (height, width) of the input.
    """
    height, width = features.shape[2:]
    h, w = (
        max(1, -(-side * have // whole))
        for side, have, whole in zip(size, (height, width), padded, strict=True)
    )
    y, x = (np.arange(h) + 0.5) / h, (np.arange(w) + 0.5) / w
    half = boxes[..., 2:] / 2
    low, high = boxes[..., :2] - half, boxes[..., :2] + half
    across = (low[..., 0, None] <= x) & (x <= high[..., 0, None])  # [n, queries, w]
    along = (low[..., 1, None] <= y) & (y <= high[..., 1, None])  # [n, queries, h]
    weight = np.full((len(features), h, w), 1e-6)
    for k in range(len(features)):
        covered = along[k, :, :, None] & across[k, :, None, :]
        weight[k] = np.maximum(weight[k], (covered * scores[k, :, None, None]).max(0))
    return pooled(features[:, :, :h, :w], weight)
