"""Image files become upright 8-bit RGB pixels; a damaged file is refused, never half read."""

from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from labelnext.errors import DataError
from labelnext.types import Image

# Formats that Pillow decodes by itself; others could start outside programs.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM")
MAX_PIXELS = 100_000_000
_MODES = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB"}
_MODES_16 = {"I;16", "I;16L", "I;16B", "I;16N"}
_ORIENTATION = 0x0112


class UnusableImageError(Exception):
    """The bytes are no image that can be used; the message is the reason, without the file."""


class Header(NamedTuple):
    """What an image file says before its pixels are decoded; the size is the upright one."""

    image: Pillow.Image
    width: int
    height: int


def read_image(path: Path) -> Image:
    """The pixels of an image file as `uint8 [height, width, 3]`, RGB, upright.

    EXIF orientation is applied. Grey and palette become RGB, transparency is dropped, 16-bit values
    keep their upper 8 bits.

    Raises:
        DataError: The file is absent, truncated, not an image, has more than 100 million pixels, or
            holds floating-point or 32-bit pixels.
    """
    path = Path(path)
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise DataError(
            path, f"cannot be read: {error.strerror}.", remedy="Put the file back."
        ) from error
    except UnusableImageError as error:
        raise DataError(
            path, f"is not a usable image: {error}.", remedy="Replace or remove the file."
        ) from error


def decode(data: bytes) -> Image:
    """`read_image` for the bytes of a file.

    Raises:
        UnusableImageError: With the reason.
    """
    header = open_image(data)
    load(header.image)
    upright = ImageOps.exif_transpose(header.image)
    if upright.mode in _MODES_16:
        grey = (np.asarray(upright).astype(np.uint16) >> 8).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    return np.array(upright if upright.mode == "RGB" else upright.convert("RGB"))


def open_image(data: bytes | BinaryIO) -> Header:
    """Read the header of an image file, given its bytes, or the file opened.

    Raises:
        UnusableImageError: Empty, not an image, too many pixels, or of a pixel type without
            colours.
    """
    if not data:
        raise UnusableImageError("the file is empty")
    try:
        image = Pillow.open(BytesIO(data) if isinstance(data, bytes) else data, formats=FORMATS)
    except UnidentifiedImageError:
        raise UnusableImageError(f"not one of the formats {', '.join(FORMATS)}") from None
    except Exception as error:  # decoders raise anything on damaged headers
        raise UnusableImageError(_reason(error)) from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise UnusableImageError(f"{width} x {height} px, more than {MAX_PIXELS:,} pixels")
    if image.mode not in _MODES | _MODES_16:
        raise UnusableImageError(
            f"its pixels are of type {image.mode}; 8- or 16-bit ones are needed"
        )
    if image.format == "TIFF":  # turned upright when it is loaded, not before
        load(image)
        width, height = image.size
    if _orientation(image) in (5, 6, 7, 8):
        return Header(image, height, width)
    return Header(image, width, height)


def load(image: Pillow.Image) -> Any:
    """Decode every pixel.

    Raises:
        UnusableImageError: Truncated or damaged.
    """
    try:
        return image.load()
    except Exception as error:  # decoders raise anything on damaged data
        raise UnusableImageError(_reason(error)) from None


def _orientation(image: Pillow.Image) -> object:
    try:
        return image.getexif().get(_ORIENTATION)
    except Exception as error:  # a PNG is decoded whole in search of it
        raise UnusableImageError(_reason(error)) from None


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text.rstrip(".")
