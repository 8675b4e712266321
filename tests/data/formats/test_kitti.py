"""KITTI: detection and tracking; boxes as they stand; what is wrong names file and line."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from labelnext.data.dataset import Lazy
from labelnext.data.formats import kitti
from labelnext.errors import ArgumentError, DataError
from labelnext.types import Sample

SPACE = "1.89 0.48 1.20 1.84 1.47 8.41 0.01"
CAR = f"Car 0.00 0 -0.20 712.40 143.00 810.73 307.92 {SPACE}"
DONT_CARE = "DontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10"


def put(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def samples_of(found: Lazy) -> dict[str, Sample]:
    return {sample.record.key: sample for sample in found.samples()}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("000000", "000001", "000002"):
        put(tmp_path / f"image_2/{name}.png")
    put(tmp_path / "label_2/000000.txt", f"{CAR}\n{DONT_CARE}\n\n")
    put(tmp_path / "label_2/000001.txt")
    return tmp_path


def test_detection(place: Path) -> None:
    found = kitti.read(place)
    assert found.classes == kitti.CLASSES
    assert len(found) == 3
    samples = samples_of(found)
    assert list(samples) == [f"image_2/00000{i}.png" for i in range(3)]
    first = samples["image_2/000000.png"]
    assert first.record.path == str(place / "image_2/000000.png")
    assert (first.record.width, first.record.height) == (0, 0)
    truth = first.truth
    assert truth is not None
    assert truth.xyxy[0].tolist() == [712.40, 143.00, 810.73, 307.92]
    assert truth.xyxy[1].tolist() == [503.89, 169.71, 590.61, 190.13]
    assert truth.classes.tolist() == [0, *range(8)]
    assert truth.ignore.tolist() == [False] + [True] * 8
    assert truth.occlusion is not None
    assert truth.occlusion.tolist() == [0] + [-1] * 8
    assert truth.truncation is not None
    np.testing.assert_array_equal(truth.truncation, [0] + [np.nan] * 8)
    assert truth.tracks is None
    assert samples["image_2/000001.png"].truth is not None
    assert len(samples["image_2/000001.png"].truth) == 0
    assert samples["image_2/000002.png"].truth is None
    assert not found.notes


@pytest.mark.parametrize(
    ("fields", "truncation", "occlusion"),
    [("0.25 1", 0.25, 1), ("1 2", 1, 2), ("0 3", 0, -1), ("-1 0", np.nan, 0)],
)
def test_truncation_and_occlusion(
    place: Path, fields: str, truncation: float, occlusion: int
) -> None:
    put(place / "label_2/000000.txt", CAR + "\n" + CAR.replace("0.00 0", fields, 1))
    truth = samples_of(kitti.read(place))["image_2/000000.png"].truth
    assert truth is not None
    assert truth.truncation is not None
    assert truth.occlusion is not None
    np.testing.assert_array_equal(truth.truncation[1], truncation)
    assert truth.occlusion[1] == occlusion


def test_training_and_other_names(tmp_path: Path) -> None:
    put(tmp_path / "training/image_2/a.png")
    put(tmp_path / "training/label_2/a.txt", CAR)
    put(tmp_path / "training/label_2/b.txt", CAR)
    assert list(samples_of(kitti.read(tmp_path))) == [
        "training/image_2/a.png",
        "training/image_2/b.png",
    ]
    put(tmp_path / "x/images/a.jpg")
    put(tmp_path / "x/labels/a.txt", CAR.replace("Car", "forklift") + "\n" + CAR)
    found = kitti.read(tmp_path / "x", classes="person|forklift")
    assert found.classes == ("person", "forklift")
    truth = samples_of(found)["images/a.jpg"].truth
    assert truth is not None
    assert truth.classes.tolist() == [1]
    assert found.notes == ["1 objects of other types are left out (Car 1)"]
    with pytest.raises(ArgumentError, match=r"'classes' argument of kitti"):
        kitti.read(tmp_path / "x", classes="a|a")


def test_scores_that_say_nothing(place: Path) -> None:
    put(place / "label_2/000000.txt", f"{CAR} 1.0\n{CAR}")
    truth = samples_of(kitti.read(place))["image_2/000000.png"].truth
    assert truth is not None
    assert len(truth) == 2


def test_splits(tmp_path: Path) -> None:
    for split in ("train", "val"):
        put(tmp_path / split / "image_2/a.png")
        put(tmp_path / split / "label_2/a.txt", CAR)
    assert list(samples_of(kitti.read(tmp_path))) == ["train/image_2/a.png"]
    assert list(samples_of(kitti.read(tmp_path, split="val"))) == ["val/image_2/a.png"]
    with pytest.raises(DataError, match=r"holds neither label_2/ nor label_02/, in \./test"):
        kitti.read(tmp_path, split="test")
    with pytest.raises(DataError, match=r"'split' .* must lie below"):
        kitti.read(tmp_path, split="../x")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"{CAR} 0.9", "has a score in column 16: these are results, not labels"),
        ("Car 0.00 0", "has 3 columns where 15 are expected"),
        (CAR.replace("712.40", "x"), "'x' is not a number"),
        (CAR.replace("712.40", "nan"), "'nan' is not a number"),
        (CAR.replace("0.00 0", "2 0"), "the truncation must be from 0 to 1, or -1. Got 2"),
        (CAR.replace("0.00 0", "0 4"), "the occlusion must be a whole number from -1 to 3"),
        (CAR.replace("0.00 0", "0 0.5"), "the occlusion must be a whole number from -1 to 3"),
    ],
)
def test_bad_lines(place: Path, line: str, says: str) -> None:
    put(place / "label_2/000000.txt", f"{CAR}\n{line}")
    sample = samples_of(kitti.read(place))["image_2/000000.png"]
    assert sample.truth is None
    assert sample.problems[0].startswith(f"label_2/000000.txt, line 2: {says}")
    (place / "label_2/000001.txt").unlink()
    with pytest.raises(DataError, match=r"000000\.txt, line 2: "):
        samples_of(kitti.read(place))


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds neither label_2/ nor label_02/, in \./ or \./trai"):
        kitti.read(tmp_path)
    (tmp_path / "label_2").mkdir()
    with pytest.raises(DataError, match=r"image_2: cannot be listed"):
        kitti.read(tmp_path)
    put(tmp_path / "image_2/a.png")
    with pytest.raises(DataError, match=r"label_2: holds no label files"):
        kitti.read(tmp_path)
    with pytest.raises(DataError, match=r"holds neither"):
        kitti.read(tmp_path, tracking=True)


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for name in ("0000/000000", "0000/000001", "0000/000010", "0001/000000"):
        put(tmp_path / f"training/image_02/{name}.png")
    lines = [
        f"10 7 {CAR}", f"0 7 {CAR.replace('0.00 0', '2 1')}", f"0 -1 {DONT_CARE}",
        f"0 3 {CAR.replace('Car', 'Person')}",
    ]  # fmt: skip
    put(tmp_path / "training/label_02/0000.txt", "\n".join(lines))
    return tmp_path


def test_tracking(videos: Path) -> None:
    found = kitti.read(videos, classes="Car|Person_sitting")
    assert len(found) == 4
    samples = list(found.samples())
    records = [sample.record for sample in samples]
    assert [(r.key, r.video, r.frame, r.seconds) for r in records] == [
        ("training/image_02/0000/000000.png", "0000", 0, 0),
        ("training/image_02/0000/000001.png", "0000", 1, 0.1),
        ("training/image_02/0000/000010.png", "0000", 10, 1),
        ("training/image_02/0001/000000.png", "0001", 0, 0),
    ]
    first, second, third, other = (sample.truth for sample in samples)
    assert first is not None
    assert first.classes.tolist() == [0, 0, 1, 1]
    assert first.ignore.tolist() == [False, True, True, False]
    assert first.tracks is not None
    assert first.tracks.tolist() == [7, -1, -1, 3]
    assert first.truncation is not None
    np.testing.assert_array_equal(first.truncation, [1, np.nan, np.nan, 0])
    assert second is not None
    assert len(second) == 0
    assert third is not None
    assert third.tracks is not None
    assert third.tracks.tolist() == [7]
    assert other is None


def test_labels_of_frames_that_are_not_there(videos: Path) -> None:
    put(videos / "training/label_02/0001.txt", f"3 1 {CAR}")
    keys = list(samples_of(kitti.read(videos)))
    assert keys[3:] == [
        "training/image_02/0001/000000.png",
        "training/image_02/0001/000003.png",
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"0 1 {CAR} 0.9", "has a score in column 18"),
        (CAR, "'Car' is not a number"),
        ("0", "has 1 columns where 17 are expected"),
        (f"-1 1 {CAR}", "the frame must be a whole number from 0"),
        (f"0 -2 {CAR}", "the track must be a whole number from -1"),
        (f"0 1 {CAR.replace('0.00 0', '3 0')}", "the truncation must be from 0 to 2"),
    ],
)
def test_bad_lines_of_tracking(videos: Path, line: str, says: str) -> None:
    put(videos / "training/label_02/0000.txt", f"0 1 {CAR}\n{line}")
    with pytest.raises(DataError, match=rf"0000\.txt, line 2: {says}"):
        samples_of(kitti.read(videos))


def test_frames_that_are_there_twice(videos: Path) -> None:
    put(videos / "training/image_02/0000/0.jpg")
    with pytest.raises(DataError, match=r"0000: holds frame 0 twice: .*0\.jpg"):
        kitti.read(videos)


def test_no_frames(tmp_path: Path) -> None:
    put(tmp_path / "label_02/0000.txt", f"0 1 {CAR}")
    with pytest.raises(DataError, match=r"image_02: holds no folders of numbered images"):
        kitti.read(tmp_path)


def test_the_real_one(shared: Path) -> None:
    found = kitti.read(shared / "data" / "kitti101")
    samples = list(found.samples())
    assert len(found) == len(samples) == 101
    assert not found.notes
    assert not any(sample.problems for sample in samples)
    counts: Counter[str] = Counter()
    ignored = 0
    for sample in samples:
        assert sample.truth is not None
        counts.update(found.classes[i] for i in sample.truth.classes[~sample.truth.ignore])
        ignored += int(sample.truth.ignore.sum())
    assert counts == {
        "Car": 303, "Van": 34, "Truck": 14, "Pedestrian": 47, "Person_sitting": 5, "Cyclist": 18,
        "Tram": 12, "Misc": 6,
    }  # fmt: skip
    assert ignored == 237 * 8  # each region once a class
