"""A quick look through a large JSON file for the values of a few names, without parsing it."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from labelnext.data.formats.common.paths import require_json
from labelnext.errors import DataError

_CHUNK = 1 << 20
_LONGEST = 512  # bytes that a name with its value takes
_MOST = 10_000


class Survey(NamedTuple):
    """What a file seems to hold.

    Attributes:
        counts: How often each name stands before a colon, wherever that is.
        texts: The different texts that follow the wanted names, sorted.
    """

    counts: dict[str, int]
    texts: list[str]


def survey(path: Path, count: Sequence[str], values: Sequence[str]) -> Survey:
    """Count names, and gather the texts that follow others, at the speed of reading.

    Names are found at any depth, and also inside texts that hold JSON; so the counts are upper
    bounds, and a text may be one that means something else.

    Args:
        path: The file.
        count: Names to count.
        values: Names whose texts (of at most 150 letters) are gathered.

    Raises:
        DataError: The file cannot be read, or has more than 10,000 different texts.
    """
    found: dict[str, int] = dict.fromkeys(count, 0)
    texts: set[str] = set()
    names = "|".join(re.escape(name) for name in [*count, *values])
    pattern = re.compile(
        rf'"({names})"[ \t\r\n]{{0,64}}:[ \t\r\n]{{0,64}}("(?:[^"\\]|\\.){{0,150}}")?'.encode()
    )
    try:
        require_json(path)
        with path.open("rb") as handle:
            for match in _matches(handle, pattern):
                _note(match, found, texts)
                if len(texts) > _MOST:
                    raise DataError(
                        path,
                        f"has more than {_MOST:,} different texts in {values[0]!r}.",
                        remedy="Check that it is what its name says.",
                    )
    except OSError as error:
        raise DataError(
            path, f"cannot be read: {error.strerror}.", remedy="Check the path."
        ) from None
    return Survey(found, sorted(texts))


def _matches(handle: BinaryIO, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """Every match in a file, none of which is longer than `_LONGEST`; a megabyte at a time."""
    rest, ended = b"", False
    while not ended:
        chunk = handle.read(_CHUNK)
        ended, buffer = not chunk, rest + chunk
        done = 0
        for match in pattern.finditer(buffer):
            if not ended and match.end() > len(buffer) - _LONGEST:
                break  # may go on behind the buffer's end
            done = match.end()
            yield match
        rest = buffer[max(done, len(buffer) - 2 * _LONGEST) :]


def _note(match: re.Match[bytes], found: dict[str, int], texts: set[str]) -> None:
    name = match[1].decode()
    if name in found:
        found[name] += 1
    elif match[2] is not None:
        try:
            text = str(json.loads(match[2]))
            text.encode()
            texts.add(text)
        except ValueError:  # no text, or one that cannot be stored: said when the file is parsed
            return
