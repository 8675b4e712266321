"""Width and height of an image file from its header alone, upright."""

import struct
from pathlib import Path
from typing import BinaryIO

from PIL import Image as Pillow

from labelnext.data.pixels import FORMATS, UnusableImageError, open_image

_PNG = b"\x89PNG\r\n\x1a\n"
_MAY_TURN = {b"eXIf", b"tEXt", b"zTXt", b"iTXt"}
_KEYWORDS = (b"Raw profile", b"XML:com.adobe")
_MOST_CHUNKS = 100_000


def image_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels, EXIF orientation applied; as `pixels.open_image` has them.

    Only the header is read. Of a PNG with Exif or XMP data, and of a TIFF, all is: their
    orientation may stand at the end.

    Raises:
        UnusableImageError: No such file, not a regular one, or not an image that can be used.
    """
    try:
        if not path.is_file():
            raise UnusableImageError("there is no such file")
        with path.open("rb") as handle:
            if _plain_png(handle):
                return _png_size(handle)
            handle.seek(0)
            header = open_image(handle)
            return header.width, header.height
    except (OSError, ValueError) as error:
        raise UnusableImageError(getattr(error, "strerror", None) or str(error)) from None


def _png_size(handle: BinaryIO) -> tuple[int, int]:
    handle.seek(0)
    try:
        with Pillow.open(handle, formats=FORMATS) as image:
            return image.size
    except Exception as error:  # decoders raise anything on damaged headers
        raise UnusableImageError(str(error)) from None


def _plain_png(handle: BinaryIO) -> bool:
    """Whether it is a PNG in which nothing can speak of an orientation."""
    if handle.read(len(_PNG)) != _PNG:
        return False
    for _ in range(_MOST_CHUNKS):
        head = handle.read(8)
        if len(head) < 8:
            return True  # cut off: whoever decodes it will say so
        length, kind = struct.unpack(">I4s", head)
        keyword = handle.read(min(length, 16)) if kind in _MAY_TURN else b""
        if kind == b"eXIf" or keyword.startswith(_KEYWORDS):
            return False
        if kind == b"IEND":
            return True
        handle.seek(length - len(keyword) + 4, 1)
    return False
