"""What became of each detection on a test set, one small file a round, bound by its digest."""

import io
import zipfile
from dataclasses import fields
from hashlib import blake2b
from pathlib import Path

import numpy as np

from labelnext.errors import ProjectError
from labelnext.evaluate.outcomes import Outcomes
from labelnext.files import write_bytes

_KINDS = {"instances": "<i8", "image": "<i8", "scores": "<f8", "right": "?", "ignored": "?"}


def save(path: Path, found: Outcomes) -> str:
    """Write a compressed npz, whole or not at all; returns the digest that `load` asks for.

    Equal outcomes give equal bytes, so a step that is repeated leaves the same file.
    """
    buffer = io.BytesIO()
    columns = {
        part.name: getattr(found, part.name).astype(_KINDS[part.name]) for part in fields(found)
    }
    np.savez_compressed(buffer, **columns)
    data = buffer.getvalue()
    write_bytes(path, data)
    return _digest(data)


def load(path: Path, digest: str) -> Outcomes:
    """The outcomes in a file that `save` wrote.

    Args:
        path: The file.
        digest: What `save` returned.

    Raises:
        ProjectError: The file is gone, damaged, or not the one that was recorded.
    """
    remedy = "Put it back from a copy; without it, intervals over test images cannot be given."
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ProjectError(f"{path} cannot be read ({error.strerror}). {remedy}") from error
    if _digest(data) != digest:
        raise ProjectError(
            f"{path} is not what the round wrote: its digest is {_digest(data)}, the ledger says "
            f"{digest}. {remedy}"
        )
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as columns:
            return Outcomes(
                **{name: columns[name].astype(kind.lstrip("<")) for name, kind in _KINDS.items()}
            )
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ProjectError(f"{path} holds no outcomes ({error}). {remedy}") from error


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()
