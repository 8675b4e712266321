"""Pascal VOC."""

from labelnext.data.formats.voc.reader import read
from labelnext.data.formats.voc.writer import write

__all__ = ["read", "write"]
