"""YOLO."""

from labelnext.data.formats.yolo.reader import read
from labelnext.data.formats.yolo.writer import write

__all__ = ["read", "write"]
