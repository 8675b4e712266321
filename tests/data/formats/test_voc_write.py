"""VOC written and read back: corners to a millionth of a pixel; losses are counted."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from labelnext.data.formats import voc
from labelnext.data.formats.voc.writer import write
from labelnext.errors import ArgumentError, DataError
from labelnext.types import Detections, GroundTruth, ImageRecord, Sample

CLASSES = ["person", "a & <b>", "é"]


def sample(key: str, truth: GroundTruth | None, width: int = 640, height: int = 480) -> Sample:
    return Sample(ImageRecord(key, f"/nowhere/{key}", width, height), truth)


def touch(_record: ImageRecord, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"")


def read_back(folder: Path, split: str = "all") -> dict[str, Sample]:
    found = voc.read(folder, split=split, classes=CLASSES)
    samples = list(found.samples())
    assert not any(one.problems for one in samples)
    assert not found.notes
    return {one.record.key: one for one in samples}


def test_round_trip(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    before = []
    for number in range(20):
        corners = np.sort(rng.random((6, 2, 2)), axis=1).reshape(6, 4) * [640, 480, 640, 480]
        edges = [[0, 0, 640, 480], [639.5, 479, 640, 480], [0, 0, 0.25, 0.5]]
        truth = GroundTruth.from_boxes(
            [*corners.tolist(), *edges],
            rng.integers(0, 3, 9),
            rng.random(9) < 0.5,
            truncation=rng.choice([0, 1, np.nan], 9),
            occlusion=rng.choice([-1, 0, 1], 9),
        )
        before.append(sample(f"images/v/{number}.png", truth))
    written = write(tmp_path, before, CLASSES, place=touch)
    assert written == (20, 180, {})
    for split in ("all", "train"):
        after = read_back(tmp_path, split)
        assert len(after) == 20
        for one in before:
            back = after[one.record.key.replace("images/", "JPEGImages/")]
            assert (back.record.width, back.record.height) == (640, 480)
            assert one.truth is not None
            assert back.truth is not None
            np.testing.assert_allclose(back.truth.xyxy, one.truth.xyxy, rtol=0, atol=1e-6)
            for name in ("classes", "ignore", "truncation", "occlusion"):
                np.testing.assert_array_equal(getattr(back.truth, name), getattr(one.truth, name))


def test_what_a_file_looks_like(tmp_path: Path) -> None:
    truth = GroundTruth.from_boxes([[0, 1.5, 10, 20]], [1], [True])
    write(tmp_path, [sample("a.jpg", truth)], CLASSES)
    top = ElementTree.parse(tmp_path / "Annotations/a.xml").getroot()
    assert top.findtext("filename") == "a.jpg"
    assert [top.findtext(f"size/{name}") for name in ("width", "height", "depth")] == [
        "640", "480", "3",
    ]  # fmt: skip
    assert top.findtext("object/name") == "a & <b>"
    assert top.findtext("object/difficult") == "1"
    assert top.find("object/truncated") is None
    box = top.find("object/bndbox")
    assert box is not None
    assert [child.text for child in box] == ["1", "2.5", "10", "20"]
    assert (tmp_path / "ImageSets/Main/train.txt").read_text() == "a\n"


def test_whole_pixels(tmp_path: Path) -> None:
    truth = GroundTruth.from_boxes([[0.4, 1.6, 10.4, 20.6], [639.6, 0, 640, 0.3], [5, 5, 6, 6]])
    write(tmp_path, [sample("a.jpg", truth)], CLASSES, integers=True)
    back = read_back(tmp_path)["JPEGImages/a.jpg"].truth
    assert back is not None
    assert back.xyxy.tolist() == [[0, 2, 10, 21], [639, 0, 640, 1], [5, 5, 6, 6]]


def test_unlabelled_and_empty_and_equal_stems(tmp_path: Path) -> None:
    box = GroundTruth.from_boxes([[1, 2, 3, 4]])
    given = [
        ("a/1.jpg", box),
        ("b/1.jpg", GroundTruth.from_boxes([])),
        ("b/1.png", None),
        ("JPEGImages/b/1.jpg", box),
        ("x y 1.jpg", None),
    ]
    written = write(tmp_path, [sample(*one) for one in given], CLASSES, place=touch)
    assert (written.images, written.objects, written.lost) == (5, 2, {})
    after = read_back(tmp_path, "train")
    counts = {key: None if s.truth is None else len(s.truth) for key, s in after.items()}
    assert counts == {
        "JPEGImages/a/1.jpg": 1,
        "JPEGImages/b/1.jpg": 0,
        "JPEGImages/b/1_2.png": None,
        "JPEGImages/b/1_3.jpg": 1,
        "JPEGImages/x y 1.jpg": None,
    }


def test_splits_one_after_the_other(tmp_path: Path) -> None:
    box = GroundTruth.from_boxes([[1, 2, 3, 4]])
    write(tmp_path, [sample("a.jpg", box), sample("c.jpg", None)], CLASSES, place=touch)
    write(
        tmp_path, [sample("a.jpg", box), sample("s/b.jpg", box)], CLASSES, place=touch, split="val"
    )
    assert list(read_back(tmp_path, "train")) == ["JPEGImages/a.jpg", "JPEGImages/c.jpg"]
    assert list(read_back(tmp_path, "val")) == ["JPEGImages/a_2.jpg", "JPEGImages/s/b.jpg"]
    assert sum(len(s.truth) for s in read_back(tmp_path).values() if s.truth is not None) == 3
    with pytest.raises(DataError, match=r"val\.txt: is there already"):
        write(tmp_path, [], CLASSES, split="val")
    with pytest.raises(DataError, match=r"'split' .* must lie below"):
        write(tmp_path, [], CLASSES, split="../val")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "Annotations", "ImageSets", "JPEGImages",
    ]  # fmt: skip


def test_losses(tmp_path: Path) -> None:
    truth = GroundTruth.from_boxes(
        [[1, 2, 3, 4], [-5, 6, 7, 8]],
        visible=[1, 0.5],
        visible_xyxy=[[1, 2, 3, 4], [np.nan] * 4],
        truncation=[0.3, 1],
        occlusion=[2, 1],
        tracks=[1, -1],
    )
    found = Detections(np.ones((2, 4), np.float32), np.ones(2, np.float32), np.zeros(2, np.int64))
    written = write(tmp_path, [sample("a.png", truth)], CLASSES, predictions={"a.png": found})
    assert written.lost == {
        "predicted boxes": 2,
        "boxes that reach beyond the image, clipped or dropped": 1,
        "visible fractions": 1,
        "visible boxes": 1,
        "track numbers": 1,
        "truncations, kept as yes or no": 1,
        "degrees of occlusion, kept as yes or no": 1,
    }


@pytest.mark.usefixtures("unchecked")
def test_refused_and_nothing_left(tmp_path: Path) -> None:
    good = sample("a.png", GroundTruth.from_boxes([]))
    bad = sample("b.png", GroundTruth.from_boxes([[0, 0, 5, 5]], [3]))
    with pytest.raises(ArgumentError, match=r"voc.write .*class 3 on b\.png"):
        write(tmp_path, [good, bad], CLASSES)
    for name in ("", " a", "a\n", "\ud800"):
        with pytest.raises(ArgumentError, match="'classes' argument"):
            write(tmp_path, [good], [name])
    assert not list(tmp_path.iterdir())
