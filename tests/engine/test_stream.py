"""Streams over videos: decoded in sequence, in order, bounded, and stopped cleanly."""

import threading
import time

import numpy as np
import pytest

from labelnext.data import images, open_source
from labelnext.engine import Scorer, decode_ahead, predict, score
from labelnext.errors import DataError
from labelnext.store.shards import ROWS, ScoreShards
from labelnext.types import ImageRecord
from tests.data.video.videos import damage, picture, plainly, write_kind, write_video
from tests.engine.test_local import Logit, Mean


def pool(folder, options="cuts=false"):
    return [s.record for s in open_source(f"video[{options}]:{folder}").samples()]


def no_still(record):
    raise AssertionError(f"{record.key} was read alone")


@pytest.fixture
def videos(tmp_path):
    folder = tmp_path / "videos"
    write_kind(folder, "open.mp4", count=90)
    write_kind(folder, "reordered.avi", count=30)
    return folder


def test_frames_come_in_order_and_are_those_of_plain_decoding(videos):
    records = pool(videos)
    items = list(decode_ahead(records, no_still))
    assert [item.record for item in items] == records
    expected = plainly(videos / "open.mp4") + plainly(videos / "reordered.avi")
    assert len(items) == 120
    for item, right in zip(items, expected, strict=True):
        np.testing.assert_array_equal(item.image, right)


def test_stills_and_frames_mix(videos):
    frames = pool(videos, "every=10,cuts=false")
    stills = [ImageRecord(f"{i}", f"/{i}.jpg", 8, 8) for i in range(6)]
    records = [*stills[:3], *frames[:5], *stills[3:], *frames[5:]]
    items = list(decode_ahead(records, lambda r: np.full((8, 8, 3), int(r.key), np.uint8)))
    assert [item.record for item in items] == records
    assert [item.image.shape for item in items] == [(8, 8, 3)] * 3 + [(48, 64, 3)] * 5 + [
        (8, 8, 3)] * 3 + [(48, 64, 3)] * 7  # fmt: skip


def test_beginning_in_the_middle_gives_the_same_frames(videos):
    records = pool(videos)
    whole = [item.image for item in decode_ahead(records, no_still)]
    for begin in (1, 37, 89, 95):
        for item, right in zip(decode_ahead(records[begin:], no_still), whole[begin:], strict=True):
            np.testing.assert_array_equal(item.image, right)


def test_a_damaged_video_and_an_absent_one_stop_nothing(tmp_path, videos):
    (videos / "z.mp4").write_bytes((videos / "open.mp4").read_bytes())
    records = pool(videos)
    damage(videos / "open.mp4", videos / "open.mp4", seed=2, bytes_=400, keep=1500)
    (videos / "reordered.avi").unlink()
    items = list(decode_ahead(records, no_still))
    assert [item.record for item in items] == records
    bad = [item for item in items if item.image is None]
    assert {item.record.video for item in bad} == {"open.mp4", "reordered.avi"}
    assert sum(item.record.video == "reordered.avi" for item in bad) == 30
    assert all(item.record.path in item.problem for item in bad)
    assert all(item.image is not None for item in items if item.record.video == "z.mp4")


def test_only_a_few_frames_wait(monkeypatch, videos):
    made = []

    def counted(records):
        for item in images.video.read_frames(
            records[0].path, [(r.frame, r.place) for r in records]
        ):
            made.append(1)
            yield item

    monkeypatch.setattr(images, "read_run", counted)
    stream = decode_ahead(pool(videos), no_still, ahead=5)
    next(stream)
    time.sleep(0.3)
    assert len(made) <= 8
    stream.close()


def test_a_stream_that_is_left_early_leaves_no_thread(videos):
    before = threading.active_count()
    stream = decode_ahead(pool(videos), no_still)
    next(stream)
    stream.close()
    assert threading.active_count() == before


def test_an_unforeseen_error_in_the_thread_is_raised_where_the_stream_is_used(monkeypatch, videos):
    def fails(_records):
        raise ZeroDivisionError
        yield

    monkeypatch.setattr(images, "read_run", fails)
    with pytest.raises(ZeroDivisionError):
        list(decode_ahead(pool(videos), no_still))


def test_scoring_a_video_goes_on_behind_its_last_part(tmp_path):
    count = ROWS + 60
    write_video(tmp_path / "v" / "a.mp4", [picture(i) for i in range(count)], options={"g": "50"})
    records = pool(tmp_path / "v")

    def run(folder, detector):
        shards = ScoreShards(folder, "f")
        scorer = Scorer(detector, Logit(), no_still, lambda key: np.random.default_rng(0), (), 4)
        score(records, scorer, shards)
        return [(row.key, row.score) for row in shards.rows()]

    whole = run(tmp_path / "whole", Mean())
    assert [key for key, _ in whole] == [record.key for record in records]
    assert len({score for _, score in whole}) > count // 2
    assert run(tmp_path / "stopped", Mean()) == whole
    (tmp_path / "stopped" / "part-000001.parquet").unlink()
    detector = Mean()
    assert run(tmp_path / "stopped", detector) == whole
    assert detector.shown == 60


def test_predicting_pairs_each_frame_with_its_own(videos):
    records = pool(videos)
    found = list(predict(records, Mean(), no_still, batch_size=7))
    expected = [image.mean() for image in plainly(videos / "open.mp4")]
    for (item, prediction), mean in zip(found, expected, strict=False):
        assert prediction.maps.levels[0].logits.item() == pytest.approx(mean, rel=1e-6)
        assert item.problem is None


def test_one_frame_at_a_time_is_the_same(videos):
    for record in pool(videos, "every=13,cuts=false"):
        (item,) = decode_ahead([record], no_still)
        np.testing.assert_array_equal(images.read(record), item.image)


def test_what_an_image_reader_says(tmp_path, videos):
    with pytest.raises(DataError, match="names no frame"):
        images.read(ImageRecord("k", str(videos / "open.mp4"), 0, 0))
    with pytest.raises(DataError, match=r"none\.mp4: cannot be read"):
        images.read(ImageRecord("k", str(tmp_path / "none.mp4"), 0, 0, "v", 3))
    with pytest.raises(DataError, match="a video at a URL"):
        images.read(ImageRecord("k", "s3://bucket/a.mp4", 0, 0, "v", 3))
    found = list(images.read_run([ImageRecord("k", "s3://bucket/a.mp4", 0, 0, "v", 3)]))
    assert isinstance(found[0], DataError)
