"""COCO results: by image, best first; every fault named."""

import json
from pathlib import Path

import numpy as np
import pytest

from labelnext import coco_results
from labelnext.coco_format import CocoFile, parse
from labelnext.errors import DataError


@pytest.fixture
def truth(tmp_path: Path) -> CocoFile:
    content = {
        "images": [{"id": 7}, {"id": 9}],
        "categories": [{"id": 3, "name": "person"}, {"id": 5, "name": "car"}],
    }
    (tmp_path / "truth.json").write_text(json.dumps(content))
    return parse(tmp_path / "truth.json", files=False)


def write(folder: Path, content: object) -> Path:
    (folder / "found.json").write_text(json.dumps(content))
    return folder / "found.json"


def result(**fields: object) -> dict[str, object]:
    return {"image_id": 7, "category_id": 5, "bbox": [1, 2, 3, 4], "score": 0.5, **fields}


@pytest.mark.parametrize("wrapped", [False, True])
def test_by_image_best_first(tmp_path: Path, truth: CocoFile, wrapped: bool) -> None:
    rows = [result(), result(score=0.9, category_id=3), result(score=0.5, bbox=[0, 0, 0, 0])]
    path = write(tmp_path, {"annotations": rows} if wrapped else rows)
    found = coco_results.read(path, truth)
    assert list(found) == [7, 9]
    np.testing.assert_array_equal(found[7].scores, np.array([0.9, 0.5, 0.5], np.float32))
    assert found[7].classes.tolist() == [0, 1, 1]
    assert found[7].xyxy.tolist() == [[1, 2, 4, 6], [1, 2, 4, 6], [0, 0, 0, 0]]
    assert found[9].xyxy.shape == (0, 4)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"image_id": 7777}, "'image_id' 7777 is not the id of any of the 2 images"),
        ({"category_id": 1}, r"'category_id' 1 is not the id of any category \(known: 3, 5\)"),
        ({"category_id": "person"}, "must be an integer"),
        ({"score": float("nan")}, "'score' must be a finite number"),
        ({"score": "0.5"}, "'score' must be a finite number"),
        ({"score": None}, "'score' must be a finite number"),
        ({"score": 1e200}, "'score' must be a finite number"),
        ({"bbox": [1, 2, -3, 4]}, "negative width or height"),
        ({"bbox": [1, 2, float("nan"), 4]}, "four finite numbers"),
        ({"bbox": None}, "four finite numbers"),
    ],
)
def test_faults(tmp_path: Path, truth: CocoFile, fields: dict[str, object], says: str) -> None:
    path = write(tmp_path, [result(), result(**fields)])
    with pytest.raises(DataError, match=r"found\.json, result #1: .*" + says):
        coco_results.read(path, truth)


@pytest.mark.parametrize("content", [5, "x", None])
def test_not_a_list(tmp_path: Path, truth: CocoFile, content: object) -> None:
    with pytest.raises(DataError, match="must be a list of results"):
        coco_results.read(write(tmp_path, content), truth)


def test_an_object_without_the_list(tmp_path: Path, truth: CocoFile) -> None:
    with pytest.raises(DataError, match=r"must hold a list 'annotations'\. Got nothing"):
        coco_results.read(write(tmp_path, {"images": []}), truth)


def test_a_result_without_score(tmp_path: Path, truth: CocoFile) -> None:
    row = result()
    del row["score"]
    with pytest.raises(DataError, match="result #0: lacks 'score'"):
        coco_results.read(write(tmp_path, [row]), truth)
