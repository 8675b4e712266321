"""Every image is read whole, once, in order; faults are recorded and stop nothing."""

import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import fsspec
import numpy as np
import pytest
from PIL import Image as Pillow

from labelnext.data import check as room
from labelnext.data.check import Decoded, check, check_all
from labelnext.errors import ArgumentError
from labelnext.types import GroundTruth, ImageRecord, Sample


def picture(
    path: Path, width: int = 60, height: int = 40, seed: int = 0, **options: object
) -> Path:
    noise = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(noise).save(path, **options)
    return path


def sample(path: Path, width: int = 0, height: int = 0, boxes: object = None) -> Sample:
    truth = None if boxes is None else GroundTruth.from_boxes(boxes)
    return Sample(ImageRecord(path.name, str(path), width, height), truth)


def test_a_good_one(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.jpg")
    found = check(sample(path, boxes=[[0, 0, 70, 40]]))
    assert (found.state, found.reason) == ("ok", "")
    assert (found.sample.record.width, found.sample.record.height) == (60, 40)
    assert found.content == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.size == path.stat().st_size
    assert found.modified_ns == path.stat().st_mtime_ns
    assert found.problems == ("box 0: box reaches 10.0 px beyond the right edge; clipped",)
    assert found.sample.truth is not None
    assert found.sample.truth.xyxy.tolist() == [[0, 0, 60, 40]]


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "tiff"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.95])
def test_truncated(tmp_path: Path, suffix: str, share: float) -> None:
    path = picture(tmp_path / f"a.{suffix}", 300, 200)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    found = check(sample(path))
    assert found.state == "broken"
    assert found.reason
    assert found.content == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_progressive_jpeg_cut_in_its_last_scan(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.jpg", 300, 200, progressive=True)
    assert check(sample(path)).state == "ok"
    path.write_bytes(path.read_bytes()[:-300])
    assert check(sample(path)).state == "broken"


def test_not_an_image_a_folder_a_pipe_and_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("hello")
    (tmp_path / "b.jpg").mkdir()
    os.mkfifo(tmp_path / "c.jpg")
    names = ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "a.jpg/e.jpg", "f" * 5000 + ".jpg", "g\0.jpg"]
    found = [check(sample(tmp_path / name)) for name in names]
    assert [one.state for one in found] == [
        "broken", "broken", "broken", "missing", "missing", "broken", "broken",
    ]  # fmt: skip
    assert "not one of the formats" in found[0].reason
    assert "not a regular file" in found[1].reason
    assert "not a regular file" in found[2].reason
    assert all(one.reason for one in found)


def test_labels_for_another_size_are_not_trusted(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.jpg")
    assert check(sample(path, 60, 40)).state == "ok"
    found = check(sample(path, 120, 80))
    assert found.state == "broken"
    assert found.reason == "the labels are for 120 x 80 px, the upright image has 60 x 40"


def test_size_is_that_of_the_upright_image(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    path = picture(tmp_path / "a.jpg", exif=exif)
    found = check(sample(path))
    assert (found.sample.record.width, found.sample.record.height) == (40, 60)
    assert check(sample(path, 60, 40)).state == "broken"


def test_a_file_too_large_to_be_an_image_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = picture(tmp_path / "a.jpg")
    monkeypatch.setattr(room, "MAX_BYTES", 100)
    found = check(sample(path))
    assert found.state == "broken"
    assert "more than 100" in found.reason


@pytest.mark.parametrize("workers", [1, 3])
def test_many_in_order_with_what_the_reader_said_first(tmp_path: Path, workers: int) -> None:
    samples = []
    for i in range(100):
        path = picture(tmp_path / f"{i:03}.png", 8 + i, 8, seed=i)
        if i % 10 == 3:
            path.write_bytes(path.read_bytes()[:50])
        samples.append(sample(path, boxes=[[0, 0, 500, 8]] if i == 5 else None))
    samples[5] = replace(samples[5], problems=("said by the reader",))
    found = list(check_all(samples, workers=workers))
    assert [one.sample.record.key for one in found] == [s.record.key for s in samples]
    assert [one.sample.record.width for one in found if one.state == "ok"] == [
        8 + i for i in range(100) if i % 10 != 3
    ]
    assert [one.state for one in found].count("broken") == 10
    assert found[5].problems[0] == "said by the reader"
    assert "487.0 px beyond the right edge" in found[5].problems[1]


def test_samples_are_drawn_as_needed(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    drawn = 0

    def samples() -> Iterator[Sample]:
        nonlocal drawn
        for _ in range(1000):
            drawn += 1
            yield sample(path)

    results = check_all(samples(), workers=2)
    for _ in range(10):
        next(results)
    assert drawn <= 10 + 2 * 16
    before = threading.active_count()
    results.close()
    assert threading.active_count() < before


def test_what_is_known_is_not_read_again(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    status = path.stat()

    def known(one: Sample, size: int, modified_ns: int) -> Decoded | None:
        assert one.record.key == "a.png"
        return Decoded("c" * 64, 60, 40) if size == status.st_size else None

    (found,) = check_all([sample(path, boxes=[[0, 0, 70, 40]])], known=known)
    assert (found.content, found.sample.record.width) == ("c" * 64, 60)
    assert found.modified_ns == status.st_mtime_ns
    assert len(found.problems) == 1
    path.write_bytes(path.read_bytes()[:-40])
    (found,) = check_all([sample(path)], known=known)
    assert found.state == "broken"


def test_errors_of_the_reader_come_through(tmp_path: Path) -> None:
    def samples() -> Iterator[Sample]:
        yield sample(picture(tmp_path / "a.png"))
        raise RuntimeError("reader")

    with pytest.raises(RuntimeError, match="reader"):
        list(check_all(samples()))


def test_workers() -> None:
    with pytest.raises(ArgumentError, match="'workers' argument of check_all"):
        list(check_all([], workers=0))
    assert list(check_all([])) == []
    assert room.available_cpus() >= 1


def film(path: Path, frames: int = 5) -> Path:
    """A video of 64 × 48."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(frames):
            pixels = np.full((48, 64, 3), 40 * i, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return path


def test_frames_of_a_video_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = film(tmp_path / "v.mp4")
    monkeypatch.setattr(room, "MAX_BYTES", 100)  # a video may be longer than an image
    records = [ImageRecord(f"v/{i}", str(path), 0, 0, "v", i) for i in range(6)]
    found = list(check_all(Sample(record) for record in records))
    assert [one.state for one in found] == ["ok"] * 5 + ["broken"]
    assert "has 5 frames, none numbered 5" in found[5].reason
    assert {(one.sample.record.width, one.sample.record.height) for one in found[:5]} == {(64, 48)}
    assert len({one.content for one in found[:5]}) == 5
    assert found[0].size == path.stat().st_size
    path.write_bytes(b"nothing")
    assert check(Sample(records[0])).state == "broken"
    path.unlink()
    assert check(Sample(records[0])).state == "missing"


def test_urls(tmp_path: Path) -> None:
    data = picture(tmp_path / "a.jpg").read_bytes()
    disk = fsspec.filesystem("memory")
    disk.pipe({"/check/a.jpg": data, "/check/b.jpg": data[:-200]})
    names = ["a.jpg", "b.jpg", "c.jpg"]
    samples = [Sample(ImageRecord(name, f"memory://check/{name}", 0, 0)) for name in names]
    found = list(check_all(samples))
    assert [one.state for one in found] == ["ok", "broken", "missing"]
    assert found[0].content == hashlib.sha256(data).hexdigest()
    assert found[0].size == len(data)


def test_a_file_whose_time_of_change_is_not_known_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = picture(tmp_path / "a.jpg").read_bytes()
    fsspec.filesystem("memory").pipe({"/check/a.jpg": data})
    monkeypatch.setattr(room.remote, "stamp", lambda _: room.remote.Stamp(len(data), 0))
    one = Sample(ImageRecord("a.jpg", "memory://check/a.jpg", 0, 0))
    (found,) = check_all([one], known=lambda *_: Decoded("c" * 64, 60, 40))
    assert found.content == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("share", [0.3, 0.99])
def test_truncated_jpegs_of_every_kind_of_pixel(tmp_path: Path, mode: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8)
    path = tmp_path / "a.jpg"
    Pillow.fromarray(noise).convert(mode).save(path)
    assert check(sample(path)).state == "ok"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert check(sample(path)).state == "broken"
