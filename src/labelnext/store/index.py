"""The index: every image of a project, checked once, with its role, its labels and its faults.

A SQLite database in WAL mode. An import gathers its rows aside and puts them in by one transaction,
so that one that was killed has left nothing, and can simply be given again.
"""

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from labelnext.errors import ArgumentError
from labelnext.store import index_import
from labelnext.store.import_report import ImportReport
from labelnext.store.index_schema import connect, database_errors
from labelnext.store.truth_blob import MASKS, unpack
from labelnext.types import CheckedSample, GroundTruth, ImageRecord

Role = Literal["initial", "pool", "test"]
_CHUNK = 500


class BrokenImage(NamedTuple):
    """An image that cannot be used, and why; `state` is `broken` or `missing`."""

    key: str
    path: str
    role: str
    state: str
    reason: str


class RoleCounts(NamedTuple):
    """Figures of one role; boxes and labelled images are those of usable images."""

    images: int
    labelled: int
    with_objects: int
    objects: int
    ignored: int
    broken: int
    missing: int


class Stamp(NamedTuple):
    """What the file of a usable image was when it was checked."""

    size: int
    modified_ns: int
    content: str
    width: int
    height: int


class Index:
    """An open index file; for use in the thread that opened it. Closes itself as a context."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @staticmethod
    def open(path: Path, create: bool = False, *, timeout: float = 10.0) -> "Index":
        """Open the index in a file, making an empty one first if asked to.

        Args:
            path: The file; beside it SQLite keeps two more while the index is open.
            create: Make it where it is not there.
            timeout: Seconds to wait for another process that is writing.

        Raises:
            ProjectError: There is none, it is no index, it is of a newer version, or it is locked.
        """
        path = Path(path)
        return Index(path, connect(path, create=create, timeout=timeout))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names that the labels index into; empty until labels are imported."""
        return tuple(name for (name,) in self._rows("SELECT name FROM classes ORDER BY position"))

    def source_name(self, wanted: str, root: str) -> str:
        """The name that a source in the folder `root` has here, or would get.

        That is `wanted`, or `wanted-2` and so on where another folder has that name.
        """
        names = dict(self._rows("SELECT name, root FROM sources"))
        for name, known in names.items():
            if known == root:
                return str(name)
        number, name = 1, wanted
        while name in names:
            number += 1
            name = f"{wanted}-{number}"
        return name

    def sources(self) -> dict[str, str]:
        """Folder (or URL) of each source, by its name."""
        return dict(self._rows("SELECT name, root FROM sources ORDER BY name"))

    def roles(self, keys: Sequence[str]) -> dict[str, str]:
        """Role of images, usable or not; unknown keys are absent."""
        return dict(self._by_key("key, role", list(keys)))

    def spread(self, source_name: str, count: int) -> dict[str, str]:
        """Contents (SHA-256) of some usable images of a source, evenly spread over its keys."""
        rows = self._rows(
            """SELECT key, content FROM (
                SELECT key, content, row_number() OVER (ORDER BY key) - 1 AS place,
                count(*) OVER () AS n
                FROM images JOIN sources ON sources.id = images.source
                WHERE name = ? AND state = 'ok'
            ) WHERE n <= ? OR place % (n / ?) = 0 ORDER BY key LIMIT ?""",
            (source_name, count, count, count),
        )
        return dict(rows)

    def add(
        self,
        role: Role,
        source_name: str,
        classes: Sequence[str],
        checked_samples: Iterable[CheckedSample],
        *,
        root: str = "",
        origin: str = "",
        held_out: Collection[str] = frozenset(),
        replace: bool = False,
        moved_from: str = "",
    ) -> ImportReport:
        """Put a source's images and labels in, all of them or none.

        What is there already and the same stays; what differs is reported and stays too, unless
        `replace` is given. A role never changes; labels and times stay where a source has none.
        Images that were broken or missing and are usable now are put in.

        Args:
            role: What the images are for.
            source_name: Name of the source; see `source_name`.
            classes: What class indices of the samples mean. The first import with classes fixes
                those of the index; a later one may only use some of them.
            checked_samples: In any number; drawn as needed, not held in memory.
            root: Folder of the source; paths below it are stored relative to it.
            origin: What was imported, to tell which images it lists no longer.
            held_out: Keys that go to the test set instead.
            replace: Take changed files and labels in place of the indexed ones.
            moved_from: Former root of the source, where its folder is elsewhere now.

        Raises:
            ArgumentError: An argument is outside its domain; a key occurs twice.
            ProjectError: Other classes than the index has; the disk is full; another process
                writes. Nothing was changed.
        """
        _check_role("add", role)
        if not source_name:
            raise ArgumentError("add", "source_name", expected="a name", got="''")
        plan = index_import.Plan(
            role,
            source_name,
            tuple(classes),
            root,
            origin,
            frozenset(held_out),
            replace,
            moved_from,
        )
        return index_import.run(self._connection, self.path, plan, checked_samples)

    def records(self, role: Role, *, labelled: bool = False) -> list[ImageRecord]:
        """Usable images of a role, sorted by key; with `labelled`, those that have labels."""
        _check_role("records", role)
        rows = self._rows(
            """SELECT key, path, width, height, video, frame, seconds, segment, place, root
            FROM images JOIN sources ON sources.id = images.source
            WHERE role = ? AND state = 'ok' AND (objects IS NOT NULL OR NOT ?) ORDER BY key""",
            (role, labelled),
        )
        videos: dict[str, str] = {}  # one string a video, not one a frame
        return [
            ImageRecord(
                row[0], _full(row[9], row[1]), row[2], row[3],
                row[4] and videos.setdefault(row[4], row[4]), *row[5:9],
            )
            for row in rows
        ]  # fmt: skip

    def truth(self, keys: Sequence[str]) -> dict[str, GroundTruth | None]:
        """Labels of images, in the order of `keys`; None for an image that is not labelled.

        Raises:
            ArgumentError: A key is not in the index.
        """
        wanted = list(keys)
        found = {
            key: None if blob is None else unpack(blob, objects)
            for key, objects, blob in self._by_key("key, objects, truth", wanted)
        }
        for key in wanted:
            if key not in found:
                raise ArgumentError(
                    "truth", "keys", expected="keys of indexed images", got=repr(key)
                )
        return {key: found[key] for key in wanted}

    def masked(self) -> bool | None:
        """Whether labels have masks; None where no image has a labelled object."""
        objects = False
        for (flags,) in self._rows(
            """SELECT DISTINCT substr(truth, 49 * objects + 1, 1) FROM images
            WHERE objects > 0"""
        ):
            objects = True
            if flags and flags[0] & MASKS:
                return True
        return False if objects else None

    def stamps(self, keys: Sequence[str]) -> dict[str, Stamp]:
        """What the files of usable images were when they were checked; unknown keys are absent."""
        columns = "key, size, modified_ns, content, width, height, state"
        return {
            row[0]: Stamp(*row[1:6]) for row in self._by_key(columns, list(keys)) if row[6] == "ok"
        }

    def broken(self) -> list[BrokenImage]:
        """Images that cannot be used, with the reason, sorted by key."""
        rows = self._rows(
            """SELECT key, path, role, state, reason, root
            FROM images JOIN sources ON sources.id = images.source
            WHERE state <> 'ok' ORDER BY key"""
        )
        return [BrokenImage(row[0], _full(row[5], row[1]), *row[2:5]) for row in rows]

    def problems(self, role: Role) -> dict[str, tuple[str, ...]]:
        """What was found and done about boxes when they were imported, by key."""
        _check_role("problems", role)
        rows = self._rows(
            "SELECT key, problems FROM images WHERE role = ? AND problems <> '' ORDER BY key",
            (role,),
        )
        return {key: tuple(text.split("\n")) for key, text in rows}

    def counts(self) -> dict[str, RoleCounts]:
        """Figures of every role, those without images included."""
        rows = self._rows(
            """SELECT role, sum(state = 'ok'), sum(state = 'ok' AND objects IS NOT NULL),
            coalesce(sum(state = 'ok' AND objects > ignored), 0),
            coalesce(sum((state = 'ok') * (objects - ignored)), 0),
            coalesce(sum((state = 'ok') * ignored), 0),
            sum(state = 'broken'), sum(state = 'missing')
            FROM images GROUP BY role"""
        )
        found = {row[0]: RoleCounts(*row[1:]) for row in rows}
        return {role: found.get(role, RoleCounts(*[0] * 7)) for role in get_args(Role)}

    def digest(self, role: Role) -> str:
        """Hash of a role's usable images: keys, bytes, places in their videos, and labels.

        It does not depend on the order of imports, of images or of boxes, nor on where files are.
        """
        _check_role("digest", role)
        total = blake2b(digest_size=16)
        rows = self._rows(
            """SELECT key, content, video, frame, seconds, truth_digest, segment FROM images
            WHERE role = ? AND state = 'ok' ORDER BY key""",
            (role,),
        )
        for row in rows:
            total.update(repr(row if row[6] else row[:6]).encode())
        return total.hexdigest()

    def _by_key(self, columns: str, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        remaining = iter(keys)
        while chunk := list(islice(remaining, _CHUNK)):
            marks = ",".join("?" * len(chunk))
            yield from self._rows(f"SELECT {columns} FROM images WHERE key IN ({marks})", chunk)

    def _rows(self, query: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        with database_errors(self.path):
            yield from self._connection.execute(query, values)


def _check_role(function: str, role: str) -> None:
    if role not in get_args(Role):
        expected = " or ".join(repr(name) for name in get_args(Role))
        raise ArgumentError(f"Index.{function}", "role", expected=expected, got=repr(role))


def _full(root: str, path: str) -> str:
    return path if "://" in path else os.path.join(root, path)  # noqa: PTH118
