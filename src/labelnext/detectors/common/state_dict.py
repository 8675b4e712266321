"""Weights that others saved: a state_dict in a file, read without running a pickle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from labelnext.errors import CheckpointError

_NESTED = ("model", "state_dict", "model_state_dict")


def read(path: Path) -> dict[str, Tensor]:
    """A state_dict from a file, by itself or under `model` or `state_dict`.

    Raises:
        CheckpointError: The file is missing or damaged, holds more than tensors, or none.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such weights file. Check the path.")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except SafetensorError as error:
        raise CheckpointError(f"{path}: not a whole safetensors file ({error}).") from error
    except Exception as error:  # torch has many ways to say that a file is none of its own
        raise CheckpointError(
            f"{path}: cannot be read as plain tensors ({(str(error).splitlines() or [''])[0]}). "
            "Save model.state_dict() alone."
        ) from error
    for name in _NESTED:
        if isinstance(found, Mapping) and isinstance(found.get(name), Mapping):
            found = found[name]
    if not isinstance(found, Mapping) or not all(isinstance(v, Tensor) for v in found.values()):
        raise CheckpointError(f"{path}: not a state_dict. Save model.state_dict() alone.")
    return {str(key).removeprefix("module."): value for key, value in found.items()}


def fill(module: nn.Module, tensors: Mapping[str, Tensor], source: str, *, but: str = "") -> None:
    """Put tensors into a module, whose names and shapes must be theirs.

    Args:
        module: To be filled.
        tensors: By name.
        source: Where they are from, for the error.
        but: What may be missing: names that begin so.

    Raises:
        CheckpointError: Names or shapes differ; says which.
    """
    wanted = module.state_dict()
    missing = {name for name in wanted if not (but and name.startswith(but))} - set(tensors)
    odd = sorted({name for name in missing if not name.endswith("num_batches_tracked")})
    odd += sorted(set(tensors) - set(wanted))
    odd += [
        name for name in wanted if name in tensors and tensors[name].shape != wanted[name].shape
    ]
    if odd:
        raise CheckpointError(
            f"{source}: of another architecture: {', '.join(odd[:5])} "
            f"{'differs' if len(odd) == 1 else 'differ'}."
        )
    module.load_state_dict(dict(tensors), strict=False)
