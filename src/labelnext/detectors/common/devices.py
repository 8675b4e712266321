"""Where a detector computes."""

import torch

from labelnext.errors import ArgumentError


def find(name: str, function: str) -> torch.device:
    """The device of that name; `auto` takes CUDA where there is one.

    Raises:
        ArgumentError: None of this machine's.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError) as error:
        raise ArgumentError(function, "device", expected="auto, cpu or cuda", got=name) from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ArgumentError(
            function, "device", expected="a device of this machine", got=name,
            remedy="torch finds no CUDA device; use device='auto'.",
        )  # fmt: skip
    return device


def describe(name: str, function: str) -> str:
    """What the device of that name is, in a line.

    Raises:
        ArgumentError: None of this machine's.
    """
    device = find(name, function)
    if device.type == "cuda":
        found = torch.cuda.get_device_properties(device)
        return f"torch {torch.__version__} on {found.name}, {found.total_memory / 2**30:.0f} GiB"
    return f"torch {torch.__version__} on the processor, {torch.get_num_threads()} threads"
