"""What was found out about a file, kept as long as the file does not change."""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

_KEPT_HASHES = 4096
_CHUNK = 1 << 20


class Stamp(NamedTuple):
    """Size of a file in bytes, and time of its last change in ns."""

    size: int
    modified_ns: int


def stamp(path: Path) -> Stamp:
    """Size and time of change of a file.

    Raises:
        FileNotFoundError: There is none.
    """
    status = Path(path).stat()
    return Stamp(status.st_size, status.st_mtime_ns)


class Kept:
    """Results by file, as long as the file does not change; made once even if threads ask together.

    Args:
        make: Makes a result from a path.
        most: How many are kept; the least recently used goes first.
    """

    def __init__(self, make: Callable[[Path], Any], most: int) -> None:
        self._make, self._most = make, most
        self._known: OrderedDict[tuple[Path, Stamp], Any] = OrderedDict()
        self._locks: dict[Path, tuple[Lock, int]] = {}
        self._guard = Lock()

    def get(self, path: Path) -> Any:
        """The result for a file, made if it is not known."""
        key = (path, stamp(path))
        with self._guard:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
            lock, users = self._locks.get(path, (Lock(), 0))
            self._locks[path] = (lock, users + 1)
        try:
            with lock:
                value = self._known.get(key)
                if value is None:
                    value = self._make(path)
                    self.put(key, value)
                return value
        finally:
            with self._guard:
                lock, users = self._locks.pop(path)
                if users > 1:
                    self._locks[path] = (lock, users - 1)

    def put(self, key: tuple[Path, Stamp], value: Any) -> None:
        """Keep a result that was made otherwise."""
        with self._guard:
            self._known[key] = value
            while len(self._known) > self._most:
                self._known.popitem(last=False)

    def peek(self, path: Path) -> Any:
        """The result for a file, or None if it is not known."""
        return self._known.get((path, stamp(path)))


def _file_hash(path: Path) -> str:
    total = sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            total.update(chunk)
    return total.hexdigest()


_hashes = Kept(_file_hash, _KEPT_HASHES)


def file_hash(path: Path) -> str:
    """SHA-256 of a file in hexadecimal; computed again only when the file changes."""
    return str(_hashes.get(path))
