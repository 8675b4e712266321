"""LabelMe JSON, one file an image."""

from labelnext.data.formats.labelme.reader import read
from labelnext.data.formats.labelme.writer import write

__all__ = ["read", "write"]
