"""Plain COCO files give the right figures, with nothing but the files."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelnext.errors import ArgumentError, DataError
from labelnext.rounds.evaluation import evaluate_files, figures
from tests.reference.boxes import overlap


def write(folder: Path, truth: object, found: object) -> tuple[Path, Path]:
    (folder / "truth.json").write_text(json.dumps(truth))
    (folder / "found.json").write_text(json.dumps(found))
    return folder / "truth.json", folder / "found.json"


def labels(images: int, boxes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "images": [{"id": i} for i in range(1, images + 1)],
        "annotations": [{"id": i, "category_id": 1, **box} for i, box in enumerate(boxes, 1)],
        "categories": [{"id": 1, "name": "person"}, {"id": 4, "name": "car"}],
    }


def result(image: int, bbox: list[float], score: float, category: int = 1) -> dict[str, Any]:
    return {"image_id": image, "category_id": category, "bbox": bbox, "score": score}


def test_by_hand(tmp_path: Path) -> None:
    """Two of three found; at FPPI 1 two false boxes are allowed, at 0.1 none."""
    truth = labels(
        2,
        [
            {"image_id": 1, "bbox": [0, 0, 10, 20]},
            {"image_id": 1, "bbox": [30, 0, 10, 20]},
            {"image_id": 1, "bbox": [60, 0, 10, 20]},
        ],
    )
    found = [
        result(1, [0, 0, 10, 20], 0.9),
        result(2, [50, 50, 9, 9], 0.8),
        result(1, [30, 0, 10, 21], 0.7),
        result(2, [0, 0, 9, 9], 0.6),
        result(2, [20, 0, 9, 9], 0.5),
        result(1, [60, 0, 10, 20], 0.4),
    ]
    metrics = evaluate_files(*write(tmp_path, truth, found))
    assert (metrics.images, metrics.instances) == (2, 3)
    assert metrics.miss_rate_at_fppi_1 == pytest.approx(1 / 3)
    assert metrics.miss_rate_at_fppi_01 == pytest.approx(2 / 3)
    # Seven references below one false box in two images, then .56 and 1.
    logs = [2 / 3] * 7 + [1 / 3] * 2
    assert metrics.log_average_miss_rate == pytest.approx(math.exp(np.log(logs).mean()))


def test_tiny_cut_off_and_hidden_objects_count_without_options(tmp_path: Path) -> None:
    truth = labels(
        1,
        [
            {"image_id": 1, "bbox": [-5, -5, 8, 8]},
            {"image_id": 1, "bbox": [100, 100, 2, 3], "visible": 0.1},
            {"image_id": 1, "bbox": [200, 0, 30, 80]},
        ],
    )
    truth["images"] = [{"id": 1, "width": 210, "height": 110}]
    found = [result(1, box["bbox"], 0.9) for box in truth["annotations"]]
    paths = write(tmp_path, truth, found)
    everything = evaluate_files(*paths)
    assert (everything.instances, everything.miss_rate_at_fppi_01) == (3, 0)
    assert everything.ap == pytest.approx(1)
    assert evaluate_files(*paths, subset="reasonable").instances == 1


@pytest.mark.parametrize("how", ["ignore", "iscrowd"])
def test_ignore_regions(tmp_path: Path, how: str) -> None:
    truth = labels(
        1,
        [
            {"image_id": 1, "bbox": [0, 0, 10, 20]},
            {"image_id": 1, "bbox": [50, 0, 50, 50], how: 1},
        ],
    )
    found = [
        result(1, [51, 1, 10, 20], 0.9),
        result(1, [70, 1, 10, 20], 0.8),
        result(1, [0, 0, 10, 20], 0.7),
    ]
    metrics = evaluate_files(*write(tmp_path, truth, found))
    assert (metrics.instances, metrics.miss_rate_at_fppi_01) == (1, 0)
    assert metrics.curve.fppi.max() == 0


def test_images_without_anything_count(tmp_path: Path) -> None:
    box = {"image_id": 1, "bbox": [0, 0, 10, 20]}
    found = [result(1, [50, 50, 9, 9], 0.9), result(1, [0, 0, 10, 20], 0.8)]
    few = evaluate_files(*write(tmp_path, labels(1, [box]), found))
    many = evaluate_files(*write(tmp_path, labels(10, [box]), found))
    assert (few.miss_rate_at_fppi_01, many.miss_rate_at_fppi_01) == (1, 0)
    truth = labels(10, [box])
    for image in truth["images"][1:]:
        image["labelled"] = False
    assert evaluate_files(*write(tmp_path, truth, found)).images == 1


def test_classes(tmp_path: Path) -> None:
    truth = labels(
        1,
        [
            {"image_id": 1, "bbox": [0, 0, 10, 20]},
            {"image_id": 1, "bbox": [50, 0, 10, 20], "category_id": 4},
        ],
    )
    found = [result(1, [0, 0, 10, 20], 0.9), result(1, [50, 0, 10, 20], 0.8)]
    paths = write(tmp_path, truth, found)
    assert evaluate_files(*paths).miss_rate_at_fppi_1 == 0.5
    assert evaluate_files(*paths, classes=["person"]).miss_rate_at_fppi_1 == 0
    assert evaluate_files(*paths, classes=["car"]).miss_rate_at_fppi_1 == 1
    for classes in ([], ["dog"]):
        with pytest.raises(ArgumentError, match=r"names of classes of .* \(person, car\)"):
            evaluate_files(*paths, classes=classes)


def test_iou_and_protocol(tmp_path: Path) -> None:
    truth = labels(1, [{"image_id": 1, "bbox": [0, 0, 10, 10]}])
    paths = write(tmp_path, truth, [result(1, [0, 0, 10, 25], 0.9)] * 2)
    assert evaluate_files(*paths).miss_rate_at_fppi_1 == 1
    assert evaluate_files(*paths, iou=0.4).miss_rate_at_fppi_1 == 0
    authors = evaluate_files(*paths, protocol="authors-code")
    assert authors.miss_rate_at_fppi_1 == 0
    assert authors.curve.fppi.max() == 0


def test_figures(tmp_path: Path) -> None:
    found = figures(evaluate_files(*write(tmp_path, labels(3, []), [])))
    assert found == {
        "images": 3,
        "instances": 0,
        "miss_rate_at_fppi_1": None,
        "miss_rate_at_fppi_0.1": None,
        "log_average_miss_rate": None,
        "ap": None,
        "ap50": None,
    }
    assert json.loads(json.dumps(found, allow_nan=False)) == found


BOX = [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("truth", "found", "says"),
    [
        (labels(1, []), [result(2, BOX, 1)], r"found\.json, result #0: 'image_id' 2"),
        (labels(1, []), [result(1, BOX, 1, 9)], r"found\.json, result #0: 'category_id' 9"),
        (labels(1, []), [result(1, BOX, math.nan)], r"found\.json, result #0: 'score'"),
        (labels(1, [{"image_id": 5, "bbox": BOX}]), [], r"truth\.json, annotation 1: 'image_id'"),
        (
            labels(1, [{"image_id": 1, "bbox": [0, 0, -1, 1]}]),
            [],
            r"truth\.json, annotation 1: 'bbox' .* negative",
        ),
        ({"images": [], "categories": []}, [], r"truth\.json: has no categories"),
        ([], [], r"truth\.json: must be a JSON object"),
    ],
)
def test_faults(tmp_path: Path, truth: object, found: object, says: str) -> None:
    with pytest.raises(DataError, match=says):
        evaluate_files(*write(tmp_path, truth, found))


def loops(truth: dict[str, Any], found: list[dict[str, Any]], fppi: float) -> float:
    """Miss rate at an FPPI, box by box, without ignore regions."""

    def corners(record: dict[str, Any]) -> list[float]:
        x, y, w, h = record["bbox"]
        return [x, y, x + w, y + h]

    taken: set[int] = set()
    allowed = fppi * len(truth["images"])
    best, false, hit = 1.0, 0, 0
    ordered = sorted(found, key=lambda record: -record["score"])
    for place, record in enumerate(ordered):
        candidates = [
            (overlap(corners(record), corners(box)), -box["id"])
            for box in truth["annotations"]
            if box["image_id"] == record["image_id"] and box["id"] not in taken
        ]
        most, number = max(candidates, default=(0.0, 0))
        if most >= 0.5:
            taken.add(-number)
            hit += 1
        else:
            false += 1
        tied = place + 1 < len(ordered) and ordered[place + 1]["score"] == record["score"]
        if false <= allowed and not tied:
            best = 1 - hit / len(truth["annotations"])
    return best


def test_real_labels_match_the_loops(tmp_path: Path, shared: Path) -> None:
    truth = json.loads((shared / "data" / "prw_c6s1" / "instances.json").read_text())
    rng = np.random.default_rng(3)
    found = []
    for box in truth["annotations"]:
        if rng.random() < 0.8:
            x, y, w, h = (np.array(box["bbox"]) + rng.normal(0, 6, 4)).tolist()
            found.append(result(box["image_id"], [x, y, max(w, 1), max(h, 1)], rng.random()))
    for image in rng.integers(1, 1263, 1500).tolist():
        x, y = (rng.random(2) * 300).tolist()
        found.append(result(image, [x, y, 40, 100], rng.random() * 0.6))
    metrics = evaluate_files(*write(tmp_path, truth, found))
    assert metrics.miss_rate_at_fppi_1 == pytest.approx(loops(truth, found, 1), abs=1e-9)
    assert metrics.miss_rate_at_fppi_01 == pytest.approx(loops(truth, found, 0.1), abs=1e-9)
    pycocotools = pytest.importorskip("pycocotools.coco")
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    theirs = pycocotools.COCO()
    theirs.dataset = {"info": {}, **truth}
    theirs.createIndex()
    judged = evaluation.COCOeval(theirs, theirs.loadRes(found), "bbox")
    judged.evaluate()
    judged.accumulate()
    judged.summarize()
    assert metrics.ap == pytest.approx(judged.stats[0], abs=1e-6)
    assert metrics.ap50 == pytest.approx(judged.stats[1], abs=1e-6)
