"""Damaged files of results, a thousand of them: an error that names the file, or finite results."""

import json
from pathlib import Path

import numpy as np

from labelnext import coco_results
from labelnext.coco_format import parse
from labelnext.errors import LabelnextError
from tests.data.formats.shared.mutations import mutations

LABELS = {
    "images": [{"id": i, "file_name": f"{i}.jpg", "width": 64, "height": 48} for i in range(1, 6)],
    "annotations": [],
    "categories": [{"id": 1, "name": "person"}],
}
RESULTS = [
    {"image_id": i, "category_id": 1, "bbox": [i, 2.5, 10, 20], "score": i / 10}
    for i in range(1, 6)
]


def test_damaged_results(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text(json.dumps(LABELS))
    truth = parse(tmp_path / "labels.json")
    path = tmp_path / "found.json"
    good = json.dumps(RESULTS).encode()
    outcomes = []
    canary = tmp_path / "secret.png"
    for mutation in mutations({"found.json": ("json", good)}, 1000, 2, canary):
        if not isinstance(mutation.content, bytes):
            continue
        path.write_bytes(mutation.content)
        try:
            found = coco_results.read(path, truth)
        except LabelnextError as error:
            outcomes.append("error" if path.name in str(error) else f"no file named: {error}")
            continue
        assert list(found) == list(truth.images)
        assert all(np.isfinite(one.scores).all() for one in found.values())
        assert all(np.isfinite(one.xyxy).all() for one in found.values())
        outcomes.append("whole")
    assert set(outcomes) == {"error", "whole"}
    assert len(outcomes) >= 990
