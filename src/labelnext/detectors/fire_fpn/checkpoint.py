"""Weights on disk: safetensors with the architecture beside them, written whole or not at all."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from labelnext.errors import CheckpointError

FORMAT = 1


def write(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write tensors and JSON-able facts to one file, by a temporary beside it, fsync and rename."""
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    data = save(plain, metadata={"labelnext": json.dumps({"format": FORMAT, **facts})})
    replace(path, data)


def replace(path: Path, data: bytes) -> None:
    """Replace a file's content so that a reader, or a crash, sees the old or the new, whole."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself must survive a power cut
    finally:
        os.close(folder)


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
        raise CheckpointError(f"{path}: a safetensors file, but not one that fire-fpn wrote.")
    if facts["format"] != FORMAT:
        raise CheckpointError(
            f"{path}: format {facts['format']}, but this version reads {FORMAT}. "
            "Use the version of labelnext that wrote it."
        )
    return tensors, facts


def digest(tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> str:
    """SHA-256 of names, values and facts, in an order that does not depend on the mapping's."""
    state = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(tensors):
        value = tensors[name].detach().cpu().contiguous()
        state.update(f"{name}{tuple(value.shape)}{value.dtype}".encode())
        state.update(value.flatten().view(torch.uint8).numpy().tobytes())
    return state.hexdigest()
