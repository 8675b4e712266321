"""Which of many images have the same bytes: hashes set aside on disk, so that memory stays flat."""

import sqlite3
import tempfile
import weakref
from collections.abc import Iterator

from labelnext.errors import ProjectError


class SameBytes:
    """Hashes of contents with the keys of their images."""

    def __init__(self) -> None:
        # The collector may close it from any thread.
        self._rows = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._rows.close)
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "PRAGMA temp_store = FILE",
            "CREATE TABLE seen (content BLOB, key TEXT)",
            "BEGIN",
        ):
            self._rows.execute(statement)

    def add(self, content: str, key: str) -> None:
        """Take one in; `content` is in hexadecimal."""
        try:
            self._rows.execute("INSERT INTO seen VALUES (?, ?)", (bytes.fromhex(content), key))
        except sqlite3.Error as error:
            raise ProjectError(
                f"Hashes of images cannot be set aside in {tempfile.gettempdir()} ({error}). Free "
                "some space there, or name another folder in the environment's TMPDIR."
            ) from error

    def found(self) -> Iterator[tuple[str, str, int]]:
        """For each content that several have: the last key, the first, and how many are between."""
        yield from self._rows.execute(
            """SELECT max(key), min(key), count(*) - 2 FROM seen
            GROUP BY content HAVING count(*) > 1 ORDER BY 2"""
        )
