"""One small data set, sound until its files are damaged."""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from labelnext import plugins
from tests.data.formats.shared.mutations import Kind


@dataclass(frozen=True)
class Base:
    """One data set.

    Attributes:
        reader: Name of the reader.
        location: What it is given.
        files: Files to damage, relative to the root, with their kind.
        options: Of the reader.
        anywhere: Whether images may lie outside the root: the file is the user's own list of them.
    """

    reader: str
    location: Path
    files: dict[str, Kind]
    options: dict[str, Any] = field(default_factory=dict)
    anywhere: bool = False

    def read(self) -> Any:
        """The data set as the reader gives it now."""
        return reader(self.reader)(self.location, **self.options)


@cache
def reader(name: str) -> Any:
    """A reader by name; looked up once, for that takes longer than reading a small file."""
    return plugins.load("readers", name)


def write(path: Path, content: str | bytes | object) -> None:
    """Write text, bytes, or anything else as JSON, with the folders above."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
