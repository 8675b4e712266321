"""XML read safely and in pieces: no DTD, no entities, bounded depth; elements know their line."""

import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from labelnext.errors import DataError
from labelnext.json_fields import show

_CHUNK = 1 << 16
_DEEPEST = 50
_LARGEST = 1 << 26  # characters of one element: no image has so many labels


class Record(Element):
    """An element with the line of the file that it begins on."""

    line: int = 0


def records(path: Path, names: Collection[str], *, depth: int = 1) -> Iterator[Record]:
    """The elements `names` at a depth below the root, whole, one by one; others are passed over.

    With `depth=0` the root itself, if it has one of the names. Memory holds one element at a time.

    Args:
        path: The file.
        names: Names of the wanted elements.
        depth: How far below the root they are.

    Raises:
        DataError: The file cannot be read, is not well-formed, declares a DTD (the door to entity
            bombs and to other files), nests more than 50 deep or has a wanted element of more
            than 64 MiB.
    """
    reader = _Reader(path, frozenset(names), depth)
    try:
        _check_regular(path)
        with path.open("rb") as handle:
            while chunk := handle.read(_CHUNK):
                reader.feed(chunk, last=False)
                yield from reader.take()
            reader.feed(b"", last=True)
            yield from reader.take()
    except OSError as error:
        raise DataError(
            path, f"cannot be read: {error.strerror}.", remedy="Check the path."
        ) from None


def root(path: Path) -> Record:
    """The whole file as one element; for files of one image, of 64 MiB at most."""
    reader = _Reader(path, None, 0)
    try:
        if _check_regular(path) > _LARGEST:
            raise DataError(
                path,
                f"has more than {_LARGEST:,} bytes, too many for the labels of one image.",
                remedy="Check that it is what its name says.",
            )
        reader.feed(path.read_bytes(), last=True)
    except OSError as error:
        raise DataError(
            path, f"cannot be read: {error.strerror}.", remedy="Check the path."
        ) from None
    (found,) = reader.take()
    return found


def _check_regular(path: Path) -> int:
    """The size of a regular file; a pipe would block.

    Raises:
        DataError: It is something else.
        OSError: It cannot be asked.
    """
    status = path.stat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):  # open says of a folder
        raise DataError(path, "is not a regular file.", remedy="Give the XML file.")
    return status.st_size


class _Reader:
    """Expat's events become elements, but only below the wanted ones."""

    def __init__(self, path: Path, names: frozenset[str] | None, depth: int) -> None:
        self._path, self._names, self._wanted = path, names, depth
        self._depth = 0
        self._size = 0
        self._builder: TreeBuilder | None = None
        self._found: list[Record] = []
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse_dtd
        self._parser = parser

    def feed(self, data: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            raise DataError(
                self._path,
                f"is not well-formed XML: {expat.ErrorString(error.code)}.",
                record=f"line {error.lineno}, column {error.offset + 1}",
                remedy="It may be cut off or damaged: export it again.",
            ) from None
        except (ValueError, LookupError) as error:  # an encoding that expat or Python lack
            raise DataError(
                self._path, f"is not readable XML: {error}.", remedy="Save it as UTF-8."
            ) from None

    def take(self) -> list[Record]:
        found, self._found = self._found, []
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth >= _DEEPEST:
            raise self._error(f"nests more than {_DEEPEST} elements.")
        wanted = self._depth == self._wanted and (self._names is None or name in self._names)
        if self._builder is None and wanted:
            self._builder = TreeBuilder(element_factory=Record)
            self._size = 0
        if self._builder is not None:
            self._grow(len(name) + sum(len(k) + len(v) for k, v in attributes.items()))
            element = self._builder.start(name, attributes)
            element.line = self._parser.CurrentLineNumber  # type: ignore[attr-defined]
        self._depth += 1

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._builder is None:
            return
        self._builder.end(name)
        if self._depth == self._wanted:
            self._found.append(self._builder.close())  # type: ignore[arg-type]
            self._builder = None

    def _text(self, text: str) -> None:
        if self._builder is not None:
            self._grow(len(text))
            self._builder.data(text)

    def _grow(self, characters: int) -> None:
        self._size += characters
        if self._size > _LARGEST:
            raise self._error(f"has an element of more than {_LARGEST:,} characters.")

    def _refuse_dtd(self, name: str, *_: object) -> None:
        raise self._error(f"declares a document type ({show(name)}), which no label format needs.")

    def _error(self, problem: str) -> DataError:
        return DataError(
            self._path,
            problem,
            record=f"line {self._parser.CurrentLineNumber}",
            remedy="Export it again from the labelling tool.",
        )
