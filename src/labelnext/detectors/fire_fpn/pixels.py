"""Images as the network's input."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from labelnext.types import Image


def to_input(
    images: Sequence[Image], device: torch.device, *, multiple: int = 8
) -> Float[Tensor, "n 3 h w"]:
    """Images of one size as the network's input: edge-padded to a `multiple`, (x−127)/128."""
    height, width = images[0].shape[:2]
    pad = ((0, -height % multiple), (0, -width % multiple), (0, 0))
    stack = np.stack(
        [np.pad(image, pad, "edge") if any(map(any, pad)) else image for image in images]
    )
    x = torch.from_numpy(stack).to(device).permute(0, 3, 1, 2)  # channels last in memory
    return (x.float() - 127) / 128


def rescale(image: Image, image_scale: float) -> UInt8[np.ndarray, "height2 width2 3"]:
    """The image at the network's resolution: area-averaged when shrunk, bilinear when enlarged."""
    if image_scale == 1:
        return image
    height, width = (max(1, round(side * image_scale)) for side in image.shape[:2])
    method = cv2.INTER_AREA if image_scale < 1 else cv2.INTER_LINEAR
    resized: Image = cv2.resize(image, (width, height), interpolation=method)
    return resized
