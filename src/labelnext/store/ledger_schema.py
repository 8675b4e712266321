"""The ledger's tables, and how those of an older ledger are brought up to date.

Schema 2 added timed tasks. An older ledger is read as it is, and upgraded with the first write: so
it stays readable for an older version of this program that has it open to read.
"""

import sqlite3

VERSION = 2
READABLE = (1, 2)

_TASKS = """
CREATE TABLE tasks (
    key TEXT PRIMARY KEY,
    round INTEGER NOT NULL REFERENCES rounds(number),
    seconds REAL NOT NULL,         -- of a person's work on this image
    new INTEGER NOT NULL,          -- boxes drawn
    kept INTEGER NOT NULL,         -- proposed boxes that stayed
    deleted INTEGER NOT NULL,      -- proposed boxes that went
    source TEXT NOT NULL,          -- file that gave the time
    received REAL NOT NULL
) WITHOUT ROWID;
"""

_LATER_COLUMN = """
ALTER TABLE labels ADD COLUMN known_from INTEGER NOT NULL DEFAULT 0;
UPDATE labels SET known_from = round;
"""

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rounds (
    number INTEGER PRIMARY KEY,
    strategy TEXT NOT NULL,        -- JSON: name and every argument
    seed INTEGER NOT NULL,
    budget NOT NULL,               -- images as a number; text such as '40 hours' otherwise
    pool_digest TEXT NOT NULL,     -- images and content hashes of the pool
    labels_digest TEXT NOT NULL,   -- labels held when the round was proposed
    weights_digest TEXT NOT NULL,  -- the detector that scored
    created REAL NOT NULL
);
CREATE TABLE picks (
    round INTEGER NOT NULL REFERENCES rounds(number),
    rank INTEGER NOT NULL,
    key TEXT NOT NULL UNIQUE,
    score REAL,
    reason TEXT NOT NULL,
    PRIMARY KEY (round, rank)
) WITHOUT ROWID;
CREATE TABLE blocks (key TEXT PRIMARY KEY, round INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE labels (
    key TEXT NOT NULL,
    revision INTEGER NOT NULL,
    round INTEGER NOT NULL REFERENCES rounds(number),
    known_from INTEGER NOT NULL,   -- the first round whose training sees this answer
    truth TEXT NOT NULL,           -- JSON: boxes, classes, ignore, visible
    received REAL NOT NULL,
    PRIMARY KEY (key, revision)
) WITHOUT ROWID;
CREATE TABLE steps (
    round INTEGER NOT NULL,        -- 0: the initial detector
    step TEXT NOT NULL,
    finished REAL NOT NULL,
    seconds REAL NOT NULL,
    details TEXT NOT NULL,         -- JSON: digests, counts, metrics
    PRIMARY KEY (round, step)
) WITHOUT ROWID;
"""


def create(db: sqlite3.Connection) -> None:
    """Make every table, within the caller's transaction."""
    _run(db, _TABLES)
    _run(db, _TASKS)
    db.execute("INSERT INTO meta VALUES ('schema', ?)", (str(VERSION),))


def upgrade(db: sqlite3.Connection) -> None:
    """Bring an older ledger up to date, within the caller's transaction; a new one stays as it is.

    The column `budget` of schema 1 was declared as a whole number; it takes text as well. The first
    ledgers of schema 1 had no `known_from`: every label counted from its own round.
    """
    if "known_from" not in {row[1] for row in db.execute("PRAGMA table_info(labels)")}:
        _run(db, _LATER_COLUMN)
    version = int(db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()[0])
    if version < 2:
        _run(db, _TASKS)
        db.execute("UPDATE meta SET value = '2' WHERE key = 'schema'")


def _run(db: sqlite3.Connection, script: str) -> None:
    for statement in script.strip().split(";\n"):
        db.execute(statement)
