"""YOLO written and read back: boxes to a hundred-thousandth of a pixel; losses are counted."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from labelnext.data.formats import yolo
from labelnext.data.formats.yolo.writer import write
from labelnext.errors import ArgumentError, DataError
from labelnext.types import Detections, GroundTruth, ImageRecord, Sample

CLASSES = ["person", "no", "1:30"]


def sample(key: str, truth: GroundTruth | None, width: int = 8192, height: int = 64) -> Sample:
    return Sample(ImageRecord(key, f"/nowhere/{key}", width, height), truth)


def draw(record: ImageRecord, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.new("1", (record.width, record.height)).save(target, format="png")


def read_back(folder: Path, split: str = "all") -> dict[str, Sample]:
    found = yolo.read(folder, split=split)
    assert found.classes == tuple(CLASSES)
    samples = list(found.samples())
    assert not any(one.problems for one in samples)
    assert not found.notes
    return {one.record.key: one for one in samples}


def test_round_trip(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    before: list[Sample] = []
    for number in range(20):
        corners = np.sort(rng.random((6, 2, 2)), axis=1).reshape(6, 4) * [8192, 64, 8192, 64]
        edges = [[0, 0, 8192, 64], [8191, 63, 8192, 64], [0, 0, 0.5, 0.5]]
        truth = GroundTruth.from_boxes([*corners.tolist(), *edges], rng.integers(0, 3, 9))
        before.append(sample(f"images/v/{number}.png", truth))
    written = write(tmp_path / "out", before, CLASSES, place=draw)
    assert written == (20, 180, {})
    after = read_back(tmp_path / "out")
    assert len(after) == 20
    for one in before:
        back = after[one.record.key.replace("images/", "images/train/")]
        assert one.truth is not None
        assert back.truth is not None
        np.testing.assert_allclose(back.truth.xyxy, one.truth.xyxy, rtol=0, atol=1e-5)
        assert back.truth.classes.tolist() == one.truth.classes.tolist()
        assert (back.record.width, back.record.height) == (8192, 64)


def test_unlabelled_and_empty_and_equal_stems(tmp_path: Path) -> None:
    box = GroundTruth.from_boxes([[1, 2, 3, 4]])
    keys: Sequence[tuple[str, GroundTruth | None]] = [
        ("a/1.jpg", box),
        ("b/1.jpg", GroundTruth.from_boxes([])),
        ("b/1.png", None),
        ("images/b/1.jpg", box),
        (".hid/x\ny.jpg", box),
        ("clip.mp4", box),
    ]
    written = write(tmp_path, [sample(*one) for one in keys], CLASSES, place=draw)
    assert written.images == 6
    assert written.objects == 4
    assert list(written.lost.values()) == [1]
    after = read_back(tmp_path)
    counts = {key: None if s.truth is None else len(s.truth) for key, s in after.items()}
    assert counts == {
        "images/train/_hid/x_y.jpg": 1,
        "images/train/a/1.jpg": 1,
        "images/train/b/1.jpg": 0,
        "images/train/b/1_2.png": None,
        "images/train/b/1_3.jpg": 1,
        "images/train/clip.mp4.jpg": 1,
    }


def test_splits_one_after_the_other(tmp_path: Path) -> None:
    box = GroundTruth.from_boxes([[1, 2, 3, 4]])
    write(tmp_path, [sample("a.png", box)], CLASSES, place=draw, split="val")
    write(tmp_path, [sample("b.png", box)], CLASSES, place=draw)
    assert list(read_back(tmp_path)) == ["images/train/b.png", "images/val/a.png"]
    assert list(read_back(tmp_path, "val")) == ["images/val/a.png"]
    content = yaml.safe_load((tmp_path / "data.yaml").read_text())
    assert list(content) == ["train", "val", "names"]
    assert content["names"] == {0: "person", 1: "no", 2: "1:30"}
    with pytest.raises(DataError, match="val: is there already"):
        write(tmp_path, [], CLASSES, split="val")
    with pytest.raises(DataError, match=r"data\.yaml: is of a data set with other classes"):
        write(tmp_path, [], ["person"], split="test")
    assert not (tmp_path / "labels" / "test").exists()


def test_losses(tmp_path: Path) -> None:
    truth = GroundTruth.from_boxes(
        [[1, 2, 3, 4], [5, 6, 7, 8], [-5, 6, 7, 8]],
        ignore=[True, False, False],
        visible=[1, 0.5, 1],
        tracks=[1, 2, 3],
    )
    found = Detections(np.ones((2, 4), np.float32), np.ones(2, np.float32), np.zeros(2, np.int64))
    samples = [sample("a.png", truth)]
    kept = write(tmp_path / "a", samples, CLASSES, predictions={"a.png": found})
    assert kept.objects == 3
    assert kept.lost == {
        "predicted boxes": 2,
        "boxes that reach beyond the image, clipped or dropped": 1,
        "marks of regions to ignore": 1,
        "visible fractions": 1,
        "track numbers": 3,
    }
    dropped = write(tmp_path / "b", samples, CLASSES, ignored="drop")
    assert dropped.objects == 2
    assert dropped.lost["boxes to ignore, left out"] == 1


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("truth", "width", "says"),
    [
        (GroundTruth.from_boxes([[0, 0, 5, 5]], [3]), 64, "class 3 on b.png"),
        (GroundTruth.from_boxes([[0, 0, 5, float("nan")]]), 64, "NaN on b.png"),
        (GroundTruth.from_boxes([[0, 0, 5, 5]]), 0, "0 x 64 px for b.png"),
    ],
)
def test_refused_and_nothing_left(
    tmp_path: Path, truth: GroundTruth, width: int, says: str
) -> None:
    good = sample("a.png", GroundTruth.from_boxes([]))
    with pytest.raises(ArgumentError, match=says):
        write(tmp_path, [good, sample("b.png", truth, width)], CLASSES)
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == []
    assert not list((tmp_path / "labels").iterdir())


@pytest.mark.usefixtures("unchecked")
def test_bad_options_and_keys(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"'split' argument of yolo.write"):
        write(tmp_path, [], CLASSES, split="all")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"'ignored' argument of yolo.write"):
        write(tmp_path, [], CLASSES, ignored="no")  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"'key' .* must lie below"):
        write(tmp_path, [sample("../a.png", None)], CLASSES)


def test_what_a_killed_process_left(tmp_path: Path) -> None:
    (tmp_path / "labels/.train.partial").mkdir(parents=True)
    (tmp_path / "labels/.train.partial/old.txt").write_text("0 0 0 0 0")
    write(tmp_path, [sample("a.png", GroundTruth.from_boxes([]))], CLASSES)
    assert [p.name for p in (tmp_path / "labels").rglob("*")] == ["train", "a.txt"]


def test_coco128(shared: Path, tmp_path: Path) -> None:
    before = yolo.read(shared / "data" / "coco128", split="val2017")

    def copy(record: ImageRecord, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(record.path, target)

    samples = list(before.samples())
    write(tmp_path, samples, before.classes, place=copy, split="val")
    after = list(yolo.read(tmp_path).samples())
    assert len(after) == len(samples) == 128
    for one, back in zip(samples, after, strict=True):
        assert one.truth is not None
        assert back.truth is not None
        np.testing.assert_allclose(back.truth.xyxy, one.truth.xyxy, rtol=0, atol=1e-5)
