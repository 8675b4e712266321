"""YOLO: every layout and kind of line; what is wrong names file and line; places stay inside."""

from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from labelnext.data import open_source
from labelnext.data.dataset import Lazy
from labelnext.data.formats import yolo
from labelnext.errors import ArgumentError, DataError
from labelnext.types import Sample

YAML = "train: images/train\nval: images/val\nnames: [person, car]\n"


def picture(path: Path, width: int = 40, height: int = 20, turned: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    if turned:
        exif[0x0112] = 6
    Image.new("RGB", (width, height)).save(path, exif=exif.tobytes())


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Ultralytics' layout: two images to train on, one of them empty, one unlabelled in val."""
    put(tmp_path / "data.yaml", YAML)
    for name in ("train/a", "train/b", "val/c"):
        picture(tmp_path / "images" / f"{name}.jpg")
    put(tmp_path / "labels/train/a.txt", "1 0.5 0.5 0.5 0.5\n\n0 0.25 0.5 0.1 1.0\n")
    put(tmp_path / "labels/train/b.txt", "")
    return tmp_path


def by_key(found: Lazy) -> dict[str, Sample]:
    samples = list(found.samples())
    assert len(samples) == len(found)
    return {sample.record.key: sample for sample in samples}


def only(folder: Path, lines: str) -> Sample:
    put(folder / "labels/train/a.txt", lines)
    return by_key(yolo.read(folder))["images/train/a.jpg"]


def boxes(sample: Sample) -> list[list[float]]:
    assert sample.truth is not None
    return [[round(value, 9) for value in box] for box in sample.truth.xyxy.tolist()]


@pytest.mark.parametrize("location", ["data.yaml", ""])
def test_ultralytics(place: Path, location: str) -> None:
    found = yolo.read(place / location)
    assert found.classes == ("person", "car")
    samples = by_key(found)
    assert list(samples) == ["images/train/a.jpg", "images/train/b.jpg", "images/val/c.jpg"]
    first = samples["images/train/a.jpg"]
    assert (first.record.width, first.record.height) == (40, 20)
    assert first.record.path == str(place / "images/train/a.jpg")
    assert boxes(first) == [[10, 5, 30, 15], [8, 0, 12, 20]]
    assert first.truth is not None
    assert first.truth.classes.tolist() == [1, 0]
    assert boxes(samples["images/train/b.jpg"]) == []
    assert samples["images/val/c.jpg"].truth is None
    assert not found.notes
    assert not any(sample.problems for sample in samples.values())


def test_splits_and_missing(place: Path) -> None:
    assert list(by_key(yolo.read(place, split="val"))) == ["images/val/c.jpg"]
    (sample,) = yolo.read(place, split="val", missing="empty").samples()
    assert boxes(sample) == []
    with pytest.raises(DataError, match=r"data\.yaml: has no test; it has train, val"):
        yolo.read(place, split="test")
    with pytest.raises(ArgumentError, match="'missing' argument of yolo"):
        yolo.read(place, missing="none")


def test_as_a_source(place: Path) -> None:
    source = open_source(f"yolo[split=train]:{place}/data.yaml")
    assert source.classes == ("person", "car")
    assert len(list(source.samples())) == 2


def test_sides_of_a_turned_image(place: Path) -> None:
    picture(place / "images/train/a.jpg", turned=True)
    sample = only(place, "0 0.5 0.5 1 0.5")
    assert (sample.record.width, sample.record.height) == (20, 40)
    assert boxes(sample) == [[0, 10, 20, 30]]


@pytest.mark.parametrize(
    ("line", "box"),
    [
        ("0 0.1 0.2 0.5 0.1 0.3 0.9", [4, 2, 20, 18]),
        ("0 0.1 0.2 0.5 0.2 0.5 0.9 0.1 0.9", [4, 4, 20, 18]),
        ("0 0.5 0.5 0.5 0.5 0.1 0.1 2", [10, 5, 30, 15]),
        ("0.0 0.5 0.5 0.5 0.5", [10, 5, 30, 15]),
        ("0 0.512820 0.5 0.974361 1.000000", [1.0256, 0, 40, 20]),
    ],
)
def test_kinds_of_lines(place: Path, line: str, box: list[float]) -> None:
    sample = only(place, line)
    assert boxes(sample) == [pytest.approx(box, abs=1e-4)]
    assert not sample.problems


def test_polygons_and_keypoints_are_said_once(place: Path) -> None:
    put(place / "labels/train/a.txt", "0 0.1 0.2 0.5 0.1 0.3 0.9\n0 0.5 0.5 0.5 0.5 0.1 0.1 2\n")
    put(place / "labels/train/b.txt", "0 0.1 0.2 0.5 0.1 0.3 0.9\n")
    found = yolo.read(place)
    by_key(found)
    assert found.notes == [
        "2 objects are polygons; their enclosing boxes are taken",
        "1 objects have keypoints; their boxes alone are taken",
    ]


def test_declared_keypoints(place: Path) -> None:
    put(place / "data.yaml", YAML + "kpt_shape: [2, 2]\n")
    assert boxes(only(place, "0 0.5 0.5 0.5 0.5 0.1 0.1 0.2 0.2")) == [[10, 5, 30, 15]]
    sample = only(place, "0 0.1 0.2 0.5 0.1 0.3 0.9")
    assert sample.truth is None
    assert "has 7 columns where 5 or 9 are expected" in sample.problems[0]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2 0.5 0.5 0.5 0.5", "the class must be a whole number from 0 to 1. Got 2 instead"),
        ("-1 0.5 0.5 0.5 0.5", "the class must be a whole number from 0 to 1"),
        ("0.5 0.5 0.5 0.5 0.5", "the class must be a whole number from 0 to 1"),
        ("0 0.5 0.5 0.5", "has 4 columns where 5, or 7, 9, 11"),
        ("0 0.5 0.5 0.5 0.5 0.9", "has a sixth column, a confidence: these are predictions"),
        ("0 0.5 0.5 0.5 nan", "'nan' is not a number"),
        ("0 0.5 0.5 0.5 x", "'x' is not a number"),
        ("person 0.5 0.5 0.5 0.5", "'person' is not a number"),
        ("0 320 240 100 50", "has 320 where a fraction of the image's size"),
        ("0 0.5 0.5 0.5 0.5 1 1 1", None),
        ("0 0.5 0.5 0.5 0.5 1 1 1 1 1", "has 10 columns"),
    ],
)
def test_bad_lines(place: Path, line: str, says: str | None) -> None:
    put(place / "labels/val/c.txt", "0 0.5 0.5 0.5 0.5")
    sample = only(place, f"0 0.5 0.5 0.5 0.5\n{line}\n")
    if says is None:
        assert sample.truth is not None
        return
    assert sample.truth is None
    (problem,) = sample.problems
    assert problem.startswith(f"labels/train/a.txt, line 2: {says}")
    assert problem.endswith("; taken as unlabelled")


def test_boxes_that_do_not_fit(place: Path) -> None:
    sample = only(place, "0 0.95 0.5 0.2 0.5\n0 0.5 0.5 0 0.5\n")
    assert boxes(sample) == [[34, 5, 40, 15]]
    assert sample.problems == (
        "labels/train/a.txt, line 1: box reaches 2.0 px beyond the right edge; clipped",
        "labels/train/a.txt, line 2: box is 0.0 x 10.0 px: no area; dropped",
    )


def test_only_bad_files(place: Path) -> None:
    put(place / "labels/train/a.txt", "x")
    put(place / "labels/train/b.txt", "y")
    with pytest.raises(DataError, match=r"2 label files, and none .*a\.txt, line 1: 'x' is not"):
        list(yolo.read(place).samples())


def test_an_image_that_cannot_be_opened(place: Path) -> None:
    (place / "images/train/a.jpg").write_bytes(b"no image")
    sample = by_key(yolo.read(place))["images/train/a.jpg"]
    assert sample.truth is None
    assert "labels/train/a.txt: its image gives no size (not one of" in sample.problems[0]


def test_labels_without_an_image(place: Path) -> None:
    put(place / "labels/train/z.txt", "0 0.5 0.5 0.5 0.5")
    found = yolo.read(place)
    by_key(found)
    assert found.notes == ["1 label files have no image, such as labels/train/z.txt; passed over"]


def test_an_image_in_two_splits(place: Path) -> None:
    put(place / "data.yaml", "train: images/train\nval: [images/train, images/val]\nnames: [a, b]")
    found = yolo.read(place)
    assert len(by_key(found)) == 3
    assert found.notes == ["2 images are in more than one split; each is taken once"]


def test_lists_of_images(place: Path) -> None:
    put(place / "data.yaml", "train: lists/t.txt\nnames: {0: person, 1: car}\n")
    put(place / "lists/t.txt", f"./images/train/a.jpg\nimages/val/c.jpg\n\n{place}/images/gone.jpg")
    found = yolo.read(place)
    samples = by_key(found)
    assert list(samples) == ["images/train/a.jpg", "images/val/c.jpg", "images/gone.jpg"]
    assert len(boxes(samples["images/train/a.jpg"])) == 2
    put(place / "lists/t.txt", "images/val/c.jpg\n../../etc/passwd")
    with pytest.raises(DataError, match=r"t\.txt, line 2: 'image' .* must lie below"):
        yolo.read(place)


def test_a_list_relative_to_itself(place: Path) -> None:
    put(place / "data.yaml", "train: images/t.txt\nnames: [person, car]\n")
    put(place / "images/t.txt", "./train/a.jpg")
    assert list(by_key(yolo.read(place))) == ["images/train/a.jpg"]


def test_paths_as_roboflow_writes_them(place: Path) -> None:
    (place / "images/train").rename(place / "x")
    (place / "train").mkdir()
    (place / "x").rename(place / "train" / "images")
    (place / "labels/train").rename(place / "train" / "labels")
    put(place / "data.yaml", "train: ../train/images\nnc: 2\nnames: ['person', 'car']\n")
    samples = by_key(yolo.read(place))
    assert list(samples) == ["train/images/a.jpg", "train/images/b.jpg"]
    assert len(boxes(samples["train/images/a.jpg"])) == 2


@pytest.mark.parametrize("path", [".", "./", "{own}", "../datasets/{name}", "{name}", "~"])
def test_paths_of_the_own_folder(place: Path, path: str) -> None:
    path = path.format(own=place, name=place.name)
    put(place / "data.yaml", f"path: {path}\n{YAML}")
    assert len(by_key(yolo.read(place))) == 3


def test_a_folder_below(place: Path) -> None:
    put(place.parent / "outer.yaml", f"path: {place.name}\n{YAML}")
    found = yolo.read(place.parent / "outer.yaml")
    assert f"{place.name}/images/train/a.jpg" in by_key(found)


@pytest.mark.parametrize("path", ["/etc", "..", "../other", "nowhere", "C:\\data"])
def test_paths_outside(place: Path, path: str) -> None:
    file = put(place / "data.yaml", f"path: {path}\n{YAML}")
    with pytest.raises(DataError, match=r"data\.yaml, path: must name .* yolo\[root=FOLDER\]"):
        yolo.read(file)


def test_images_elsewhere(place: Path) -> None:
    file = put(place.parent / "cfg/coco.yaml", f"path: /data/coco\n{YAML}")
    for root in (str(place), f"../{place.name}"):
        found = yolo.read(file, root=root)
        samples = by_key(found)
        assert samples["images/train/a.jpg"].record.path == str(place / "images/train/a.jpg")
    for root in ("nowhere", "x" * 5000):
        with pytest.raises(ArgumentError, match=r"'root' argument of yolo.read must be a folder"):
            yolo.read(file, root=root)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("train: /etc", "train: '/etc' lies outside"),
        ("train: ../../etc", r"train: '\.\./\.\./etc' lies outside"),
        ("train: images/none", "train: 'images/none' is not there"),
        ("train: data.yaml", "train: must name a folder or a list"),
        ("train: labels", "holds no image in labels"),
    ],
)
def test_bad_places(place: Path, entry: str, says: str) -> None:
    put(place / "data.yaml", f"{entry}\nnames: [a, b]")
    with pytest.raises(DataError, match=says):
        yolo.read(place)


def test_plain_with_names(place: Path) -> None:
    (place / "data.yaml").unlink()
    put(place / "labels/classes.txt", "person\ncar\n\n")
    found = yolo.read(place)
    assert found.classes == ("person", "car")
    assert len(by_key(found)) == 3
    assert list(by_key(yolo.read(place, split="val"))) == ["images/val/c.jpg"]
    for split in ("none", "x" * 5000):
        with pytest.raises(DataError, match="has no split '"):
            yolo.read(place, split=split)
    with pytest.raises(DataError, match=r"'split' .* must lie below"):
        yolo.read(place, split="../x")


def test_plain_with_names_in_a_yaml_file(place: Path) -> None:
    put(place / "data.yaml", "nc: 2\nnames: [person, car]\n")
    for location in (place, place / "data.yaml"):
        found = yolo.read(location)
        assert found.classes == ("person", "car")
        assert len(by_key(found)) == 3


def test_plain_without_names(place: Path) -> None:
    (place / "data.yaml").unlink()
    put(place / "labels/val/c.txt", "7 0.5 0.5 0.5 0.5\nx\n99999 1 1 1 1\n")
    found = yolo.read(place)
    assert found.classes == tuple("01234567")


def test_darknet(tmp_path: Path) -> None:
    picture(tmp_path / "obj_train_data/a.png")
    picture(tmp_path / "obj_train_data/b.png")
    put(tmp_path / "obj_train_data/a.txt", "1 0.5 0.5 1 1")
    put(tmp_path / "obj.names", "person\ncar")
    found = yolo.read(tmp_path)
    assert found.classes == ("person", "car")
    samples = by_key(found)
    assert boxes(samples["obj_train_data/a.png"]) == [[0, 0, 40, 20]]
    assert samples["obj_train_data/b.png"].truth is None
    put(tmp_path / "obj.names", "person\n\ncar")
    with pytest.raises(DataError, match=r"obj\.names, line 2: '' is no class name of its own"):
        yolo.read(tmp_path)


def test_no_labels_at_all_is_said(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    found = yolo.read(tmp_path)
    assert found.classes == ()
    assert [sample.truth for sample in found.samples()] == [None]
    assert found.notes[0].startswith("no image has a label file")


def test_several_yaml_files(place: Path) -> None:
    for name in ("a.yaml", "b.yml"):
        put(place / name, YAML)
    assert len(by_key(yolo.read(place))) == 3
    (place / "data.yaml").unlink()
    with pytest.raises(DataError, match=r"several YAML files: a\.yaml, b\.yml"):
        yolo.read(place)


def test_coco128(shared: Path) -> None:
    found = yolo.read(shared / "data" / "coco128")
    samples = list(found.samples())
    assert len(found) == len(samples) == 256
    assert len(found.classes) == 80
    assert found.notes == [
        "2 label files have no image, such as labels/train2017/000000000656.txt; passed over"
    ]
    counts = Counter(
        kind for s in samples if s.truth is not None for kind in s.truth.classes.tolist()
    )
    assert counts[0] == 604
    assert counts.total() == 1827
    unlabelled = [s.record.key for s in samples if s.truth is None]
    assert unlabelled == [
        "images/train2017/000000000250.jpg",
        "images/train2017/000000000508.jpg",
    ]
    assert not any(sample.problems for sample in samples)
    assert len(yolo.read(shared / "data" / "coco128", split="val2017")) == 128
