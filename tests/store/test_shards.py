"""Score shards are whole or absent, and belong to what they were made from."""

import numpy as np
import pytest

from labelnext.errors import ProjectError
from labelnext.store.shards import ROWS, ScoreRow, ScoreShards
from labelnext.types import Detections


def rows(count, start=0):
    found = Detections(
        np.array([[1, 2, 3, 4.5]], np.float32), np.array([0.75], np.float32),
        np.array([2], np.int64), np.array([[0.1, 0.2, 0.7]], np.float32),
    )  # fmt: skip
    return [ScoreRow(f"{i:05d}", i / 7, found) for i in range(start, start + count)]


def test_rows_read_back(tmp_path):
    shards = ScoreShards(tmp_path / "round", "f")
    empty = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    written = [*rows(2), ScoreRow("x", None, empty), ScoreRow("y", None, None, "truncated")]
    shards.write(0, written)
    back = list(shards.rows())
    assert [(r.key, r.score, r.problem) for r in back] == [
        (r.key, r.score, r.problem) for r in written
    ]
    assert back[0].detections.probabilities.tolist() == written[0].detections.probabilities.tolist()
    assert back[2].detections.xyxy.shape == (0, 4)
    assert back[3].detections is None


def test_only_whole_parts_of_the_same_origin_and_images_count(tmp_path):
    shards = ScoreShards(tmp_path, "weights-1")
    keys = [row.key for row in rows(4 * ROWS + 7)]
    assert shards.missing(keys) == [0, 1, 2, 3, 4]
    for number in (0, 1, 3):
        shards.write(number, rows(ROWS, number * ROWS))
    assert shards.missing(keys) == [2, 4]
    assert shards.missing(keys[ROWS:], 1) == [1, 3]
    assert shards.missing(["another", *keys[1:]]) == [0, 2, 4]
    (tmp_path / "part-000001.parquet").write_bytes(b"torn")
    assert shards.missing(keys) == [1, 2, 4]
    assert ScoreShards(tmp_path, "weights-2").missing(keys) == [0, 1, 2, 3, 4]
    assert shards.missing([]) == []


def test_what_follows_the_list_is_cut_off(tmp_path):
    shards = ScoreShards(tmp_path, "f")
    for number in range(12):
        shards.write(number, rows(2, 2 * number))
    shards.cut(12)
    assert len(shards.keys()) == 24
    shards.cut(3)
    assert shards.keys() == [f"{i:05d}" for i in range(6)]
    shards.cut(0)
    assert shards.keys() == []


def test_a_damaged_part_is_named(tmp_path):
    shards = ScoreShards(tmp_path, "f")
    shards.write(0, rows(3))
    (tmp_path / "part-000000.parquet").write_bytes(b"torn")
    with pytest.raises(ProjectError, match=r"part-000000\.parquet is damaged.*labelnext score"):
        list(shards.rows())


def test_some_rows_by_their_keys(tmp_path):
    shards = ScoreShards(tmp_path, "f")
    for number in (0, 1):
        shards.write(number, rows(4, 4 * number))
    assert shards.keys() == [f"{i:05d}" for i in range(8)]
    assert [row.key for row in shards.rows({"00006", "00001", "absent"})] == ["00001", "00006"]
    assert list(shards.rows([])) == []
    assert ScoreShards(tmp_path / "none", "f").keys() == []
