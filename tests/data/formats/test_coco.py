"""COCO: what is written is read back; paths stay inside; boxes are fitted and named."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelnext.data.formats import coco
from labelnext.errors import ArgumentError, DataError, ProjectError
from labelnext.types import GroundTruth, ImageRecord, Sample

side = st.integers(1, 500)
share = st.floats(0, 1)


@st.composite
def truths(draw: st.DrawFn, width: int, height: int, classes: int) -> GroundTruth:
    n = draw(st.integers(0, 4))
    parts = np.array([[draw(share) for _ in range(4)] for _ in range(n)]).reshape(n, 4)
    corners = np.sort(parts.reshape(n, 2, 2), axis=1).reshape(n, 4)
    boxes = np.round(corners * [width, height, width, height], draw(st.sampled_from([0, 2, 9])))
    boxes = boxes[(boxes[:, 2:] - boxes[:, :2] > 1e-3).all(axis=1)]
    n = len(boxes)
    return GroundTruth.from_boxes(
        boxes,
        [draw(st.integers(0, classes - 1)) for _ in range(n)],
        [draw(st.booleans()) for _ in range(n)],
        [draw(share) for _ in range(n)],
    )


@st.composite
def sample_lists(draw: st.DrawFn) -> list[Sample]:
    keys = st.text("abcé 中/_-", min_size=1, max_size=9).map(
        lambda text: "/".join(part for part in text.split("/") if part.strip()) + ".jpg"
    )
    samples = []
    for number, key in enumerate(draw(st.lists(keys, unique=True, max_size=5))):
        width, height = draw(side), draw(side)
        record = ImageRecord(key, f"/nowhere/{key}", width, height)
        if draw(st.booleans()):
            seconds = draw(st.one_of(st.none(), st.floats(0, 1e6)))
            record = ImageRecord(key, record.path, width, height, "v", number, seconds)
        truth = draw(st.one_of(st.none(), truths(width, height, 3)))
        samples.append(Sample(record, truth))
    return samples


@given(sample_lists())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back(tmp_path: Path, samples: list[Sample]) -> None:
    path = tmp_path / "out" / "labels.json"
    coco.write(path, samples, ["person", "car", "dog"])
    found = coco.read(path)
    assert found.classes == ("person", "car", "dog")
    back = list(found.samples())
    assert not any(sample.problems for sample in back)
    assert len(back) == len(found) == len(samples)
    for before, after in zip(samples, back, strict=True):
        assert after.record.path == str(path.parent / before.record.key)
        for field in ("key", "width", "height", "video", "frame", "seconds"):
            assert getattr(after.record, field) == getattr(before.record, field)
        if before.truth is None:
            assert after.truth is None
            continue
        assert after.truth is not None
        np.testing.assert_allclose(after.truth.xyxy, before.truth.xyxy, rtol=0, atol=1e-9)
        assert after.truth.classes.tolist() == before.truth.classes.tolist()
        assert after.truth.ignore.tolist() == before.truth.ignore.tolist()
        assert after.truth.visible.tolist() == before.truth.visible.tolist()


def labels(file_name: str = "a.jpg", **box: object) -> str:
    entry = {"id": 50, "image_id": 1, "category_id": 1, "bbox": [0, 0, 5, 5], **box}
    return json.dumps(
        {
            "images": [{"id": 1, "file_name": file_name, "width": 64, "height": 48}],
            "annotations": [entry],
            "categories": [{"id": 1, "name": "person"}],
        }
    )


@pytest.mark.parametrize(
    "name", ["../a.jpg", "/etc/passwd", "x/../../a.jpg", "..\\a.jpg", "C:\\a.jpg", ".", "C:"]
)
def test_paths_outside_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "labels.json").write_text(labels(name))
    with pytest.raises(DataError, match=r"labels\.json, image 1: 'file_name' .* must lie below"):
        coco.read(tmp_path / "labels.json")


@pytest.mark.parametrize(
    ("json_file", "image", "name", "key"),
    [
        ("labels.json", "a.jpg", "a.jpg", "a.jpg"),
        ("labels.json", "frames/a.jpg", "frames/a.jpg", "frames/a.jpg"),
        ("labels.json", "frames/a.jpg", "frames\\a.jpg", "frames/a.jpg"),
        ("labels.json", "frames/a.jpg", "./frames//a.jpg", "frames/a.jpg"),
        ("labels.json", "images/a.jpg", "a.jpg", "a.jpg"),
        ("labels.json", "frames/a.jpg", "a.jpg", "a.jpg"),
        ("annotations/labels.json", "images/a.jpg", "a.jpg", "a.jpg"),
        ("annotations/labels.json", "train/a.jpg", "train/a.jpg", "train/a.jpg"),
    ],
)
def test_where_images_are_looked_for(
    tmp_path: Path, json_file: str, image: str, name: str, key: str
) -> None:
    for path in (tmp_path / json_file, tmp_path / image):
        path.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / image).write_bytes(b"")
    (tmp_path / json_file).write_text(labels(name))
    (sample,) = coco.read(tmp_path / json_file).samples()
    assert sample.record.key == key
    assert sample.record.path == str(tmp_path / image)


def test_one_file_under_two_spellings(tmp_path: Path) -> None:
    content = json.loads(labels("f/a.jpg"))
    content["images"].append({"id": 2, "file_name": "f\\a.jpg", "width": 64, "height": 48})
    (tmp_path / "labels.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"image 2: 'file_name' .* another spelling"):
        coco.read(tmp_path / "labels.json")


def test_a_name_too_long_for_the_file_system_is_a_missing_image(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text(labels("a" * 5000 + ".jpg"))
    assert len(coco.read(tmp_path / "labels.json")) == 1


@pytest.mark.parametrize(
    ("box", "says", "left"),
    [
        ([60, 0, 16, 5], "annotation 50: box reaches 12.0 px beyond the right edge; clipped", 1),
        ([5, 5, 0, 5], "annotation 50: box is 0.0 x 5.0 px: no area; dropped", 0),
        ([5, 5, -2, 5], "annotation 50: box is -2.0 x 5.0 px: no area; dropped", 0),
        ([70, 5, 2, 5], "annotation 50: box [70.0, 5.0, 72.0, 10.0] lies outside", 0),
    ],
)
def test_boxes_that_do_not_fit(tmp_path: Path, box: list[float], says: str, left: int) -> None:
    (tmp_path / "labels.json").write_text(labels(bbox=box))
    found = coco.read(tmp_path / "labels.json")
    (sample,) = found.samples()
    assert sample.problems[0].startswith(says)
    assert sample.truth is not None
    assert len(sample.truth) == left


@pytest.mark.parametrize(
    ("fields", "ignore", "visible"),
    [
        ({}, False, 1.0),
        ({"iscrowd": 1}, True, 1.0),
        ({"ignore": True}, True, 1.0),
        ({"ignore": 0, "iscrowd": None, "vis_ratio": 0.25}, False, 0.25),
        ({"visible": 0, "vis_ratio": 1}, False, 0.0),
    ],
)
def test_ignore_and_visible(
    tmp_path: Path, fields: dict[str, object], ignore: bool, visible: float
) -> None:
    (tmp_path / "labels.json").write_text(labels(**fields))
    (sample,) = coco.read(tmp_path / "labels.json").samples()
    assert sample.truth is not None
    assert sample.truth.ignore.tolist() == [ignore]
    assert sample.truth.visible.tolist() == [visible]


def test_images_without_annotations_are_labelled_and_empty(tmp_path: Path) -> None:
    content = json.loads(labels())
    content["annotations"] = []
    (tmp_path / "labels.json").write_text(json.dumps(content))
    (sample,) = coco.read(tmp_path / "labels.json").samples()
    assert sample.truth is not None
    assert sample.truth.xyxy.shape == (0, 4)


def test_prw(shared: Path) -> None:
    found = coco.read(shared / "data" / "prw_c6s1" / "instances.json")
    samples = list(found.samples())
    assert len(samples) == 1262
    clipped = sum(len(sample.problems) for sample in samples)
    assert clipped == 21
    kept = sum(len(sample.truth) for sample in samples if sample.truth is not None)
    assert kept == 2733
    assert all(Path(sample.record.path).is_file() for sample in samples)
    heights = np.concatenate([s.truth.xyxy for s in samples if s.truth is not None])
    assert np.median(heights[:, 3] - heights[:, 1]) == pytest.approx(99, abs=1)


def test_a_folder_beside_the_file(shared: Path) -> None:
    found = coco.read(shared / "data" / "sf_street" / "instances.json")
    assert all("/frames/" in sample.record.path for sample in found.samples())


@pytest.mark.usefixtures("unchecked")
def test_write_refuses(tmp_path: Path) -> None:
    record = ImageRecord("a.jpg", "a.jpg", 10, 10)
    path = tmp_path / "labels.json"
    path.write_text("before")
    for truth, says in (
        (GroundTruth.from_boxes([[0, 0, 5, 5]], [1]), "class 1 on a.jpg"),
        (GroundTruth.from_boxes([[0, 0, 5, float("nan")]]), "NaN on a.jpg"),
    ):
        with pytest.raises(ArgumentError, match=says):
            coco.write(path, [Sample(record, truth)], ["person"])
    assert path.read_text() == "before"
    assert [child.name for child in tmp_path.iterdir()] == ["labels.json"]


def test_write_where_it_cannot(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="cannot be written"):
        coco.write(tmp_path / "file" / "labels.json", [], ["person"])
