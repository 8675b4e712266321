"""Predictive entropy, the plainest pixel-level score (PAPER §2, baseline of Eq. 2)."""

import numpy as np

from labelnext.numerics import Plane, add_entropy
from labelnext.scores.dense import Maps, levels_of


def entropy(maps: Maps) -> Plane:
    """How undecided the detector is at each pixel: Σ_k H(p^k) (PAPER Eq. 3 in place of Eq. 2).

    Several classes: the sum over classes of their binary entropies under sigmoid, the entropy of
    the class distribution under softmax.

    Args:
        maps: Dense logits of one image, or `[levels, height, width]` probabilities of one class.

    Returns:
        `[height, width]` in nats, from 0 to levels·classes·ln 2 (sigmoid) or levels·ln classes.

    Raises:
        ArgumentError: Maps that `probabilities` refuses.
    """
    levels = levels_of(maps, "scores.entropy")
    total = np.zeros(levels.shape[2:], np.float32)
    for p in levels.planes:
        add_entropy(p, levels.activation, total)
    return total
