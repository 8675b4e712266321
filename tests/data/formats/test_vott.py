"""VoTT 2 JSON: exports, folders of asset files, frames of videos, faults with their asset."""

import json
from pathlib import Path
from typing import Any

import pytest

from labelnext.data.formats import vott
from labelnext.errors import DataError
from tests.data.formats.test_cvat import make_clip


def region(*tags: str, left: float = 10, **more: Any) -> dict[str, Any]:
    """As VoTT 2.2 exports it."""
    return {
        "id": "KFQTYPdFq", "type": "RECTANGLE", "tags": list(tags),
        "boundingBox": {"height": 20, "width": 30.5, "left": left, "top": 5},
        "points": [{"x": left, "y": 5}, {"x": left + 30.5, "y": 5},
                   {"x": left + 30.5, "y": 25}, {"x": left, "y": 25}],
    } | more  # fmt: skip


def asset(name: str, *regions: Any, state: int = 2, **more: Any) -> dict[str, Any]:
    about = {
        "format": "jpg", "id": f"id-{name}", "name": name, "path": f"file:C:/photos/{name}",
        "size": {"width": 100, "height": 80}, "state": state, "type": 1,
    }  # fmt: skip
    return {"asset": about | more, "regions": list(regions), "version": "2.2.0"}


def put(folder: Path, *assets: dict[str, Any], **more: Any) -> Path:
    content = {
        "name": "street", "securityToken": "t", "videoSettings": {"frameExtractionRate": 15},
        "tags": [{"name": "person", "color": "#5db300"}, {"name": "car", "color": "#e81123"}],
        "id": "x", "version": "2.2.0",
        "assets": {entry["asset"]["id"]: entry for entry in assets},
    } | more  # fmt: skip
    path = folder / "street-export.json"
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_an_export(tmp_path: Path) -> None:
    (tmp_path / "vott-json-export").mkdir()
    (tmp_path / "vott-json-export" / "a.jpg").write_bytes(b"")
    path = put(
        tmp_path,
        asset("a.jpg", region("car"), region("dog", "wet"), region()),
        asset("b.jpg", state=1),
        asset("c.jpg", state=0),
    )
    found = vott.read(path)
    assert found.classes == ("person", "car", "dog")
    a, b, c = found.samples()
    assert (a.record.key, a.record.width, a.record.height) == ("a.jpg", 100, 80)
    assert a.record.path == str(tmp_path / "vott-json-export" / "a.jpg")
    assert a.truth.xyxy.tolist() == [[10, 5, 40.5, 25]] * 2
    assert a.truth.classes.tolist() == [1, 2]
    assert len(b.truth) == 0
    assert c.truth is None
    assert found.notes == [
        "1 further tags of regions with several: left out",
        "1 regions without a tag: left out",
    ]


def test_polygons_and_boxes_that_do_not_fit(tmp_path: Path) -> None:
    corners = [{"x": 5, "y": 6}, {"x": 50, "y": 9}, {"x": 20, "y": 40}]
    polygon = region("car", type="POLYGON", boundingBox=None, points=corners)
    found = vott.read(put(tmp_path, asset("a.jpg", polygon, region("car", left=75))))
    (sample,) = found.samples()
    assert sample.truth.xyxy.tolist() == [[5, 6, 50, 40], [75, 5, 100, 25]]
    assert found.notes == ["1 polygons: read as enclosing boxes"]
    assert sample.problems == (
        "asset 'id-a.jpg', region #1: box reaches 5.5 px beyond the right edge; clipped",
    )


def frame(seconds: float, *regions: Any) -> dict[str, Any]:
    name = f"clip.mp4#t={seconds}"
    parent = {"name": "clip.mp4", "path": "file:C:/clip.mp4", "type": 2, "format": "mp4"}
    return asset(name, *regions, type=3, timestamp=seconds, parent=parent)


def test_frames_of_a_video(tmp_path: Path) -> None:
    film = asset("clip.mp4", type=2, state=1)
    path = put(tmp_path, film, frame(0.2, region("car")), frame(0.566667))
    found = vott.read(path)
    assert list(found.samples()) == []
    assert found.notes == ["2 frames of clip.mp4, which is not there: left out"]
    make_clip(tmp_path / "clip.mp4", 10)
    found = vott.read(path)
    first, second = (sample.record for sample in found.samples())
    assert (first.key, first.video, first.frame) == ("clip.mp4/frame_000002", "clip.mp4", 2)
    assert first.seconds == pytest.approx(0.2)
    assert first.place is not None
    assert first.path == str(tmp_path / "clip.mp4")
    assert second.frame == 5
    assert found.notes == []
    (tmp_path / "clip.mp4#t=0.2").write_bytes(b"")
    first = next(found.samples()).record
    first = next(vott.read(path).samples()).record
    assert (first.key, first.frame, first.place) == ("clip.mp4#t=0.2", 2, None)


def test_a_folder_of_asset_files(tmp_path: Path) -> None:
    project = {"name": "street", "tags": [{"name": "car"}], "assets": {"id-a.jpg": {"state": 2}}}
    (tmp_path / "street.vott").write_text(json.dumps(project))
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / f"id-{name}-asset.json").write_text(json.dumps(asset(name, region("dog"))))
    (tmp_path / "id-c-asset.json").write_text('{"asset": 3}')
    (tmp_path / "id-d-asset.json").write_text('{"asset": ')
    for place in (tmp_path, tmp_path / "street.vott"):
        found = vott.read(place)
        assert found.classes == ("car", "dog")
        assert [s.record.key for s in found.samples()] == ["a.jpg", "b.jpg"]
        assert len(found.notes) == 2
        assert found.notes[0] == (
            "id-c-asset.json, the asset, 'asset': must be a JSON object. Got 3 instead; left out"
        )
        assert found.notes[1].startswith("id-d-asset.json, line 1, column 11: is not JSON")
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / f"id-{name}-asset.json").unlink()
    with pytest.raises(DataError, match=r"id-c-asset\.json, the asset, 'asset': must be"):
        vott.read(tmp_path)
    for path in tmp_path.glob("*-asset.json"):
        path.unlink()
    with pytest.raises(DataError, match="holds no file"):
        vott.read(tmp_path)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (asset("../a.jpg"), "asset 'id-../a.jpg', 'asset': 'name' '../a.jpg' must lie below"),
        (asset("a.jpg", state="x"), "'state' must be an integer"),
        (asset("a.jpg", size=3), "'size': must be a JSON object"),
        (asset("a.jpg", size={"width": -1, "height": 2}), "'width' must be a finite number from 0"),
        (asset("a.jpg", 3), "region #0: must be a JSON object"),
        (asset("a.jpg", region("car", boundingBox={"left": 1})), "'boundingBox': lacks 'top'"),
        (asset("a.jpg", region("car", boundingBox=None, points=[])), "has neither 'boundingBox'"),
        (asset("a.jpg", {**region(), "tags": [3]}), "'tag' must be a string"),
        ({**asset("a.jpg"), "regions": 3}, "'regions' must be a list. Got 3"),
        (asset("v.mp4#t=x", type=3), "tells no time"),
        (asset("v.mp4", type=3, timestamp=-1), "'timestamp' must be a finite number from 0"),
    ],
)
def test_faults(entry: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=says):
        vott.read(put(tmp_path, entry))


def test_faults_of_the_whole(tmp_path: Path) -> None:
    twice = [{**asset("a.jpg"), "asset": {**asset("a.jpg")["asset"], "id": i}} for i in "xy"]
    with pytest.raises(DataError, match=r"asset 'y': is of 'a\.jpg', as is another asset"):
        vott.read(put(tmp_path, *twice))
    with pytest.raises(DataError, match="'tags' must be a list"):
        vott.read(put(tmp_path, tags=3))
    with pytest.raises(DataError, match="has no object 'assets'"):
        vott.read(put(tmp_path, assets=[]))
    path = put(tmp_path)
    path.write_text("[]")
    with pytest.raises(DataError, match=r"must hold an object; it begins with '\['"):
        vott.read(path)
    path.write_text('{"assets": {"a": {}}}')
    with pytest.raises(DataError, match=r"'asset': must be a JSON object"):
        vott.read(path)
    path.write_text('{"assets": {}, "assets": {}}')
    with pytest.raises(DataError, match="has 'assets' twice"):
        vott.read(path)
