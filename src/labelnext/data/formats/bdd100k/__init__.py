"""BDD100K detection and box tracking JSON, old and new, and other data in Scalabel's format."""

from labelnext.data.formats.bdd100k.reader import CLASSES, read

__all__ = ["CLASSES", "read"]
