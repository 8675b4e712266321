"""The training loop: epochs that can be killed at any point and gone on with, bit for bit."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, Float64, UInt8
from torch import Tensor

from labelnext.detectors.fire_fpn import checkpoint
from labelnext.detectors.fire_fpn.augment import augment
from labelnext.detectors.fire_fpn.loss import classification_loss, offset_loss, sample_entries
from labelnext.detectors.fire_fpn.network import FireNetwork
from labelnext.detectors.fire_fpn.options import FitOptions
from labelnext.detectors.fire_fpn.targets import Targets, assign
from labelnext.errors import CheckpointError
from labelnext.protocols import Progress
from labelnext.types import Example, GroundTruth, Image

STATE, LOG = "fit.safetensors", "loss.jsonl"


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
    optimiser = _optimiser(network, options)
    job = _job(start, examples, seed, options)
    losses = _restore(workdir, job, network, average, optimiser)
    cache = _Cache(image_scale, int(options.cache_megabytes * 2**20))
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
            _follow(average, network, done, options.average)
            total += loss
            progress("train", done + 1, per_epoch * options.epochs, loss=loss)
        losses.append(total / per_epoch)
        if workdir is not None:
            _keep(workdir, job, network, average, optimiser, losses)
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
        decoder = network.features(to_input(images, device), dropout).decoder
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


def to_input(images: Sequence[Image], device: torch.device) -> Float[Tensor, "n 3 h w"]:
    """Images of one size as the network's input: edge-padded to multiples of 8, (x−127)/128."""
    height, width = images[0].shape[:2]
    pad = ((0, -height % 8), (0, -width % 8), (0, 0))
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


class _Cache:
    """Rescaled images up to a number of bytes; what no longer fits is read again each epoch."""

    def __init__(self, image_scale: float, limit: int) -> None:
        self.image_scale, self.left = image_scale, limit
        self.held: dict[int, tuple[Image, GroundTruth]] = {}

    def get(self, index: int, example: Example) -> tuple[Image, GroundTruth]:
        if index in self.held:
            return self.held[index]
        full = example.load()
        image = rescale(full, self.image_scale)
        zoom = np.array([image.shape[1] / full.shape[1], image.shape[0] / full.shape[0]] * 2)
        truth = example.truth
        truth = GroundTruth(truth.xyxy * zoom, truth.classes, truth.ignore, truth.visible)
        if image.nbytes <= self.left:
            self.left -= image.nbytes
            self.held[index] = (image, truth)
        return image, truth


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
        return torch.optim.AdamW(groups, lr=options.learning_rate)
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


def _follow(average: dict[str, Tensor], network: FireNetwork, done: int, decay: float) -> None:
    """Exponential moving average of the weights, shorter at first; decay 0 copies them."""
    kept = min(decay, (1 + done) / (10 + done)) if decay else 0.0
    with torch.no_grad():
        for name, value in network.state_dict().items():
            average[name].lerp_(value, 1 - kept)


def _job(start: str, examples: Sequence[Example], seed: int, options: FitOptions) -> dict[str, str]:
    """What must agree for a state to be gone on with; pixels are trusted to go with the keys."""
    truth = hashlib.sha256()
    for example in examples:
        truth.update(json.dumps(example.key).encode())
        for part in (example.truth.xyxy, example.truth.classes, example.truth.ignore):
            truth.update(repr(part.shape).encode() + np.ascontiguousarray(part).tobytes())
    shown = {k: v for k, v in asdict(options).items() if k != "cache_megabytes"}
    return {
        "starting detector": start,
        "examples": truth.hexdigest(),
        "seed": str(seed),
        "options": json.dumps(shown, sort_keys=True),
    }


def _keep(
    workdir: Path,
    job: dict[str, str],
    network: FireNetwork,
    average: Mapping[str, Tensor],
    optimiser: torch.optim.Optimizer,
    losses: list[float],
) -> None:
    tensors = {f"network/{k}": v for k, v in network.state_dict().items()}
    tensors |= {f"average/{k}": v for k, v in average.items()}
    for i, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser/{i}/{k}": v for k, v in state.items() if v is not None}
    checkpoint.write(workdir / STATE, tensors, {"job": job, "losses": losses})
    _write_log(workdir, losses)


def _restore(
    workdir: Path | None,
    job: dict[str, str],
    network: FireNetwork,
    average: dict[str, Tensor],
    optimiser: torch.optim.Optimizer,
) -> list[float]:
    """Put a state left in `workdir` back; returns the mean loss of every epoch done so far."""
    if workdir is None or not (workdir / STATE).exists():
        return []
    tensors, facts = checkpoint.read(workdir / STATE)
    other = [name for name, value in job.items() if facts.get("job", {}).get(name) != value]
    if other:
        raise CheckpointError(
            f"{workdir / STATE}: belongs to a fit with another {', '.join(other)}. "
            "Pass another workdir, or delete the file to train afresh."
        )
    parts: dict[str, dict[str, Tensor]] = {"network": {}, "average": {}, "optimiser": {}}
    for name, value in tensors.items():
        part, _, rest = name.partition("/")
        parts[part][rest] = value
    network.load_state_dict(parts["network"])
    for name, value in parts["average"].items():
        average[name].copy_(value)
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in parts["optimiser"].items():
        index, _, slot = name.partition("/")
        state.setdefault(int(index), {})[slot] = value
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
    losses = [float(x) for x in facts["losses"]]
    _write_log(workdir, losses)  # the log may lag one epoch behind the state
    return losses


def _write_log(workdir: Path, losses: list[float]) -> None:
    rows = [json.dumps({"epoch": i + 1, "loss": loss}) for i, loss in enumerate(losses)]
    checkpoint.replace(workdir / LOG, "".join(f"{row}\n" for row in rows).encode())
