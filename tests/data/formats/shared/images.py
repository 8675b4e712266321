"""Image files of a given size in a few bytes."""

from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image


@cache
def png(width: int, height: int) -> bytes:
    """A black one-bit PNG."""
    return _encoded("1", width, height, "PNG")


@cache
def jpeg(width: int, height: int) -> bytes:
    """A black grey JPEG."""
    return _encoded("L", width, height, "JPEG")


def put(path: Path, width: int, height: int) -> None:
    """Write an image file, PNG or JPEG by its suffix, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    make = jpeg if path.suffix.lower() in (".jpg", ".jpeg") else png
    path.write_bytes(make(width, height))


def _encoded(mode: str, width: int, height: int, form: str) -> bytes:
    buffer = BytesIO()
    Image.new(mode, (width, height)).save(buffer, form)
    return buffer.getvalue()
