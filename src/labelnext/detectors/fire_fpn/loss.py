"""The loss of PAPER §5 (Eq. 7): sigmoid cross-entropy on positives and sampled negatives."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int8
from torch import Tensor
from torch.nn import functional


def sample_entries(
    labels: Int8[np.ndarray, "images classes cells"],
    *,
    n2p: float,
    rng: np.random.Generator,
    floor: int = 100,
) -> Bool[np.ndarray, "images classes cells"]:
    """Which entries of a mini-batch the loss asks: every positive, and a share of the negatives.

    Each negative is kept with probability n2p·max(floor, #positives)/(number of asked entries), so
    that an image without objects contributes about n2p·100 negatives. Entries labelled −1 are
    never asked.
    """
    asked = labels >= 0
    positive = labels == 1
    chance = n2p * max(floor, int(positive.sum())) / max(1, int(asked.sum()))
    drawn = rng.random(labels.shape, dtype=np.float32) < chance
    kept: Bool[np.ndarray, "images classes cells"] = positive | (asked & drawn)
    return kept


def classification_loss(
    logits: Float[Tensor, "images classes cells"],
    labels: Int8[np.ndarray, "images classes cells"],
    kept: Bool[np.ndarray, "images classes cells"],
    *,
    total: int,
) -> Float[Tensor, ""]:
    """Sigmoid cross-entropy summed over the kept entries and divided by `total`.

    `total` counts the kept entries of the whole mini-batch, of which `logits` may be a part.
    """
    index = torch.from_numpy(np.flatnonzero(kept)).to(logits.device)
    wanted = torch.from_numpy(labels[kept].astype(np.float32)).to(logits.device)
    chosen = logits.reshape(-1)[index]
    return functional.binary_cross_entropy_with_logits(chosen, wanted, reduction="sum") / max(
        1, total
    )


def offset_loss(
    offsets: Float[Tensor, "images 4 cells"],
    wanted: Float[Tensor, "images cells 4"],
    positive: Bool[np.ndarray, "images cells"],
    *,
    total: int,
    beta: float = 0.1,
) -> Float[Tensor, ""]:
    """Smooth L1 of the box offsets at positive cells, divided by `total` positives of the batch."""
    index = torch.from_numpy(np.flatnonzero(positive)).to(offsets.device)
    got = offsets.transpose(1, 2).reshape(-1, 4)[index]
    goal = wanted.reshape(-1, 4)[index.to(wanted.device)].to(offsets.device)
    return functional.smooth_l1_loss(got, goal, beta=beta, reduction="sum") / max(1, total)
