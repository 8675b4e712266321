"""The engine: order, resuming, unreadable images, draws that depend on the image alone."""

import numpy as np
import pytest

from labelnext.engine import Scorer, decode_ahead, predict, score
from labelnext.errors import ArgumentError, DataError, LabelnextError
from labelnext.evidence import Needs, Scored
from labelnext.store.shards import ROWS, ScoreShards
from labelnext.types import DenseMaps, Detections, ImageRecord, MapLevel, Prediction


def records(count):
    return [ImageRecord(f"{i:05d}", f"/{i}.jpg", 8, 8) for i in range(count)]


def read(record):
    number = int(record.key)
    if number % 10 == 7:
        raise DataError(record.path, "truncated")
    shape = (8, 8, 3) if number % 3 else (16, 8, 3)
    return np.full(shape, number % 256, np.uint8)


def rng_of(key):
    return np.random.default_rng(int(key))


class Mean:
    """Predicts the mean of an image as its one logit; counts the images it was shown."""

    classes = ("person",)

    def __init__(self):
        self.shown = 0

    def fingerprint(self):
        return "mean"

    def predict(self, images):
        assert len({image.shape for image in images}) == 1
        self.shown += len(images)
        return [self._one(image) for image in images]

    def sample(self, images, *, samples, rng):
        return [
            [self._maps(float(rng.normal())) for _ in range(samples)] for _ in images
        ]  # fmt: skip

    def _one(self, image):
        none = Detections(
            np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64)
        )
        return Prediction(self._maps(float(image.mean())), none)

    def _maps(self, value):
        return DenseMaps((MapLevel(np.full((1, 1, 1), value, np.float32), 8),), (8, 8))


class Logit:
    """A strategy that scores an image by its logit, or by the mean of its samples."""

    name, arguments = "logit", {}

    def __init__(self, samples=0):
        self.needs = Needs(forward=True, samples=samples)

    def pixel_scores(self, evidence):
        return None

    def select(self, pool, *, budget, blocked, rng):
        raise AssertionError("scoring selects nothing")

    def score(self, evidence):
        maps = evidence.samples or [evidence.prediction.maps]
        return Scored(float(np.mean([m.levels[0].logits for m in maps])))


def run(tmp_path, count, *, samples=0, batch_size=4, detector=None):
    shards = ScoreShards(tmp_path, "f")
    detector = detector or Mean()
    scorer = Scorer(
        detector, Logit(samples), read, rng_of, batch_size=batch_size,
    )  # fmt: skip
    done = score(records(count), scorer, shards)
    return done, list(shards.rows()), detector


def test_images_come_in_order_and_unreadable_ones_with_their_problem():
    items = list(decode_ahead(records(30), read))
    assert [item.record.key for item in items] == [f"{i:05d}" for i in range(30)]
    assert [i for i, item in enumerate(items) if item.image is None] == [7, 17, 27]
    assert "truncated" in items[7].problem


def test_decoding_ahead_is_bounded():
    opened = []

    def watched(record):
        opened.append(record.key)
        return read(record)

    stream = decode_ahead(records(100), watched, ahead=5)
    next(stream)
    assert len(opened) <= 7


def test_every_image_gets_a_row(tmp_path):
    done, rows, _ = run(tmp_path, 25)
    assert done == 25
    assert [row.key for row in rows] == [f"{i:05d}" for i in range(25)]
    assert rows[7].score is None
    assert "truncated" in rows[7].problem
    assert rows[4].score == 4.0


@pytest.mark.parametrize("samples", [0, 3])
def test_rows_do_not_depend_on_the_batch_size(tmp_path, samples):
    _, one, _ = run(tmp_path / "one", 25, samples=samples, batch_size=1)
    _, many, _ = run(tmp_path / "many", 25, samples=samples, batch_size=8)
    assert [row.score for row in one] == [row.score for row in many]


def test_a_stopped_run_goes_on_behind_its_last_part(tmp_path):
    count = ROWS + 40
    _, whole, _ = run(tmp_path / "whole", count)
    run(tmp_path / "stopped", count)
    (tmp_path / "stopped" / "part-000001.parquet").unlink()
    done, rows, detector = run(tmp_path / "stopped", count)
    assert done == 40
    assert detector.shown <= 40
    assert [row.score for row in rows] == [row.score for row in whole]


def test_only_parts_that_are_not_whole_are_scored_again(tmp_path):
    count = 3 * ROWS + 5
    run(tmp_path, count)
    before = {part.name: part.stat().st_mtime_ns for part in tmp_path.glob("part-*")}
    (tmp_path / "part-000001.parquet").write_bytes(b"torn")
    done, rows, _ = run(tmp_path, count)
    assert done == ROWS
    assert [row.key for row in rows] == [f"{i:05d}" for i in range(count)]
    after = {part.name: part.stat().st_mtime_ns for part in tmp_path.glob("part-*")}
    assert [name for name in after if after[name] != before[name]] == ["part-000001.parquet"]


def test_a_pool_that_grew_while_scoring_was_stopped_is_scored_whole(tmp_path):
    shards, scorer = ScoreShards(tmp_path, "f"), Scorer(Mean(), Logit(), read, rng_of)
    pool = records(2 * ROWS + 10)
    score(pool[: ROWS + 3] + pool[ROWS + 4 :], scorer, shards)
    assert score(pool, scorer, shards) == ROWS + 10  # the first part is what it was
    assert [row.key for row in shards.rows()] == [record.key for record in pool]


def test_no_batch_goes_over_the_end_of_a_part(tmp_path):
    sizes = []

    class Watched(Mean):
        def predict(self, images):
            sizes.append(len(images))
            return super().predict(images)

    same = [ImageRecord(f"{10 * i + 3:05d}", "", 8, 8) for i in range(ROWS + 20)]
    scorer = Scorer(Watched(), Logit(), lambda r: np.zeros((8, 8, 3), np.uint8), rng_of, (), 100)
    score(same, scorer, ScoreShards(tmp_path, "f"))
    assert sizes == [100, 100, ROWS - 200, 20]


def test_stochastic_passes_need_a_stochastic_detector(tmp_path):
    methods = {"predict": Mean.predict, "fingerprint": Mean.fingerprint, "classes": ("person",)}
    plain = type("Plain", (), methods)()
    with pytest.raises(LabelnextError, match="3 stochastic passes"):
        run(tmp_path, 3, samples=3, detector=plain)


def test_an_image_whose_score_fails_is_recorded(tmp_path):
    class Sometimes(Logit):
        def score(self, evidence):
            scored = super().score(evidence)
            if scored.score == 4.0:
                raise ArgumentError("score", "maps", expected="free of NaN", got="NaN")
            return Scored(np.nan) if scored.score == 5.0 else scored

    shards = ScoreShards(tmp_path, "f")
    score(records(10), Scorer(Mean(), Sometimes(), read, rng_of), shards)
    problems = {row.key: row.problem for row in shards.rows() if row.problem}
    assert list(problems) == ["00004", "00005", "00007"]
    assert "free of NaN" in problems["00004"]
    assert problems["00005"] == "its score is nan"


def test_when_every_image_fails_the_job_stops_and_says_why(tmp_path):
    class Never(Logit):
        def score(self, evidence):
            raise ArgumentError("score", "maps", expected="free of NaN", got="NaN")

    with pytest.raises(LabelnextError, match=r"None of 10 images.*00000: .*free of NaN"):
        score(records(10), Scorer(Mean(), Never(), read, rng_of), ScoreShards(tmp_path, "f"))
    assert not list(tmp_path.glob("part-*"))


def test_predictions_come_with_their_images():
    found = list(predict(records(12), Mean(), read, batch_size=5))
    assert [item.record.key for item, _ in found] == [f"{i:05d}" for i in range(12)]
    assert found[7][1] is None
    assert found[4][1].maps.levels[0].logits[0, 0, 0] == 4.0
