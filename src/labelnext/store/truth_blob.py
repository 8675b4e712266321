"""Labels of one image as bytes, and a hash of them that no order of boxes changes."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from labelnext.types import GroundTruth


def pack(truth: GroundTruth) -> bytes:
    """Little-endian: boxes, visible fractions (float64), classes (int64), ignore flags (a byte)."""
    return b"".join(
        (
            truth.xyxy.astype("<f8").tobytes(),
            truth.visible.astype("<f8").tobytes(),
            truth.classes.astype("<i8").tobytes(),
            truth.ignore.astype("u1").tobytes(),
        )
    )


def unpack(blob: bytes, objects: int) -> GroundTruth:
    """The labels that `pack` made bytes of."""
    n = objects
    return GroundTruth(
        np.frombuffer(blob, "<f8", 4 * n).astype(np.float64).reshape(n, 4),
        np.frombuffer(blob, "<i8", n, 40 * n).astype(np.int64),
        np.frombuffer(blob, "u1", n, 48 * n).astype(bool),
        np.frombuffer(blob, "<f8", n, 32 * n).astype(np.float64),
    )


def digest(truth: GroundTruth, classes: Sequence[str]) -> bytes:
    """BLAKE2b-128 of boxes with their class names, the same for every order of the boxes."""
    rows = sorted(
        zip(
            (truth.xyxy + 0.0).tolist(),  # -0.0 becomes 0.0
            [classes[i] for i in truth.classes.tolist()],
            truth.ignore.tolist(),
            truth.visible.tolist(),
            strict=True,
        )
    )
    return blake2b(repr(rows).encode(), digest_size=16).digest()
