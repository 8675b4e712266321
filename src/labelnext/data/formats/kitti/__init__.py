"""KITTI."""

from labelnext.data.formats.kitti.reader import CLASSES, read

__all__ = ["CLASSES", "read"]
