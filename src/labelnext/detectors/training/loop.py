"""The training loop: epochs that can be killed at any point and gone on with, bit for bit.

What a step is belongs to a detector; order, augmentation, rates, averaging and state are the same
for all.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from labelnext.detectors.training.augment import augment
from labelnext.detectors.training.examples import Cache
from labelnext.detectors.training.options import Options
from labelnext.detectors.training.resume import job_of, keep, restore
from labelnext.protocols import Progress
from labelnext.types import Example, GroundTruth, Image

Batch = Sequence[tuple[Image, GroundTruth]]
Step = Callable[[Batch, np.random.Generator, torch.Generator], float]


def train(
    model: nn.Module,
    examples: Sequence[Example],
    step: Step,
    *,
    seed: int,
    workdir: Path | None,
    progress: Progress,
    start: str,
    cache: Cache,
    options: Options,
    rates: Mapping[str, float] | None = None,
) -> None:
    """Train `model` in place; with `workdir`, from the last whole epoch left there.

    All randomness of an epoch is drawn from (seed, epoch), so the state needs no generators.

    Args:
        model: Starts from its present weights, and ends in evaluation mode.
        examples: At least one.
        step: Given a mini-batch, a generator for its draws and one for torch's, leaves the gradient
            of the loss in `model` and returns the loss.
        seed: Of order, augmentation, sampling and dropout.
        workdir: Holds `fit.safetensors` (weights, optimiser, losses after each epoch, written
            whole) and `loss.jsonl` (one row an epoch).
        progress: Told of every step.
        start: Fingerprint of the detector that training starts from.
        cache: Brings images to the size they are trained at.
        options: How to train.
        rates: Factors on the learning rate of the weights in whose name a word is found, such as
            `{"backbone": 0.1}`; of several words the first holds.

    Raises:
        CheckpointError: `workdir` holds the state of a fit with another start, other examples,
            seed or options, or a damaged file.
    """
    average = {name: value.detach().clone() for name, value in model.state_dict().items()}
    current = list(model.state_dict().values())  # the weights themselves, in the same order
    optimiser = _optimiser(model, options, rates or {})
    job = job_of(start, examples, seed, options)
    losses = restore(workdir, job, model, average, optimiser)
    per_epoch = math.ceil(len(examples) / options.batch_size)
    model.train()
    for epoch in range(len(losses), options.epochs):
        rng = np.random.default_rng([seed, epoch])
        draws = torch.Generator().manual_seed(int(rng.integers(2**62)))
        total = 0.0
        for at, chosen in enumerate(_batches(len(examples), options.batch_size, rng)):
            done = epoch * per_epoch + at
            set_rate(optimiser, done, per_epoch * options.epochs, options)
            batch = [_changed(*cache.get(i, examples[i]), rng=rng, options=options) for i in chosen]
            model.zero_grad(set_to_none=True)
            loss = step(batch, rng, draws)
            optimiser.step()
            _follow(average, current, done, options.average)
            total += loss
            progress("train", done + 1, per_epoch * options.epochs, loss=loss)
        losses.append(total / per_epoch)
        if workdir is not None:
            keep(workdir, job, model, average, optimiser, losses)
    model.load_state_dict(average)
    model.eval()


def set_rate(optimiser: torch.optim.Optimizer, done: int, total: int, options: Options) -> None:
    """Learning rate and momentum of the step after `done` of `total`."""
    first, last = options.learning_rate, options.final_learning_rate
    share = done / max(1, total - 1)
    if options.schedule == "cosine":
        rate = last + (first - last) * (1 + math.cos(math.pi * share)) / 2
    else:
        rate = first * (last / first) ** share
    warm = options.warmup * total
    for group in optimiser.param_groups:
        now = rate * group.get("factor", 1.0)
        group["lr"] = now * min(1.0, (done + 1) / warm) if warm else now
        if options.optimiser == "rmsprop" and options.final_momentum is not None:
            change = options.final_momentum / options.momentum
            group["momentum"] = options.momentum * change**share


def _changed(
    image: Image, truth: GroundTruth, *, rng: np.random.Generator, options: Options
) -> tuple[Image, GroundTruth]:
    return augment(
        image,
        truth,
        rng=rng,
        probability=options.augment,
        flip_share=options.flip_share,
        scale_jitter=options.scale_jitter,
    )


def _batches(n: int, size: int, rng: np.random.Generator) -> Iterator[list[int]]:
    order = rng.permutation(n)
    for start in range(0, n, size):
        yield [int(i) for i in order[start : start + size]]


def _optimiser(
    model: nn.Module, options: Options, rates: Mapping[str, float]
) -> torch.optim.Optimizer:
    """Only kernels and matrices decay: ‖W‖² of Eq. 7 has no shifts and biases in it."""
    by_factor: dict[float, list[Tensor]] = {1.0: []}
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            factor = next((rates[word] for word in rates if word in name), 1.0)
            by_factor.setdefault(factor, []).append(weight)
    groups: list[dict[str, object]] = []
    for factor, trained in by_factor.items():
        kernels, others = ([p for p in trained if (p.dim() > 1) == flat] for flat in (True, False))
        groups.append({"params": kernels, "weight_decay": options.weight_decay, "factor": factor})
        groups.append({"params": others, "weight_decay": 0.0, "factor": factor})
    if options.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=options.learning_rate, fused=True)
    return torch.optim.RMSprop(
        groups, lr=options.learning_rate, alpha=options.decay, momentum=options.momentum
    )


def _follow(average: dict[str, Tensor], current: list[Tensor], done: int, decay: float) -> None:
    """Exponential moving average of the weights, shorter at first; decay 0 copies them.

    What is no floating-point number, such as a count of batches, is copied.
    """
    kept = min(decay, (1 + done) / (10 + done)) if decay else 0.0
    pairs = list(zip(average.values(), current, strict=True))
    smooth = [pair for pair in pairs if pair[0].is_floating_point()]
    with torch.no_grad():
        move = get_ema_multi_avg_fn(kept)  # type: ignore[no-untyped-call]
        move([mean for mean, _ in smooth], [now for _, now in smooth], done)
        for mean, now in pairs:
            if not mean.is_floating_point():
                mean.copy_(now)
