"""BDD100K: old and new files give the same labels; frames are read one by one."""

import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelnext.data.formats import bdd100k
from labelnext.data.formats.common import json_stream, json_survey
from labelnext.data.source import open_source
from labelnext.errors import ArgumentError, DataError
from labelnext.types import GroundTruth, Sample

LANE = {"category": "lane", "poly2d": [{"vertices": [[0, 0], [1, 1]]}], "id": 9}


def label(category: str, box: list[float], **attributes: object) -> dict[str, Any]:
    corners = dict(zip(("x1", "y1", "x2", "y2"), box, strict=True))
    return {"id": 1, "category": category, "attributes": attributes, "box2d": corners}


def frames(person: str = "pedestrian", motor: str = "motorcycle") -> list[dict[str, Any]]:
    return [
        {
            "name": "a.jpg",
            "attributes": {"weather": "clear", "scene": "city street", "timeofday": "night"},
            "timestamp": 10000,
            "labels": [
                label(person, [100, 100, 120, 150], occluded=True, truncated=False),
                label(motor, [200.5, 100.25, 260, 150], occluded=False, truncated=True),
                label("other person", [300, 100, 320, 150]),
                label("car", [400, 100, 420, 150], crowd=True),
                LANE,
            ],
        },
        {"name": "b.jpg", "labels": None},
        {"name": "c.jpg", "labels": []},
        {"name": "d.jpg"},
    ]


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def truth_of(sample: Sample) -> GroundTruth:
    assert sample.truth is not None
    return sample.truth


@pytest.mark.parametrize(
    "content",
    [
        frames("person", "motor"),
        frames(),
        {"frames": frames(), "groups": None, "config": {"categories": [{"name": "x"}]}},
        {"config": None, "frames": frames("person")},
    ],
)
def test_old_and_new(tmp_path: Path, content: object) -> None:
    found = bdd100k.read(write(tmp_path / "train.json", content))
    samples = list(found.samples())
    assert found.classes == bdd100k.CLASSES
    assert len(found.classes) == 13
    assert [sample.record.key for sample in samples] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert len(found) >= 4
    truth = truth_of(samples[0])
    names = [found.classes[i] for i in truth.classes]
    assert names == ["pedestrian", "motorcycle", "other person", "car"]
    assert truth.xyxy[1].tolist() == [200.5, 100.25, 260, 150]
    assert truth.ignore.tolist() == [False, False, True, True]
    assert truth.occlusion is not None
    assert truth.occlusion.tolist() == [1, 0, -1, -1]
    assert truth.truncation is not None
    assert truth.truncation[:2].tolist() == [0, 1]
    assert np.isnan(truth.truncation[2:]).all()
    assert truth.tracks is None
    assert [len(truth_of(sample)) for sample in samples[1:]] == [0, 0, 0]
    assert list(found.notes) == [
        "2 frames have no labels: taken as labelled and empty",
        "1 labels have no box (lanes, areas, masks): left out",
    ]
    assert len(list(found.samples())) == 4
    assert len(found.notes) == 2


def test_names_as_in_the_file_and_of_other_data(tmp_path: Path) -> None:
    path = write(tmp_path / "train.json", frames("person", "motor"))
    found = bdd100k.read(path, names="file")
    assert found.classes == ("person", "car", "motor", "other person")
    truth = truth_of(next(iter(found.samples())))
    assert [found.classes[i] for i in truth.classes] == ["person", "motor", "other person", "car"]
    other = write(tmp_path / "other.json", frames("zebra", "emu"))
    assert bdd100k.read(other).classes == (*bdd100k.CLASSES, "emu", "zebra")


def test_boxes_that_include_their_last_pixel(tmp_path: Path) -> None:
    path = write(tmp_path / "train.json", frames())
    truth = truth_of(next(iter(bdd100k.read(path, inclusive=True).samples())))
    assert truth.xyxy[1].tolist() == [200.5, 100.25, 261, 151]


def test_filters(tmp_path: Path) -> None:
    path = write(tmp_path / "train.json", frames())
    text = truth_of(next(iter(bdd100k.read(path, filter="text").samples())))
    assert text.ignore.tolist() == [False, False, True, True]  # of persons: 20 x 50 is good
    found = list(open_source(f"bdd100k[filter=authors-code]:{path}").samples())
    assert [len(truth_of(sample)) for sample in found] == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("labels", "images"),
    [
        ("labels/det_20/det_train.json", "images/100k/train"),
        ("labels/bdd100k_labels_images_val.json", "images/100k/val"),
        ("labels/train.json", "images/10k/train"),
        ("det_train.json", "."),
        ("det_train.json", "images"),
    ],
)
def test_where_images_are(tmp_path: Path, labels: str, images: str) -> None:
    path = write(tmp_path / labels, frames())
    (tmp_path / images).mkdir(parents=True, exist_ok=True)
    for name in "abcd":
        (tmp_path / images / f"{name}.jpg").write_bytes(b"")
    for sample in bdd100k.read(path).samples():
        assert Path(sample.record.path) == tmp_path / images / sample.record.key
        assert Path(sample.record.path).is_file()


def test_images_elsewhere(tmp_path: Path) -> None:
    path = write(tmp_path / "labels" / "train.json", frames())
    (tmp_path / "far").mkdir()
    first = next(iter(bdd100k.read(path, images="../far").samples()))
    assert first.record.path == str(tmp_path / "labels" / "../far" / "a.jpg")
    with pytest.raises(DataError, match="option 'images' names it"):
        bdd100k.read(path, images="none")


def track(name: str, video: str, index: int, *ids: str) -> dict[str, Any]:
    labels = [{**label("car", [1, 1, 20, 20]), "id": one} for one in ids]
    size = {"width": 30, "height": 15}
    return {"name": name, "videoName": video, "frameIndex": index, "labels": labels, "size": size}


def test_box_tracking(tmp_path: Path) -> None:
    folder = tmp_path / "labels" / "box_track_20" / "train"
    write(
        folder / "v1.json", [track("v1-1.jpg", "v1", 0, "8", "9"), track("v1-2.jpg", "v1", 1, "9")]
    )
    write(folder / "v2.json", [track("v2-1.jpg", "v2", 0, "9")])
    image = tmp_path / "images" / "track" / "train" / "v1" / "v1-1.jpg"
    image.parent.mkdir(parents=True)
    image.write_bytes(b"")
    samples = list(bdd100k.read(folder).samples())
    records = [sample.record for sample in samples]
    assert [(r.key, r.video, r.frame) for r in records] == [
        ("v1/v1-1.jpg", "v1", 0), ("v1/v1-2.jpg", "v1", 1), ("v2/v2-1.jpg", "v2", 0),
    ]  # fmt: skip
    assert records[0].path == str(image)
    tracks = [sample.truth.tracks for sample in samples if sample.truth is not None]
    assert [None if t is None else t.tolist() for t in tracks] == [[0, 1], [1], [2]]
    assert truth_of(samples[0]).xyxy[0].tolist() == [1, 1, 20, 15]
    assert samples[0].problems == (
        "frame 'v1-1.jpg', label #0: box reaches 5.0 px beyond the bottom edge; clipped",
        "frame 'v1-1.jpg', label #1: box reaches 5.0 px beyond the bottom edge; clipped",
    )


def test_a_bad_file_of_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "v1.json", [track("1.jpg", "v1", 0, "8")])
    (tmp_path / "v2.json").write_text('[{"name": "2.jpg", "labels": []}, {')
    found = bdd100k.read(tmp_path)
    assert [sample.record.key for sample in found.samples()] == ["v1/1.jpg", "2.jpg"]
    (note,) = found.notes
    assert note.startswith("v2.json, line 1, column 36: is not JSON")
    assert note.endswith("; left out from there on")
    os.mkfifo(tmp_path / "v0.json")
    found = bdd100k.read(tmp_path)
    assert len(list(found.samples())) == 2
    assert found.notes[0].startswith("v0.json: is not a regular file")
    (tmp_path / "v0.json").unlink()
    (tmp_path / "v1.json").write_text("[]")
    (tmp_path / "v2.json").write_text("{}")
    with pytest.raises(DataError, match=r"v1\.json: holds no frames"):
        list(bdd100k.read(tmp_path).samples())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ([{"labels": []}], "frame #0: lacks 'name'"),
        ([{"name": "../../x.jpg"}], "frame '../../x.jpg': 'name' .* must lie below"),
        ([{"name": "/etc/x.jpg"}], "must lie below"),
        ([{"name": "a.jpg"}, {"name": "a.jpg"}], "frame 'a.jpg': its image is there twice"),
        ([{"name": "a.jpg", "labels": {}}], "frame 'a.jpg': 'labels' must be a list"),
        ([{"name": "a.jpg", "labels": [3]}], "frame 'a.jpg', label #0: must be a JSON object"),
        ([{"name": "a.jpg", "labels": [{"box2d": {"x1": 1}}]}], "label #0: lacks 'category'"),
        ([{"name": "a.jpg", "labels": [label("car", [1, 2, 3, 1e300])]}], "box2d: 'y2' must be"),
        ([{"name": "a.jpg", "labels": [{"category": "car", "box2d": 3}]}], "box2d: must be a JSON"),
        (
            [{"name": "a.jpg", "labels": [{**label("car", [1, 2, 3, 4]), "score": 0.5}]}],
            "predictions",
        ),
        (
            [{"name": "a.jpg", "labels": [label("car", [1, 2, 3, 4], occluded="x")]}],
            "'occluded' must",
        ),
        ([{"name": "a.jpg", "labels": [label("lane", [1, 2, 3, 4])]}], "'lane' is no class with"),
        ([{"name": "a.jpg", "size": {"width": 0, "height": 1}}], "size: 'width' must be"),
        ([{"name": "a.jpg", "videoName": "v", "frameIndex": -1}], "'frameIndex' must be"),
        ([], "holds no frames"),
        ({"frames": []}, "holds no frames"),
        ({"images": []}, "holds no frames"),
        (3, "must hold a list"),
    ],
)
def test_faults(tmp_path: Path, content: object, says: str) -> None:
    path = write(tmp_path / "train.json", content)
    with pytest.raises(DataError, match=rf"train\.json.*{says}"):
        list(bdd100k.read(path).samples())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "it is empty"),
        (b"[{", "line 1, column 3: is not JSON"),
        (b"\xff\xfe[", "is not UTF-8"),
        (
            b'[{"name": "a.jpg", "labels": ' + b"[" * 100_000,
            "is not usable JSON: maximum recursion",
        ),
        (b'[{"name": "a.jpg", "labels": ' + b"[" * 900 + b"]" * 900 + b"}]", "label #0"),
        (b'{"frames": [{"labels": ' + b"[" * 100_000, "is not usable JSON: maximum recursion"),
        (b'[{"name": "a.jpg", "size": ' + b"9" * 400 + b"}]", "size: must be a JSON object"),
        (
            b'[{"name": "a.jpg", "labels": [{"category": "car", "box2d": {"x1": NaN}}]}]',
            "'x1' must",
        ),
        (b'{"frames": {}}', "'frames' must be a list"),
        (b'{"frames": [{"name": "a.jpg"}], "frames": []}', "has 'frames' twice"),
    ],
)
def test_what_is_no_json(tmp_path: Path, text: bytes, says: str) -> None:
    path = tmp_path / "train.json"
    path.write_bytes(text)
    with pytest.raises(DataError, match=rf"train\.json.*{says}"):
        list(bdd100k.read(path).samples())


def test_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_bytes(b"\xef\xbb\xbf \n" + json.dumps({"frames": frames()}).encode())
    assert len(list(bdd100k.read(path).samples())) == 4


@pytest.mark.parametrize("options", [{"names": "old"}, {"inclusive": 1}, {"filter": "tall"}])
@pytest.mark.usefixtures("unchecked")
def test_options_that_are_none(tmp_path: Path, options: dict) -> None:
    path = write(tmp_path / "train.json", frames())
    with pytest.raises(ArgumentError, match=next(iter(options))):
        bdd100k.read(path, **options)


@pytest.mark.usefixtures("unchecked")  # quick: checks of types are slow under tracemalloc
def test_memory_is_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, size in [
        (json_survey, "_CHUNK", 1 << 14),
        (json_stream, "_CHUNK", 1 << 14),
        (json_stream, "_AHEAD", 1 << 12),
    ]:
        monkeypatch.setattr(module, name, size)
    labels = [label("car", [1, 2, 3, 4], occluded=False) for _ in range(10)]
    path = write(
        tmp_path / "train.json", [{"name": f"{i}.jpg", "labels": labels} for i in range(500)]
    )
    assert path.stat().st_size > 550_000
    list(bdd100k.read(write(tmp_path / "one.json", frames())).samples())  # what stays loaded
    tracemalloc.start()
    try:
        found = bdd100k.read(path)
        count = sum(len(truth_of(sample)) for sample in found.samples())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 5000
    assert len(found) == 500
    assert peak < 500_000  # the file parsed as a whole takes 7 MB
