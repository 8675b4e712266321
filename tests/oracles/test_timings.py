"""Times of tasks as CSV and as Label Studio exports them."""

import json

import pytest

from labelnext.errors import DataError
from labelnext.oracles.timings import read_timings


def csv(tmp_path, text):
    path = tmp_path / "times.csv"
    path.write_bytes(text.encode())
    return path


def exported(tmp_path, tasks):
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks))
    return path


def test_times_with_and_without_counts(tmp_path):
    plain = read_timings(
        csv(tmp_path, '\ufeffkey, seconds\r\na/1.png, 12.5\r\n\r\n"b,c.png",3\r\n')
    )
    assert [(t.name, t.seconds, t.counts) for t in plain] == [
        ("a/1.png", 12.5, None), ("b,c.png", 3.0, None)
    ]  # fmt: skip
    counted = read_timings(csv(tmp_path, "deleted,key,kept,seconds,new\n1,a,2,30,3\n"))
    assert [(t.name, t.seconds, t.counts) for t in counted] == [("a", 30.0, (3, 2, 1))]
    assert read_timings(csv(tmp_path, "key,seconds\n")) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"line 1: lacks the column 'key'"),
        ("image,seconds\na,3\n", r"lacks the column 'key' \(it has 'image, seconds'\)"),
        ("key;seconds\na;3\n", r"lacks the column 'key' .*such as key,seconds or"),
        ("key,time\na,3\n", r"lacks the column 'seconds'"),
        ("key,seconds,new\na,3,1\n", r"lacks the column 'kept'"),
        ("key,seconds,who\na,3,me\n", r"unknown column 'who'"),
        ("key,seconds,key\na,3,a\n", r"column 'key' twice"),
        ("key,seconds\na,0\n", r"line 2: 'seconds' must be a number above 0. Got '0'"),
        ("key,seconds\na,3\nb,-1\n", r"line 3: 'seconds'.*Got '-1'"),
        ("key,seconds\na,nan\n", r"Got 'nan'"),
        ("key,seconds\na,inf\n", r"Got 'inf'"),
        ("key,seconds\na,\n", r"Got ''"),
        ("key,seconds\na,3,4\n", r"line 2: has 3 cells under 2 heads"),
        ("key,seconds,new,kept,deleted\na,3,1.5,0,0\n", r"'new' must be a whole number"),
        ("key,seconds,new,kept,deleted\na,3,1,,0\n", r"'kept' must be a whole number.*Got ''"),
        ("key,seconds\na,3\na,4\n", r"line 3: 'a' is timed there and at line 2"),
        ('key,seconds\n"a,3\n', r"is not CSV"),
    ],
)
def test_bad_csv_says_the_line_and_what_to_do(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        read_timings(csv(tmp_path, text))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_timings(tmp_path / "none.csv")
    path = tmp_path / "latin.csv"
    path.write_bytes("key,seconds\nä,3\n".encode("latin-1"))
    with pytest.raises(DataError, match="is not UTF-8 text"):
        read_timings(path)


def test_label_studio_tells_how_long_each_annotation_took(tmp_path):
    def made(seconds, when, **more):
        return {"lead_time": seconds, "updated_at": f"2026-01-0{when}T00:00:00Z", **more}

    tasks = [
        {"id": 1, "data": {"image": "/data/upload/1/0a1b2c3d-a.png"}, "annotations": [
            made(40.5, 2), made(9.0, 1), made(99, 3, was_cancelled=True)]},
        {"id": 2, "data": {"image": "/data/local-files/?d=x/b%20c.png"}, "annotations": [
            made(3, 1)]},
        {"id": 3, "data": {"image": "https://h/x/d.png?token=1"}, "annotations": [made(7, 1)]},
        {"id": 4, "data": {"image": "untouched.png"}, "annotations": []},
        {"id": 5, "data": {"image": "old.png"}, "annotations": [{"result": []}]},
    ]  # fmt: skip
    found = read_timings(exported(tmp_path, tasks))
    assert [(t.name, t.seconds, t.counts) for t in found] == [
        ("0a1b2c3d-a.png", 40.5, None), ("b c.png", 3.0, None), ("d.png", 7.0, None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ({"images": []}, "must be a list of tasks.*Export JSON"),
        ([3], "task #0: must be a JSON object"),
        ([{"data": {}, "annotations": [{"lead_time": 3}]}], "task #0: names no image"),
        ([{"data": {"image": "a"}, "annotations": [{}]}], "no annotation with a 'lead_time'"),
        ([{"data": {"image": "a"}, "annotations": [{"lead_time": 0}]}], "above 0. Got 0"),
        ([{"data": {"image": "a"}, "annotations": [{"lead_time": True}]}], "Got True"),
        ([{"data": {"image": "a"}, "annotations": [{"lead_time": "x"}]}], "Got 'x'"),
    ],
)
def test_bad_exports_name_the_task(tmp_path, tasks, said):
    with pytest.raises(DataError, match=said):
        read_timings(exported(tmp_path, tasks))
