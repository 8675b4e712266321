"""Which file a task of Label Studio is about, by what its data says."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from labelnext.data.formats.common.paths import find, inside
from labelnext.data.pool.folder import SUFFIXES
from labelnext.json_fields import Fields, show

_UPLOADED = re.compile(r"[0-9a-f]{8}-(?=.)", re.ASCII)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.ASCII | re.IGNORECASE)


class Found(NamedTuple):
    """Key and path of a task's image."""

    key: str
    path: str


class ImageNames:
    """Finds images in the folders they may be in.

    Args:
        source: The tasks' file, for errors.
        folders: Where to look, in order.
        field: Name of the data that holds the image; None to guess.
    """

    def __init__(self, source: Path, folders: Sequence[Path], field: str | None) -> None:
        self._source, self._folders, self._field = source, folders, field

    def key(self, record: Fields, data: dict[str, Any]) -> Found:
        """The longest end of the image's name that leads to a file; the whole name without one.

        Raises:
            DataError: No image is named, or one outside the folders.
        """
        field = self._field or _guess(record, data)
        name = Fields(self._source, record.record, data).text(field)
        names = [
            inside(part, self._source, field=field, record=record.record)
            for part in _names(record, field, name)
        ]
        for key in names:
            path = find(key, self._folders)
            if os.path.isfile(path):  # noqa: PTH113
                return Found(key, path)
        return Found(names[0], find(names[0], self._folders))


def _guess(record: Fields, data: dict[str, Any]) -> str:
    if "image" in data:
        return "image"
    looking = [
        name
        for name, value in data.items()
        if isinstance(value, str)
        and os.path.splitext(value.partition("?d=")[2] or urlsplit_path(value))[1].lower()  # noqa: PTH122
        in SUFFIXES
    ]
    if len(looking) != 1:
        raise record.error(
            f"its data has {len(looking) or 'no'} values that look like an image "
            f"({show(sorted(data)[:8])}).",
            "Say which one it is: labelstudio[image=NAME]:",
        )
    return looking[0]


def urlsplit_path(value: str) -> str:
    """The path of a URL; a plain name as it is, though it may hold `?` or `#`."""
    if not _SCHEME.match(value):
        return value
    try:
        return unquote(urlsplit(value).path)
    except ValueError:  # brackets that are no IPv6 address
        return value


def _names(record: Fields, field: str, name: str) -> Iterator[str]:
    """Names that an image may have, the most telling first."""
    if name.startswith("data:"):
        raise record.error(
            f"{field!r} holds the image itself, not its name.", "Export with images by name."
        )
    local = name.partition("/data/local-files/?")[2]
    if local:
        whole = parse_qs(local).get("d", [""])[0]
    elif "/data/upload/" in name:
        whole = unquote(name.partition("/data/upload/")[2])
    elif _SCHEME.match(name):
        whole = urlsplit_path(name)
    else:
        yield name
        if "%" in name:
            yield unquote(name)
        return
    parts = whole.replace("\\", "/").strip("/").split("/")
    for start in range(len(parts)):
        yield "/".join(parts[start:])
    if _UPLOADED.match(parts[-1]):
        yield _UPLOADED.sub("", parts[-1], count=1)
