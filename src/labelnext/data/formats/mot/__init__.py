"""MOTChallenge."""

from labelnext.data.formats.mot.reader import CLASSES, read

__all__ = ["CLASSES", "read"]
