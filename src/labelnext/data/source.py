"""Sources as a user names them: `coco:labels.json`, `pennfudan:folder`, `images:folder`, a path."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelnext import plugins
from labelnext.data.folder import SUFFIXES
from labelnext.errors import DataError
from labelnext.protocols import Dataset
from labelnext.types import Sample

# Folders that say what they hold, not whose it is.
_GENERIC = frozenset({"annotations", "labels", "images", "frames"})


@dataclass(frozen=True)
class Source:
    """A data set with the place it was read from. Satisfies `protocols.Dataset`.

    Attributes:
        spec: As given, with the reader's name.
        name: Short name that image keys of this source begin with.
        location: The file or folder.
        dataset: What the reader made of it.
    """

    spec: str
    name: str
    location: Path
    dataset: Dataset

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names of the data set."""
        return self.dataset.classes

    @property
    def root(self) -> Path:
        """The folder that keys are relative to."""
        return self.location if self.location.is_dir() else self.location.parent

    def samples(self) -> Iterator[Sample]:
        """Samples of the data set."""
        return iter(self.dataset.samples())


def open_source(spec: str | Path) -> Source:
    """Read a source named `reader:location`, or a bare path whose format is plain to see.

    Raises:
        DataError: The location is absent or cannot be read, or its format cannot be guessed.
        LabelnextError: There is no reader of that name.
    """
    reader, location = _split(spec)
    if not location.exists():
        raise DataError(
            location,
            "does not exist.",
            remedy="Check the path; it is relative to the current folder.",
        )
    location = location.resolve()
    read: Any = plugins.load("readers", reader)
    dataset: Dataset = read(location)
    return Source(f"{reader}:{location}", _name(location), location, dataset)


def _split(spec: str | Path) -> tuple[str, Path]:
    text = str(spec)
    if "\0" in text or not text.strip():
        raise DataError(repr(text), "is not a source.", remedy="Give reader:path or a path.")
    head, colon, tail = text.partition(":")
    # A path may hold a colon, and on Windows a drive is one letter.
    if isinstance(spec, Path) or not colon or len(head) == 1 or "/" in head or "\\" in head:
        return _guess(Path(text)), Path(text)
    if head not in plugins.names("readers") and Path(text).exists():
        return _guess(Path(text)), Path(text)
    plugins.load("readers", head)
    if not tail:
        raise DataError(repr(text), "names no place.", remedy=f"Give {head}:path.")
    return head, Path(tail)


def _guess(path: Path) -> str:
    _must_exist(path)
    if path.is_file():
        if path.suffix.lower() == ".json":
            return "coco"
        raise DataError(path, "is of no known format.", remedy=_say_which(path))
    if (path / "Annotation").is_dir():
        return "pennfudan"
    if any(child.suffix.lower() == ".json" for child in path.iterdir()):
        raise DataError(
            path,
            "holds both JSON files and perhaps images, so its format cannot be guessed.",
            remedy=f"Give coco:{path}/NAME.json for the labels, or images:{path} for images alone.",
        )
    if _holds_image(path):
        return "images"
    raise DataError(path, "holds nothing that looks like data.", remedy=_say_which(path))


def _must_exist(path: Path) -> None:
    if not os.path.exists(path):  # noqa: PTH110 (answers no to a name that is too long)
        raise DataError(
            path, "does not exist.", remedy="Check the path; it is relative to this folder."
        )


def _holds_image(path: Path) -> bool:
    return any(child.suffix.lower() in SUFFIXES for child in path.rglob("*"))


def _say_which(path: Path) -> str:
    return f"Say which reader to use: {', '.join(f'{n}:{path}' for n in plugins.names('readers'))}."


def _name(location: Path) -> str:
    folder = location if location.is_dir() else location.parent
    while folder.name.lower() in _GENERIC and folder.parent.name:
        folder = folder.parent
    return folder.name or "data"
