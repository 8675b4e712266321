"""CVAT XML 1.1, for images and for video."""

from labelnext.data.formats.cvat.reader import read
from labelnext.data.formats.cvat.writer import write

__all__ = ["read", "write"]
