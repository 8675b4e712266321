"""Bytes from paths and from URLs that fsspec opens (memory, file, http, s3, zip), bounded."""

import os
import stat as modes
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from labelnext.errors import DataError, LabelnextError

MAX_BYTES = 1 << 29
# What file systems call the time of the last change, or another sign of it.
_CHANGED = ("mtime", "LastModified", "last_modified", "updated", "modified", "created", "date_time")
_SIGNS = ("ETag", "etag", "md5Hash", "content_md5")


class Stamp(NamedTuple):
    """Bytes of a file, and time of its last change in ns (0 where a server does not say).

    Where a server gives only a sign of the contents (ETag), the time is a hash of that sign: good
    for telling whether a file changed, not when.
    """

    size: int
    modified_ns: int


class MissingProtocolError(LabelnextError, ImportError):
    """A URL needs a package that is not installed; the message names it."""


def is_url(path: str) -> bool:
    """Whether a path is a URL such as `s3://bucket/a.jpg`."""
    return "://" in path


def stamp(path: str) -> Stamp:
    """Size and time of the last change of the file at a path or URL.

    Raises:
        FileNotFoundError: There is none.
        OSError: It is no regular file, or cannot be asked about; the message is the reason.
        MissingProtocolError: The URL needs a package that is not installed.
    """
    local = _local(path)
    if local is not None:
        status = Path(local).stat()
        if not modes.S_ISREG(status.st_mode):
            raise OSError("not a regular file")
        return Stamp(status.st_size, status.st_mtime_ns)
    system, place = _opened(path)
    with _errors(path):
        found = system.info(place)
    if found.get("type") == "directory":
        raise OSError("not a regular file")
    return Stamp(int(found.get("size") or 0), _changed(found))


def read_bytes(path: str, limit: int = MAX_BYTES) -> bytes:
    """The file at a path or URL, whole.

    Args:
        path: A local path, or a URL.
        limit: More bytes than this are refused, and not read.

    Raises:
        FileNotFoundError: There is none.
        OSError: It is no regular file, too large, or cannot be read; the message is the reason.
        MissingProtocolError: The URL needs a package that is not installed.
    """
    local = _local(path)
    if local is not None:
        if stamp(local).size > limit:  # which also refuses a pipe: it would never end
            raise OSError(f"more than {limit:,} bytes")
        data = Path(local).read_bytes()  # read(limit) would set so much memory aside
    else:
        system, place = _opened(path)
        with _errors(path), system.open(place, "rb") as opened:
            data = opened.read(limit + 1)
    if len(data) > limit:
        raise OSError(f"more than {limit:,} bytes")
    return data


def root_of(pattern: str) -> str:
    """The first part of what `find` returns, without listing anything.

    Raises:
        DataError: The place cannot be asked about.
        MissingProtocolError: It needs a package that is not installed.
    """
    with _listing(pattern):
        system, place = _opened(pattern)
        return _named(system, _root(system, place), pattern)


def find(pattern: str) -> tuple[str, Iterator[str]]:
    """Files at a URL: those a glob matches, all below a folder, or the one that it names.

    Returns:
        The URL of the folder that all of them lie in, without a slash at its end; and their paths
        relative to it, in no order.

    Raises:
        DataError: The place cannot be listed.
        MissingProtocolError: It needs a package that is not installed.
    """
    with _listing(pattern):
        system, place = _opened(pattern)
        root = _root(system, place)
        if has_mark(place):
            entries = system.glob(place, detail=True)
            names = [name for name, entry in entries.items() if entry["type"] == "file"]
        elif system.isdir(place):
            names = system.find(place)
        else:
            system.info(place)
            names = [place]
        full = _named(system, root, pattern)
    return full, (name[len(root) :].lstrip("/") for name in names if name.startswith(root))


def _root(system: Any, place: str) -> str:
    if has_mark(place):
        parts = place.split("/")
        return "/".join(parts[: next(i for i, part in enumerate(parts) if has_mark(part))])
    return place.rstrip("/") if system.isdir(place) else place.rpartition("/")[0]


def has_mark(text: str) -> bool:
    """Whether a text has a mark of a glob."""
    return any(mark in text for mark in "*?[")


def _named(system: Any, root: str, url: str) -> str:
    """A place in a file system as a URL again, within what the URL is within."""
    chain = "".join(f"::{part}" for part in url.split("::")[1:])
    return str(system.unstrip_protocol(root)).rstrip("/") + chain


@contextmanager
def _listing(url: str) -> Iterator[None]:
    try:
        with _errors(url):
            yield
    except OSError as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            url, f"cannot be listed: {reason}.", remedy="Check the URL, and your access to it."
        ) from None


def join(root: str, key: str) -> str:
    """The path of a file below a root, which is a folder or a URL as `find` gives it."""
    url, *chain = root.split("::") if is_url(root) else [root]
    # A root that is all slash ("memory://") has one at its end already.
    joined = f"{url}{key}" if url.endswith("/") else f"{url}/{key}"
    return "::".join([joined, *chain])


def _local(path: str) -> str | None:
    """The path, or that of a `file://` URL; None for other URLs."""
    if not is_url(path):
        return path
    if path.startswith("file://") and "::" not in path:
        return str(_opened(path)[1])
    return None


def _opened(url: str) -> tuple[Any, str]:
    """The file system that a URL is in, and its place there."""
    protocol = url.partition("://")[0]
    if "::" in url:
        return _within(url, protocol)
    system = _system(protocol, os.getpid())
    return system, system._strip_protocol(url)


@lru_cache(maxsize=64)
def _system(protocol: str, _process: int) -> Any:
    """The file system of a protocol; connections are not shared with a parent process."""
    import fsspec

    with _known(protocol):
        return fsspec.filesystem(protocol)


def _within(url: str, protocol: str) -> tuple[Any, str]:
    """A file system within another's file (`zip://a.jpg::/data/a.zip`); fsspec keeps it open."""
    import fsspec

    with _errors(url), _known(protocol):
        system, place = fsspec.core.url_to_fs(url)
    return system, place


@contextmanager
def _known(protocol: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise MissingProtocolError(
            f"URLs that begin with {protocol}:// need another package: {error}. "
            "Install it with pip beside labelnext."
        ) from None
    except ValueError as error:
        raise MissingProtocolError(
            f"URLs that begin with {protocol}:// are not known: {error}."
        ) from None


@contextmanager
def _errors(url: str) -> Iterator[None]:
    """Whatever a file system raises becomes an OSError; what is not there a FileNotFoundError."""
    try:
        yield
    except (LabelnextError, OSError):
        raise
    except KeyError:  # a member that an archive does not have
        raise FileNotFoundError(url) from None
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise OSError(reason.rstrip(".")) from error


def _changed(found: dict[str, Any]) -> int:
    for name in _CHANGED:
        value = found.get(name)
        if isinstance(value, datetime):
            return int(value.timestamp() * 1e9)
        if isinstance(value, int | float):
            return int(value * 1e9)
        if value:
            return _hashed(value)
    return next((_hashed(found[name]) for name in _SIGNS if found.get(name)), 0)


def _hashed(sign: object) -> int:
    return int.from_bytes(blake2b(repr(sign).encode(), digest_size=7).digest(), "big")
