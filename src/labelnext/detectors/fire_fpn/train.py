"""The training loop: epochs that can be killed at any point and gone on with, bit for bit."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from labelnext.detectors.fire_fpn.augment import augment
from labelnext.detectors.fire_fpn.loss import classification_loss, offset_loss, sample_entries
from labelnext.detectors.fire_fpn.network import FireNetwork
from labelnext.detectors.fire_fpn.options import FitOptions
from labelnext.detectors.fire_fpn.pixels import Cache, to_input
from labelnext.detectors.fire_fpn.resume import job_of, keep, restore
from labelnext.detectors.fire_fpn.targets import Targets, assign
from labelnext.protocols import Progress
from labelnext.types import Example, GroundTruth, Image


def train(
    network: FireNetwork,
    examples: Sequence[Example],
    *,
    seed: int,
    workdir: Path | None,
    progress: Progress,
    start: str,
    image_scale: float,
    boxes: Float64[np.ndarray, "5 2"],
    device: torch.device,
    options: FitOptions,
) -> None:
    """Train `network` in place; with `workdir`, from the last whole epoch left there.

    All randomness of an epoch is drawn from (seed, epoch), so the state needs no generators.

    Args:
        network: Starts from its present weights.
        examples: At least one.
        seed: Of order, augmentation, sampling and dropout.
        workdir: Holds `fit.safetensors` (weights, optimiser, losses after each epoch, written
            whole) and `loss.jsonl` (one row an epoch).
        progress: Told of every step.
        start: Fingerprint of the detector that training starts from.
        image_scale: Network input = image × scale.
        boxes: Default boxes by level.
        device: Where `network` is.
        options: How to train.

    Raises:
        CheckpointError: `workdir` holds the state of a fit with another start, other examples,
            seed or options, or a damaged file.
    """
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    current = list(network.state_dict().values())  # the weights themselves, in the same order
    optimiser = _optimiser(network, options)
    job = job_of(start, examples, seed, options)
    losses = restore(workdir, job, network, average, optimiser)
    cache = Cache(image_scale, int(options.cache_megabytes * 2**20))
    per_epoch = math.ceil(len(examples) / options.batch_size)
    network.train()
    for epoch in range(len(losses), options.epochs):
        rng = np.random.default_rng([seed, epoch])
        dropout = torch.Generator().manual_seed(int(rng.integers(2**62)))
        total = 0.0
        for step, chosen in enumerate(_batches(len(examples), options.batch_size, rng)):
            done = epoch * per_epoch + step
            _set_rate(optimiser, done, per_epoch * options.epochs, options)
            batch = [_prepare(*cache.get(i, examples[i]), rng=rng, options=options) for i in chosen]
            loss = _step(network, batch, boxes, device, rng, dropout, options)
            optimiser.step()
            _follow(average, current, done, options.average)
            total += loss
            progress("train", done + 1, per_epoch * options.epochs, loss=loss)
        losses.append(total / per_epoch)
        if workdir is not None:
            keep(workdir, job, network, average, optimiser, losses)
    network.load_state_dict(average)
    network.eval()


def _step(
    network: FireNetwork,
    batch: Sequence[tuple[Image, GroundTruth]],
    boxes: Float64[np.ndarray, "5 2"],
    device: torch.device,
    rng: np.random.Generator,
    dropout: torch.Generator,
    options: FitOptions,
) -> float:
    """Leave the gradient of one mini-batch in the network; images of one size go together.

    Except on a CPU with instance statistics: one by one is as right and faster there.
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
    network.zero_grad(set_to_none=True)
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


def _prepare(
    image: Image, truth: GroundTruth, *, rng: np.random.Generator, options: FitOptions
) -> tuple[Image, GroundTruth]:
    return augment(
        image,
        truth,
        rng=rng,
        probability=options.augment,
        flip_share=options.flip_share,
        scale_jitter=options.scale_jitter,
    )


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


def _batches(n: int, size: int, rng: np.random.Generator) -> Iterator[list[int]]:
    order = rng.permutation(n)
    for start in range(0, n, size):
        yield [int(i) for i in order[start : start + size]]


def _optimiser(network: FireNetwork, options: FitOptions) -> torch.optim.Optimizer:
    """Only convolution kernels decay: ‖W‖² of Eq. 7 has no shifts and biases in it."""
    kernels = [p for p in network.parameters() if p.dim() == 4]
    others = [p for p in network.parameters() if p.dim() != 4]
    groups = [
        {"params": kernels, "weight_decay": options.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    if options.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=options.learning_rate, fused=True)
    return torch.optim.RMSprop(
        groups, lr=options.learning_rate, alpha=options.decay, momentum=options.momentum
    )


def _set_rate(optimiser: torch.optim.Optimizer, done: int, total: int, options: FitOptions) -> None:
    first, last = options.learning_rate, options.final_learning_rate
    share = done / max(1, total - 1)
    if options.schedule == "cosine":
        rate = last + (first - last) * (1 + math.cos(math.pi * share)) / 2
    else:
        rate = first * (last / first) ** share
    warm = options.warmup * total
    for group in optimiser.param_groups:
        group["lr"] = rate * min(1.0, (done + 1) / warm) if warm else rate
        if options.optimiser == "rmsprop" and options.final_momentum is not None:
            change = options.final_momentum / options.momentum
            group["momentum"] = options.momentum * change**share


def _follow(average: dict[str, Tensor], current: list[Tensor], done: int, decay: float) -> None:
    """Exponential moving average of the weights, shorter at first; decay 0 copies them."""
    kept = min(decay, (1 + done) / (10 + done)) if decay else 0.0
    with torch.no_grad():
        move = get_ema_multi_avg_fn(kept)  # type: ignore[no-untyped-call]
        move(list(average.values()), current, done)
