"""Sources as a user names them: `coco:labels.json`, `pennfudan:folder`, `images:folder`, a path."""

import inspect
import json
import os
from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelnext import plugins
from labelnext.data.dataset import Noting
from labelnext.data.guess import guess
from labelnext.data.pool.listing import split_glob
from labelnext.data.pool.remote import has_mark, is_url, root_of
from labelnext.data.video.numbered import as_sequences
from labelnext.errors import ArgumentError, DataError, LabelnextError
from labelnext.protocols import Dataset
from labelnext.types import Sample

# Folders that say what they hold, not whose it is.
_GENERIC = frozenset({"annotations", "labels", "images", "frames"})
_SEQUENCE = ("sequence", "fps")  # of every reader that knows no videos of its own


@dataclass(frozen=True)
class Source:
    """A data set with the place it was read from. Satisfies `protocols.Dataset`.

    Attributes:
        spec: As given, with the reader's name.
        name: Short name that image keys of this source begin with.
        location: The file or folder; of a glob, the folder that all of it lies in. Of a URL it
            serves only to be shown.
        root: The folder (or URL) that keys are relative to.
        dataset: What the reader made of it.
    """

    spec: str
    name: str
    location: Path
    root: str
    dataset: Dataset

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names of the data set."""
        return self.dataset.classes

    @property
    def total(self) -> int:
        """How many samples there are, or will be at most; 0 where the data set cannot tell."""
        return len(self.dataset) if isinstance(self.dataset, Sized) else 0

    @property
    def notes(self) -> Sequence[str]:
        """What concerns no single image; complete once the samples were drawn."""
        return self.dataset.notes if isinstance(self.dataset, Noting) else ()

    def samples(self) -> Iterator[Sample]:
        """Samples of the data set."""
        return iter(self.dataset.samples())


def open_source(spec: str | Path, *, wished: Mapping[str, object] | None = None) -> Source:
    """Read a source named `reader:place`, or a bare place whose format is plain to see.

    Options of a reader stand in brackets: `yolo[split=val]:data.yaml`. Readers of stills all have
    `sequence`, which takes numbered images for frames of videos (`as_sequences`), and with it
    `fps`: `coco[sequence=true,fps=15]:labels.json`. A place is a file or a
    folder; for readers of images and videos also a glob (`video:drives/*.mp4`), a text file of
    paths, or a URL that fsspec opens.

    Args:
        spec: The source.
        wished: Options for readers that have them, where the source does not give them.

    Raises:
        DataError: The place is absent or cannot be read, or its format cannot be guessed.
        LabelnextError: There is no reader of that name, or it has no such option.
    """
    call = _split(spec)
    read: Any = plugins.load("readers", call.name)
    _check_options(call, read)
    known = inspect.signature(read).parameters
    more = {name: value for name, value in (wished or {}).items() if name in known}
    call = call._replace(arguments={**more, **call.arguments})
    given = ",".join(f"{name}={json.dumps(value)}" for name, value in call.arguments.items())
    named = f"{call.name}[{given}]" if given else call.name
    if is_pattern(call.rest):
        return _open_pattern(call, read, named)
    location = Path(call.rest)
    _must_exist(location)
    location = location.resolve()
    root = location if location.is_dir() else location.parent
    dataset = _read(read, location, call.arguments)
    return Source(f"{named}:{location}", _name(str(root)), location, str(root), dataset)


def _open_pattern(call: plugins.Call, read: Any, named: str) -> Source:
    place = call.rest
    if not getattr(read, "patterns", False):
        raise DataError(
            place,
            f"is a glob or a URL, and {call.name} reads a file or a folder on this machine.",
            remedy="Copy the data here, or give its path.",
        )
    if is_url(place):
        root = root_of(place)
    else:
        root, parts = split_glob(place)
        place = "/".join([root.rstrip("/"), *parts])
    dataset = _read(read, place, call.arguments)
    return Source(f"{named}:{place}", _name(root), Path(root), root, dataset)


def _read(read: Any, place: Path | str, arguments: Mapping[str, Any]) -> Dataset:
    """What the reader makes of a place; where it is asked for, with its stills as frames."""
    if set(_SEQUENCE) & set(inspect.signature(read).parameters):
        known: Dataset = read(place, **arguments)
        return known
    asked = arguments.get("sequence", False)
    if not isinstance(asked, bool):
        raise ArgumentError("a source", "sequence", expected="true or false", got=repr(asked))
    own = {name: value for name, value in arguments.items() if name not in _SEQUENCE}
    stills: Dataset = read(place, **own)
    return as_sequences(stills, fps=arguments.get("fps")) if asked else stills


def is_pattern(place: str) -> bool:
    """Whether a place is a glob or a URL, not the path of something that is there."""
    if is_url(place):
        return True
    return has_mark(place) and not os.path.exists(place)  # noqa: PTH110


def _check_options(call: plugins.Call, read: Any) -> None:
    parameters = list(inspect.signature(read).parameters.values())[1:]
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return
    known = [parameter.name for parameter in parameters]
    if not set(_SEQUENCE) & set(known):
        known += _SEQUENCE if call.arguments.get("sequence") else _SEQUENCE[:1]
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
    if not is_pattern(place):
        _must_exist(Path(place))
    return guess(place)


def _must_exist(path: Path) -> None:
    if not os.path.exists(path):  # noqa: PTH110 (answers no to a name that is too long)
        raise DataError(
            path, "does not exist.", remedy="Check the path; it is relative to this folder."
        )


def _name(root: str) -> str:
    """The last part of a folder's path or URL that says whose it is."""
    place = root.partition("::")[0].partition("://")[2] if is_url(root) else root
    parts = [part for part in place.split("/") if part]
    while len(parts) > 1 and parts[-1].lower() in _GENERIC:
        parts.pop()
    return parts[-1] if parts else "data"
