"""Groups go to the test set whole, and stay there when data are added later."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from labelnext.data.review.duplicates import hash_images
from labelnext.data.review.near import distances
from labelnext.errors import ArgumentError, DataError
from labelnext.rounds.sources.indexing import index_source
from labelnext.store.index import Index
from labelnext.types import Sample


@pytest.fixture
def index(tmp_path: Path):
    with Index.open(tmp_path / "index.sqlite", create=True) as opened:
        yield opened


def coco(folder: Path, videos: dict[str, int]) -> str:
    """Videos of so many frames each, in a folder a video, as a COCO source."""
    images: list[dict[str, object]] = []
    for video, count in videos.items():
        (folder / video).mkdir(parents=True, exist_ok=True)
        for frame in range(count):
            name = f"{video}/{frame:03}.png"
            if not (folder / name).exists():
                noise = np.random.default_rng([len(video), frame]).integers(0, 255, (9, 9, 3))
                Pillow.fromarray(noise.astype(np.uint8)).save(folder / name)
            images.append({"id": len(images), "file_name": name, "width": 9, "height": 9,
                           "video": video, "frame": frame})  # fmt: skip
    content = {"images": images, "annotations": [], "categories": [{"id": 1, "name": "person"}]}
    (folder / "labels.json").write_text(json.dumps(content))
    return f"coco:{folder}/labels.json"


VIDEOS = {f"drive{i}": 4 + i for i in range(8)}


@pytest.mark.parametrize("by", ["video", "folder", r"name:^\w+", "duplicates", "image"])
def test_groups_stay_whole(index: Index, tmp_path: Path, by: str) -> None:
    spec = coco(tmp_path / "shop", VIDEOS)
    report = index_source(index, spec, role="pool", hold_out=0.3, split_by=by)
    total = sum(VIDEOS.values())
    tested = {str(record.video) for record in index.records("test")}
    pooled = {str(record.video) for record in index.records("pool")}
    assert report.held_out == len(index.records("test"))
    assert abs(report.held_out - 0.3 * total) <= 2
    if by in ("video", "folder", r"name:^\w+"):
        assert not tested & pooled
        assert set(report.test_groups) == {video.removeprefix("shop/") for video in tested}
    assert f"{len(report.test_groups)} of " in report.notes[0]
    assert f"{report.held_out} of {total} images" in report.notes[0]


def test_groups_stay_where_they_are_when_data_are_added(index: Index, tmp_path: Path) -> None:
    few = dict(list(VIDEOS.items())[:5])
    first = index_source(
        index, coco(tmp_path / "shop", few), role="pool", hold_out=0.3, split_by="video"
    )
    more = {video: count + 6 for video, count in VIDEOS.items()}
    second = index_source(
        index, coco(tmp_path / "shop", more), role="pool", hold_out=0.3, split_by="video"
    )
    assert second.changed == ()
    assert set(first.test_groups) <= set(second.test_groups)
    assert not set(few) - set(first.test_groups) & set(second.test_groups)
    tested = {record.video for record in index.records("test")}
    assert not tested & {record.video for record in index.records("pool")}
    again = index_source(
        index, coco(tmp_path / "shop", more), role="pool", hold_out=0.3, split_by="video", seed=5
    )
    assert again.test_groups == second.test_groups
    assert again.present == sum(more.values())


def test_what_cannot_be_split(index: Index, tmp_path: Path) -> None:
    spec = coco(tmp_path / "shop", {"a": 5})
    with pytest.raises(DataError, match=r"split by video: with 1 groups, the largest of 5 of 5"):
        index_source(index, spec, role="pool", hold_out=0.3, split_by="video")
    with pytest.raises(ArgumentError, match="'by' argument of split must be one of"):
        index_source(index, spec, role="pool", hold_out=0.3, split_by="colour")
    assert index.records("pool") == []
    index_source(index, spec, role="pool")
    report = index_source(index, spec, role="pool", hold_out=0.3, split_by="video")
    assert (report.present, report.held_out) == (5, 0)
    assert "all were indexed in another role before" in report.notes[0]


def test_real_frames_by_near_duplicates(index: Index, shared: Path) -> None:
    """A fixed camera: no frame of the test set looks like one of the pool."""
    spec = f"coco:{shared}/data/sf_street/instances.json"
    report = index_source(
        index, spec, role="pool", classes=["Car"], hold_out=0.25, split_by="duplicates:2"
    )
    assert (report.held_out, len(index.records("pool"))) == (79, 384)
    looks = {}
    for role in ("pool", "test"):
        samples = [Sample(record) for record in index.records(role)]
        looks[role] = hash_images(samples).looks
    nearest = [distances(looks["pool"], look[None]).min() for look in looks["test"]]
    assert min(nearest) > 2
