"""COCO JSON of boxes."""

from labelnext.data.formats.coco.reader import read
from labelnext.data.formats.coco.writer import write

__all__ = ["read", "write"]
