"""Predictions beside a data set: by name, under its classes, every fault with its file."""

import json
from pathlib import Path
from typing import Any

import pytest

from labelnext.data.predicted import Predicted
from labelnext.errors import DataError


def put(folder: Path, **changes: Any) -> Path:
    content = {
        "images": [{"id": 1, "file_name": "x/a.png"}, {"id": 2, "file_name": "x/b.png"}],
        "categories": [{"id": 1, "name": "man"}, {"id": 2, "name": "car"}],
        "annotations": [
            {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.25},
            {"image_id": 1, "category_id": 1, "bbox": [5, 6, 7, 8], "score": 0.5},
            {"image_id": 2, "category_id": 2, "bbox": [5, 6, 7, 8], "score": 0.5},
        ],
    } | changes
    path = folder / "found.json"
    path.write_text(json.dumps(content))
    return path


def test_boxes_are_found_by_name_and_class(tmp_path: Path) -> None:
    found = Predicted(put(tmp_path), None, {"man": "person"}, ("dog", "person"))
    boxes = found.find("a.png")
    assert boxes is not None
    assert boxes.classes.tolist() == [1, 1]
    assert boxes.scores.tolist() == [0.5, 0.25]
    assert boxes.xyxy[0].tolist() == [5, 6, 12, 14]
    assert found.find("x/b.png") is None
    assert found.notes() == ["found.json: 1 boxes of other classes left out"]
    whole = Predicted(put(tmp_path), None, None, ("car", "man"))
    assert whole.find("folder/x/b.png") is not None
    assert whole.notes() == ["found.json: 1 of its images are not in the source"]


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"found\.json: has none of the classes dog; it has man"):
        Predicted(put(tmp_path), None, None, ("dog",))
    with pytest.raises(DataError, match=r"found\.json, image 1: lacks 'file_name'"):
        Predicted(put(tmp_path, images=[{"id": 1}, {"id": 2}]), None, None, ("man",))
    with pytest.raises(DataError, match=r"nothing\.json: cannot be read"):
        Predicted(tmp_path / "nothing.json", None, None, ("man",))
    found = Predicted(put(tmp_path), None, None, ("man", "car"))
    found.find("a.png")
    with pytest.raises(DataError, match="fits two images"):
        found.find("y/x/a.png")
