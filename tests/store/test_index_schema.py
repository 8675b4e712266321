"""Opening what is no index, is newer, locked, damaged or on a full disk: an error that says so."""

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from labelnext.errors import ProjectError
from labelnext.store.index import Index
from labelnext.store.index_schema import SCHEMA_VERSION
from labelnext.types import CheckedSample, GroundTruth, ImageRecord, Sample


def samples(n: int) -> list[CheckedSample]:
    truth = GroundTruth.from_boxes([[0, 0, 1, 1]] * 3)
    return [
        CheckedSample(Sample(ImageRecord(f"{i:06}", f"/data/{i}", 60, 40), truth), content=str(i))
        for i in range(n)
    ]


def test_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"no index at .*`labelnext init` makes one"):
        Index.open(tmp_path / "index.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_making_one_twice_keeps_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "index.sqlite"
    with Index.open(path, create=True) as index:
        index.add("pool", "s", ("person",), samples(2))
    with Index.open(path, create=True) as index:
        assert len(index.records("pool")) == 2
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


def test_a_newer_one(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    Index.open(path, create=True).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(ProjectError, match=r"schema version 3; .* up to 2\. Update it: pip"):
        Index.open(path)


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("content", [b"hello, world" * 100, b"{}"])
def test_not_a_database(tmp_path: Path, content: bytes, create: bool) -> None:
    path = tmp_path / "index.sqlite"
    path.write_bytes(content)
    with pytest.raises(ProjectError, match="damaged or not an index"):
        Index.open(path, create)
    assert path.read_bytes() == content


def test_another_programs_database(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE photos (x)")
    for create in (False, True):
        with pytest.raises(ProjectError, match="is not an index of labelnext"):
            Index.open(path, create)
    path.write_bytes(b"")
    with pytest.raises(ProjectError, match="is not an index of labelnext"):
        Index.open(path)


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="cannot be read or written"):
        Index.open(tmp_path, create=True)


def test_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    with Index.open(path, create=True) as index:
        index.add("pool", "s", ("person",), samples(3000))
    data = bytearray(path.read_bytes())
    data[8192:-8192] = os.urandom(len(data) - 16384)
    path.write_bytes(data)
    with pytest.raises(ProjectError, match="damaged"), Index.open(path) as index:
        index.records("pool")


def test_locked_by_another_process(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    Index.open(path, create=True).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Index.open(path, timeout=0.05) as index:
        with pytest.raises(ProjectError, match="Another process is writing to"):
            index.add("pool", "s", ("person",), samples(3))
        assert index.records("pool") == []
        other.execute("COMMIT")
        assert index.add("pool", "s", ("person",), samples(3)).added == 3
    other.close()


def test_reading_goes_on_while_another_writes(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    with Index.open(path, create=True) as index, Index.open(path, timeout=0.05) as reader:
        index.add("pool", "s", ("person",), samples(3))

        def watched():
            for sample in samples(9):
                assert len(reader.records("pool")) == 3
                yield sample

        assert index.add("pool", "s", ("person",), watched()).added == 6
        assert len(reader.records("pool")) == 9


def test_two_at_once(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    failures: list[BaseException] = []

    def work(part: int) -> None:
        try:
            with Index.open(path, create=True) as index:
                index.add("pool", f"s{part}", ("person",), samples(400)[part::4])
        except ProjectError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Index.open(path) as index:
        assert [record.key for record in index.records("pool")] == [f"{i:06}" for i in range(400)]


def test_classes_of_another_that_got_ahead(tmp_path: Path) -> None:
    """Samples that were read before the index had classes go in only if they still fit."""
    path = tmp_path / "index.sqlite"
    first, second = samples(2)
    for other, same in ((("person",), True), (("car", "person"), False)):
        path.unlink(missing_ok=True)
        with Index.open(path, create=True) as index, Index.open(path) as ahead:

            def read(opened: Index = ahead, classes: tuple[str, ...] = other):
                yield first
                opened.add("pool", "t", classes, [second])

            if same:
                assert index.add("pool", "s", ("person",), read()).added == 1
                continue
            with pytest.raises(ProjectError, match=r"at the same time\. Give the command again"):
                index.add("pool", "s", ("person",), read())
            assert [record.key for record in index.records("pool")] == ["000001"]
            assert index.add("pool", "s", ("person",), [first]).added == 1
            truth = index.truth(["000000"])["000000"]
            assert truth is not None
            assert truth.classes.tolist() == [1, 1, 1]


def test_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    with Index.open(path, create=True) as index:
        index.add("pool", "s", ("person",), samples(100))
        digest = index.digest("pool")
        pages = index._connection.execute("PRAGMA page_count").fetchone()[0]
        index._connection.execute(f"PRAGMA main.max_page_count = {pages + 20}")
        with pytest.raises(ProjectError, match=r"The disk is full: .* Free some space"):
            index.add("pool", "s", ("person",), samples(3000))
        assert index.digest("pool") == digest
        index._connection.execute("PRAGMA main.max_page_count = 1000000")
        assert index.add("pool", "s", ("person",), samples(3000)).added == 2900


def test_full_disk_for_what_is_gathered_aside(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index.sqlite", create=True) as index:
        index._connection.execute("PRAGMA temp.max_page_count = 20")
        with pytest.raises(ProjectError, match="The disk is full"):
            index.add("pool", "s", ("person",), samples(3000))
        assert index.records("pool") == []
        index._connection.execute("PRAGMA temp.max_page_count = 1000000")
        assert index.add("pool", "s", ("person",), samples(3000)).added == 3000


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ProjectError, match="cannot be read or written"):
        Index.open(tmp_path / "index.sqlite", create=True)


def test_version_1_becomes_the_newest_without_loss(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    with Index.open(path, create=True):
        pass
    with closing(sqlite3.connect(path)) as connection, connection:
        for column in ("segment", "place"):
            connection.execute(f"ALTER TABLE images DROP COLUMN {column}")
        connection.execute("INSERT INTO sources VALUES (1, 'shop', '/shop')")
        connection.execute(
            """INSERT INTO images VALUES (1, 1, '', 'shop/a.jpg', 'a.jpg', 4, 3, 'v', 7, 0.5,
            'pool', 'ok', '', 'c', 1, 1, '', NULL, NULL, NULL, NULL)"""
        )
        connection.execute("PRAGMA user_version = 1")
    for _ in range(2):
        with Index.open(path) as index:
            (record,) = index.records("pool")
        assert record == ImageRecord("shop/a.jpg", "/shop/a.jpg", 4, 3, "v", 7, 0.5, 0, None)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
