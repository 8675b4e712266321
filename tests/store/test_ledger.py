"""The ledger keeps rounds as they were written, every answer, and what tasks took."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from labelnext.errors import ProjectError
from labelnext.store.ledger import Ledger, PickRow, RoundRow, TaskRow
from labelnext.types import GroundTruth


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger(tmp_path / "ledger.sqlite", create=True)
    yield opened
    opened.close()


def propose(ledger, number=1, keys=("a", "b")):
    row = RoundRow(number, {"name": "divergence", "radius": 9}, 7, 2, "pool", "labels", "weights")
    picks = [PickRow(number, rank, key, 0.5, "why") for rank, key in enumerate(keys, 1)]
    ledger.propose(row, picks, keys, 0.1)
    return row, picks


def test_a_round_reads_back_as_written(ledger):
    row, picks = propose(ledger)
    assert ledger.rounds() == [row]
    assert ledger.picks(1) == picks
    assert ledger.blocked() == {"a", "b"}
    assert ledger.step(1, "select").details == {"images": 2}


def test_a_round_is_written_once(ledger):
    propose(ledger)
    with pytest.raises(ProjectError, match="UNIQUE"):
        propose(ledger)


def test_a_failed_proposal_leaves_nothing(ledger):
    with pytest.raises(ProjectError):
        propose(ledger, keys=("a", "a"))
    assert ledger.rounds() == []
    assert ledger.picks() == []
    assert ledger.blocked() == set()
    assert ledger.step(1, "select") is None


def test_an_image_is_picked_once_in_all_rounds(ledger):
    propose(ledger, 1, ("a",))
    with pytest.raises(ProjectError):
        propose(ledger, 2, ("a",))
    assert len(ledger.rounds()) == 1


def test_the_newest_answer_counts_and_the_same_one_is_kept_once(ledger):
    propose(ledger)
    first = GroundTruth.from_boxes([[1, 2, 3, 4]])
    second = GroundTruth.from_boxes([[1, 2, 3, 5], [0, 0, 9, 9]], [0, 0], [False, True])
    assert ledger.receive(1, {"a": first}) == (1, 0)
    digest = ledger.labels_digest()
    assert ledger.receive(1, {"a": first}) == (0, 0)
    assert ledger.labels_digest() == digest
    assert ledger.receive(1, {"a": second, "b": first}) == (1, 1)
    assert ledger.labels_digest() != digest
    assert ledger.labels()["a"].xyxy.tolist() == second.xyxy.tolist()
    assert ledger.labels()["a"].ignore.tolist() == [False, True]


def test_steps_are_recorded_once(ledger):
    ledger.finish(0, "train", 1.5, {"weights": "abc"})
    assert ledger.step(0, "train").details == {"weights": "abc"}
    with pytest.raises(ProjectError):
        ledger.finish(0, "train", 1.0)


def test_a_missing_ledger_says_what_to_do(tmp_path):
    with pytest.raises(ProjectError, match="labelnext init"):
        Ledger(tmp_path / "none.sqlite")


def test_a_full_disk_loses_nothing(ledger):
    propose(ledger)
    pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
    ledger._db.execute(f"PRAGMA max_page_count = {pages}")
    many = {"a": GroundTruth.from_boxes(np.ones((20_000, 4)))}
    with pytest.raises(ProjectError, match=r"full.*free space"):
        ledger.receive(1, many)
    assert ledger.labels() == {}
    ledger._db.execute("PRAGMA max_page_count = 1000000")
    assert ledger.receive(1, many) == (1, 0)
    assert len(ledger.picks(1)) == 2


def test_a_newer_schema_is_refused(tmp_path):
    path = tmp_path / "ledger.sqlite"
    Ledger(path, create=True).close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    with pytest.raises(ProjectError, match="schema 99"):
        Ledger(path)


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database" * 500)
    with pytest.raises(ProjectError, match="not a database"):
        Ledger(path)


OLD = Path(__file__).with_name("ledger_1.sql")


@pytest.fixture
def old(tmp_path):
    """A ledger as schema 1 wrote it: an initial detector and one round, half of it labelled."""
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript(OLD.read_text(encoding="utf-8"))
    db.close()
    return path


def schema(path):
    with sqlite3.connect(path) as db:
        version = db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()[0]
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    db.close()
    return version, "tasks" in tables


def test_an_old_ledger_is_read_as_it_is(old):
    ledger = Ledger(old)
    assert ledger.tasks() == []
    (row,) = ledger.rounds()
    assert (row.budget, row.strategy["name"]) == (2, "divergence")
    assert list(ledger.labels()) == ["a"]
    assert ledger.step(1, "select").details == {"images": 2}
    ledger.close()
    assert schema(old) == ("1", False)


def test_an_old_ledger_is_upgraded_with_the_first_write_and_loses_nothing(old):
    ledger = Ledger(old)
    before = (ledger.rounds(), ledger.picks(), ledger.labels_digest(), ledger.steps())
    task = TaskRow("a", 1, 12.5, 1, 0, 2, "times.csv")
    assert ledger.time_tasks([task]) == (1, 0)
    assert before == (ledger.rounds(), ledger.picks(), ledger.labels_digest(), ledger.steps())
    propose(ledger, 2, ("c",))
    ledger.close()
    assert schema(old) == ("2", True)
    again = Ledger(old)
    assert again.tasks() == [task]
    assert len(again.rounds()) == 2
    again.close()


def test_an_upgrade_that_fails_leaves_the_old_ledger(old):
    ledger = Ledger(old)
    with pytest.raises(ProjectError, match="FOREIGN KEY"):
        ledger.time_tasks([TaskRow("z", 9, 1.0, 0, 0, 0)])
    ledger.close()
    assert schema(old) == ("1", False)


def test_a_task_is_kept_once_and_may_be_timed_anew(ledger):
    propose(ledger)
    first, second = TaskRow("a", 1, 30.0, 3, 0, 0, "x.csv"), TaskRow("b", 1, 8.0, 0, 1, 1, "x.csv")
    assert ledger.time_tasks([second, first]) == (2, 0)
    assert ledger.time_tasks([first]) == (0, 0)
    assert ledger.tasks() == [first, second]
    anew = TaskRow("a", 1, 31.0, 3, 0, 0, "y.csv")
    assert ledger.time_tasks([anew, second]) == (0, 1)
    assert ledger.tasks() == [anew, second]


def test_a_budget_of_hours_and_details_read_back(ledger):
    row = RoundRow(1, {"name": "random"}, 7, "40 hours", "pool", "labels", "weights")
    ledger.propose(row, [PickRow(1, 1, "a", None, "")], ["a"], 0.1, {"asked": "40 hours"})
    assert ledger.rounds() == [row]
    assert ledger.step(1, "select").details == {"asked": "40 hours", "images": 1}


def test_a_first_ledger_is_read_as_it_is_and_upgraded_when_it_is_written(tmp_path):
    """Ledgers of schema 1 once had no column that says from which round a label counts."""
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path, create=True)
    for number in (1, 2):
        propose(ledger, number, (f"{number}.png",))
        ledger.receive(number, {f"{number}.png": GroundTruth.from_boxes([[0, 0, number, 9]])})
    known = [(n, list(ledger.labels(up_to=n)), ledger.labels_digest(up_to=n)) for n in (0, 1, 2)]
    ledger.close()
    raw = sqlite3.connect(path)
    raw.execute("ALTER TABLE labels DROP COLUMN known_from")
    raw.execute("DROP TABLE tasks")
    raw.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
    raw.commit()
    old = Ledger(path)
    assert [row[:2] for row in known] == [(n, list(old.labels(up_to=n))) for n in (0, 1, 2)]
    assert [row[2] for row in known] == [old.labels_digest(up_to=n) for n in (0, 1, 2)]
    columns = [row[1] for row in raw.execute("PRAGMA table_info(labels)")]
    assert "known_from" not in columns  # reading has changed nothing
    raw.close()
    later = {"2.png": GroundTruth.from_boxes([[0, 0, 5, 9]])}
    assert old.receive(2, later, known_from=3) == (0, 1)
    assert [row[2] for row in known] == [old.labels_digest(up_to=n) for n in (0, 1, 2)]
    assert old.labels(up_to=3)["2.png"].xyxy.tolist() == [[0, 0, 5, 9]]
    old.close()
