"""Frames as files: pixels, names, and what they say of where they come from."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from labelnext.data import images, open_source
from labelnext.data.export import export_frame, export_frames, file_name
from labelnext.errors import ArgumentError, DataError
from labelnext.types import ImageRecord
from tests.data.video.videos import write_kind


@pytest.fixture
def records(tmp_path):
    write_kind(tmp_path / "videos", "open.mp4", count=40)
    write_kind(tmp_path / "videos", "simple.avi", count=20)
    return [s.record for s in open_source(f"video:{tmp_path / 'videos'}").samples()]


def test_png_keeps_every_pixel_and_says_where_it_is_from(tmp_path, records):
    record = records[13]
    target = tmp_path / "out" / file_name(record, ".png")
    export_frame(record, target)
    with Image.open(target) as found:
        np.testing.assert_array_equal(np.asarray(found), images.read(record))
        assert found.text == {"video": "open.mp4", "frame": "13", "seconds": "0.52"}
    assert re.fullmatch(r"open_mp4-[0-9a-f]{8}__f000013__t0\.520s\.png", target.name)


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG"])
def test_jpeg_is_close_unsubsampled_and_says_where_it_is_from(tmp_path, records, suffix):
    record = replace(records[13], video="Straße/日本.mp4")
    target = tmp_path / f"a{suffix}"
    export_frame(record, target)
    with Image.open(target) as found:
        origin = {"video": "Straße/日本.mp4", "frame": 13, "seconds": 0.52}
        assert json.loads(found.info["comment"]) == origin
        assert json.loads(found.getexif()[0x010E]) == origin
        assert [component[1:3] for component in found.layer] == [(1, 1)] * 3  # 4:4:4
        assert np.abs(np.asarray(found).astype(int) - images.read(record)).mean() < 3


def test_many_at_once_are_those_one_by_one(tmp_path, records):
    chosen = [records[i] for i in (50, 3, 39, 17, 44, 4)]
    targets = {record.key: tmp_path / file_name(record, ".png") for record in chosen}
    done = list(export_frames([(record, targets[record.key]) for record in chosen]))
    assert {record.key for record in done} == set(targets)
    for record in chosen:
        np.testing.assert_array_equal(
            np.asarray(Image.open(targets[record.key])), images.read(record)
        )
    assert not list(tmp_path.rglob("*.partial"))


def test_names_are_safe_bounded_and_different(records):
    awkward = [
        "a/b.mp4", "a_b.mp4", "A_b.mp4", "../../etc/passwd", "x" * 400, "x" * 401, "日本", "", " ",
        "con", "a\nb", "\udcff.mp4",
    ]  # fmt: skip
    names = [
        file_name(replace(records[0], video=video, frame=frame, seconds=seconds), ".png")
        for video in awkward
        for frame, seconds in ((0, None), (1, None), (1, 0.04), (123456789, 1e7))
    ]
    assert len({name.lower() for name in names}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", name) and len(name) < 140 for name in names)
    assert file_name(ImageRecord("c/d.jpg", "/d.jpg", 0, 0), ".jpg").startswith("c_d_jpg-")


def test_what_cannot_be_exported(tmp_path, records):
    with pytest.raises(ArgumentError, match=r"\.png, \.jpg or \.jpeg"):
        export_frame(records[0], tmp_path / "a.bmp")
    lost = replace(records[0], frame=999, place=10**9)
    with pytest.raises(DataError, match="frame 999"):
        list(export_frames([(records[0], tmp_path / "0.png"), (lost, tmp_path / "1.png")]))
    assert [path.name for path in tmp_path.glob("*.png")] == ["0.png"]
