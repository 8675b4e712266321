"""The street on disk: whole, the same again, and safe when killed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from labelnext.data import synthetic
from labelnext.data.formats import coco
from labelnext.errors import ArgumentError, DataError
from labelnext.masks import unpack

RECIPE = {
    "stills": 4,
    "videos": 2,
    "frames_per_video": 8,
    "test_videos": 1,
    "frames_per_test_video": 9,
    "test_every": 3,
    "share": 0.5,
    "size": (96, 128),
    "seed": 7,
}


def content(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[Path, synthetic.Written]:
    folder = tmp_path_factory.mktemp("street")
    return folder, synthetic.write(folder, **RECIPE)


def test_parts_and_counts(written):
    folder, street = written
    assert sorted(path.name for path in folder.iterdir()) == ["initial", "pool", "test"]
    counts = street.counts
    assert [counts[part].images for part in ("initial", "pool", "test")] == [4, 16, 3]
    assert [counts[part].videos for part in ("initial", "pool", "test")] == [0, 2, 1]
    for part, path in (("initial", street.initial), ("pool", street.pool), ("test", street.test)):
        file = json.loads(path.read_text())
        counted = [entry for entry in file["annotations"] if not entry["ignore"]]
        assert counts[part].persons == len(counted)
        assert counts[part].ignored == len(file["annotations"]) - len(counted)
        assert counts[part].images_with_persons == len({entry["image_id"] for entry in counted})
        assert [entry["id"] for entry in file["annotations"]] == list(
            range(1, len(file["annotations"]) + 1)
        )


def test_the_files_hold_the_frames_and_their_truth(written):
    _, street = written
    frames = list(synthetic.stills(4, size=RECIPE["size"], seed=7))
    samples = list(coco.read(street.initial).samples())
    assert len(samples) == len(frames)
    for sample, frame in zip(samples, frames, strict=True):
        image = cv2.imread(sample.record.path)[:, :, ::-1]
        assert np.abs(image.astype(float) - frame.image).mean() < 6
        np.testing.assert_allclose(sample.truth.xyxy, frame.truth.xyxy, atol=0.03)
        np.testing.assert_array_equal(sample.truth.ignore, frame.truth.ignore)
        np.testing.assert_allclose(sample.truth.visible, frame.truth.visible, atol=1e-4)


def test_masks_are_written_where_asked_for(written, tmp_path):
    pytest.importorskip("pycocotools")
    from pycocotools.coco import COCO

    street = synthetic.write(tmp_path, **RECIPE, masks=True)
    for path, plain in ((street.initial, written[1].initial), (street.pool, written[1].pool)):
        with_masks, without = (json.loads(p.read_text())["annotations"] for p in (path, plain))
        for entry, other in zip(with_masks, without, strict=True):
            del entry["segmentation"], entry["area"], other["area"]
            assert entry == other
    frames = list(synthetic.stills(4, size=RECIPE["size"], seed=7, masks=True))
    file = COCO(street.initial)
    for number, (frame, sample) in enumerate(
        zip(frames, coco.read(street.initial, masks=True).samples(), strict=True), start=1
    ):
        if not len(frame.truth):
            continue
        assert sample.truth.masks.tolist() == frame.truth.masks.tolist()
        for entry, plane in zip(
            file.imgToAnns[number], unpack(sample.truth.masks, RECIPE["size"]), strict=True
        ):
            np.testing.assert_array_equal(file.annToMask(entry), plane)
            assert entry["area"] == plane.sum()
    with pytest.raises(DataError, match="other arguments"):
        synthetic.write(tmp_path, **RECIPE)


def test_video_fields_and_tags(written):
    _, street = written
    images = json.loads(street.test.read_text())["images"]
    assert [(image["video"], image["frame"]) for image in images] == [
        ("test-00", 0), ("test-00", 3), ("test-00", 6),
    ]  # fmt: skip
    assert images[1]["seconds"] == pytest.approx(3 / synthetic.RATE)
    assert all(image["tags"] for image in images)
    record = next(iter(coco.read(street.pool).samples())).record
    assert (record.video, record.frame) == ("pool-00", 0)


def test_the_same_call_again_changes_nothing(written):
    folder, street = written
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert synthetic.write(folder, **RECIPE) == street
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_another_folder_gets_the_same_bytes(written, tmp_path):
    synthetic.write(tmp_path, **RECIPE)
    assert content(tmp_path) == content(written[0])


@pytest.mark.parametrize("at", [2, 9, 21])
def test_a_stop_leaves_whole_parts_and_the_same_call_finishes(written, tmp_path, at):
    class StopError(Exception):
        pass

    seen = 0

    def stop(task: str, done: int, total: int, **figures: float) -> None:
        nonlocal seen
        seen += 1
        if seen == at:
            raise StopError

    with pytest.raises(StopError):
        synthetic.write(tmp_path, **RECIPE, progress=stop)
    synthetic.write(tmp_path, **RECIPE)
    assert content(tmp_path) == content(written[0])


def test_a_kill_leaves_whole_parts_and_the_same_call_finishes(written, tmp_path):
    script = f"""
import os, signal
from pathlib import Path
from labelnext.data import synthetic
def kill(task, done, total, **figures):
    if task.endswith("pool") and done == 5:
        os.kill(os.getpid(), signal.{signal.SIGKILL.name})
synthetic.write(Path({str(tmp_path)!r}), **{RECIPE!r}, progress=kill)
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, env=dict(os.environ))
    assert done.returncode == -signal.SIGKILL
    names = {path.name for path in tmp_path.iterdir()}
    assert "initial" in names
    assert "pool" not in names
    assert any(name.startswith(".pool-") for name in names)
    synthetic.write(tmp_path, **RECIPE)
    assert content(tmp_path) == content(written[0])


def test_other_arguments_in_the_same_folder_are_refused(written):
    with pytest.raises(DataError, match="other arguments"):
        synthetic.write(written[0], **RECIPE | {"seed": 8})


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "initial").mkdir()
    (tmp_path / "initial" / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="not a street"):
        synthetic.write(tmp_path, **RECIPE)
    assert (tmp_path / "initial" / "mine.txt").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        synthetic.write(tmp_path / "file" / "below", **RECIPE)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("stills", -1), ("videos", -1), ("test_every", 0), ("share", 2.0), ("test_share", -0.1)],
)
def test_arguments_are_checked_before_anything_is_written(tmp_path, argument, value):
    with pytest.raises(ArgumentError, match=f"'{argument}'"):
        synthetic.write(tmp_path, **RECIPE | {argument: value})
    assert list(tmp_path.iterdir()) == []
