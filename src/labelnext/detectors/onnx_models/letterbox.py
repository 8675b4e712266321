"""Images to the network's input: resized with their aspect, at the top left, the rest grey."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from jaxtyping import Float64, UInt8

from labelnext.types import Image


class Normalisation(NamedTuple):
    """What becomes of a pixel: (pixel · scale − mean) / std, in the model's order of channels."""

    channels: str
    scale: float
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    pad: int = 114


def content(shape: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) that an image of some shape takes of an input of some size."""
    ratio = min(size[0] / shape[0], size[1] / shape[1])
    return (
        min(size[0], max(1, round(shape[0] * ratio))),
        min(size[1], max(1, round(shape[1] * ratio))),
    )


def place(image: Image, size: tuple[int, int], pad: int) -> UInt8[np.ndarray, "height2 width2 3"]:
    """The image in an input of that size, enlarged or reduced bilinearly until it fits."""
    height, width = content(image.shape, size)
    out: np.ndarray = np.full((*size, 3), pad, np.uint8)
    same = (height, width) == image.shape[:2]
    out[:height, :width] = image if same else cv2.resize(image, (width, height))
    return out


def to_input(
    images: Sequence[np.ndarray], size: tuple[int, int], normal: Normalisation, kind: np.dtype[Any]
) -> np.ndarray:
    """Images of any sizes as the network's input `[n, 3, height, width]` of its own type."""
    stack = np.stack([place(image, size, normal.pad) for image in images])
    if normal.channels == "bgr":
        stack = stack[..., ::-1]
    x = stack.transpose(0, 3, 1, 2).astype(np.float32)
    if normal.scale != 1:
        x *= np.float32(normal.scale)
    if any(normal.mean) or any(value != 1 for value in normal.std):
        mean, std = (np.array(v, np.float32)[:, None, None] for v in (normal.mean, normal.std))
        x = (x - mean) / std
    return np.ascontiguousarray(x.astype(kind, copy=False))


def to_image(
    xyxy: Float64[np.ndarray, "n 4"], shape: tuple[int, ...], size: tuple[int, int]
) -> Float64[np.ndarray, "n 4"]:
    """Boxes in the network's input as boxes in pixels of the image, cut at its edges."""
    height, width = content(shape, size)
    factor = np.array([shape[1] / width, shape[0] / height] * 2)
    limit = np.array([shape[1], shape[0]] * 2, np.float64)
    cut: np.ndarray = np.clip(xyxy * factor, 0, limit)
    return cut
