"""Several processes score what one does, and lose nothing that was done."""

import os
from functools import partial

import pytest

from labelnext.engine import score, score_side_by_side
from labelnext.errors import LabelnextError
from labelnext.store.shards import ROWS, ScoreShards
from tests.engine import made
from tests.engine.test_local import records

COUNT = 5 * ROWS + 30


def values(shards):
    return [(row.key, row.score, row.problem) for row in shards.rows()]


@pytest.mark.parametrize("samples", [0, 2])
def test_rows_are_those_of_one_process(tmp_path, samples):
    one, many = ScoreShards(tmp_path / "one", "f"), ScoreShards(tmp_path / "many", "f")
    score(records(COUNT), made.plain(samples), one)
    told = []
    done = score_side_by_side(
        records(COUNT), partial(made.plain, samples), many, workers=2,
        progress=lambda task, done, total, **figures: told.append((task, done, total)),
    )  # fmt: skip
    assert done == COUNT
    assert values(many) == values(one)
    for part in sorted((tmp_path / "one").iterdir()):
        assert (tmp_path / "many" / part.name).read_bytes() == part.read_bytes()
    assert told[-1] == ("score", COUNT, COUNT)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_only_what_is_missing_is_scored(tmp_path):
    shards = ScoreShards(tmp_path, "f")
    score(records(COUNT), made.plain(), shards)
    whole = values(shards)
    for number in (1, 4):
        (tmp_path / f"part-{number:06d}.parquet").unlink()
    told = []
    done = score_side_by_side(
        records(COUNT), made.plain, shards, workers=2,
        progress=lambda task, done, total, **figures: told.append(done),
    )  # fmt: skip
    assert done == 2 * ROWS
    assert told[-1] == COUNT
    assert values(shards) == whole
    assert score_side_by_side(records(COUNT), made.unmade, shards, workers=2) == 0


def test_each_process_has_its_gpu(tmp_path):
    shards = ScoreShards(tmp_path, "f")
    score_side_by_side(records(COUNT), made.placed, shards, workers=2, gpus=["3", "5"])
    places = {divmod(row.score, 100) for row in shards.rows() if row.score is not None}
    assert len({process for process, _ in places}) == len(places) <= 2
    assert {gpu for _, gpu in places} <= {3.0, 5.0}
    assert os.getpid() not in {process for process, _ in places}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (made.unmade, "the weights are gone"),
        (made.failing, "ZeroDivisionError: of no use"),
        (made.killed, "ended from outside.*is kept: give the command again, with fewer workers"),
    ],
)
def test_what_goes_wrong_in_a_process_is_said(tmp_path, make, says):
    shards = ScoreShards(tmp_path, "f")
    with pytest.raises(LabelnextError, match=says):
        score_side_by_side(records(COUNT), make, shards, workers=2)
    score(records(COUNT), made.plain(), shards)
    assert [row.key for row in shards.rows()] == [record.key for record in records(COUNT)]
