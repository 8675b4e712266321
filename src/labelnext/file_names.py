"""Which image of a foreign file is meant by an image key, although folders differ."""

from collections.abc import Iterable
from pathlib import Path

from labelnext.errors import DataError


class FileNames:
    """Finds file names by image key.

    A key is `SOURCE/FOLDERS/FILE`, and another program writes as much of that as it knows. A name
    fits a key if they are equal, if one ends with the other at a folder, or if the name ends with
    the key less its source. The same name must not fit two keys: then it says too little.

    Args:
        source: The file that the names are from, for errors.
        names: The names, `/` or `\\` between folders.
    """

    def __init__(self, source: Path, names: Iterable[str]) -> None:
        self._source = source
        self._names: dict[str, str] = {}
        self._by_end: dict[str, list[str]] = {}
        self._owners: dict[str, str] = {}
        for name in names:
            plain = name.replace("\\", "/").removeprefix("./")
            self._names[plain] = name
            for end in _ends(plain)[1:]:
                self._by_end.setdefault(end, []).append(name)

    def find(self, key: str) -> str | None:
        """The name that fits a key, or None.

        Raises:
            DataError: Several names fit; or the only one fitted another key before.
        """
        name = self._fitting(key)
        if name is not None and self._owners.setdefault(name, key) != key:
            raise DataError(
                self._source,
                f"{name!r} fits two images of the project: {self._owners[name]!r} and {key!r}.",
                remedy="Write file names with their folders, as the project's keys have them.",
            )
        return name

    def _fitting(self, key: str) -> str | None:
        ends = _ends(key)
        for end in ends:
            if end in self._names:
                return self._names[end]
        for end in ends[:2]:
            fitting = self._by_end.get(end, [])
            if len(fitting) > 1:
                raise DataError(
                    self._source,
                    f"{len(fitting)} of its images fit {key!r}: {', '.join(fitting[:3])}.",
                    remedy="Write file names as the project's keys have them.",
                )
            if fitting:
                return fitting[0]
        return None


def _ends(name: str) -> list[str]:
    """a/b/c, b/c, c."""
    parts = name.split("/")
    return ["/".join(parts[i:]) for i in range(len(parts))]
