"""A training step of the paper's detector: targets, sampled entries, loss, gradient (PAPER §5)."""

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from labelnext.detectors.fire_fpn.loss import classification_loss, offset_loss, sample_entries
from labelnext.detectors.fire_fpn.network import FireNetwork
from labelnext.detectors.fire_fpn.options import FitOptions
from labelnext.detectors.fire_fpn.pixels import to_input
from labelnext.detectors.fire_fpn.targets import Targets, assign
from labelnext.detectors.training.loop import Batch
from labelnext.types import GroundTruth, Image


def step(
    network: FireNetwork,
    batch: Batch,
    rng: np.random.Generator,
    dropout: torch.Generator,
    *,
    boxes: Float64[np.ndarray, "5 2"],
    device: torch.device,
    options: FitOptions,
) -> float:
    """Leave the gradient of one mini-batch in the network; images of one size go together.

    Except on a CPU with instance statistics: one by one is as right and faster there.

    Args:
        network: In training mode, on `device`, without a gradient.
        batch: Images as the network's input, and their objects.
        rng: Draws the negatives that are asked.
        dropout: Draws the channels that are dropped.
        boxes: Default boxes by level.
        device: Where `network` is.
        options: How to train.

    Returns:
        The loss.
    """
    singly = device.type == "cpu" and network.norm == "instance"
    groups: dict[object, list[int]] = {}
    for i, (image, _) in enumerate(batch):
        groups.setdefault(i if singly else image.shape, []).append(i)
    parts = []
    for chosen in groups.values():
        targets = [_targets(*batch[i], network, boxes, options) for i in chosen]
        parts.append(([batch[i][0] for i in chosen], targets))
    flat = np.concatenate([t.labels.reshape(-1) for _, ts in parts for t in ts])
    kept = sample_entries(flat[None, None], n2p=options.n2p, rng=rng)[0, 0]
    asked, positives = int(kept.sum()), int((flat == 1).sum())
    total, at = 0.0, 0
    for images, targets in parts:
        labels = np.stack([t.labels for t in targets])
        mine = kept[at : at + labels.size].reshape(labels.shape)
        at += labels.size
        x = to_input(images, device, multiple=options.pad_to)
        decoder = network.features(x, dropout).decoder
        logits = _flat(network.logits(decoder))
        loss = classification_loss(logits, labels, mine, total=asked)
        offsets = network.offsets(decoder)
        if offsets is not None:
            wanted = torch.from_numpy(np.stack([t.offsets for t in targets]))
            positive = (labels == 1).any(1)
            loss = loss + options.offset_weight * offset_loss(
                _flat(offsets), wanted, positive, total=positives
            )
        loss.backward()  # type: ignore[no-untyped-call]
        total += float(loss.detach())
    return total


def _targets(
    image: Image,
    truth: GroundTruth,
    network: FireNetwork,
    boxes: Float64[np.ndarray, "5 2"],
    options: FitOptions,
) -> Targets:
    ignore, keep = truth.ignore, np.ones(len(truth), bool)
    if not options.ignore_regions:
        keep = ~ignore
    return assign(
        truth.xyxy[keep],
        truth.classes[keep],
        ignore[keep],
        n_classes=network.predict.out_channels,
        size=(image.shape[0], image.shape[1]),
        boxes=boxes,
        shared_levels=options.shared_levels,
        multiple=options.pad_to,
    )


def _flat(levels: list[Tensor]) -> Tensor:
    return torch.cat([level.flatten(2) for level in levels], 2)
