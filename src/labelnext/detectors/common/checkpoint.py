"""Weights on disk: safetensors with the architecture beside them, written whole or not at all."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from labelnext.errors import CheckpointError
from labelnext.files import write_bytes

FORMAT = 1


def write(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write tensors and JSON-able facts to one file, whole or not at all.

    Tensors that share memory, such as tied heads, are each written out.
    """
    plain: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, value in tensors.items():
        own = value.detach().cpu().contiguous()
        memory = own.untyped_storage().data_ptr()
        plain[name] = own.clone() if memory in seen else own
        seen.add(memory)
    data = save(plain, metadata={"labelnext": json.dumps({"format": FORMAT, **facts})})
    write_bytes(Path(path), data)


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors (on the CPU) and facts of a file that `write` wrote.

    Raises:
        CheckpointError: The file is missing, cut short, not safetensors (a pickle, say), or of
            another program or format.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such weights file. Check the path.")
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {}).get("labelnext", "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path}: not a whole safetensors file ({error}). Pickled weights (.pt, .pth) are "
            "never read; restore the file or train again."
        ) from error
    if not isinstance(facts, dict) or "format" not in facts:
        raise CheckpointError(f"{path}: a safetensors file, but not one that labelnext wrote.")
    if facts["format"] != FORMAT:
        raise CheckpointError(
            f"{path}: format {facts['format']}, but this version reads {FORMAT}. "
            "Use the version of labelnext that wrote it."
        )
    return tensors, facts


def require_same(
    path: Path, stored: Mapping[str, Any], given: Mapping[str, Any], names: Sequence[str]
) -> None:
    """Refuse arguments that ask for another architecture than a file has.

    Args:
        path: The file.
        stored: The arguments in it.
        given: Those that were asked for.
        names: Which of them make the architecture.

    Raises:
        CheckpointError: One differs; says which.
    """
    for name in names:
        if name in given and given[name] != stored[name]:
            raise CheckpointError(
                f"{path}: of another architecture: its {name} is {stored[name]!r}, but "
                f"{given[name]!r} was asked for. Leave the argument out, or train anew."
            )


def digest(tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> str:
    """SHA-256 of names, values and facts, in an order that does not depend on the mapping's."""
    state = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(tensors):
        value = tensors[name].detach().cpu().contiguous()
        state.update(f"{name}{tuple(value.shape)}{value.dtype}".encode())
        state.update(value.flatten().view(torch.uint8).numpy().tobytes())
    return state.hexdigest()
