"""A training step with torchvision's own losses."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from labelnext.detectors.common.draws import seed_from, seeded
from labelnext.detectors.torchvision_models.inference import Levels, dropped, to_tensor
from labelnext.detectors.torchvision_models.options import FitOptions
from labelnext.errors import LabelnextError
from labelnext.types import GroundTruth, Image


def step(
    network: Any,
    batch: Sequence[tuple[np.ndarray, GroundTruth]],
    rng: np.random.Generator,
    draws: torch.Generator,
    *,
    held: Sequence[nn.Module],
    dropout: float,
    device: torch.device,
    options: FitOptions,
) -> float:
    """Leave the gradient of the sum of torchvision's losses in the network.

    Images of several sizes are padded to the largest, as torchvision does. What a loss draws
    (Faster R-CNN samples anchors and proposals) and all dropout come from `draws`; torch's own
    generator is left as it was.

    Args:
        network: In training mode, on `device`, without a gradient.
        batch: Images at the size at which the network sees them, and their objects.
        rng: Not drawn from.
        draws: Seeds what the network draws.
        held: Normalisations that stay as they are.
        dropout: Share of the channels before the heads that is dropped.
        device: Where `network` is.
        options: How to train.

    Returns:
        The loss.

    Raises:
        LabelnextError: It is not finite.
    """
    for layer in held:
        layer.eval()
    shown = [_ready(image, truth, network, options) for image, truth in batch]
    images = [to_tensor(image, device) for image, _ in shown]
    targets = [_target(truth, device) for _, truth in shown]

    def drop(module: nn.Module, given: object, levels: Levels | Tensor) -> Mapping[str, Tensor]:
        return dropped(levels if isinstance(levels, Mapping) else {"0": levels}, dropout)

    hook = network.backbone.register_forward_hook(drop)
    try:
        with seeded(seed_from(draws), device):
            loss = sum(network(images, targets).values(), torch.zeros((), device=device))
            if not bool(torch.isfinite(loss)):
                raise LabelnextError(
                    f"Training of torchvision diverged: the loss is {loss.item()}. Give a smaller "
                    "learning_rate, or a longer warmup."
                )
            loss.backward()
    finally:
        hook.remove()
    return float(loss.detach())


def _ready(
    image: Image, truth: GroundTruth, network: Any, options: FitOptions
) -> tuple[Image, GroundTruth]:
    """The image with what is to be ignored painted over, and the objects that are not."""
    left = truth.take(~truth.ignore)
    if not (options.ignore_regions and truth.ignore.any()):
        return image, left
    colour = np.rint(255 * np.array(network.transform.image_mean)).astype(np.uint8)
    area = np.zeros(image.shape[:2], np.uint8)
    for boxes, value in ((truth.xyxy[truth.ignore], 1), (left.xyxy, 0)):
        for x1, y1, x2, y2 in np.rint(boxes).astype(int).tolist():
            cv2.rectangle(area, (x1, y1), (x2 - 1, y2 - 1), value, cv2.FILLED)
    painted = image.copy()
    painted[area > 0] = colour
    return painted, left


def _target(truth: GroundTruth, device: torch.device) -> dict[str, Tensor]:
    """Torchvision's classes begin at 1; boxes too thin for single precision are left out."""
    boxes = torch.from_numpy(truth.xyxy.astype(np.float32)).to(device)
    wide = (boxes[:, 2:] > boxes[:, :2]).all(1)
    labels = torch.from_numpy(truth.classes + 1).to(device)
    return {"boxes": boxes[wide], "labels": labels[wide]}
