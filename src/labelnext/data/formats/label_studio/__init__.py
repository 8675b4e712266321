"""Label Studio JSON and JSON-MIN."""

from labelnext.data.formats.label_studio.reader import read
from labelnext.data.formats.label_studio.writer import write

__all__ = ["read", "write"]
