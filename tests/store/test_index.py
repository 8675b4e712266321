"""The index: what is put in comes out; the same again changes nothing; faults change nothing."""

import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError, ProjectError
from labelnext.store.import_report import Note
from labelnext.store.index import Index, RoleCounts
from labelnext.types import CheckedSample, GroundTruth, ImageRecord, Sample

HASH = "0123456789abcdef" * 4


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index.sqlite", create=True) as opened:
        yield opened


def checked(key: str, boxes: object = None, classes: object = None, **fields: object):
    truth = None if boxes is None else GroundTruth.from_boxes(boxes, classes)
    video, frame = fields.pop("video", None), fields.pop("frame", None)
    record = ImageRecord(key, f"/data/{key}", 60, 40, video, frame, fields.pop("seconds", None))
    fields.setdefault("content", f"content of {key}")
    return CheckedSample(Sample(record, truth), size=10, modified_ns=99, **fields)


ONE = [[1.0, 2.0, 3.0, 4.0]]


def test_what_is_put_in_comes_out(index: Index) -> None:
    samples = [
        checked("s/b.jpg", [*ONE, [5, 6, 7.25, 8]], [1, 0], video="v", frame=3, seconds=0.5),
        checked("s/a.jpg", []),
        checked("s/c.jpg"),
        checked("s/d.jpg", state="broken", reason="truncated", content=""),
        checked("s/e.jpg", ONE, state="missing", reason="there is no such file", content=""),
    ]
    report = index.add("pool", "s", ("person", "car"), samples, root="/data", origin="coco:x")
    assert (report.added, report.present, report.objects, report.ignored) == (3, 0, 2, 0)
    assert report.broken == (Note("s/d.jpg", "truncated"),)
    assert report.missing == (Note("s/e.jpg", "there is no such file"),)
    assert index.classes == ("person", "car")
    assert index.records("pool") == [samples[i].sample.record for i in (1, 0, 2)]
    assert index.records("test") == []
    truth = index.truth(["s/b.jpg", "s/c.jpg", "s/a.jpg"])
    assert list(truth) == ["s/b.jpg", "s/c.jpg", "s/a.jpg"]
    assert truth["s/c.jpg"] is None
    assert truth["s/a.jpg"] is not None
    assert truth["s/a.jpg"].xyxy.shape == (0, 4)
    assert truth["s/b.jpg"] is not None
    assert truth["s/b.jpg"].xyxy.tolist() == [[1, 2, 3, 4], [5, 6, 7.25, 8]]
    assert truth["s/b.jpg"].classes.tolist() == [1, 0]
    assert [(one.key, one.state, one.path) for one in index.broken()] == [
        ("s/d.jpg", "broken", "/data/s/d.jpg"), ("s/e.jpg", "missing", "/data/s/e.jpg"),
    ]  # fmt: skip
    assert index.counts()["pool"] == RoleCounts(3, 2, 1, 2, 0, 1, 1)
    assert index.counts()["test"] == RoleCounts(0, 0, 0, 0, 0, 0, 0)


def test_it_is_there_when_opened_again(index: Index) -> None:
    index.add("initial", "s", ("person",), [checked("a", ONE)])
    digest = index.digest("initial")
    index.close()
    with Index.open(index.path) as again:
        assert [record.key for record in again.records("initial")] == ["a"]
        assert again.digest("initial") == digest


def test_the_same_again_changes_nothing(index: Index) -> None:
    samples = [checked("a", ONE), checked("b", []), checked("c"), checked("d", state="broken")]
    index.add("pool", "s", ("person",), samples, origin="x")
    before = dump(index)
    report = index.add("pool", "s", ("person",), samples, origin="x")
    assert (report.added, report.present, report.changed, report.gone) == (0, 3, (), ())
    assert [note.key for note in report.broken] == ["d"]
    assert dump(index) == before


@pytest.mark.parametrize(
    ("then", "says"),
    [
        (checked("a", ONE, content="other"), "its file is not the one"),
        (checked("a", [[1, 2, 3, 5]]), "its labels are not those"),
        (checked("a", ONE, video="v", frame=1), "its video, frame or time"),
        (checked("a", ONE, state="broken", reason="cut", content="x"), r"not now \(cut\)"),
        (checked("a", ONE, state="missing", reason="gone", content=""), r"not now \(gone\)"),
    ],
)
def test_changes_are_reported_kept_and_taken_on_demand(
    index: Index, then: CheckedSample, says: str
) -> None:
    samples = [checked("a", ONE), checked("b", ONE)]
    index.add("pool", "s", ("person",), samples)
    before, digest = dump(index), index.digest("pool")
    again = [then, samples[1]]
    report = index.add("pool", "s", ("person",), again)
    assert (report.added, report.present, len(report.changed)) == (0, 1, 1)
    assert report.changed[0].key == "a"
    assert "give --replace" in report.changed[0].text
    assert re.search(says, report.changed[0].text)
    assert dump(index) == before
    report = index.add("pool", "s", ("person",), again, replace=True)
    assert report.changed[0].text.endswith("replaced")
    assert index.digest("pool") != digest
    report = index.add("pool", "s", ("person",), again, replace=True)
    assert report.changed == ()


def test_order_of_boxes_is_no_change(index: Index) -> None:
    two = [[1, 2, 3, 4], [5, 6, 7, 8]]
    index.add("pool", "s", ("person",), [checked("a", two)])
    report = index.add("pool", "s", ("person",), [checked("a", two[::-1])])
    assert (report.present, report.changed) == (1, ())


def test_a_file_written_anew_with_the_same_bytes_is_no_change(index: Index) -> None:
    index.add("pool", "s", ("person",), [checked("a", ONE)])
    index.add("pool", "s", ("person",), [replace(checked("a", ONE), modified_ns=123)])
    assert index.stamps(["a", "none"]) == {"a": (10, 123, "content of a", 60, 40)}


@pytest.mark.parametrize("change", [{"path": "/else/a"}, {"place": 77}])
def test_the_same_bytes_elsewhere_are_no_change_and_are_found_there(
    index: Index, change: dict[str, Any]
) -> None:
    first = checked("a", ONE)
    index.add("pool", "s", ("person",), [first])
    record = replace(first.sample.record, **change)
    report = index.add(
        "pool", "s", ("person",), [replace(first, sample=replace(first.sample, record=record))]
    )
    assert (report.present, report.changed) == (1, ())
    assert index.records("pool") == [record]


def test_the_same_again_writes_nothing(index: Index) -> None:
    index.add("pool", "s", ("person",), [checked(f"{i}", ONE) for i in range(500)])
    index.add("pool", "s", ("person",), [checked("0", ONE)])
    log = index.path.with_name(index.path.name + "-wal")
    with Index.open(index.path) as other:
        other._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert log.stat().st_size == 0
        report = other.add("pool", "s", ("person",), [checked(f"{i}", ONE) for i in range(500)])
        assert (report.added, report.present) == (0, 500)
        assert log.stat().st_size == 0


def test_a_source_without_labels_or_times_says_nothing_of_them(index: Index) -> None:
    labelled = checked("a", ONE, video="v", frame=1, seconds=0.5)
    index.add("pool", "s", ("person",), [labelled, checked("b")])
    before = dump(index)
    report = index.add("pool", "s", (), [checked("a"), checked("b")], replace=True)
    assert (report.present, report.changed) == (2, ())
    assert dump(index) == before
    # A new file keeps the labels; an image without any can be given some.
    new_file = checked("a", content="other")
    report = index.add("pool", "s", ("person",), [new_file, checked("b", [])], replace=True)
    assert [note.key for note in report.changed] == ["a", "b"]
    truth = index.truth(["a", "b"])
    assert [None if one is None else len(one) for one in truth.values()] == [1, 0]
    assert index.records("pool")[0].video == "v"


def test_mended_images_come_in(index: Index) -> None:
    index.add("pool", "s", ("person",), [checked("a", ONE, state="missing", reason="gone")])
    index.add("pool", "s", ("person",), [checked("a", ONE, state="broken", reason="cut")])
    assert [(one.state, one.reason) for one in index.broken()] == [("broken", "cut")]
    assert index.stamps(["a"]) == {}
    report = index.add("pool", "s", ("person",), [checked("a", ONE)])
    assert (report.added, report.objects) == (1, 1)
    assert index.broken() == []
    assert len(index.records("pool")) == 1


def test_a_role_never_changes(index: Index) -> None:
    samples = [checked("a", ONE), checked("b", ONE)]
    index.add("pool", "s", ("person",), samples)
    report = index.add("test", "s", ("person",), samples, replace=True)
    assert (report.added, report.present) == (0, 0)
    assert report.changed[0] == (
        "a", "is in role 'pool' and stays there; 'test' was asked for",
    )  # fmt: skip
    assert [len(index.records(role)) for role in ("pool", "test")] == [2, 0]


def test_held_out(index: Index) -> None:
    samples = [checked(key, ONE) for key in "abcd"]
    report = index.add("pool", "s", ("person",), samples, held_out={"c", "d"})
    assert (report.added, report.held_out) == (4, 2)
    assert [record.key for record in index.records("test")] == ["c", "d"]
    # The split has moved with new frames; what is in a role stays there.
    more = [*samples, checked("e", ONE), checked("f", ONE)]
    report = index.add("pool", "s", ("person",), more, held_out={"d", "e", "f"})
    assert (report.added, report.present, report.held_out, report.changed) == (2, 4, 2, ())
    assert [record.key for record in index.records("test")] == ["c", "d", "e", "f"]


def test_images_listed_no_longer_are_kept_and_named(index: Index) -> None:
    index.add("pool", "s", ("person",), [checked("a"), checked("b")], origin="coco:1")
    index.add("pool", "s", ("person",), [checked("c")], origin="coco:2")
    report = index.add("pool", "s", ("person",), [checked("b")], origin="coco:1")
    assert report.gone == ("a",)
    assert len(index.records("pool")) == 3


def test_classes_are_those_of_the_first_labels(index: Index) -> None:
    index.add("pool", "a", (), [checked("a")])
    assert index.classes == ()
    index.add("initial", "b", ("person", "car"), [checked("b", ONE, [1])])
    index.add("pool", "c", ("car", "person"), [checked("c", [*ONE, *ONE], [0, 1])])
    assert index.classes == ("person", "car")
    truth = index.truth(["b", "c"])
    assert truth["b"] is not None
    assert truth["c"] is not None
    assert truth["b"].classes.tolist() == [1]
    assert truth["c"].classes.tolist() == [1, 0]
    before = dump(index)
    with pytest.raises(ProjectError, match="d has classes that the index does not: dog; the index"):
        index.add("pool", "d", ("dog", "car"), [checked("d", ONE)])
    assert dump(index) == before


def test_the_same_bytes_under_several_keys(index: Index) -> None:
    index.add("pool", "s", (), [checked("a", content="x"), checked("b", content="y")])
    report = index.add("pool", "t", (), [checked("c", content="x"), checked("d", content="x")])
    assert report.duplicates == (Note("d", "has the same bytes as a and 1 more"),)
    report = index.add("test", "u", ("p",), [checked("e", ONE, content="y")])
    assert report.duplicates[0].key == "e"
    assert "has the same bytes as b; one is for testing" in report.duplicates[0].text
    broken = [checked("f", state="broken", content="y"), checked("g", state="missing", content="")]
    assert index.add("pool", "v", (), broken).duplicates == ()


def test_problems(index: Index) -> None:
    sample = checked("a", ONE, problems=("one", "two"))
    report = index.add("pool", "s", ("person",), [sample, checked("b", ONE)])
    assert report.problems == (Note("a", "one"), Note("a", "two"))
    assert str(report.problems[0]) == "a: one"
    assert index.problems("pool") == {"a": ("one", "two")}
    assert index.add("pool", "s", ("person",), [sample]).problems == ()


def test_digest_sees_what_matters_and_no_order(tmp_path: Path) -> None:
    base = [checked("a", ONE), checked("b", [*ONE, [5, 6, 7, 8]]), checked("c")]
    seen = set()
    for number, samples in enumerate(
        (
            base,
            [replace(base[0], content="other"), *base[1:]],
            [checked("z", ONE, content=base[0].content), *base[1:]],
            [base[0], base[1], checked("c", [])],
            [checked("a", ONE, [1]), *base[1:]],
            [checked("a", ONE, video="v", frame=1), *base[1:]],
            [checked("a", ONE, video="v", frame=2), *base[1:]],
            [replace(base[0], state="broken"), *base[1:]],
            base[:2],
        )
    ):
        with Index.open(tmp_path / f"{number}.sqlite", create=True) as index:
            index.add("pool", "s", ("person", "car"), samples)
            seen.add(index.digest("pool"))
    assert len(seen) == 9
    with Index.open(tmp_path / "turned.sqlite", create=True) as index:
        turned = [checked("b", [[5, 6, 7, 8], *ONE], [1, 1]), checked("a", ONE, [1])]
        index.add("pool", "s", ("car", "person"), turned, root="/data")
        index.add("pool", "s", ("car",), [checked("c")], root="/data")
        assert index.digest("pool") in seen


def test_paths_are_relative_to_their_root(index: Index) -> None:
    index.add("pool", "s", (), [checked("a")], root="/data")
    index.add("pool", "t", (), [checked("b")], root="/dat")
    with closing(sqlite3.connect(index.path)) as connection:
        paths = [path for (path,) in connection.execute("SELECT path FROM images ORDER BY key")]
    assert paths == ["a", "/data/b"]
    assert [record.path for record in index.records("pool")] == ["/data/a", "/data/b"]


def test_source_names(index: Index) -> None:
    assert index.source_name("s", "/x") == "s"
    index.add("pool", "s", (), [checked("a")], root="/x")
    assert index.source_name("s", "/x") == "s"
    assert index.source_name("s", "/y") == "s-2"
    index.add("pool", "s-2", (), [checked("b")], root="/y")
    assert index.source_name("s", "/y") == "s-2"
    assert index.source_name("s", "/z") == "s-3"
    assert index.source_name("other", "/x") == "s"
    with pytest.raises(ProjectError, match="knows s as another folder"):
        index.add("pool", "s", (), [checked("c")], root="/y")


def test_faults_change_nothing(index: Index) -> None:
    index.add("pool", "s", ("person",), [checked("a", ONE)])
    before = dump(index)

    def broken_off() -> Iterator[CheckedSample]:
        yield from (checked(f"b{i}", ONE) for i in range(1100))
        raise RuntimeError("reader")

    with pytest.raises(RuntimeError, match="reader"):
        index.add("pool", "s", ("person",), broken_off())
    with pytest.raises(ArgumentError, match="of different keys"):
        index.add("pool", "s", ("person",), [checked("b"), checked("c"), checked("b")])
    with pytest.raises(ArgumentError, match="classes 1 to 1 on b"):
        index.add("pool", "s", ("person",), [checked("b", ONE, [1])])
    with pytest.raises(ArgumentError, match="of different names"):
        index.add("pool", "s", ("person", "person"), [])
    with pytest.raises(ArgumentError, match="'source_name'"):
        index.add("pool", "", ("person",), [])
    assert dump(index) == before
    assert index.add("pool", "s", ("person",), [checked("b", ONE)]).added == 1


@pytest.mark.usefixtures("unchecked")
def test_unknown_roles_and_keys(index: Index) -> None:
    for call in (index.records, index.digest, index.problems):
        with pytest.raises(ArgumentError, match="'initial' or 'pool' or 'test'"):
            call("train")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="'train'"):
        index.add("train", "s", (), [])  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="Got 'none'"):
        index.truth(["none"])


def test_many_keys_and_rows(index: Index) -> None:
    samples = [checked(f"{i:05}", [[0, 0, i + 1, 1]]) for i in range(1510)]
    index.add("pool", "s", ("person",), iter(samples))
    keys = [record.key for record in index.records("pool")]
    assert keys == [f"{i:05}" for i in range(1510)]
    truth = index.truth(keys[::-1])
    assert [int(one.xyxy[0, 2]) for one in truth.values() if one is not None] == [
        *range(1510, 0, -1)
    ]
    assert index.truth([]) == {}
    assert len(index.stamps(keys)) == 1510


name = st.sampled_from(["a", "b", "c", "d", "e"])
state = st.sampled_from(["ok", "ok", "ok", "broken", "missing"])
step = st.dictionaries(name, st.tuples(state, st.integers(0, 1), st.integers(0, 1)), max_size=4)


@given(st.lists(st.tuples(step, st.booleans()), max_size=4))
def test_any_sequence_of_imports_matches_a_plain_model(imports: list) -> None:
    """A dict beside the index, changed by the rules in words, always says the same."""
    model: dict[str, tuple] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        Index.open(Path(folder) / "i.sqlite", create=True) as index,
    ):
        for rows, taking in imports:
            samples = [
                checked(key, [[0, 0, 1 + box, 1]], state=state, content=f"{key}{content}")
                for key, (state, content, box) in rows.items()
            ]
            report = index.add("pool", "s", ("person",), samples, replace=taking)
            counts = [0, 0, 0]
            for key, row in rows.items():
                old = model.get(key)
                if old is None or old[0] != "ok":
                    model[key] = row
                    counts[0] += row[0] == "ok"
                elif old == row:
                    counts[1] += 1
                else:
                    counts[2] += 1
                    model[key] = row if taking else old
            assert [report.added, report.present, len(report.changed)] == counts
        usable = {key: row for key, row in model.items() if row[0] == "ok"}
        assert [record.key for record in index.records("pool")] == sorted(usable)
        truth = index.truth(sorted(usable))
        assert {key: one and one.xyxy[0, 2] for key, one in truth.items()} == {
            key: 1 + box for key, (_, _, box) in usable.items()
        }
        assert {one.key: one.state for one in index.broken()} == {
            key: row[0] for key, row in model.items() if row[0] != "ok"
        }


def dump(index: Index) -> list[str]:
    """Everything in the file."""
    with closing(sqlite3.connect(index.path)) as connection:
        return list(connection.iterdump())


def test_whether_labels_have_masks(index: Index) -> None:
    assert index.masked() is None
    index.add("pool", "s", ("person",), [checked("a"), checked("b", [])])
    assert index.masked() is None  # nothing is labelled
    two = GroundTruth.from_boxes([*ONE, *ONE], tracks=[1, 2], visible=[0.5, 1])
    plain = checked("c", ONE)
    tracked = replace(plain, sample=replace(plain.sample, truth=two))
    index.add("initial", "t", ("person",), [plain])
    assert index.masked() is False
    index.add("initial", "u", ("person",), [replace(tracked, content="other")])
    assert index.masked() is False
    masked = replace(two, masks=np.array([None, b"04"], object))
    last = checked("d")
    index.add("test", "v", ("person",), [
        replace(last, sample=replace(last.sample, truth=masked))
    ])  # fmt: skip
    assert index.masked() is True
    assert index.truth(["d"])["d"].masks.tolist() == [None, b"04"]  # type: ignore[union-attr]
