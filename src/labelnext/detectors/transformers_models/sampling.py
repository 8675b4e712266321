"""Stochastic passes: the encoder's dropout left on, for models whose encoder gives dense maps.

The decoder's dropout changes no dense map, so it stays off.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from labelnext.detectors.common.draws import seeded
from labelnext.detectors.transformers_models import readout
from labelnext.detectors.transformers_models.inference import Inference, sizes
from labelnext.types import DenseMaps

_SHARES = ("dropout", "attention_dropout", "activation_dropout")
_AT_ONCE = 8  # draws of an image in one forward pass


def own_share(config: Any) -> float:
    """Largest share that the encoder of a dense family drops in training."""
    return float(max(config.dropout, config.activation_dropout))


def sample(
    inference: Inference,
    images: Sequence[np.ndarray],
    *,
    samples: int,
    rng: np.random.Generator,
    dropout: float | None,
) -> list[list[DenseMaps]]:
    """See `StochasticTransformersDetector.sample`."""
    seeds = rng.integers(2**62, size=len(images))
    out: list[list[DenseMaps]] = [[] for _ in images]
    model, device = inference.model, inference.device
    for chosen, resized in inference.groups(images):
        for i, image in zip(chosen, resized, strict=True):
            one = inference.pixels.inputs([image], device)
            padded, size = sizes(one)
            with seeded(int(seeds[i]), device), torch.no_grad(), _dropping(model, dropout):
                for start in range(0, samples, _AT_ONCE):
                    count = min(_AT_ONCE, samples - start)
                    many = {k: v.expand(count, *v.shape[1:]) for k, v in one.items()}
                    scored = model(**many).enc_outputs_class
                    strides = inference.pixels.strides
                    found = readout.levels(scored, strides, padded, inference.places)
                    out[i] += [
                        readout.maps([level[t] for level in found], strides, size)
                        for t in range(count)
                    ]
    return out


@contextmanager
def _dropping(model: Any, share: float | None) -> Iterator[None]:
    """The encoder's attention layers in training mode, and perhaps with another share to drop."""
    layers: nn.ModuleList = model.model.encoder.aifi
    kept = [
        (part, name, getattr(part, name))
        for part in layers.modules()
        for name in _SHARES
        if isinstance(getattr(part, name, None), float | int)
    ]
    try:
        layers.train()
        for part, name, own in kept:
            setattr(part, name, own if share is None or name == "activation_dropout" else share)
        yield
    finally:
        layers.eval()
        for part, name, own in kept:
            setattr(part, name, own)
