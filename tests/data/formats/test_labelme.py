"""LabelMe 5 JSON: shapes, names, bad files recorded, and the way back."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelnext.data.formats import labelme
from labelnext.data.formats.labelme import writer
from labelnext.errors import ArgumentError, DataError
from labelnext.types import Detections, GroundTruth, ImageRecord, Sample


def shape(kind: str, *points: list[float], **more: Any) -> dict[str, Any]:
    return {
        "label": "car", "points": list(points), "group_id": None, "description": "",
        "shape_type": kind, "flags": {}, "mask": None,
    } | more  # fmt: skip


BOX = shape("rectangle", [30, 40], [10.5, 20])


def put(folder: Path, *shapes: Any, name: str = "a", image: bool = True, **more: Any) -> Path:
    """A file as LabelMe 5.5 saves it, and its (empty) image."""
    content = {
        "version": "5.5.0", "flags": {}, "shapes": list(shapes),
        "imagePath": f"{Path(name).name}.jpg",
        "imageData": None, "imageHeight": 80, "imageWidth": 100,
    } | more  # fmt: skip
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    if image:
        (folder / f"{name}.jpg").write_bytes(b"")
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_a_folder(tmp_path: Path) -> None:
    put(tmp_path, BOX, name="x/a")
    put(tmp_path, name="x/b")
    (tmp_path / "c.png").write_bytes(b"")
    found = labelme.read(tmp_path)
    assert found.classes == ("car",)
    by_key = {sample.record.key: sample for sample in found.samples()}
    assert list(by_key) == ["x/a.jpg", "x/b.jpg", "c.png"]
    first = by_key["x/a.jpg"]
    assert (first.record.width, first.record.height) == (100, 80)
    assert first.record.path == str(tmp_path / "x" / "a.jpg")
    assert first.truth.xyxy.tolist() == [[10.5, 20, 30, 40]]
    assert len(by_key["x/b.jpg"].truth) == 0
    assert by_key["c.png"].truth is None
    assert not any(sample.problems for sample in by_key.values())
    assert found.notes == []


@pytest.mark.parametrize(
    ("entry", "box", "notes"),
    [
        (BOX, [10.5, 20, 30, 40], []),
        (shape("rectangle", [1, 2], [9, 2], [9, 7], [1, 7]), [1, 2, 9, 7], []),
        (shape("mask", [3, 4], [9, 8], mask="iVBORw0KGgo="), [3, 4, 9, 8], []),
        (shape("polygon", [5, 5], [9, 30], [2, 7]), [2, 5, 9, 30],
         ["1 polygons: read as enclosing boxes"]),
        ({k: v for k, v in shape("", [5, 5], [9, 30], [2, 7]).items() if k != "shape_type"},
         [2, 5, 9, 30], ["1 polygons: read as enclosing boxes"]),
        (shape("circle", [50, 40], [53, 44]), [45, 35, 55, 45],
         ["1 circles: read as enclosing boxes"]),
        (shape("linestrip", [1, 2], [9, 4], [5, 8]), [1, 2, 9, 8],
         ["1 line strips: read as enclosing boxes"]),
        (shape("oriented_rectangle", [10, 0], [20, 10], [10, 20], [0, 10]), [0, 0, 20, 20],
         ["1 turned boxes: read as enclosing boxes"]),
    ],
)  # fmt: skip
def test_shapes(entry: Any, box: list[float], notes: list[str], tmp_path: Path) -> None:
    put(tmp_path, entry, shape("point", [3, 3]))
    found = labelme.read(tmp_path)
    (sample,) = found.samples()
    assert sample.truth.xyxy.tolist() == [box]
    assert found.notes == [*notes, "1 single points: left out"]


def test_flags(tmp_path: Path) -> None:
    marks = [{"flags": {"difficult": True}}, {"flags": {"ignore": 1}}, {"difficult": True},
             {"flags": {"other": True}}, {"flags": None}]  # fmt: skip
    put(tmp_path, *({**BOX, **mark} for mark in marks))
    (sample,) = labelme.read(tmp_path).samples()
    assert sample.truth.ignore.tolist() == [True, True, True, False, False]


def test_which_image_a_file_is_about(tmp_path: Path) -> None:
    put(tmp_path, BOX, name="labels/a", image=False, imagePath="..\\images\\a.jpg")
    put(tmp_path, BOX, name="images/b", imagePath="C:\\\\old\\b.jpg")
    put(tmp_path, BOX, name="images/c", image=False, imagePath="c.jpg")
    (tmp_path / "images" / "a.jpg").write_bytes(b"")
    found = {s.record.key: s for s in labelme.read(tmp_path).samples()}
    assert sorted(found) == ["images/a.jpg", "images/b.jpg", "images/c.jpg"]
    assert all(len(sample.truth) == 1 for sample in found.values())
    assert found["images/b.jpg"].problems == (
        r"images/b.json: 'C:\\\\old\\b.jpg' is not in the folder; taken to be about "
        "images/b.jpg",
    )


def test_two_files_about_one_image(tmp_path: Path) -> None:
    put(tmp_path, BOX)
    put(tmp_path, name="b", image=False, imagePath="a.jpg")
    found = labelme.read(tmp_path)
    assert [len(s.truth) for s in found.samples()] == [1]
    assert found.notes == ["b.json: is about a.jpg, as is a.json; left out"]


def test_boxes_that_do_not_fit_are_named(tmp_path: Path) -> None:
    put(tmp_path, shape("rectangle", [90, 10], [104, 20]))
    (sample,) = labelme.read(tmp_path).samples()
    assert sample.problems == (
        "a.json, shape #0: box reaches 4.0 px beyond the right edge; clipped",
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"shapes": None}, "a.json: must hold a list 'shapes'. Got None instead"),
        ({"shapes": [3]}, "a.json, shape #0: must be a JSON object. Got 3 instead"),
        ({"shapes": [{**BOX, "label": 3}]}, "shape #0: 'label' must be a string"),
        ({"shapes": [{**BOX, "points": 3}]}, "shape #0: 'points' must be a list"),
        ({"shapes": [{**BOX, "points": [[1, 2]]}]}, "a rectangle has 2 points. Got 1"),
        ({"shapes": [{**BOX, "points": [[1, 2], [1, "3"]]}]}, "[1, '3'] is no point [x, y]"),
        ({"shapes": [{**BOX, "points": [[1, 2], [1, 1e300]]}]}, "[1, 1e+300] is no point"),
        ({"shapes": [{**BOX, "flags": [1]}]}, "'flags': must be a JSON object"),
        ({"imageWidth": "x"}, "the file: 'imageWidth' must be an integer"),
        ({"imageWidth": 10**9}, "'imageWidth' 1000000000 is no size"),
    ],
)
def test_a_bad_file_is_recorded_and_its_image_is_unlabelled(
    change: dict[str, Any], says: str, tmp_path: Path
) -> None:
    path = put(tmp_path, BOX, **change)
    with pytest.raises(DataError, match=r"a\.json"):
        list(labelme.read(tmp_path).samples())
    put(tmp_path, BOX, name="good")
    samples = {s.record.key: s for s in labelme.read(tmp_path).samples()}
    assert samples["good.jpg"].problems == ()
    assert samples["a.jpg"].truth is None
    assert says in samples["a.jpg"].problems[0]
    assert samples["a.jpg"].problems[0].endswith("; taken as unlabelled")
    (tmp_path / "a.jpg").unlink()
    found = labelme.read(tmp_path)
    keys = [sample.record.key for sample in found.samples()]
    assert keys == ["good.jpg"] or "imageWidth" in change
    path.unlink()


def test_files_of_no_use(tmp_path: Path) -> None:
    put(tmp_path, BOX, name="good")
    contents = {
        "cut": b'{"shapes": [', "binary": b"\xff\xfe", "deep": b"[" * 100_000, "list": b"[]",
        "climbing": b'{"shapes": [], "imagePath": "../../x.jpg"}', "nowhere": b'{"shapes": []}',
    }  # fmt: skip
    for name, content in contents.items():
        (tmp_path / f"{name}.json").write_bytes(content)
    found = labelme.read(tmp_path)
    assert [s.record.key for s in found.samples()] == ["good.jpg"]
    for name in contents:
        assert any(note.startswith(f"{name}.json") for note in found.notes), name
    (tmp_path / "good.json").unlink()
    with pytest.raises(DataError, match="has 6 label files, and none can be used"):
        list(labelme.read(tmp_path).samples())


@pytest.mark.usefixtures("unchecked")
def test_folders_of_no_use(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no image and no JSON file"):
        labelme.read(tmp_path)
    with pytest.raises(DataError, match="nothing: does not exist"):
        labelme.read(tmp_path / "nothing")
    with pytest.raises(DataError, match=r"a\.json: is not a folder"):
        labelme.read(put(tmp_path))
    with pytest.raises(ArgumentError, match="'auto' argument"):
        labelme.read(tmp_path, auto=3)  # type: ignore[arg-type]


def sample(key: str, truth: GroundTruth | None, **more: Any) -> Sample:
    return Sample(ImageRecord(key, key, 640, 359, **more), truth)


def write(folder: Path, samples: list[Sample], classes: Any, **options: Any) -> Any:
    """The writer's report, with an empty file for each image."""

    def place(_record: ImageRecord, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")

    return writer.write(folder, samples, classes, place=place, **options)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    corners = np.sort(rng.uniform(0, 359, (30, 2, 2)), axis=1).reshape(30, 4)
    truth = GroundTruth.from_boxes(
        corners, rng.integers(0, 2, 30), rng.random(30) < 0.5, tracks=np.arange(30)
    )
    samples = [
        sample("tief/ä b.c.jpg", truth, video="v", frame=1),
        sample("a.jpg", GroundTruth.from_boxes([])),
        sample("offen.png", None),
    ]
    classes = ('"<&>, é', "b")
    written = write(tmp_path / "out", samples, classes)
    assert (written.images, written.objects) == (3, 30)
    assert dict(written.lost) == {"track numbers": 30, "places of frames in their videos": 1}
    found = labelme.read(tmp_path / "out")
    assert found.classes == classes
    back = {s.record.key: s for s in found.samples()}
    assert sorted(back) == sorted(s.record.key for s in samples)
    for name in ("xyxy", "classes", "ignore"):
        again = getattr(back["tief/ä b.c.jpg"].truth, name)
        np.testing.assert_array_equal(again, getattr(truth, name))
    assert len(back["a.jpg"].truth) == 0
    assert back["offen.png"].truth is None
    with pytest.raises(DataError, match="out: is there already"):
        write(tmp_path / "out", samples, classes)


def test_images_that_differ_in_their_suffix_only(tmp_path: Path) -> None:
    boxes = [GroundTruth.from_boxes([[i, 1, 9, 9]]) for i in range(2)]
    write(tmp_path / "out", [sample("a.jpg", boxes[0]), sample("a.png", boxes[1])], ["car"])
    found = labelme.read(tmp_path / "out").samples()
    assert {s.record.key: s.truth.xyxy[0, 0] for s in found} == {"a.jpg": 0, "a_2.png": 1}


def test_predictions_are_written_where_nobody_labelled(tmp_path: Path) -> None:
    boxes = Detections(
        np.array([[1, 2, 30, 40]], np.float32), np.array([0.5], np.float32), np.array([0])
    )
    samples = [sample("a.jpg", None), sample("b.jpg", GroundTruth.from_boxes([[1, 2, 3, 4]]))]
    both = {"a.jpg": boxes, "b.jpg": boxes}
    written = write(tmp_path / "out", samples, ["car"], predictions=both)
    assert (written.objects, dict(written.lost)) == (
        1, {"predictions on images that have labels": 1},
    )  # fmt: skip
    content = json.loads((tmp_path / "out" / "a.json").read_text())
    assert content["shapes"][0]["description"] == "score 0.500"
    found = labelme.read(tmp_path / "out")
    assert [len(s.truth) for s in found.samples()] == [1, 1]
    assert "taken as labels" in found.notes[0]
    found = labelme.read(tmp_path / "out", auto=False)
    assert [s.truth is None for s in found.samples()] == [True, False]
