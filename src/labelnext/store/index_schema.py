"""The index's file: its tables, its version, and its errors in words a user can act on."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labelnext.errors import ProjectError

SCHEMA_VERSION = 2
# Marks the file as ours ("lnxi"), so that another program's database is not taken for an index.
APPLICATION_ID = 0x6C6E7869

_IMAGE_COLUMNS = """
    key TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL,            -- relative to the source's root where it lies below it
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    video TEXT,
    frame INTEGER,
    seconds REAL,
    role TEXT NOT NULL,
    state TEXT NOT NULL,           -- ok, broken or missing
    reason TEXT NOT NULL,
    content TEXT NOT NULL,         -- SHA-256 of the file
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    problems TEXT NOT NULL,        -- a sentence a line
    objects INTEGER,               -- boxes in `truth`; NULL where the image is not labelled
    ignored INTEGER,
    truth BLOB,
    truth_digest BLOB,             -- independent of the order of the boxes
    segment INTEGER NOT NULL DEFAULT 0,
    place INTEGER
"""
_TABLES = (
    "CREATE TABLE classes (position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, root TEXT NOT NULL)",
    f"""CREATE TABLE images (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES sources(id),
    origin TEXT NOT NULL,          -- what was imported, as given
    {_IMAGE_COLUMNS})""",
    "CREATE INDEX images_by_role ON images (role, state, key)",
    "CREATE INDEX images_by_content ON images (content)",
    "CREATE INDEX images_by_origin ON images (origin)",
)
# What makes an index of one version one of the next; the first is for version 1.
_MIGRATIONS = (
    (
        "ALTER TABLE images ADD COLUMN segment INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE images ADD COLUMN place INTEGER",
    ),
)
STAGING = f"CREATE TEMP TABLE staged (id INTEGER PRIMARY KEY, {_IMAGE_COLUMNS})"
COLUMNS = tuple(
    line.split()[0] for line in _IMAGE_COLUMNS.strip().splitlines() if not line.startswith("--")
)


def connect(path: Path, *, create: bool, timeout: float) -> sqlite3.Connection:
    """Open an index file, making it first with `create` where there is none.

    Raises:
        ProjectError: There is no file, or it is no index, or one of a newer version.
    """
    if not create and not path.exists():
        raise ProjectError(f"There is no index at {path}. `labelnext init` makes one.")
    with database_errors(path):
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=timeout, isolation_level=None)
        try:
            _prepare(connection, path, create)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, create: bool) -> None:
    empty = not connection.execute("SELECT EXISTS (SELECT 1 FROM sqlite_master)").fetchone()[0]
    if create and empty:
        connection.execute("PRAGMA journal_mode = WAL")
        with transaction(connection):
            # Another process may have made it since.
            if not connection.execute("SELECT EXISTS (SELECT 1 FROM sqlite_master)").fetchone()[0]:
                for statement in _TABLES:
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise ProjectError(f"{path} is not an index of labelnext. Give another path.")
    version = _pragma(connection, "user_version")
    if version > SCHEMA_VERSION:
        raise ProjectError(
            f"{path} has schema version {version}; this labelnext knows versions up to "
            f"{SCHEMA_VERSION}. Update it: pip install -U labelnext."
        )
    if version < SCHEMA_VERSION:
        _migrate(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA temp_store = FILE")
    connection.execute("PRAGMA cache_size = -32768")


def _migrate(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        version = _pragma(connection, "user_version")  # another process may have done it since
        for statements in _MIGRATIONS[version - 1 :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction: whole, or rolled back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into a ProjectError that says what to do."""
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        raise ProjectError(_advice(path, error)) from error


def _advice(path: Path, error: Exception) -> str:
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return (
            f"The disk is full: {path} could not be written. Nothing of this step was kept, "
            "nothing before it is lost. Free some space and give the same command again."
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return (
            f"Another process is writing to {path}. Wait until it has finished, or stop it, and "
            "give the same command again."
        )
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return f"{path} is damaged or not an index ({error}). Remove it and import the data again."
    return f"{path} cannot be read or written ({error}). Check the folder, its rights and the disk."
