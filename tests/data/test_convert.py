"""Conversions end to end: counts on real data, round trips, what is there stays as it is."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from labelnext import plugins
from labelnext.data.convert import convert
from labelnext.data.source import open_source
from labelnext.errors import ArgumentError, DataError, LabelnextError
from tests.data.formats.test_cvat import make_clip

LABELS = {
    "images": [
        {"id": 1, "file_name": "f/a.png", "width": 64, "height": 48},
        {"id": 2, "file_name": "f/b.png", "width": 64, "height": 48},
        {"id": 3, "file_name": "c.png", "width": 64, "height": 48, "labelled": False},
    ],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2.5, 10, 20], "visible": 0.5},
        {"id": 2, "image_id": 1, "category_id": 2, "bbox": [8, 2.5, 10.25, 20], "ignore": 1},
        {"id": 3, "image_id": 2, "category_id": 3, "bbox": [30, 40, 40, 8]},
    ],
    "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "car"}, {"id": 3, "name": "van"}],
}


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """A COCO file with three images, one of them without labels, in a folder of its own."""
    path = tmp_path / "source" / "labels.json"
    path.parent.mkdir()
    path.write_text(json.dumps(LABELS))
    for i, entry in enumerate(LABELS["images"]):
        file = path.parent / str(entry["file_name"])
        file.parent.mkdir(exist_ok=True)
        Image.new("RGB", (64, 48), (80 * i, 0, 0)).save(file)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def by_key(spec: str) -> dict[str, Any]:
    source = open_source(spec)
    return {sample.record.key: (sample, source.classes) for sample in source.samples()}


def rows(spec: str) -> dict[str, list[tuple[Any, ...]]]:
    """Class, corners and ignore of every box, by image."""
    return {
        key: [
            (classes[c], *np.round(box, 6).tolist(), bool(i))
            for c, box, i in zip(s.truth.classes, s.truth.xyxy, s.truth.ignore, strict=True)
        ]
        for key, (s, classes) in by_key(spec).items()
        if s.truth is not None
    }


@pytest.mark.parametrize(
    ("to", "out", "spec"),
    [
        ("coco", "new.json", "coco:{out}"),
        ("cvat", "new", "cvat:{out}"),
        ("cvat", "new.xml", "cvat:{out}"),
        ("labelstudio", "new", "labelstudio:{out}/tasks.json"),
        ("labelstudio", "new.json", "labelstudio:{out}"),
        ("labelme", "new", "labelme:{out}"),
    ],
)
def test_boxes_and_images_arrive(
    labels: Path, tmp_path: Path, to: str, out: str, spec: str
) -> None:
    before = tree(labels.parent)
    done = convert(f"coco:{labels}", tmp_path / "out" / out, to)
    assert (done.images, done.objects, done.failed) == (3, 3, [])
    assert done.placed == {"copied": 3}
    assert len(done.problems) == 1
    assert done.problems[0].startswith("f/b.png: annotation 3: box reaches 6.0 px beyond")
    new = spec.format(out=tmp_path / "out" / out)
    expected = {key: boxes for key, boxes in rows(f"coco:{labels}").items() if boxes}
    assert {key: boxes for key, boxes in rows(new).items() if boxes} == expected
    for key, (sample, _) in by_key(new).items():
        assert Path(sample.record.path).read_bytes() == (labels.parent / key).read_bytes()
    assert tree(labels.parent) == before
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("to", plugins.names("writers"))
def test_every_writer_says_what_it_cannot_hold(labels: Path, tmp_path: Path, to: str) -> None:
    out = tmp_path / ("new.json" if to == "coco" else "new")
    done = convert(f"coco:{labels}", out, to, images="link")
    assert done.images == 3
    assert ("visible fractions" in done.lost) == (to != "coco")
    assert sum(done.placed.values()) == 3


def test_classes(labels: Path, tmp_path: Path) -> None:
    def names(**options: Any) -> tuple[Any, Any]:
        out = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        done = convert(f"coco:{labels}", out, "coco", images="none", **options)
        return open_source(f"coco:{out}").classes, done.dropped

    assert names() == (("person", "car", "van"), {})
    assert names(classes=["car"]) == (("car",), {"person": 1, "van": 1})
    assert names(renamed={"van": "car"}) == (("person", "car"), {})
    assert names(classes=["car"], renamed={"van": "car"}) == (("car",), {"person": 1})
    with pytest.raises(LabelnextError, match=r"has no class 'bus'\. Its classes: person, car, van"):
        names(classes=["bus"])
    with pytest.raises(LabelnextError, match="has no class 'bus'"):
        names(renamed={"bus": "car"})


def test_links_and_nothing(labels: Path, tmp_path: Path) -> None:
    done = convert(f"coco:{labels}", tmp_path / "new", "cvat", images="link")
    assert done.placed == {"linked": 3}
    assert (tmp_path / "new" / "images" / "c.png").samefile(labels.parent / "c.png")
    done = convert(f"coco:{labels}", tmp_path / "bare", "cvat", images="none")
    assert done.placed == {}
    assert list(tree(tmp_path / "bare")) == ["annotations.xml"]


def test_a_file_system_without_links(
    labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    done = convert(f"coco:{labels}", tmp_path / "new", "cvat", images="link")
    assert done.placed == {"copied, as they cannot be linked": 3}


def test_what_is_there_stays(labels: Path, tmp_path: Path) -> None:
    out = tmp_path / "new"
    convert(f"coco:{labels}", out, "labelstudio")
    before = tree(out)
    again = convert(f"coco:{labels}", out, "labelstudio")
    assert again.placed == {"there already": 3}
    assert tree(out) == before
    with pytest.raises(DataError, match=r"holds other files already: new/label_config\.xml \(\d+"):
        convert(f"coco:{labels}", out, "labelstudio", classes=["car"])
    assert tree(out) == before
    (out / "c.png").write_bytes(b"mine")
    with pytest.raises(DataError, match=r"holds other files already: new/c\.png \(4 bytes\)\. "):
        convert(f"coco:{labels}", out, "labelstudio")
    assert (out / "c.png").read_bytes() == b"mine"
    (out / "c.png").write_bytes(before["c.png"])
    (out / "notes.txt").write_text("mine")
    with pytest.raises(
        DataError, match=r"new/notes\.txt \(4 bytes\)\. Write elsewhere, or use --f"
    ):
        convert(f"coco:{labels}", out, "labelstudio")
    convert(f"coco:{labels}", out, "labelstudio", classes=["car"], force=True)
    assert (out / "notes.txt").read_text() == "mine"
    assert (out / "tasks.json").read_bytes() != before["tasks.json"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_splits_are_added_to_a_folder(labels: Path, tmp_path: Path) -> None:
    out = tmp_path / "new"
    convert(f"coco:{labels}", out, "yolo", options={"split": "train"})
    other = tmp_path / "other.json"
    content = {**LABELS, "images": LABELS["images"][2:], "annotations": []}
    other.write_text(json.dumps(content).replace("c.png", "d.png"))
    Image.new("RGB", (64, 48)).save(tmp_path / "d.png")
    convert(f"coco:{other}", out, "yolo", options={"split": "val"})
    assert {"images/train/f/a.png", "images/val/d.png", "data.yaml"} <= set(tree(out))
    with pytest.raises(DataError, match="is there already"):
        convert(f"coco:{labels}", out, "yolo", options={"split": "train"})
    Image.new("RGB", (64, 48), (9, 9, 9)).save(tmp_path / "d.png")
    with pytest.raises(DataError, match=r"d\.png: is there already, and is another image"):
        convert(f"coco:{other}", out, "yolo", options={"split": "val"})


def test_the_source_is_never_written_to(labels: Path, tmp_path: Path) -> None:
    before = tree(tmp_path)
    for out, says in [
        (labels, "is the source itself"),
        (labels.parent, "holds the source"),
        (tmp_path, "holds the source"),
    ]:
        with pytest.raises(DataError, match=says):
            convert(f"coco:{labels}", out, "coco", force=True)
    with pytest.raises(DataError, match="is inside the source"):
        convert(f"images:{labels.parent}", labels.parent / "new", "labelme")
    assert tree(tmp_path) == before
    done = convert(f"coco:{labels}", labels.parent / "new.json", "coco")
    assert done.placed == {"there already": 3}
    assert {**tree(tmp_path), "source/new.json": b""} == {**before, "source/new.json": b""}


def test_missing_and_broken_images_are_listed(labels: Path, tmp_path: Path) -> None:
    (labels.parent / "c.png").unlink()
    done = convert(f"coco:{labels}", tmp_path / "new", "cvat")
    assert (done.images, done.placed) == (3, {"copied": 2})
    assert done.failed == ["c.png: there is no such file"]
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "bad.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"has no image that can be written. The first: bad\.png: "):
        convert(f"images:{folder}", tmp_path / "other", "cvat")
    Image.new("RGB", (5, 4)).save(folder / "good.png")
    done = convert(f"images:{folder}", tmp_path / "other", "cvat")
    assert done.images == 1
    assert done.failed[0].startswith("bad.png: not one of the formats")
    (sample, _) = by_key(f"cvat:{tmp_path / 'other'}")["good.png"]
    assert (sample.record.width, sample.record.height) == (5, 4)


def test_predictions_become_pre_labels(labels: Path, tmp_path: Path) -> None:
    results = [
        {"image_id": 3, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.5},
        {"image_id": 3, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.75},
        {"image_id": 1, "category_id": 1, "bbox": [5, 6, 7, 8], "score": 0.25},
    ]
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results))
    convert(f"coco:{labels}", tmp_path / "new", "labelstudio", predictions=path, images="none")
    tasks = json.loads((tmp_path / "new" / "tasks.json").read_text())
    scores = {
        task["data"]["image"].partition("?d=")[2]: [
            region["score"] for p in task.get("predictions", []) for region in p["result"]
        ]
        for task in tasks
    }
    assert scores == {"f/a.png": [0.25], "f/b.png": [], "c.png": [0.75, 0.5]}
    done = convert(
        f"coco:{labels}", tmp_path / "cars", "labelstudio", predictions=path, images="none",
        classes=["car"],
    )  # fmt: skip
    assert done.notes == ["results.json: 2 boxes of other classes left out"]
    with pytest.raises(DataError, match="is a bare list of results"):
        convert(f"images:{labels.parent}", tmp_path / "x", "labelstudio", predictions=path)
    whole = {
        "images": [{"id": 1, "file_name": "elsewhere/c.png"}, {"id": 2, "file_name": "no.png"}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [{**results[0], "image_id": i, "category_id": 1} for i in (1, 2)],
    }
    path.write_text(json.dumps(whole))
    done = convert(f"coco:{labels}", tmp_path / "y", "cvat", predictions=path)
    assert done.notes == ["results.json: 1 of its images are not in the source"]
    assert done.lost["scores of predictions"] == 1


def test_frames_of_a_video_become_images(tmp_path: Path) -> None:
    make_clip(tmp_path / "clip.mp4", 5)
    done = convert(f"video:{tmp_path / 'clip.mp4'}", tmp_path / "new", "labelme")
    assert done.placed == {"exported from videos": 5}
    names = sorted(tree(tmp_path / "new"))
    assert len(names) == 5
    assert all(name.endswith(".jpg") for name in names)
    with Image.open(tmp_path / "new" / names[2]) as image:
        assert image.size == (100, 80)
        assert abs(int(np.asarray(image)[40, 50, 0]) - 40) < 4
    done = convert(
        f"video:{tmp_path / 'clip.mp4'}", tmp_path / "bare.json", "coco", images="none",
        frame_format="png",
    )  # fmt: skip
    assert done.placed == {"left in their videos; no image has the name given": 5}
    records = [sample.record for sample, _ in by_key(f"coco:{tmp_path / 'bare.json'}").values()]
    assert [(record.width, record.frame) for record in records] == [(100, i) for i in range(5)]


def test_what_cannot_be_asked(labels: Path, tmp_path: Path) -> None:
    def ask(**options: Any) -> None:
        convert(f"coco:{labels}", tmp_path / "new", options.pop("to", "cvat"), **options)

    with pytest.raises(LabelnextError, match=r"There is no writer called 'nothing'\. Known: coco"):
        ask(to="nothing")
    with pytest.raises(LabelnextError, match=r"The writer cvat has no option x\. Options: task\."):
        ask(options={"x": 1})
    with pytest.raises(ArgumentError, match="'images' argument of convert must be copy or link"):
        ask(images="move")
    with pytest.raises(ArgumentError, match="'frame_format' argument of convert must be png or"):
        ask(frame_format="gif")
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("unchecked")
def test_prw_to_every_format(shared: Path, tmp_path: Path) -> None:
    """1,262 frames and 2,733 persons, as PRW has them, and back."""
    spec = f"coco:{shared / 'data' / 'prw_c6s1' / 'instances.json'}"
    before = rows(spec)
    assert (len(before), sum(map(len, before.values()))) == (1262, 2733)
    for to, out in [("cvat", "cvat"), ("labelstudio", "tasks.json")]:
        done = convert(spec, tmp_path / out, to, images="none")
        assert (done.images, done.objects, done.failed) == (1262, 2733, [])
        assert rows(f"{to}:{tmp_path / out}") == before
    done = convert(spec, tmp_path / "labelme", "labelme", images="link")
    assert sum(done.placed.values()) == 1262
    assert rows(f"labelme:{tmp_path / 'labelme'}") == before
    assert done.lost == {"places of frames in their videos": 1262}


@pytest.mark.usefixtures("unchecked")
def test_sf_street_to_cvat_and_back(shared: Path, tmp_path: Path) -> None:
    spec = f"coco:{shared / 'data' / 'sf_street' / 'instances.json'}"
    first = convert(spec, tmp_path / "street.xml", "cvat", images="none")
    second = convert(f"cvat:{tmp_path / 'street.xml'}", tmp_path / "b.json", "coco", images="none")
    before, after = rows(spec), rows(f"coco:{tmp_path / 'b.json'}")
    assert (first.images, second.images) == (463, 463)
    assert first.objects == second.objects == sum(map(len, before.values()))
    assert list(after) == list(before)
    assert after == before
    assert open_source(f"coco:{tmp_path / 'b.json'}").classes == (
        "Car", "Bus", "Truck", "Tram", "Pedestrian",
    )  # fmt: skip
