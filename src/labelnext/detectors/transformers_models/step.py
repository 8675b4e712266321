"""A training step: the model's own loss on the images of a batch, and its gradient."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from labelnext.detectors.common.draws import seed_from, seeded
from labelnext.detectors.transformers_models.options import FitOptions
from labelnext.detectors.transformers_models.pixels import Pixels
from labelnext.types import GroundTruth, Image


def step(
    model: Any,
    batch: Sequence[tuple[np.ndarray, GroundTruth]],
    rng: np.random.Generator,
    draws: torch.Generator,
    *,
    pixels: Pixels,
    device: torch.device,
    options: FitOptions,
) -> float:
    """Leave the gradient of one mini-batch in the model.

    Images of one size go together, and the loss is the mean over images of their group's; no image
    is padded for the sake of another. Denoising queries and dropout, which transformers draws from
    torch's own generator, are drawn from a fork of it.

    Args:
        model: In training mode, on `device`, without a gradient.
        batch: Images at the size of the model's input, and their objects; those to ignore are no
            targets.
        rng: Not drawn from.
        draws: Seeds the fork.
        pixels: The model's image processor.
        device: Where `model` is.
        options: How to train.

    Returns:
        The loss.
    """
    groups: dict[object, list[int]] = {}
    for i, (image, _) in enumerate(batch):
        groups.setdefault(image.shape, []).append(i)
    total = 0.0
    with seeded(seed_from(draws), device):
        for chosen in groups.values():
            inputs = pixels.inputs([batch[i][0] for i in chosen], device)
            targets = [target(*batch[i], device) for i in chosen]
            share = len(chosen) / len(batch)
            loss = model(**inputs, labels=targets).loss * share
            loss.backward()
            total += float(loss.detach())
    if options.clip:
        torch.nn.utils.clip_grad_norm_(model.parameters(), options.clip)
    return total


def target(image: Image, truth: GroundTruth, device: torch.device) -> dict[str, Tensor]:
    """An image's objects as transformers wants them: classes, and relative centres and sizes.

    Boxes are cut at the image's border; what is ignored, or has no area left, is left out.
    """
    side = np.array([image.shape[1], image.shape[0]] * 2, np.float64)
    xyxy = np.clip(truth.xyxy / side, 0, 1)
    keep = ~truth.ignore & (xyxy[:, 2:] > xyxy[:, :2]).all(1)
    low, high = xyxy[keep, :2], xyxy[keep, 2:]
    boxes = np.concatenate([(low + high) / 2, high - low], 1).astype(np.float32)
    return {
        "class_labels": torch.from_numpy(truth.classes[keep]).to(device),
        "boxes": torch.from_numpy(boxes).to(device),
    }
