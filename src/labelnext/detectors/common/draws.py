"""What a vendor draws from torch's own generators, drawn from a seed instead."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """Torch's own generators begin at `seed`, and are afterwards as they were before.

    Args:
        seed: 0 or more.
        device: Where something is drawn beside the processor.
    """
    cuda = device is not None and device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if cuda else []):
        torch.default_generator.manual_seed(seed)
        if cuda:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


def seed_from(draws: torch.Generator) -> int:
    """The next seed that a generator gives."""
    return int(torch.randint(2**62, (), generator=draws))
