"""The corrected copy: only what is certain is corrected, and it has no faults of its own."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from labelnext.data.formats import coco
from labelnext.data.review.dataset_check import check_source
from labelnext.errors import ArgumentError, LabelnextError
from labelnext.masks import areas
from tests.data.review.test_validate import GOOD, HEIGHT, WIDTH, data_set, picture


def changes(spec: str, out: Path) -> dict[str, Any]:
    return check_source(spec, fix=out)["fix"]  # type: ignore[no-any-return]


def test_everything_at_once(tmp_path: Path) -> None:
    boxes = GOOD | {
        1: [
            *GOOD[1], [60, 0, 10, 10], [70, 0, 5, 5], [6, 6, 0, 10], [5, 5, 10, 20], [5, 5, 10, 21],
            [6, 6, 0.5, 9], ["left", 5, 10, 21],
        ],
    }  # fmt: skip
    path = data_set(tmp_path, boxes)
    before = path.read_bytes()
    (tmp_path / "2.png").unlink()
    (tmp_path / "3.png").write_bytes(b"nothing")
    fixed = changes(f"coco:{path}", tmp_path / "out" / "fixed.json")
    assert fixed["changes"] == {
        "records left out": 1,
        "boxes clipped": 1,
        "boxes dropped: outside their image": 1,
        "boxes dropped: no area": 1,
        "boxes dropped: there twice": 1,
        "images left out: not there": 1,
        "images left out: cannot be used": 1,
    }
    assert (fixed["images"], fixed["boxes"], fixed["lost"]) == (2, 5, {})
    assert path.read_bytes() == before
    assert fixed["source"] == f"coco[images={tmp_path}]:{tmp_path / 'out' / 'fixed.json'}"
    again = check_source(fixed["source"])
    assert {kind["kind"]: kind["count"] for kind in again["kinds"]} == {"tiny": 1, "near-double": 1}
    assert [one["key"] for one in again["findings"]] == ["1.png", "1.png"]


def test_a_good_data_set_stays_as_it_is(tmp_path: Path, shared: Path) -> None:
    folder = shared / "data" / "pennfudan"
    fixed = changes(f"pennfudan:{folder}", tmp_path / "fixed.json")
    assert (fixed["images"], fixed["boxes"], fixed["changes"]) == (170, 423, {})
    assert check_source(fixed["source"])["boxes"] == {"person": 423}


def turned_picture(path: Path, turn: int) -> np.ndarray:
    """A picture, stored as WIDTH × HEIGHT, with a white patch at [40, 4, 60, 12]; as EXIF turns it,
    the upright pixels."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[4:12, 40:60] = 255
    exif = Pillow.Exif()
    exif[0x0112] = turn
    Pillow.fromarray(pixels).save(path, exif=exif)
    with Pillow.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image))


@pytest.mark.parametrize("turn", [5, 6, 7, 8])
def test_boxes_are_turned_as_exif_turns_the_image(tmp_path: Path, turn: int) -> None:
    path = data_set(tmp_path, GOOD | {2: [[40, 4, 20, 8]]})
    upright = turned_picture(tmp_path / "2.png", turn)
    fixed = changes(f"coco:{path}", tmp_path / "fixed.json")
    assert fixed["changes"] == {
        "images whose size and boxes were turned as EXIF turns the image": 1
    }
    sample = list(coco.read(tmp_path / "fixed.json").samples())[1]
    assert (sample.record.width, sample.record.height) == (HEIGHT, WIDTH)
    assert sample.truth is not None
    rows, columns = np.nonzero(upright[..., 0])
    corners = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert sample.truth.xyxy.tolist() == [corners]
    assert check_source(f"coco:{tmp_path / 'fixed.json'}")["faults"] == 0


@pytest.mark.parametrize("box", [[4, 4, 10, 8], [40, 4, 40, 8]])
def test_where_it_is_not_clear_the_image_is_left_out(tmp_path: Path, box: list[float]) -> None:
    """The first box fits either way; the second was beyond the edge either way."""
    path = data_set(tmp_path, GOOD | {2: [box]})
    turned_picture(tmp_path / "2.png", 6)
    fixed = changes(f"coco:{path}", tmp_path / "fixed.json")
    assert fixed["images"] == 3
    assert [what.split(",")[0] for what in fixed["changes"]] == [
        "images left out: width and height swapped"
    ]


def test_width_and_height_exchanged(tmp_path: Path) -> None:
    path = data_set(tmp_path, GOOD | {3: []})
    for i in (2, 3):
        picture(tmp_path / f"{i}.png", i, HEIGHT, WIDTH)  # not turned by EXIF
    fixed = changes(f"coco:{path}", tmp_path / "fixed.json")
    assert Counter(fixed["changes"]) == {"images whose width and height were exchanged": 2}
    sample = list(coco.read(tmp_path / "fixed.json").samples())[1]
    assert sample.truth is not None
    assert sample.truth.xyxy.tolist() == [[10, 5, 20, 25]]


def test_masks_are_kept_but_not_turned(tmp_path: Path) -> None:
    path = data_set(tmp_path, GOOD | {2: [[40, 4, 20, 8]]})
    labels = json.loads(path.read_text())
    for entry in labels["annotations"]:
        x, y, w, h = entry["bbox"]
        entry["segmentation"] = [[x, y, x + w, y, x + w, y + h, x, y + h]]
    path.write_text(json.dumps(labels))
    turned_picture(tmp_path / "2.png", 6)
    fixed = changes(f"coco[masks=true]:{path}", tmp_path / "fixed.json")
    assert fixed["changes"] == {
        "images left out: width and height swapped, and masks are not turned": 1
    }
    for sample in coco.read(tmp_path / "fixed.json", masks=True).samples():
        assert sample.truth is not None
        if len(sample.truth):
            size = (sample.record.height, sample.record.width)
            sides = sample.truth.xyxy[:, 2:] - sample.truth.xyxy[:, :2]
            assert areas(sample.truth.masks, size).tolist() == sides.prod(1).tolist()  # type: ignore[arg-type]


def test_the_source_is_not_written_to(tmp_path: Path) -> None:
    path = data_set(tmp_path, GOOD)
    with pytest.raises(LabelnextError, match="belongs to the data set"):
        changes(f"coco:{path}", path)
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(LabelnextError, match="belongs to the data set"):
        changes(f"images:{tmp_path}", tmp_path / "other.json")
    with pytest.raises(ArgumentError, match=r"ending in \.json"):
        changes(f"coco:{path}", tmp_path / "fixed")
