"""JSON whose top holds long lists, read entry by entry: memory is that of one entry.

The standard parser decodes each entry, so a value means here what it means to `json.load`: NaN is a
number (that the record with it is refused for), an integer may be of any size, and a fault is named
by line and column. Streaming parsers refuse the whole file for the first two, know no lines, and
read the file once for each list.
"""

import codecs
import re
from collections.abc import Collection, Iterator
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any, NamedTuple

from labelnext.coco_format import not_an_object
from labelnext.errors import DataError
from labelnext.json_fields import show

# An entry, or a value at the top that is no list, of more characters is no record of a data set.
MAX_ENTRY = 1 << 24
_CHUNK = 1 << 20
_AHEAD = 1 << 16
_BLANK = re.compile(r"[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*([,\]}])[ \t\n\r]*")
_DAMAGED = "It may be cut off or damaged: export it again."


class Entry(NamedTuple):
    """One entry of a list at the top.

    `at` counts from 0. It is -1, without a value, where a list begins; and None for something
    else in a list's place, which is the value then.
    """

    name: str
    at: int | None
    value: Any


def walk(path: Path, lists: Collection[str]) -> Iterator[Entry]:
    """Every entry of the lists of these names at the top of a file, in the file's order.

    Raises:
        DataError: The file is absent, unreadable, not UTF-8 or not JSON, with line and column; its
            top is no object or has a name of `lists` twice; an entry is of more than 16 million
            characters.
    """
    try:
        with path.open("rb") as handle:
            yield from _walk(Window(path, handle), lists)
    except OSError as error:
        raise DataError(
            path, f"cannot be read: {error.strerror}.", remedy="Check the path."
        ) from None


def _walk(window: "Window", lists: Collection[str]) -> Iterator[Entry]:
    if window.peek() != "{":
        got = "a list" if window.peek() == "[" else show(window.value())
        raise not_an_object(window.path, got)
    window.skip(1)
    seen: set[str] = set()
    if window.peek() == "}":
        window.skip(1)
    else:
        for name in window.names():
            if name in lists and name in seen:
                raise DataError(
                    window.path, f"has {name!r} twice.", remedy="Make one list of the two."
                )
            seen.add(name)
            if window.peek() == "[":
                yield from _entries(window, name, name in lists)
            else:
                value = window.value()
                if name in lists:
                    yield Entry(name, None, value)
    if window.peek():
        raise window.error("Extra data")


def _entries(window: "Window", name: str, wanted: bool) -> Iterator[Entry]:
    if wanted:
        yield Entry(name, -1, None)
    window.skip(1)
    if window.peek() == "]":
        window.skip(1)
        return
    index = 0
    while True:
        value = window.value()
        if wanted:
            yield Entry(name, index, value)
        index += 1
        if window.comma("]"):
            return


class Window:
    """The part of a file's text that is being read, and where in the file it is."""

    def __init__(self, path: Path, handle: Any) -> None:
        self.path = path
        self._handle = handle
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")()
        self._decode = JSONDecoder().raw_decode
        self._text, self._at, self._ended = "", 0, False
        self._bytes, self._line, self._column = 0, 1, 1  # of the window's first character

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            if len(self._text) - self._at < _AHEAD and not self._ended:
                self._more(_CHUNK)
            self._at = _BLANK.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""

    def skip(self, count: int) -> None:
        """Go on by characters that `peek` has seen."""
        self._at += count

    def comma(self, closing: str) -> bool:
        """Pass a comma and blanks; or pass the closing bracket, and say so."""
        quick = _COMMA.match(self._text, self._at)
        if quick is not None and quick[1] in "," + closing and quick.end() < len(self._text):
            self._at = quick.end()
            return quick[1] == closing
        found = self.peek()
        if found not in (",", closing) or not found:
            raise self.error("Expecting ',' delimiter")
        self.skip(1)
        if found == ",":
            self.peek()
        return found == closing

    def names(self) -> Iterator[str]:
        """The names of an object, each of whose values the caller reads in between."""
        while True:
            if self.peek() != '"':
                raise self.error("Expecting property name enclosed in double quotes")
            name = self.value()
            if self.peek() != ":":
                raise self.error("Expecting ':' delimiter")
            self.skip(1)
            yield name
            if self.comma("}"):
                return

    def value(self) -> Any:
        """The next value, whatever it is; there are no blanks before it."""
        if len(self._text) - self._at < _AHEAD:
            self.peek()
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except JSONDecodeError as error:
                if self._ended:
                    raise self.error(error.msg, error.pos) from None
            except (ValueError, RecursionError) as error:
                raise DataError(
                    self.path,
                    f"is not usable JSON: {error}.",
                    record=self._place(self._at),
                    remedy="Export it again.",
                ) from None
            else:
                # A number at the window's end may go on behind it, by as much as `e+` in between.
                if end + 2 < len(self._text) or self._ended:
                    self._at = end
                    return value
            self._more(max(_CHUNK, len(self._text) - self._at))

    def error(self, problem: str, at: int | None = None) -> DataError:
        """The error for text that is no JSON."""
        place = self._place(self._at if at is None else at)
        return DataError(self.path, f"is not JSON: {problem}.", record=place, remedy=_DAMAGED)

    def _place(self, at: int) -> str:
        lines = self._text.count("\n", 0, at)
        column = at - self._text.rfind("\n", 0, at) if lines else self._column + at
        return f"line {self._line + lines}, column {column}"

    def _more(self, size: int) -> None:
        """Drop what was read, and put as much as `size` bytes behind the rest."""
        if len(self._text) - self._at > MAX_ENTRY:
            raise DataError(
                self.path,
                f"has an entry of more than {MAX_ENTRY:,} characters, or is not JSON.",
                record=self._place(self._at),
                remedy=_DAMAGED,
            )
        lines = self._text.count("\n", 0, self._at)
        self._column = (
            self._at - self._text.rfind("\n", 0, self._at) if lines else self._column + self._at
        )
        self._line += lines
        data = self._handle.read(size)
        self._ended = not data
        try:
            text = self._utf8.decode(data, self._ended)
        except UnicodeDecodeError as error:
            pending = len(error.object) - len(data)
            raise DataError(
                self.path,
                f"is not UTF-8 text (byte {self._bytes - pending + error.start}).",
                remedy="Save it as UTF-8 JSON.",
            ) from None
        self._bytes += len(data)
        self._text, self._at = self._text[self._at :] + text, 0
