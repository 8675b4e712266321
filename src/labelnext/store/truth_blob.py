"""Labels of one image as bytes, and a hash of them that no order of boxes changes."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from labelnext.types import GroundTruth

# Names, kinds and columns of the optional fields of GroundTruth of one size an object, in their
# order; masks follow them.
_NAMES = ("visible_xyxy", "occlusion", "truncation", "tracks")
_OPTIONAL = (("<f8", 4), ("<i8", 1), ("<f8", 1), ("<i8", 1))
MASKS = 1 << len(_OPTIONAL)
"""The bit, of the byte behind the first 49 an object, that says that there are masks."""


def pack(truth: GroundTruth) -> bytes:
    """Little-endian: boxes, visible fractions (float64), classes (int64), ignore flags (a byte).

    Where there are optional fields, a byte follows that says which, a bit each, and then those.
    Masks are their lengths (int32, -1 for none) and then their bytes.
    """
    parts = [
        truth.xyxy.astype("<f8").tobytes(),
        truth.visible.astype("<f8").tobytes(),
        truth.classes.astype("<i8").tobytes(),
        truth.ignore.astype("u1").tobytes(),
    ]
    optional = truth.fields()[4:8]
    present = sum(1 << i for i, part in enumerate(optional) if part is not None)
    present |= MASKS if truth.masks is not None else 0
    if present:
        parts.append(bytes([present]))
    for part, (kind, _) in zip(optional, _OPTIONAL, strict=True):
        if part is not None:
            parts.append(part.astype(kind).tobytes())
    if truth.masks is not None:
        masks = truth.masks.tolist()
        lengths = [-1 if mask is None else len(mask) for mask in masks]
        parts += [np.array(lengths, "<i4").tobytes(), *(mask or b"" for mask in masks)]
    return b"".join(parts)


def unpack(blob: bytes, objects: int) -> GroundTruth:
    """The labels that `pack` made bytes of."""
    n = objects
    optional: list[np.ndarray | None] = [None] * len(_OPTIONAL)
    at = 49 * n + 1
    present = blob[49 * n] if len(blob) >= at else 0
    for i, (kind, columns) in enumerate(_OPTIONAL):
        if present >> i & 1:
            values = np.frombuffer(blob, kind, n * columns, at)
            at += values.nbytes
            optional[i] = values.astype(kind[1:]).reshape((n, columns) if columns > 1 else (n,))
    visible_xyxy, occlusion, truncation, tracks = optional
    return GroundTruth(
        np.frombuffer(blob, "<f8", 4 * n).astype(np.float64).reshape(n, 4),
        np.frombuffer(blob, "<i8", n, 40 * n).astype(np.int64),
        np.frombuffer(blob, "u1", n, 48 * n).astype(bool),
        np.frombuffer(blob, "<f8", n, 32 * n).astype(np.float64),
        visible_xyxy,
        occlusion,
        truncation,
        tracks,
        _masks(blob, n, at) if present & MASKS else None,
    )


def _masks(blob: bytes, n: int, at: int) -> np.ndarray:
    masks = np.empty(n, object)
    start = at + 4 * n
    for i, length in enumerate(np.frombuffer(blob, "<i4", n, at).tolist()):
        masks[i] = None if length < 0 else blob[start : start + length]
        start += max(length, 0)
    return masks


def digest(truth: GroundTruth, classes: Sequence[str]) -> bytes:
    """BLAKE2b-128 of boxes with their class names, the same for every order of the boxes.

    Truth without optional fields has the hash that it had before there were any.
    """
    columns: list[list[object]] = [
        (truth.xyxy + 0.0).tolist(),  # -0.0 becomes 0.0
        [classes[i] for i in truth.classes.tolist()],
        truth.ignore.tolist(),
        truth.visible.tolist(),
    ]
    for name, part in zip((*_NAMES, "masks"), truth.fields()[4:], strict=True):
        if part is not None:  # as text, because NaN has no order
            columns.append([f"{name} {value}" for value in part.tolist()])
    rows = sorted(zip(*columns, strict=True))
    return blake2b(repr(rows).encode(), digest_size=16).digest()
