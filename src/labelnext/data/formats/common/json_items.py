"""JSON whose top is one long list, or holds one long object, entry by entry.

Memory is that of one entry. (COCO has several lists at the top: see `coco.load`.)
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from labelnext.data.formats.common.json_stream import Window
from labelnext.data.formats.common.paths import require_json
from labelnext.errors import DataError
from labelnext.json_fields import show

T = TypeVar("T")

_REMEDY = "Check that it is what its name says, and export it again."


def list_items(path: Path, what: str, handle: Callable[[int, Any], T]) -> Iterator[T]:
    """What `handle` makes of every entry of a list, given its place and the entry.

    Args:
        path: A file with one list.
        what: What an entry is called in errors, such as `task`.
        handle: Called with each.

    Raises:
        DataError: The file cannot be read, is no JSON, or no list; an entry is of more than 16
            million characters or nests too deeply; or what `handle` raises.
    """
    yield from _each(path, what, _list(path), handle)


def object_items(path: Path, name: str, what: str, handle: Callable[[int, Any], T]) -> Iterator[T]:
    """`list_items` for the pairs (name, value) of an object that is called `name` at the top.

    Raises:
        DataError: See `list_items`; or there is no such object.
    """
    yield from _each(path, what, _object(path, name), handle)


def value_at(path: Path, name: str) -> Any:
    """The value called `name` in the object at the top; None where there is none.

    Raises:
        DataError: The file cannot be read, is no JSON, or no object.
    """
    with _Opened(path) as window:
        for found in _names(window):
            value = window.value()
            if found == name:
                return value
    return None


def _each(
    path: Path, what: str, entries: Iterator[Any], handle: Callable[[int, Any], T]
) -> Iterator[T]:
    for place, entry in enumerate(entries):
        try:
            made = handle(place, entry)
        except RecursionError:
            raise DataError(
                path, "nests too deeply.", record=f"{what} #{place}", remedy="Export it again."
            ) from None
        yield made


def _list(path: Path) -> Iterator[Any]:
    with _Opened(path) as window:
        first = window.peek()
        if first != "[":
            raise _wrong(window, "a list", first)
        window.skip(1)
        if window.peek() == "]":
            window.skip(1)
        else:
            yield window.value()
            while not window.comma("]"):
                yield window.value()
        if window.peek():
            raise window.error("Extra data")


def _object(path: Path, name: str) -> Iterator[tuple[str, Any]]:
    there = False
    with _Opened(path) as window:
        for found in _names(window):
            if found != name or window.peek() != "{":
                window.value()
                continue
            if there:
                raise DataError(path, f"has {name!r} twice.", remedy="Export it again.")
            there = True
            for inner in _names(window):
                yield inner, window.value()
        if window.peek():
            raise window.error("Extra data")
    if not there:
        raise DataError(path, f"has no object {name!r}.", remedy=_REMEDY)


def _names(window: Window) -> Iterator[str]:
    """Names of the object that comes next; the caller reads the value of each."""
    first = window.peek()
    if first != "{":
        raise _wrong(window, "an object", first)
    window.skip(1)
    if window.peek() == "}":
        window.skip(1)
        return
    for name in window.names():
        window.peek()
        yield name


def _wrong(window: Window, expected: str, first: str) -> DataError:
    got = f"begins with {show(first)}" if first else "is empty"
    return DataError(window.path, f"must hold {expected}; it {got}.", remedy=_REMEDY)


class _Opened:
    """A regular file as a window on its text; system errors become errors of the data."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Window:
        try:
            require_json(self._path)
            self._file = self._path.open("rb")
        except OSError as error:
            raise self._unreadable(error) from None
        return Window(self._path, self._file)

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        self._file.close()
        if isinstance(error, OSError):
            raise self._unreadable(error) from None

    def _unreadable(self, error: OSError) -> DataError:
        return DataError(
            self._path, f"cannot be read: {error.strerror}.", remedy="Check its permissions."
        )
