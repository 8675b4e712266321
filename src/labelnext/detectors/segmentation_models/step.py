"""A training step: cross-entropy over the pixels of the painted masks."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int16
from torch import nn

from labelnext import masks
from labelnext.detectors.common.draws import seed_from, seeded
from labelnext.detectors.segmentation_models.network import Network
from labelnext.detectors.segmentation_models.options import FitOptions
from labelnext.detectors.segmentation_models.pixels import to_input
from labelnext.types import GroundTruth


def step(
    network: Network,
    batch: Sequence[tuple[np.ndarray, GroundTruth]],
    rng: np.random.Generator,
    draws: torch.Generator,
    *,
    classes: int,
    held: Sequence[nn.Module],
    device: torch.device,
    options: FitOptions,
) -> float:
    """Leave the gradient of one mini-batch in the network; images of one size go together.

    The loss is the mean over all pixels that are not ignored, as torchvision takes it: the outputs
    are resized bilinearly to the image.

    Args:
        network: In training mode, on `device`, without a gradient.
        batch: Images as the network's input, of any sizes, and their objects with masks.
        rng: Not drawn from.
        draws: Seeds the model's dropout.
        classes: Without the background.
        held: Normalisations that stay as they are.
        device: Where `network` is.
        options: How to train.

    Returns:
        The loss; 0 where every pixel is ignored.
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, (image, _) in enumerate(batch):
        groups.setdefault(image.shape, []).append(i)
    painted = [_painted(truth, image.shape[:2], classes, options) for image, truth in batch]
    weight = torch.full((classes + 1,), float(options.object_weight), device=device)
    weight[classes] = 1.0
    asked = sum(float(((p >= 0) & (p < classes)).sum()) * options.object_weight
                + float((p == classes).sum()) for p in painted)  # fmt: skip
    if not asked:
        return 0.0
    for layer in held:
        layer.eval()
    total = 0.0
    with seeded(seed_from(draws), device):
        for (height, width, _), chosen in groups.items():
            for layer in network.norms_of_one():
                layer.train(len(chosen) > 1 and layer not in held)
            images = [batch[i][0] for i in chosen]
            x = to_input(images, device, multiple=network.multiple)
            logits = nn.functional.interpolate(
                network(x), size=x.shape[-2:], mode="bilinear", align_corners=False
            )[:, :, :height, :width]
            wanted = torch.from_numpy(np.stack([painted[i] for i in chosen])).to(device).long()
            loss = nn.functional.cross_entropy(
                logits, wanted, weight, ignore_index=masks.IGNORED, reduction="sum"
            )
            loss = loss / asked
            loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
    return total


def _painted(
    truth: GroundTruth, size: tuple[int, ...], classes: int, options: FitOptions
) -> Int16[np.ndarray, "h w"]:
    if not options.ignore_regions:
        truth = truth.take(~truth.ignore)
    return masks.paint(truth, (size[0], size[1]), classes)
