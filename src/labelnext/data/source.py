"""Sources as a user names them: `coco:labels.json`, `pennfudan:folder`, `images:folder`, a path."""

import inspect
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelnext import plugins
from labelnext.data.folder import SUFFIXES
from labelnext.errors import DataError, LabelnextError
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
        location: The file or folder; of a glob or URL, the folder that all of it lies in.
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
    """Read a source named `reader:place`, or a bare place whose format is plain to see.

    Options of a reader stand in brackets: `yolo[split=val]:data.yaml`. A place is a file or a
    folder; for readers of images and videos also a glob (`video:drives/*.mp4`) or a URL that fsspec
    opens.

    Raises:
        DataError: The place is absent or cannot be read, or its format cannot be guessed.
        LabelnextError: There is no reader of that name, or it has no such option.
    """
    call = _split(spec)
    read: Any = plugins.load("readers", call.name)
    _check_options(call, read)
    given = ",".join(f"{name}={json.dumps(value)}" for name, value in call.arguments.items())
    named = f"{call.name}[{given}]" if given else call.name
    if is_pattern(call.rest):
        if not getattr(read, "patterns", False):
            raise DataError(
                call.rest,
                f"is a glob or a URL, and {call.name} reads a file or a folder on this machine.",
                remedy="Copy the data here, or give its path.",
            )
        root = fixed_part(call.rest)
        return Source(f"{named}:{call.rest}", _name(root), root, read(call.rest, **call.arguments))
    location = Path(call.rest)
    _must_exist(location)
    location = location.resolve()
    dataset: Dataset = read(location, **call.arguments)
    return Source(f"{named}:{location}", _name(location), location, dataset)


def is_pattern(place: str) -> bool:
    """Whether a place is a glob or a URL, not the path of something that is there."""
    if "://" in place:
        return True
    return any(mark in place for mark in "*?[") and not os.path.exists(place)  # noqa: PTH110


def fixed_part(pattern: str) -> Path:
    """The folder that everything a glob or a URL can match lies in.

    A URL stays as it is, but for what follows its last slash before any mark of a glob.
    """
    parts = pattern.split("/")
    fixed = next((i for i, part in enumerate(parts) if any(m in part for m in "*?[")), len(parts))
    root = "/".join(parts[:fixed]) if fixed < len(parts) else "/".join(parts[:-1])
    return Path(root) if "://" in pattern else Path(root or ".").resolve()


def _check_options(call: plugins.Call, read: Any) -> None:
    parameters = list(inspect.signature(read).parameters.values())[1:]
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return
    known = [parameter.name for parameter in parameters]
    wrong = [name for name in call.arguments if name not in known]
    if wrong:
        options = ", ".join(known) or "none"
        raise LabelnextError(
            f"The reader {call.name} has no option {', '.join(wrong)}. Options: {options}."
        )


def _split(spec: str | Path) -> plugins.Call:
    """Name of the reader, its options, and the place."""
    text = str(spec)
    if "\0" in text or not text.strip():
        raise DataError(repr(text), "is not a source.", remedy="Give reader:path or a path.")
    call = None if isinstance(spec, Path) else plugins.parse_call(text)
    # A path may hold a colon, on Windows a drive is one letter, and a URL begins as a reader does.
    if call is None or not call.rest.startswith(":") or call.rest.startswith("://"):
        return plugins.Call(_guess(text), {}, text)
    if len(call.name) == 1 or (
        call.name not in plugins.names("readers") and os.path.exists(text)  # noqa: PTH110
    ):
        return plugins.Call(_guess(text), {}, text)
    plugins.load("readers", call.name)
    if call.rest == ":":
        raise DataError(repr(text), "names no place.", remedy=f"Give {call.name}:path.")
    return plugins.Call(call.name, call.arguments, call.rest[1:])


def _guess(place: str) -> str:
    path = Path(place)
    if is_pattern(place):
        return "images"
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
