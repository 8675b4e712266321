"""Norpix .seq files, byte by byte."""

import io
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image


def encoded(pixels: np.ndarray, kind: str = "JPEG") -> bytes:
    """An image file of RGB pixels."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, quality=95)
    return out.getvalue()


def header(
    width: int, height: int, count: int, *, fps: float = 30.0, kind: int = 102,
    image_bytes: int = 0, true_size: int = 0, magic: int = 0xFEED, size: int = 1024,
) -> bytes:  # fmt: skip
    """The header: 1,024 bytes, whatever `size` it claims."""
    head = struct.pack("<I", magic) + "Norpix seq".encode("utf-16-le").ljust(24, b"\0")
    head += struct.pack("<II", 3, size) + "made by a test".encode("utf-16-le").ljust(512, b"\0")
    head += struct.pack(
        "<9Id", width, height, 24, 8, image_bytes, kind, count, 0, true_size, fps
    )  # fmt: skip
    return head.ljust(1024, b"\0")


def stamp(milliseconds: int) -> bytes:
    """A time stamp, with its two bytes of padding (not zero, so that they are not taken for it)."""
    return struct.pack("<IH", milliseconds // 1000, milliseconds % 1000) + b"\x11\x22"


def write(
    path: Path, images: Sequence[bytes], *, width: int = 16, height: int = 12, fps: float = 30.0,
    kind: int = 102, extra: bool = False, times: Sequence[int] | None = None,
    count: int | None = None,
) -> Path:  # fmt: skip
    """A file of encoded frames; `times` in milliseconds, by default 40 ms apart from 1,000 s."""
    times = [1_000_000 + 40 * i for i in range(len(images))] if times is None else times
    number = len(images) if count is None else count
    data = header(width, height, number, fps=fps, kind=kind, image_bytes=width * height)
    for image, time in zip(images, times, strict=True):
        data += struct.pack("<I", len(image) + 4) + image + stamp(time)
        data += bytes(8) if extra else b""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
