"""Images as the network's input."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from labelnext.types import Image

# Of ImageNet, as every weight of torchvision was trained with.
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)


def to_input(
    images: Sequence[Image], device: torch.device, *, multiple: int
) -> Float[Tensor, "n 3 h w"]:
    """Images of one size, normalised, and padded at the right and bottom by repeating the edge."""
    height, width = images[0].shape[:2]
    pad = ((0, -height % multiple), (0, -width % multiple), (0, 0))
    stack = np.stack(
        [np.pad(image, pad, "edge") if any(map(any, pad)) else image for image in images]
    )
    x = torch.from_numpy(stack).to(device).permute(0, 3, 1, 2).float() / 255
    mean, deviation = (torch.tensor(v, device=device).view(3, 1, 1) for v in (_MEAN, _DEVIATION))
    return (x - mean) / deviation


def rescale(image: Image, min_size: int | None) -> UInt8[np.ndarray, "_h _w 3"]:
    """The image with a shorter side of `min_size`: area-averaged when shrunk, else bilinear."""
    shorter = min(image.shape[:2])
    if min_size is None or min_size == shorter:
        return image
    scale = min_size / shorter
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized: np.ndarray = cv2.resize(image, (width, height), interpolation=method)
    return resized
