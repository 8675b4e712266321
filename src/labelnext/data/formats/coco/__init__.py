"""COCO JSON of boxes and masks."""

from labelnext.data.formats.coco.reader import read
from labelnext.data.formats.coco.writer import write

__all__ = ["read", "write"]
