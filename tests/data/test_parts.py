"""Splits written: every image on one side, groups whole, labels as they were."""

import json
from pathlib import Path

import pytest

from labelnext.data import open_source
from labelnext.data.parts import split_source
from labelnext.errors import ArgumentError, DataError
from tests.rounds.test_hold_out import VIDEOS, coco

SHARES = {"train": 0.7, "val": 0.3}


def keys_of(spec: str) -> list[str]:
    return [sample.record.key for sample in open_source(spec).samples()]


def test_coco_by_video(tmp_path: Path) -> None:
    spec = coco(tmp_path / "shop", VIDEOS)
    found = split_source(spec, tmp_path / "out", SHARES, by="video")
    keys = {part.name: keys_of(f"coco:{part.target}") for part in found}
    assert [part.target for part in found] == [f"{tmp_path}/out/{n}.json" for n in SHARES]
    assert sorted(keys["train"] + keys["val"]) == sorted(keys_of(spec))
    assert [len(keys[part.name]) for part in found] == [part.images for part in found]
    videos = {name: {key.split("/")[0] for key in of} for name, of in keys.items()}
    assert not videos["train"] & videos["val"]
    assert [len(videos[part.name]) for part in found] == [part.groups for part in found]
    assert abs(found[1].share - 0.3) < 0.02
    samples = open_source(f"coco:{found[0].target}").samples()
    assert all(Path(sample.record.path).is_file() for sample in samples)


def test_formats_that_know_splits(tmp_path: Path) -> None:
    spec = coco(tmp_path / "shop", VIDEOS)
    split_source(spec, tmp_path / "out", SHARES, by="video", to="yolo", images="link")
    train = keys_of(f"yolo[split=train]:{tmp_path}/out/data.yaml")
    val = keys_of(f"yolo[split=val]:{tmp_path}/out/data.yaml")
    assert len(train) + len(val) == sum(VIDEOS.values())
    split_source(spec, tmp_path / "tools", SHARES, by="folder", to="cvat")
    assert sorted(child.name for child in (tmp_path / "tools").iterdir()) == ["train", "val"]


def test_lists_of_keys(tmp_path: Path) -> None:
    spec = coco(tmp_path / "shop", VIDEOS)
    first = split_source(spec, tmp_path / "a", SHARES, by="image", to=None)
    assert all(part.written is None for part in first)
    lists = [(tmp_path / "a" / f"{name}.txt").read_text().splitlines() for name in SHARES]
    assert sorted(lists[0] + lists[1]) == sorted(keys_of(spec))
    split_source(spec, tmp_path / "b", SHARES, by="image", to=None)
    split_source(spec, tmp_path / "c", SHARES, by="image", to=None, seed=1)
    texts = [(tmp_path / place / "val.txt").read_text() for place in "abc"]
    assert texts[0] == texts[1] != texts[2]


def test_classes_are_mapped(tmp_path: Path) -> None:
    spec = coco(tmp_path / "shop", VIDEOS)
    found = split_source(
        spec, tmp_path / "out", SHARES, by="video", renamed={"person": "human"}, images="none"
    )
    content = json.loads(Path(found[0].target).read_text())
    assert [entry["name"] for entry in content["categories"]] == ["human"]


@pytest.mark.parametrize(
    ("shares", "by", "error", "says"),
    [
        ({"train": 0.7, "val": 0.2}, "video", ArgumentError, "together 1"),
        ({"../up": 1.0}, "video", ArgumentError, "letters and digits"),
        (SHARES, "colour", ArgumentError, "'by' argument of split"),
        (SHARES, "name:^", DataError, r"by name:\^: val would be empty, with 1 groups, the larg"),
    ],
)
def test_faults(
    tmp_path: Path, shares: dict[str, float], by: str, error: type[Exception], says: str
) -> None:
    spec = coco(tmp_path / "shop", VIDEOS)
    with pytest.raises(error, match=says):
        split_source(spec, tmp_path / "out", shares, by=by)
    assert not (tmp_path / "out").exists()


def test_real_data(shared: Path, tmp_path: Path) -> None:
    spec = f"coco:{shared}/data/prw_c6s1/instances.json"
    shares = {"train": 0.8, "val": 0.1, "test": 0.1}
    found = split_source(spec, tmp_path, shares, by="duplicates:0", images="none")
    assert [part.images for part in found] == [1010, 126, 126]
    assert sum(part.groups for part in found) == 843
    objects = [part.written.objects for part in found if part.written]
    assert sum(objects) == 2733
