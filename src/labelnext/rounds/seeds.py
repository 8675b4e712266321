"""Every draw has its own seed, derived from the project's seed and what the draw is for.

So a step that is repeated after an interruption draws the same, and arms that share a seed share
initial weights, training order and augmentation.
"""

from hashlib import blake2b

import numpy as np


def derive(seed: int, *purpose: str | int) -> int:
    """A seed of 63 bits for one purpose, such as `("train", 3)`."""
    text = "\x1f".join(str(part) for part in (seed, *purpose))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """A generator of its own for one purpose."""
    return np.random.default_rng(derive(seed, *purpose))
