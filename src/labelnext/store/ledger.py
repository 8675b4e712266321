"""The ledger: every round with what it was made from, every pick with its reason, every label.

A SQLite database in WAL mode. Rounds, picks, blocks, weights and metrics are written once and never
changed; a label may be answered again, and then every answer is kept and the newest counts.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from labelnext.errors import ProjectError
from labelnext.store import ledger_schema
from labelnext.store.as_json import decode_truth, encode_truth
from labelnext.types import GroundTruth

STEPS = ("score", "select", "label", "ingest", "train", "evaluate")


@dataclass(frozen=True, slots=True)
class RoundRow:
    """What a round was made from."""

    number: int
    strategy: Mapping[str, object]
    seed: int
    budget: int | str
    pool_digest: str
    labels_digest: str
    weights_digest: str


@dataclass(frozen=True, slots=True)
class PickRow:
    """One selected image of a round."""

    round: int
    rank: int
    key: str
    score: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A person's timed work on one image, and the boxes drawn, kept and deleted meanwhile."""

    key: str
    round: int
    seconds: float
    new: int
    kept: int
    deleted: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class StepRow:
    """A finished step: how long it took and what it left."""

    round: int
    step: str
    seconds: float
    details: Mapping[str, object]


class Ledger:
    """Open a ledger file; `create` makes it if it is not there.

    Raises:
        ProjectError: Not there, not a ledger, of a newer schema, damaged, or on a full disk.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        if not path.exists() and not create:
            raise ProjectError(f"There is no ledger at {path}. `labelnext init` makes a project.")
        with self._errors():
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
        self._prepare()

    def close(self) -> None:
        """Close the file; the object cannot be used afterwards."""
        self._db.close()

    def meta(self, key: str) -> str | None:
        """A named value of the project, such as the digest of its initial weights."""
        rows = self._query("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    def step(self, number: int, step: str) -> StepRow | None:
        """The record of a finished step; None while it is not finished."""
        rows = self._query(
            "SELECT seconds, details FROM steps WHERE round = ? AND step = ?", (number, step)
        )
        return StepRow(number, step, rows[0][0], json.loads(rows[0][1])) if rows else None

    def steps(self) -> list[StepRow]:
        """Every finished step, oldest first."""
        rows = self._query(
            "SELECT round, step, seconds, details FROM steps ORDER BY finished, round"
        )
        return [StepRow(number, step, s, json.loads(details)) for number, step, s, details in rows]

    def finish(
        self, number: int, step: str, seconds: float, details: Mapping[str, object] | None = None
    ) -> None:
        """Record that a step is finished; recording it twice is an error."""
        with self._transaction():
            self._finish(number, step, seconds, details)

    def propose(
        self,
        row: RoundRow,
        picks: Sequence[PickRow],
        blocks: Iterable[str],
        seconds: float,
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Write a round, its picks and the images it blocks for all later rounds, in one step."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO rounds VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    row.number, json.dumps(row.strategy, sort_keys=True), row.seed, row.budget,
                    row.pool_digest, row.labels_digest, row.weights_digest, time.time(),
                ),
            )  # fmt: skip
            self._db.executemany(
                "INSERT INTO picks VALUES (?, ?, ?, ?, ?)",
                [(p.round, p.rank, p.key, p.score, p.reason) for p in picks],
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO blocks VALUES (?, ?)", [(key, row.number) for key in blocks]
            )
            self._finish(row.number, "select", seconds, {**(details or {}), "images": len(picks)})

    def rounds(self) -> list[RoundRow]:
        """Every round, in order."""
        rows = self._query(
            "SELECT number, strategy, seed, budget, pool_digest, labels_digest, weights_digest "
            "FROM rounds ORDER BY number"
        )
        return [RoundRow(row[0], json.loads(row[1]), *row[2:]) for row in rows]

    def picks(self, number: int | None = None) -> list[PickRow]:
        """The picks of one round by rank, or of all rounds."""
        where, values = ("WHERE round = ?", (number,)) if number is not None else ("", ())
        rows = self._query(
            f"SELECT round, rank, key, score, reason FROM picks {where} ORDER BY round, rank",
            values,
        )
        return [PickRow(*row) for row in rows]

    def blocked(self) -> set[str]:
        """Keys of images that no later round may pick: those picked, and their near neighbours."""
        return {row[0] for row in self._query("SELECT key FROM blocks", ())}

    def receive(
        self, number: int, answers: Mapping[str, GroundTruth], *, known_from: int | None = None
    ) -> tuple[int, int]:
        """Keep answers to a round's picks; returns (new, changed).

        The same answer again is not kept twice; a different one becomes a new revision.
        `known_from` is the first round whose training sees them, by default the same round.
        """
        since = number if known_from is None else known_from
        held = self._newest()
        new = changed = 0
        with self._transaction():
            for key in sorted(answers):
                truth = encode_truth(answers[key])
                revision, before = held.get(key, (0, None))
                if truth == before:
                    continue
                new, changed = (new + 1, changed) if before is None else (new, changed + 1)
                self._db.execute(
                    "INSERT INTO labels (key, revision, round, known_from, truth, received) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (key, revision + 1, number, since, truth, time.time()),
                )
        return new, changed

    def labels(self, up_to: int | None = None) -> dict[str, GroundTruth]:
        """The newest answer for every labelled image, by key, keys in order.

        With `up_to`, as the training of that round saw them.
        """
        newest = sorted(self._newest(up_to).items())
        return {key: decode_truth(truth) for key, (_, truth) in newest}

    def labels_digest(self, up_to: int | None = None) -> str:
        """Hash of every label held, or of those that the training of round `up_to` saw."""
        digest = blake2b(digest_size=16)
        for key, (_, truth) in sorted(self._newest(up_to).items()):
            digest.update(f"{key}\x1f{truth}\x1e".encode())
        return digest.hexdigest()

    def time_tasks(self, rows: Iterable[TaskRow]) -> tuple[int, int]:
        """Keep what tasks took, one row an image; returns (new, changed).

        Raises:
            ProjectError: A round that is not there.
        """
        held = {task.key: task for task in self.tasks()}
        new = changed = 0
        with self._transaction():
            for row in rows:
                if held.get(row.key) == row:
                    continue
                new, changed = (new, changed + 1) if row.key in held else (new + 1, changed)
                self._db.execute(
                    "INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (row.key, row.round, row.seconds, row.new, row.kept, row.deleted, row.source,
                     time.time()),
                )  # fmt: skip
        return new, changed

    def tasks(self) -> list[TaskRow]:
        """Every timed task, in order of key."""
        if int(self.meta("schema") or 0) < 2:
            return []
        rows = self._query(
            "SELECT key, round, seconds, new, kept, deleted, source FROM tasks ORDER BY key"
        )
        return [TaskRow(*row) for row in rows]

    def _newest(self, up_to: int | None = None) -> dict[str, tuple[int, str]]:
        where, values = (f"WHERE {self._since()} <= ?", (up_to,)) if up_to is not None else ("", ())
        rows = self._query(
            f"SELECT key, revision, truth FROM labels {where} ORDER BY key, revision", values
        )
        return {key: (revision, truth) for key, revision, truth in rows}

    def _since(self) -> str:
        """The column that says from which round a label counts; the first ledgers had one less."""
        columns = {row[1] for row in self._query("PRAGMA table_info(labels)", ())}
        return "known_from" if "known_from" in columns else "round"

    def _finish(
        self, number: int, step: str, seconds: float, details: Mapping[str, object] | None
    ) -> None:
        self._db.execute(
            "INSERT INTO steps VALUES (?, ?, ?, ?, ?)",
            (number, step, time.time(), seconds, json.dumps(details or {}, sort_keys=True)),
        )

    def _query(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._errors():
            return self._db.execute(sql, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._bring_up()
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ProjectError(
                f"The ledger {self.path} could not be used: {error}. What it recorded before is "
                "kept. Check the disk's free space and permissions, and give the command again."
            ) from error

    def _prepare(self) -> None:
        if not self._tables():
            with self._transaction():
                pass  # which makes them
        version = int(self.meta("schema") or 0)
        if version not in ledger_schema.READABLE:
            raise ProjectError(
                f"The ledger {self.path} has schema {version}; this labelnext writes schema "
                f"{ledger_schema.VERSION}. Use the version of labelnext that wrote it, or a newer "
                "one."
            )

    def _bring_up(self) -> None:
        """Within a transaction, before it writes: the tables as this version has them."""
        if self._tables():
            ledger_schema.upgrade(self._db)
        else:
            ledger_schema.create(self._db)

    def _tables(self) -> int:
        return int(self._query("SELECT count(*) FROM sqlite_master")[0][0])
