"""COCO: what is written is read back; paths stay inside; boxes are fitted and named."""

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelnext.coco_format import parse
from labelnext.data.formats import coco
from labelnext.errors import ArgumentError, DataError, ProjectError
from labelnext.masks import pack, unpack
from labelnext.types import Detections, GroundTruth, ImageRecord, Sample

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
    nan = float("nan")
    return GroundTruth.from_boxes(
        boxes,
        [draw(st.integers(0, classes - 1)) for _ in range(n)],
        [draw(st.booleans()) for _ in range(n)],
        [draw(share) for _ in range(n)],
        visible_xyxy=[draw(st.sampled_from([list(box), [nan] * 4])) for box in boxes],
        occlusion=[draw(st.integers(-1, 2)) for _ in range(n)],
        truncation=[draw(st.one_of(share, st.just(nan))) for _ in range(n)],
        tracks=[draw(st.integers(-1, 9)) for _ in range(n)],
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
            shot = draw(st.integers(0, 2))
            record = ImageRecord(key, record.path, width, height, "v", number, seconds, shot)
        truth = draw(st.one_of(st.none(), truths(width, height, 3)))
        samples.append(Sample(record, truth))
    return samples


@given(sample_lists())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back(tmp_path: Path, samples: list[Sample]) -> None:
    path = tmp_path / "out" / "labels.json"
    written = coco.write(path, samples, ["person", "car", "dog"])
    assert not written.lost
    found = coco.read(path)
    assert found.classes == ("person", "car", "dog")
    back = list(found.samples())
    assert not any(sample.problems for sample in back)
    assert len(back) == len(found) == len(samples)
    for before, after in zip(samples, back, strict=True):
        assert after.record.path == str(path.parent / before.record.key)
        for field in ("key", "width", "height", "video", "frame", "seconds", "segment"):
            assert getattr(after.record, field) == getattr(before.record, field)
        if before.truth is None:
            assert after.truth is None
            continue
        assert after.truth is not None
        np.testing.assert_allclose(after.truth.xyxy, before.truth.xyxy, rtol=0, atol=1e-9)
        assert after.truth.classes.tolist() == before.truth.classes.tolist()
        assert after.truth.ignore.tolist() == before.truth.ignore.tolist()
        assert after.truth.visible.tolist() == before.truth.visible.tolist()
        optional = zip(before.truth.fields()[4:], after.truth.fields()[4:], strict=True)
        for wanted, got in optional:
            assert (wanted is None) == (got is None)
            if wanted is not None:
                np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-9)


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


def content(count: int = 3, **lists: object) -> str:
    names = [{"id": i, "file_name": f"{i}.jpg", "width": 64, "height": 48} for i in range(count)]
    boxes = [
        {"id": 10 * i + j, "image_id": i, "category_id": 1, "bbox": [i, j, 5, 6]}
        for j in range(2)
        for i in reversed(range(count))
    ]
    whole = {"images": names, "annotations": boxes, "categories": [{"id": 1, "name": "person"}]}
    return json.dumps(whole | lists)


def test_boxes_in_any_order_and_lists_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    whole = json.loads(content(200))
    path.write_text(json.dumps(dict(reversed(whole.items()))))
    found = coco.read(path)
    for _ in range(2):  # drawn anew each time
        samples = list(found.samples())
        assert [sample.record.key for sample in samples] == [f"{i}.jpg" for i in range(200)]
        for i, sample in enumerate(samples):
            assert sample.truth is not None
            x = min(i, 59)
            assert sample.truth.xyxy.tolist() == [
                [i, j, min(i + 5, 64), j + 6] for j in range(2) if x == i or i < 64
            ]


@pytest.mark.parametrize(
    ("fields", "part", "value"),
    [
        ({"visible_bbox": [1, 2, 3, 4]}, "visible_xyxy", [[1, 2, 4, 6]]),
        ({"vis_bbox": [1, 2, 3, 4]}, "visible_xyxy", [[1, 2, 4, 6]]),
        ({"bbox_vis": [1, 2, 3, 4]}, "visible_xyxy", [[1, 2, 4, 6]]),
        ({"occluded": 2}, "occlusion", [2]),
        ({"occluded": False}, "occlusion", [0]),
        ({"truncated": 0.25}, "truncation", [0.25]),
        ({"truncated": True}, "truncation", [1.0]),
        ({"track_id": 7}, "tracks", [7]),
        ({"instance_id": 7}, "tracks", [7]),
        ({"track_id": None, "occluded": None}, "tracks", None),
    ],
)
def test_what_is_kept_beyond_coco(
    tmp_path: Path, fields: dict[str, object], part: str, value: object
) -> None:
    (tmp_path / "labels.json").write_text(labels(**fields))
    found = coco.read(tmp_path / "labels.json")
    (sample,) = found.samples()
    kept = getattr(sample.truth, part)
    assert (kept if kept is None else kept.tolist()) == value
    assert found.notes == []


@pytest.mark.parametrize(
    "fields",
    [{"visible_bbox": [1, 2]}, {"occluded": 3}, {"truncated": "no"}, {"track_id": "3f-a"}],
)
def test_fields_of_another_form_are_noted(tmp_path: Path, fields: dict[str, object]) -> None:
    (tmp_path / "labels.json").write_text(labels(**fields))
    found = coco.read(tmp_path / "labels.json")
    (sample,) = found.samples()
    assert sample.truth is not None
    assert sample.truth.fields()[4:] == (None,) * 5
    (name,) = fields
    assert [note.split(" is of")[0] for note in found.notes] == [f"annotation 50: {name!r}"]


def test_a_folder_of_images(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.jpg").write_bytes(b"")
    path = tmp_path / "a" / "b" / "labels.json"
    path.write_text(labels("a.jpg"))
    for folder in ("../../elsewhere", str(tmp_path / "elsewhere")):
        (sample,) = coco.read(path, images=folder).samples()
        assert Path(sample.record.path).resolve() == tmp_path / "elsewhere" / "a.jpg"
        assert sample.record.key == "a.jpg"
    with pytest.raises(DataError, match=r"nowhere: is not a folder\. Give images=DIR"):
        coco.read(path, images="nowhere")
    path.write_text(labels("../a.jpg"))
    with pytest.raises(DataError, match="must lie below"):
        coco.read(path, images="../../elsewhere")


def test_bad_records_are_left_out_if_asked(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    whole = json.loads(content(4))
    whole["images"][1]["width"] = "wide"
    whole["images"].append({"id": 9, "file_name": "0.jpg", "width": 64, "height": 48})
    whole["images"].append("nothing")
    whole["annotations"][0]["bbox"] = [float("nan"), 0, 5, 5]  # of image 3
    whole["annotations"][1]["category_id"] = 77  # of image 2
    whole["annotations"].append({**whole["annotations"][-1]})  # of image 0
    whole["categories"].append({"id": 2, "name": "person"})
    path.write_text(json.dumps(whole))
    with pytest.raises(DataError, match=r"image 1: 'width' must be"):
        coco.read(path)
    found = coco.read(path, skip_bad=True)
    samples = {sample.record.key: sample for sample in found.samples()}
    assert list(samples) == ["0.jpg", "2.jpg", "3.jpg"]
    assert [len(sample.truth or ()) for sample in samples.values()] == [2, 1, 1]
    assert samples["0.jpg"].problems == ("annotation 1: its id is used twice; left out",)
    assert "'category_id' 77 is not the id of any category" in samples["2.jpg"].problems[0]
    assert "annotation 30: 'bbox' must be" in samples["3.jpg"].problems[0]
    assert [note.split(":")[0] for note in found.notes] == [
        "image 1", "image 9", "image #5", "category 2", "annotation 10", "annotation 11",
    ]  # fmt: skip


def test_nothing_good_is_an_error_though(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    for name, record, bad in (
        ("images", "image 1", [{"id": 1}, 5]),
        ("categories", "category #0", [{"id": "one", "name": "person"}]),
        ("annotations", "annotation #0", [{"image_id": 0, "category_id": 7, "bbox": [1, 2, 3, 4]}]),
    ):
        path.write_text(content(**{name: bad}))
        with pytest.raises(DataError, match=record):
            coco.read(path, skip_bad=True)
    path.write_text("{")
    with pytest.raises(DataError, match="is not JSON"):
        coco.read(path, skip_bad=True)


def test_notes_have_an_end(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text(content(1).replace('"images": [', '"images": [' + "1," * 1500))
    found = coco.read(path, skip_bad=True)
    assert len(list(found.samples())) == 1
    assert len(found.notes) == 1001
    assert found.notes[-1] == "500 more records were left out"


def test_predictions_are_written_for_images_without_labels(tmp_path: Path) -> None:
    boxes = Detections(
        np.array([[-5, 0, 30, 40], [100, 0, 120, 9]], np.float32),
        np.array([0.75, 0.5], np.float32),
        np.array([1, 0]),
    )
    record = ImageRecord("a.jpg", "a.jpg", 64, 48)
    samples = [Sample(record), Sample(replace(record, key="b.jpg"), GroundTruth.from_boxes([]))]
    path = tmp_path / "labels.json"
    written = coco.write(
        path, samples, ["person", "car"], predictions={"a.jpg": boxes, "b.jpg": boxes, "c": boxes}
    )
    assert (written.images, written.objects) == (2, 1)
    assert written.lost == {
        "boxes predicted on labelled images": 2, "predicted images that are not written": 1,
    }  # fmt: skip
    whole = json.loads(path.read_text())
    assert [image.get("labelled") for image in whole["images"]] == [False, None]
    (box,) = whole["annotations"]
    assert (box["bbox"], box["score"], box["category_id"]) == ([0, 0, 30, 40], 0.75, 2)
    truths = [sample.truth for sample in coco.read(path).samples()]
    assert truths[0] is None
    assert truths[1] is not None


def test_predictions_may_come_with_the_samples(tmp_path: Path) -> None:
    predictions: dict[str, Detections] = {}

    def samples() -> Iterator[Sample]:
        predictions["a.jpg"] = Detections(
            np.array([[0, 0, 3, 4]], np.float32), np.ones(1, np.float32), np.zeros(1, np.int64)
        )
        yield Sample(ImageRecord("a.jpg", "a.jpg", 64, 48))

    written = coco.write(tmp_path / "l.json", samples(), ["car"], predictions=predictions)
    assert (written.objects, written.lost) == (1, {})


def test_a_size_must_be_known_to_be_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.jpg: is of a size that is not known yet"):
        coco.write(tmp_path / "l.json", [Sample(ImageRecord("a.jpg", "a.jpg", 0, 0))], [])
    assert not list(tmp_path.iterdir())


def test_frames_of_video_files_are_said(tmp_path: Path) -> None:
    record = ImageRecord("v/1.jpg", "v.mp4", 64, 48, "v", 1, 0.5, 0, 1001)
    written = coco.write(tmp_path / "l.json", [Sample(record)], [])
    assert written.lost == {"frames of video files, for which COCO names an image": 1}
    assert not coco.write(tmp_path / "l.json", [Sample(record)], [], place=lambda *_: None).lost


@pytest.mark.usefixtures("unchecked")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    boxes = [
        {"id": i, "image_id": i % 1000, "category_id": 1, "bbox": [i % 50, 1.5, 9.5, 20.25]}
        for i in range(40_000)
    ]
    (tmp_path / "labels.json").write_text(content(1000, annotations=boxes))
    del boxes

    def peak(work: Callable[[], object]) -> int:
        gc.collect()
        tracemalloc.start()
        try:
            work()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def read() -> int:
        return sum(
            len(sample.truth or ()) for sample in coco.read(tmp_path / "labels.json").samples()
        )

    assert read() == 40_000
    assert 2 * peak(read) < peak(lambda: parse(tmp_path / "labels.json"))


OUTLINE = [10, 10, 20, 10, 20, 30, 10, 30]


def test_masks_are_read_only_where_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text(labels(segmentation=[OUTLINE]))
    (sample,) = coco.read(path).samples()
    assert sample.truth is not None
    assert sample.truth.masks is None
    (sample,) = coco.read(path, masks=True).samples()
    assert sample.truth is not None
    assert sample.truth.masks is not None
    expected = np.zeros((48, 64), bool)
    expected[10:30, 10:20] = True
    np.testing.assert_array_equal(unpack(sample.truth.masks, (48, 64))[0], expected)


@pytest.mark.usefixtures("unchecked")
def test_whether_masks_are_read_is_yes_or_no(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text(labels())
    with pytest.raises(ArgumentError, match="'masks' argument"):
        coco.read(tmp_path / "labels.json", masks="yes")  # type: ignore[arg-type]


def test_masks_stay_with_their_boxes_in_any_order_of_the_file(tmp_path: Path) -> None:
    """Annotations before images, of two images in turn, some dropped, some without a mask."""
    masks = {n: [[n, 0, n + 1, 0, n + 1, 9, n, 9]] for n in range(1, 7)}
    document = {
        "annotations": [
            {"id": n, "image_id": 1 + n % 2, "category_id": 1, "bbox": [n, 0, int(n != 3), 9],
             **({} if n == 4 else {"segmentation": masks[n]})}
            for n in masks
        ],
        "images": [
            {"id": i, "file_name": f"{i}.jpg", "width": 64, "height": 48} for i in (1, 2)
        ],
        "categories": [{"id": 1, "name": "person"}],
    }  # fmt: skip
    (tmp_path / "labels.json").write_text(json.dumps(document))
    found = coco.read(tmp_path / "labels.json", masks=True)
    for _ in range(2):  # as often as one likes
        seen = {}
        for sample in found.samples():
            assert sample.truth is not None
            planes = unpack(sample.truth.masks, (48, 64))  # type: ignore[arg-type]
            for box, plane in zip(sample.truth.xyxy, planes, strict=True):
                seen[int(box[0])] = plane.nonzero()[1].tolist()
        assert sorted(seen) == [1, 2, 4, 5, 6]  # 3 has no area
        assert seen.pop(4) == []
        assert all(columns == [n] * 9 for n, columns in seen.items())


@pytest.mark.parametrize("value", [[[1, 2]], {"size": [64, 48], "counts": [3072]}, "x"])
def test_a_wrong_mask_is_named_or_left_out(tmp_path: Path, value: object) -> None:
    path = tmp_path / "labels.json"
    path.write_text(labels(segmentation=value))
    with pytest.raises(DataError, match=r"labels\.json, annotation 50: 'segmentation' .* masks="):
        list(coco.read(path, masks=True).samples())
    (sample,) = coco.read(path, masks=True, skip_bad=True).samples()
    assert sample.truth is not None
    assert len(sample.truth) == 0
    assert sample.problems[0].startswith("annotation 50: 'segmentation' ")
    assert sample.problems[0].endswith("; left out")
    list(coco.read(path).samples())  # nobody asked


def test_a_written_mask_is_one_that_others_read(tmp_path: Path) -> None:
    pytest.importorskip("pycocotools")
    from pycocotools.coco import COCO

    plane = np.zeros((1, 48, 64), bool)
    plane[0, 5:9, 7:30] = True
    record = ImageRecord("a.jpg", "/nowhere/a.jpg", 64, 48)
    boxes = [[7, 5, 30, 9], [0, 0, 9, 9]]
    truth = GroundTruth.from_boxes(boxes, masks=[pack(plane)[0], None])
    written = coco.write(tmp_path / "labels.json", [Sample(record, truth)], ["person"])
    assert not written.lost
    file = COCO(tmp_path / "labels.json")
    np.testing.assert_array_equal(file.annToMask(file.anns[1]), plane[0])
    assert file.anns[1]["area"] == plane.sum()
    assert "segmentation" not in file.anns[2]
    assert file.anns[2]["area"] == 81
