"""Label Studio 1.x: exports as the tool writes them, faults with their task, and the way back."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from labelnext.data.formats import label_studio
from labelnext.data.formats.common import json_stream
from labelnext.data.formats.label_studio import writer
from labelnext.data.formats.label_studio.brush import BrushError, brush_box
from labelnext.errors import ArgumentError, DataError
from labelnext.types import Detections, GroundTruth, ImageRecord, Sample


def region(kind: str = "rectangle", labels: Any = "car", **value: Any) -> dict[str, Any]:
    """A region as Label Studio 1.12 exports it."""
    names = [labels] if isinstance(labels, str) else labels
    return {
        "id": "Dx_aB91ISN", "from_name": "label", "to_name": "image", "type": f"{kind}labels",
        "origin": "manual", "original_width": 200, "original_height": 100, "image_rotation": 0,
        "value": {"rotation": 0, f"{kind}labels": names, **value},
    }  # fmt: skip


BOX = region(x=10.0, y=20.0, width=30.0, height=40.0)


def annotation(*results: Any, number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "completed_by": 3, "result": list(results), "was_cancelled": False,
        "ground_truth": False, "created_at": "2024-06-23T00:00:01.051661Z",
        "updated_at": "2024-06-23T00:00:01.051677Z", "lead_time": 12.34, "task": 1,
    } | more  # fmt: skip


def task(number: int, *annotations: Any, image: str = "", **more: Any) -> dict[str, Any]:
    return {
        "id": number, "annotations": list(annotations), "drafts": [], "predictions": [],
        "data": {"image": image or f"{number}.jpg"}, "meta": {}, "inner_id": number,
        "total_annotations": len(annotations), "project": 1,
    } | more  # fmt: skip


def put(folder: Path, *tasks: Any) -> Path:
    path = folder / "export.json"
    path.write_text(json.dumps(list(tasks)), "utf-8")
    return path


def only(folder: Path, *results: Any, **options: Any) -> tuple[Sample, list[str]]:
    found = label_studio.read(put(folder, task(1, annotation(*results))), **options)
    (one,) = found.samples()
    return one, list(found.notes)


def test_rectangles_in_percent(tmp_path: Path) -> None:
    path = put(tmp_path, task(1, annotation(BOX)), task(2, annotation()), task(3))
    found = label_studio.read(path)
    assert (found.classes, len(found)) == (("car",), 3)
    one, two, three = found.samples()
    assert (one.record.key, one.record.width, one.record.height) == ("1.jpg", 200, 100)
    np.testing.assert_allclose(one.truth.xyxy, [[20, 20, 80, 60]])
    assert one.problems == ()
    assert (two.truth is not None and len(two.truth), three.truth) == (0, None)
    assert found.notes == []


@pytest.mark.parametrize(
    ("result", "box", "note"),
    [
        (region(x=50, y=20, width=10, height=20, rotation=90), [80, 20, 100, 40],
         "1 turned boxes: read as enclosing boxes"),
        (region("ellipse", x=50, y=50, radiusX=10, radiusY=10), [80, 40, 120, 60], "1 ellipses"),
        (region("polygon", points=[[10, 10], [20.5, 5], [15, 30]]), [20, 5, 41, 30], "1 polygons"),
    ],
)  # fmt: skip
def test_other_shapes_become_enclosing_boxes(
    result: Any, box: list[float], note: str, tmp_path: Path
) -> None:
    sample, notes = only(tmp_path, result)
    np.testing.assert_allclose(sample.truth.xyxy, [box], atol=1e-9)
    assert len(notes) == 1
    assert notes[0].startswith(note)


def stroke(alpha: np.ndarray, *, runs: bool) -> list[int]:
    """Label Studio's run-length code of a mask `[h, w]`, by its description."""
    values = np.repeat(alpha.reshape(-1, 1), 4, axis=1).reshape(-1).tolist()
    bits = f"{len(values):032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}"
    at = 0
    while at < len(values):
        end = at + 1
        while runs and end < len(values) and values[end] == values[at] and end - at < 250:
            end += 1
        end = end if runs else min(at + 16, len(values))
        if runs:
            bits += f"1{2:02b}{end - at - 1:08b}{values[at]:08b}"
        else:
            bits += f"0{1:02b}{end - at - 1:04b}" + "".join(f"{v:08b}" for v in values[at:end])
        at = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]


@pytest.mark.parametrize("runs", [True, False])
def test_brush_strokes(runs: bool) -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        alpha = np.zeros((9, 13), int)
        x, y = int(rng.integers(11)), int(rng.integers(7))
        alpha[y : y + 3, x : x + int(rng.integers(1, 3))] = 255
        rows, columns = np.nonzero(alpha)
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert brush_box(stroke(alpha, runs=runs), 13, 9) == box
    assert brush_box(stroke(np.zeros((9, 13), int), runs=runs), 13, 9) is None
    code = stroke(np.ones((9, 13), int), runs=runs)
    for rle, says in [
        (code[:-3], "is cut off"), ([], "is cut off"), ([*code[:-1], 256], "no bytes"),
        ([255] * 100, "is of 4294967295 values"),
    ]:  # fmt: skip
        with pytest.raises(BrushError, match=says):
            brush_box(rle, 13, 9)


def test_brush_strokes_in_an_export(tmp_path: Path) -> None:
    alpha = np.zeros((100, 200), int)
    alpha[30:50, 20:80] = 1
    sample, notes = only(tmp_path, region("brush", format="rle", rle=stroke(alpha, runs=True)))
    assert sample.truth.xyxy.tolist() == [[20, 30, 80, 50]]
    assert notes == ["1 brush strokes: read as enclosing boxes"]


def test_a_region_beside_its_label(tmp_path: Path) -> None:
    """<Rectangle> with <Labels>: two results of one id. Without a label a region says nothing."""
    shape = {**BOX, "type": "rectangle", "value": {"x": 10, "y": 20, "width": 30, "height": 40}}
    label = {**BOX, "type": "labels", "value": {**shape["value"], "labels": ["dog", "wet"]}}
    lone = {**shape, "id": "other"}
    point = region("keypoint", x=1, y=2, width=0.5)
    choice = {"id": "c", "type": "choices", "value": {"choices": ["sunny"]}}
    relation = {"type": "relation", "from_id": "a", "to_id": "b"}
    sample, notes = only(tmp_path, label, shape, lone, point, choice, relation)
    assert len(sample.truth) == 1
    assert notes == [
        "1 further labels of regions with several: left out",
        "1 key points: left out",
        "1 regions without a label: left out",
        "2 results that are no regions: left out",
    ]


def test_the_newest_annotation_that_was_not_cancelled_counts(tmp_path: Path) -> None:
    other = region(labels="dog", x=0, y=0, width=10, height=10)
    old = annotation(BOX, number=1, completed_by={"id": 3, "email": "a@x.org"})
    new = annotation(other, number=2, completed_by=4, updated_at="2024-06-24T00:00:00+02:00")
    gone = annotation(number=3, updated_at="2025-01-01T00:00:00Z", was_cancelled=True)
    path = put(tmp_path, task(1, new, old, gone), task(2, gone), task(3, predictions=[{}]))

    def found(**options: Any) -> list[Any]:
        return [
            s.truth and s.truth.xyxy.tolist() for s in label_studio.read(path, **options).samples()
        ]

    assert found() == [[[0, 0, 20, 10]], None, None]
    assert found(annotator=3) == found(annotator="a@x.org") == [[[20, 20, 80, 60]], None, None]
    assert found(annotator="nobody") == [None, None, None]
    data = label_studio.read(path)
    assert list(data.samples())[1].problems == ("task 2: it was skipped; taken as unlabelled",)
    assert data.notes == ["1 tasks' predictions and drafts, which are no labels: left out"]


def small(number: int, image: str, *regions: Any, **more: Any) -> dict[str, Any]:
    """An entry of JSON-MIN: one an annotation."""
    labels = [{**r["value"], "original_width": 200, "original_height": 100} for r in regions]
    entry = {
        "image": image, "id": number, "annotator": 1, "annotation_id": 9, "lead_time": 3.5,
        "created_at": "2024-06-23T00:00:01Z", "updated_at": "2024-06-23T00:00:01Z",
    } | more  # fmt: skip
    return {**entry, "label": labels} if labels else entry


def test_json_min(tmp_path: Path) -> None:
    other = region(labels="dog", x=0, y=0, width=10, height=10)
    polygon = region("polygon", points=[[10, 10], [20, 5], [15, 30]])
    ellipse = region("ellipse", x=50, y=50, radiusX=10, radiusY=10)
    path = put(
        tmp_path,
        small(1, "a.jpg", BOX),
        small(2, "b.jpg"),
        small(1, "a.jpg", other, polygon, ellipse, annotator=2, updated_at="2024-06-25T00:00:00Z"),
        {"image": "c.jpg", "id": 3},
    )
    found = label_studio.read(path)
    assert len(found) == 3
    by_key = {s.record.key: s.truth for s in found.samples()}
    np.testing.assert_allclose(
        by_key["a.jpg"].xyxy, [[0, 0, 20, 10], [20, 5, 40, 30], [80, 40, 120, 60]]
    )
    assert len(by_key["b.jpg"]) == 0
    assert by_key["c.jpg"] is None
    found = label_studio.read(path, annotator=1)
    (truth,) = [s.truth for s in found.samples() if s.record.key == "a.jpg"]
    np.testing.assert_allclose(truth.xyxy, [[20, 20, 80, 60]])


@pytest.mark.parametrize(
    ("name", "there", "key"),
    [
        ("/data/upload/1/1a2b3c4d-a.jpg", "a.jpg", "a.jpg"),
        ("/data/upload/1/1a2b3c4d-a.jpg", "1a2b3c4d-a.jpg", "1a2b3c4d-a.jpg"),
        ("/data/upload/1/1a2b3c4d-a%20b.jpg", "a b.jpg", "a b.jpg"),
        ("/data/local-files/?d=sets/x/a%20b.jpg", "x/a b.jpg", "x/a b.jpg"),
        ("s3://bucket/x/y/a.jpg", "y/a.jpg", "y/a.jpg"),
        ("https://h.org/x/a%20b.jpg?token=1", "x/a b.jpg", "x/a b.jpg"),
        ("http://localhost:8080/data/upload/3/0fa2b3c4-a.jpg", "a.jpg", "a.jpg"),
        ("x/a.jpg", "x/a.jpg", "x/a.jpg"),
        ("x\\a.jpg", "x/a.jpg", "x/a.jpg"),
        ("100%25.jpg", "100%.jpg", "100%.jpg"),
        ("s3://bucket/x/a.jpg", "", "x/a.jpg"),
    ],
)
def test_names_of_images(name: str, there: str, key: str, tmp_path: Path) -> None:
    if there:
        (tmp_path / "pictures" / there).parent.mkdir(parents=True)
        (tmp_path / "pictures" / there).write_bytes(b"")
    (tmp_path / "pictures").mkdir(exist_ok=True)
    found = label_studio.read(put(tmp_path, task(1, image=name)), images="pictures")
    (sample,) = found.samples()
    assert sample.record.key == key
    assert sample.record.path == str(tmp_path / "pictures" / key)


def test_the_field_of_the_image(tmp_path: Path) -> None:
    data = {"text": "hello", "picture": "s3://b/a.PNG", "count": 3}
    path = put(tmp_path, task(1, data=data))
    assert [s.record.key for s in label_studio.read(path).samples()] == ["a.PNG"]
    data["other"] = "b.jpg"
    path = put(tmp_path, task(1, data=data))
    with pytest.raises(DataError, match=r"task 1: its data has 2 values .*labelstudio\[image=NAME"):
        label_studio.read(path)
    found = label_studio.read(path, image="other")
    assert [s.record.key for s in found.samples()] == ["b.jpg"]


def test_a_size_that_is_not_given_is_the_image_s_own(tmp_path: Path) -> None:
    bare = {name: value for name, value in BOX.items() if not name.startswith("original")}
    sample, _ = only(tmp_path, bare)
    assert sample.truth is None
    assert sample.problems == (
        "task 1: has no 'original_width', and the image cannot be read (there is no such file); "
        "taken as unlabelled",
    )
    Image.new("L", (50, 10)).save(tmp_path / "1.jpg")
    sample, _ = only(tmp_path, bare)
    np.testing.assert_allclose(sample.truth.xyxy, [[5, 2, 20, 6]])
    sample, _ = only(tmp_path, {**BOX, "image_rotation": 90})
    assert sample.truth is None
    assert "rotated view" in sample.problems[0]


def test_boxes_that_do_not_fit_are_named(tmp_path: Path) -> None:
    sample, _ = only(tmp_path, region(x=90, y=0, width=12, height=10))
    assert sample.problems == (
        "task 1, result #0: box reaches 4.0 px beyond the right edge; clipped",
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"value": 3}, r"export\.json, task 1, result #0, 'value': must be a JSON object. Got 3"),
        ({"value": {"x": 1, "rectanglelabels": ["a"]}}, "lacks 'y'"),
        ({"value": {**BOX["value"], "x": "1"}}, "'x' must be a finite number"),
        ({"value": {**BOX["value"], "x": 1e7}}, "'x' must be a finite number from"),
        ({"value": {**BOX["value"], "rectanglelabels": [3]}}, "must be a string that is not empty"),
        ({"original_width": 0}, "'original_width' must be a finite number from 1"),
        ({"original_width": 10.5}, "must be a whole number. Got 10.5"),
        ({"original_width": None, "original_height": 5}, "'original_width' must be"),
        ({"type": "polygonlabels"}, "lacks 'points'"),
        ({"type": "polygonlabels", "value": {"points": []}}, "'points' must be a list"),
        ({"type": "polygonlabels", "value": {"points": [[1]]}}, r"\[1\] is no point"),
        ({"type": "brushlabels", "value": {"rle": "x"}}, "'rle' must be a list"),
        ({"type": "brushlabels", "value": {"rle": [0, 0]}}, "'rle' is cut off"),
        ({"type": 7}, "'type' must be a string"),
    ],
)
def test_faults_of_regions(change: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=says):
        only(tmp_path, {**BOX, **change})


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (3, "task #1: must be a JSON object. Got 3"),
        (task(2, image="../2.jpg"), "task 2: 'image' '../2.jpg' must lie below"),
        (task(2, image="/etc/2.jpg"), "must lie below"),
        (task(2, image="/data/local-files/?d=../2.jpg"), "must lie below"),
        (task(2, image="/data/upload/%2e%2e/2.jpg"), "must lie below"),
        (task(2, image="data:image/png;base64,AAAA"), "holds the image itself"),
        (task(2, data={"text": "x"}), "its data has no values that look like an image"),
        (task(2, data=[]), "'data' must be an object"),
        (task(2, annotations=3), "'annotations' must be a list. Got 3"),
        (task(2, 3), "task 2, annotation #0: must be a JSON object"),
        (task(2, {"result": {}}), "'result' must be a list"),
        (task(2, {}), "lacks 'result'"),
        (task(2, image="1.jpg"), "task 2: is of the image '1.jpg', as is task 1"),
        (task(2, annotation({**BOX, "original_width": 9}, BOX)), "is of an image of 200 x 100 px"),
    ],
)
def test_faults_of_tasks(entry: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=says):
        label_studio.read(put(tmp_path, task(1, annotation(BOX)), entry))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", r"export\.json: must hold a list; it is empty"),
        (b"{}", "must hold a list; it begins with '{'"),
        (b"[]", "holds no task"),
        (b'[{"id": 1', "line 1, column 10: is not JSON: Expecting"),
        (
            b'[{"data": {"image": "a.jpg"}}, {"id": }]',
            "line 1, column 39: is not JSON: Expecting value",
        ),
        (b'[{"id": NaN}] x', "task #0: its data has no values|Extra data"),
        (b"[" * 100_000 + b"]" * 100_000, "is not usable JSON: maximum recursion depth"),
        (b"[" * 100_000, "is not usable JSON: maximum recursion depth"),
        (b"[1" + b"0" * 100_000 + b"]", "is not usable JSON: Exceeds the limit"),
        (b'["\xff"]', "is not UTF-8 text"),
    ],
)
def test_no_such_json(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=says):
        label_studio.read(path)


def test_a_byte_order_mark_and_an_entry_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, task(1, annotation(BOX)))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(label_studio.read(path)) == 1
    monkeypatch.setattr(json_stream, "MAX_ENTRY", 100)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match="has an entry of more than 100 characters"):
        label_studio.read(path)
    with pytest.raises(DataError, match=r"nothing\.json: does not exist"):
        label_studio.read(tmp_path / "nothing.json")
    with pytest.raises(ArgumentError, match="'annotator' argument"):
        label_studio.read(path, annotator=True)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    corners = np.sort(rng.uniform(0, 1, (30, 2, 2)), axis=1).reshape(30, 4) * [640, 359, 640, 359]
    classes = ('a "b" <c> & d, e', "person", "never")
    truth = GroundTruth.from_boxes(
        corners, rng.integers(0, 2, 30), rng.random(30) < 0.5, rng.random(30)
    )
    frame = ImageRecord("tief/ä b%20#1?.jpg", "x", 640, 359, "v.mp4", 7, 0.28)
    samples = [
        Sample(frame, truth),
        Sample(ImageRecord("leer.png", "x", 3, 4), GroundTruth.from_boxes([])),
        Sample(ImageRecord("offen.png", "x", 3, 4)),
    ]
    placed = []
    written = writer.write(
        tmp_path / "out", samples, classes, place=lambda record, path: placed.append(path)
    )
    assert placed == [tmp_path / "out" / s.record.key for s in samples]
    assert (written.images, written.objects) == (3, 30)
    assert dict(written.lost) == {"visible fractions": 30}
    (tmp_path / "out" / "tief").mkdir()
    (tmp_path / "out" / frame.key).write_bytes(b"")
    found = label_studio.read(tmp_path / "out")
    assert found.classes == classes
    back = list(found.samples())
    assert [s.record.key for s in back] == [s.record.key for s in samples]
    assert (back[0].record.video, back[0].record.frame, back[0].record.seconds) == (
        "v.mp4",
        7,
        0.28,
    )
    np.testing.assert_allclose(back[0].truth.xyxy, corners, rtol=1e-12, atol=1e-11)
    np.testing.assert_array_equal(back[0].truth.classes, truth.classes)
    np.testing.assert_array_equal(back[0].truth.ignore, truth.ignore)
    assert [s.truth is None for s in back] == [False, False, True]


def test_predictions_stand_beside_the_labels(tmp_path: Path) -> None:
    boxes = Detections(
        np.array([[1, 2, 3, 4], [5, 6, 50, 60]], np.float32),
        np.array([0.75, 0.25], np.float32),
        np.array([0, 0]),
    )
    sample = Sample(ImageRecord("a.jpg", "x", 100, 80), GroundTruth.from_boxes([[1, 2, 30, 40]]))
    path = tmp_path / "a.json"
    writer.write(
        path, [sample], ["car"], predictions={"a.jpg": boxes}, url_prefix="s3://b/",
        model_version="m7",
    )  # fmt: skip
    (written,) = json.loads(path.read_text())
    assert written["data"] == {"image": "s3://b/a.jpg"}
    (prediction,) = written["predictions"]
    assert (prediction["model_version"], prediction["score"]) == ("m7", 0.5)
    assert [part["score"] for part in prediction["result"]] == [0.75, 0.25]
    assert prediction["result"][1]["value"] == {
        "x": 5.0, "y": 7.5, "width": 45.0, "height": 67.5, "rotation": 0,
        "rectanglelabels": ["car"],
    }  # fmt: skip
    assert '<Label value="car"/>' in (tmp_path / "label_config.xml").read_text()
    found = label_studio.read(path)
    assert [len(s.truth) for s in found.samples()] == [1]
    bad = Detections(boxes.xyxy, boxes.scores, np.array([0, 4]))
    with pytest.raises(ArgumentError, match="classes 0 to 4"):
        writer.write(path, [sample], ["car"], predictions={"a.jpg": bad})
    assert json.loads(path.read_text()) == [written]
