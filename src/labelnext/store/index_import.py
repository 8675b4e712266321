"""One import into the index: rows gathered in a temporary table, compared, and put in at once."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from labelnext.errors import ArgumentError, ProjectError
from labelnext.store import truth_blob
from labelnext.store.import_report import ImportReport, Note
from labelnext.store.index_schema import COLUMNS, STAGING, database_errors, transaction
from labelnext.types import CheckedSample, GroundTruth

_BATCH = 1000
_STAGE = f"INSERT INTO staged ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
_OPTIONAL = ("video", "frame", "seconds", "place", "objects", "ignored", "truth", "truth_digest")
_REPLACED = [column for column in COLUMNS if column not in ("key", "role")]

# What an image was and is. A file that cannot be used says nothing about its labels, and a source
# without labels or times (NULL, which makes a comparison neither true nor false) nothing of those.
_JUDGED = """
SELECT s.id, s.key, s.state, s.reason, s.role, i.role AS old_role,
    CASE
        WHEN i.key IS NULL THEN 'new'
        WHEN i.role <> s.role AND NOT (:split AND i.role IN (:role, 'test')) THEN 'role'
        WHEN i.state <> 'ok' THEN CASE s.state WHEN 'ok' THEN 'mended' ELSE 'still' END
        WHEN s.state <> 'ok' THEN 'lost'
        WHEN i.content <> s.content THEN 'file'
        WHEN s.truth_digest <> coalesce(i.truth_digest, '') THEN 'labels'
        WHEN s.video <> coalesce(i.video, '') OR s.frame <> coalesce(i.frame, -1)
            OR s.seconds <> coalesce(i.seconds, -1) OR s.segment <> i.segment THEN 'time'
        WHEN s.path <> i.path OR s.size <> i.size OR s.modified_ns <> i.modified_ns
            OR s.place <> coalesce(i.place, -1) THEN 'moved'
        ELSE 'same'
    END AS verdict
FROM staged s LEFT JOIN images i ON i.key = s.key
"""
_CHANGES = {
    "lost": "was usable when it was indexed and is not now ({reason})",
    "file": "its file is not the one that was indexed",
    "labels": "its labels are not those that were indexed",
    "time": "its video, frame or time is not what was indexed",
}
_KEPT = "; kept as indexed. To take what is there now, give --replace"


@dataclass(frozen=True, slots=True)
class Plan:
    """The arguments of `Index.add`."""

    role: str
    source: str
    classes: tuple[str, ...]
    root: str
    origin: str
    held_out: frozenset[str]
    replace: bool
    moved_from: str = ""


def run(
    connection: sqlite3.Connection, path: Path, plan: Plan, samples: Iterable[CheckedSample]
) -> ImportReport:
    """Import samples by a plan; the index changes by the last transaction only."""
    with database_errors(path):
        known = _classes(connection)
        connection.execute(STAGING)
    try:
        places = _places(plan, known)
        remaining = iter(samples)
        while batch := list(islice(remaining, _BATCH)):
            rows = [_row(plan, places, sample) for sample in batch]
            with database_errors(path):
                _stage(connection, rows)
        with database_errors(path), transaction(connection):
            now = _classes(connection)
            if now != known and _places(plan, now).tolist() != places.tolist():
                raise ProjectError(
                    "Another process has imported labels at the same time. Give the command again."
                )
            return _merge(connection, plan, now)
    finally:
        with database_errors(path):
            connection.execute("DROP TABLE temp.staged")


def _classes(connection: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(
        name for (name,) in connection.execute("SELECT name FROM classes ORDER BY position")
    )


def _places(plan: Plan, known: tuple[str, ...]) -> np.ndarray:
    """Where each class of the source is among the index's."""
    if len(set(plan.classes)) != len(plan.classes):
        raise ArgumentError(
            "Index.add", "classes", expected="of different names", got=repr(plan.classes)
        )
    new = [name for name in plan.classes if name not in known]
    if known and new:
        raise ProjectError(
            f"{plan.source} has classes that the index does not: {', '.join(new[:10])}; the index "
            f"has {', '.join(known)}. Import with `classes`, naming those to keep (or mapping the "
            "source's names to the index's), or begin a new index."
        )
    return np.array([(known or plan.classes).index(name) for name in plan.classes], np.int64)


def _row(plan: Plan, places: np.ndarray, checked: CheckedSample) -> tuple[object, ...]:
    record, truth = checked.sample.record, checked.sample.truth
    labels: tuple[object, ...] = (None, None, None, None)
    if truth is not None:
        _check_classes(plan, record.key, truth)
        moved = replace(truth, classes=places[truth.classes])
        digest = truth_blob.digest(truth, plan.classes)
        labels = (len(truth), int(truth.ignore.sum()), truth_blob.pack(moved), digest)
    below = bool(plan.root) and record.path.startswith(plan.root + "/")
    return (
        record.key,
        record.path[len(plan.root) + 1 :] if below else record.path,
        record.width,
        record.height,
        record.video,
        record.frame,
        record.seconds,
        "test" if record.key in plan.held_out else plan.role,
        checked.state,
        checked.reason,
        checked.content,
        checked.size,
        checked.modified_ns,
        "\n".join(checked.problems),
        *labels,
        record.segment,
        record.place,
    )


def _check_classes(plan: Plan, key: str, truth: GroundTruth) -> None:
    if len(truth) and not 0 <= truth.classes.min() <= truth.classes.max() < len(plan.classes):
        raise ArgumentError(
            "Index.add",
            "checked_samples",
            expected=f"of classes 0 to {len(plan.classes) - 1}",
            got=f"classes {truth.classes.min()} to {truth.classes.max()} on {key}",
        )


def _stage(connection: sqlite3.Connection, rows: list[tuple[object, ...]]) -> None:
    try:
        connection.execute("BEGIN")
        connection.executemany(_STAGE, rows)
        connection.execute("COMMIT")
    except sqlite3.IntegrityError:
        connection.execute("ROLLBACK")
        raise ArgumentError(
            "Index.add",
            "checked_samples",
            expected="of different keys",
            got=f"a key twice, one of {rows[0][0]!r} … {rows[-1][0]!r}",
        ) from None
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _merge(connection: sqlite3.Connection, plan: Plan, known: tuple[str, ...]) -> ImportReport:
    if not known:
        connection.executemany("INSERT INTO classes VALUES (?, ?)", enumerate(plan.classes))
    source = _source_id(connection, plan)
    values = {"split": bool(plan.held_out), "role": plan.role}
    connection.execute(f"CREATE TEMP TABLE judged AS {_JUDGED}", values)
    gone = _gone(connection, plan)
    _put_in(connection, plan, source)
    report = _report(connection, plan, gone)
    connection.execute("DROP TABLE temp.judged")
    return report


def _source_id(connection: sqlite3.Connection, plan: Plan) -> int:
    row = connection.execute(
        "SELECT id, root FROM sources WHERE name = ?", (plan.source,)
    ).fetchone()
    if row is None:
        cursor = connection.execute(
            "INSERT INTO sources (name, root) VALUES (?, ?)", (plan.source, plan.root)
        )
        return int(cursor.lastrowid or 0)
    if plan.moved_from and row[1] == plan.moved_from:
        _move(connection, int(row[0]), plan)
    elif row[1] != plan.root:
        raise ProjectError(
            f"The index knows {plan.source} as another folder ({row[1]}, not {plan.root}). Import "
            "under another name."
        )
    return int(row[0])


def _move(connection: sqlite3.Connection, source: int, plan: Plan) -> None:
    """The source is in another folder; paths below it are relative to it and need no change."""
    connection.execute("UPDATE sources SET root = ? WHERE id = ?", (plan.root, source))
    connection.execute(
        "UPDATE images SET origin = replace(origin, ?, ?) WHERE source = ?",
        (plan.moved_from, plan.root, source),
    )


def _gone(connection: sqlite3.Connection, plan: Plan) -> tuple[str, ...]:
    if not plan.origin:
        return ()
    rows = connection.execute(
        """SELECT key FROM images WHERE origin = ?
        AND NOT EXISTS (SELECT 1 FROM staged WHERE staged.key = images.key) ORDER BY key""",
        (plan.origin,),
    )
    return tuple(key for (key,) in rows)


def _put_in(connection: sqlite3.Connection, plan: Plan, source: int) -> None:
    columns = ", ".join(COLUMNS)
    connection.execute(
        f"""INSERT INTO images (source, origin, {columns})
        SELECT ?, ?, {columns} FROM staged
        WHERE id IN (SELECT id FROM judged WHERE verdict = 'new') ORDER BY id""",
        (source, plan.origin),
    )
    verdicts = ["mended", "still", *(_CHANGES if plan.replace else ())]
    _copy(connection, _REPLACED, f"verdict IN ({_quoted(verdicts)})")
    # The same bytes, elsewhere or written anew: so that they need not be read again next time.
    _copy(connection, ["path", "size", "modified_ns", "place"], "verdict = 'moved'")


def _copy(connection: sqlite3.Connection, columns: list[str], condition: str) -> None:
    values = [f"coalesce(s.{c}, images.{c})" if c in _OPTIONAL else f"s.{c}" for c in columns]
    connection.execute(
        f"""UPDATE images SET ({", ".join(columns)}) =
        (SELECT {", ".join(values)} FROM staged s WHERE s.key = images.key)
        WHERE key IN (SELECT key FROM judged WHERE {condition})"""
    )


def _report(connection: sqlite3.Connection, plan: Plan, gone: tuple[str, ...]) -> ImportReport:
    taken = "('new', 'mended')" if not plan.replace else f"('new', 'mended', {_quoted(_CHANGES)})"
    added, held_out, objects, ignored = connection.execute(
        """SELECT count(*), coalesce(sum(role = 'test' AND :role <> 'test'), 0),
        coalesce(sum(objects - ignored), 0), coalesce(sum(ignored), 0)
        FROM staged WHERE state = 'ok'
        AND id IN (SELECT id FROM judged WHERE verdict IN ('new', 'mended'))""",
        {"role": plan.role},
    ).fetchone()
    (present,) = connection.execute(
        "SELECT count(*) FROM judged WHERE verdict IN ('same', 'moved')"
    ).fetchone()
    faults: dict[str, list[Note]] = {"broken": [], "missing": []}
    for key, state, reason in connection.execute(
        """SELECT key, state, reason FROM judged
        WHERE state <> 'ok' AND verdict <> 'role' ORDER BY key"""
    ):
        faults[state].append(Note(key, reason))
    return ImportReport(
        role=plan.role,
        source=plan.source,
        added=added,
        present=present,
        changed=tuple(_changed(connection, plan)),
        missing=tuple(faults["missing"]),
        broken=tuple(faults["broken"]),
        gone=gone,
        problems=tuple(_problems(connection, taken)),
        duplicates=tuple(_duplicates(connection, taken)),
        held_out=held_out,
        objects=objects,
        ignored=ignored,
    )


def _changed(connection: sqlite3.Connection, plan: Plan) -> Iterator[Note]:
    rows = connection.execute(
        f"""SELECT key, verdict, reason, role, old_role FROM judged
        WHERE verdict IN ('role', {_quoted(_CHANGES)}) ORDER BY key"""
    )
    for key, verdict, reason, role, old_role in rows:
        if verdict == "role":
            text = f"is in role {old_role!r} and stays there; {role!r} was asked for"
        else:
            text = _CHANGES[verdict].format(reason=reason)
            text += "; replaced" if plan.replace else _KEPT
        yield Note(key, text)


def _problems(connection: sqlite3.Connection, taken: str) -> Iterator[Note]:
    rows = connection.execute(
        f"""SELECT key, problems FROM staged WHERE problems <> ''
        AND id IN (SELECT id FROM judged WHERE verdict IN {taken}) ORDER BY key"""
    )
    for key, problems in rows:
        for text in problems.split("\n"):
            yield Note(key, text)


def _duplicates(connection: sqlite3.Connection, taken: str) -> Iterator[Note]:
    rows = connection.execute(
        f"""SELECT count(*), min(key), max(key), group_concat(DISTINCT role) FROM images
        WHERE state = 'ok' AND content IN (
            SELECT content FROM staged WHERE state = 'ok'
            AND id IN (SELECT id FROM judged WHERE verdict IN {taken})
        ) GROUP BY content HAVING count(*) > 1 ORDER BY 3"""
    )
    for count, first, last, roles in rows:
        others = f" and {count - 2} more" if count > 2 else ""
        text = f"has the same bytes as {first}{others}"
        if "test" in roles and roles != "test":
            text += "; one is for testing, another is not, so tests will look too good"
        yield Note(last, text)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
