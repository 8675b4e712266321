"""Every kind of fault that is put into a data set is found, once, and named in pixels."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from labelnext.data.check import File
from labelnext.data.dataset import SampleSet
from labelnext.data.review.dataset_check import check_source
from labelnext.data.review.doubles import Double, doubles
from labelnext.data.review.validate import KINDS, Validation, inspect
from labelnext.errors import DataError
from labelnext.types import GroundTruth, ImageRecord, Sample

WIDTH, HEIGHT = 64, 48


def picture(path: Path, seed: int, width: int = WIDTH, height: int = HEIGHT, **given: Any) -> None:
    noise = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    Pillow.fromarray(noise).save(path, **given)


def data_set(folder: Path, boxes: dict[int, list[list[float]]], **changes: Any) -> Path:
    """Images 1 to 4 with boxes of class `person`; `changes` replace fields of the COCO file."""
    for i in range(1, 5):
        picture(folder / f"{i}.png", i)
    content: dict[str, Any] = {
        "images": [
            {"id": i, "file_name": f"{i}.png", "width": WIDTH, "height": HEIGHT}
            for i in range(1, 5)
        ],
        "annotations": [
            {"id": 100 * image + i, "image_id": image, "category_id": 1, "bbox": box}
            for image, found in boxes.items()
            for i, box in enumerate(found)
        ],
        "categories": [{"id": 1, "name": "person"}],
    }
    (folder / "labels.json").write_text(json.dumps(content | changes))
    return folder / "labels.json"


GOOD = {i: [[5.0 * i, 5, 10, 20]] for i in range(1, 5)}


def kinds(report: dict[str, Any]) -> dict[str, int]:
    return {kind["kind"]: kind["count"] for kind in report["kinds"]}


def test_nothing_wrong(tmp_path: Path) -> None:
    report = check_source(f"coco:{data_set(tmp_path, GOOD)}")
    assert (report["images"], report["boxes"], report["faults"]) == (4, {"person": 4}, 0)
    assert report["kinds"] == report["findings"] == []
    assert report["fix"] is None


@pytest.mark.parametrize(
    ("box", "kind", "says"),
    [
        ([60, 0, 10, 10], "beyond", "annotation 101: box reaches 6.0 px beyond the right edge"),
        ([70, 0, 10, 10], "outside", "lies outside the image of 64 x 48 px"),
        ([6, 6, 0, 10], "no-area", "annotation 101: box is 0.0 x 10.0 px: no area"),
        ([6, 6, 0.5, 10], "tiny", "person [6.0, 6.0, 6.5, 16.0] is 0.50 x 10.00 px"),
        ([0, 0, 64, 48], "whole", "person [0.0, 0.0, 64.0, 48.0] covers all of 64 x 48 px"),
        ([0.5, 0, 63.2, 48], "whole", "covers all of 64 x 48 px"),
        ([5, 5, 10, 20], "double", "overlaps person [5.0, 5.0, 15.0, 25.0]"),
        ([5, 5, 10, 20.1], "double", "intersection over union 0.995"),
        ([5, 5, 10, 21], "near-double", "intersection over union 0.952"),
        ([float("nan"), 5, 10, 21], "record", "annotation 101: 'bbox' must be"),
        (["left", 5, 10, 21], "record", "annotation 101: 'bbox' must be"),
    ],
)
def test_boxes(tmp_path: Path, box: list[Any], kind: str, says: str) -> None:
    path = data_set(tmp_path, GOOD | {1: [GOOD[1][0], box]})
    report = check_source(f"coco:{path}")
    assert kinds(report) == {kind: 1}
    (finding,) = report["findings"]
    assert (finding["kind"], finding["key"]) == (kind, "1.png")
    assert says in finding["text"]
    assert report["faults"] == 1


def test_images(tmp_path: Path) -> None:
    path = data_set(tmp_path, GOOD)
    (tmp_path / "1.png").unlink()
    data = (tmp_path / "2.png").read_bytes()
    (tmp_path / "2.png").write_bytes(data[: len(data) // 2])
    picture(tmp_path / "3.png", 3, 128, 96)
    picture(tmp_path / "4.png", 4, HEIGHT, WIDTH)
    report = check_source(f"coco:{path}")
    assert kinds(report) == {"missing": 1, "broken": 1, "swapped": 1, "size": 1}
    assert [(one["kind"], one["key"]) for one in report["findings"]] == [
        ("missing", "1.png"), ("broken", "2.png"), ("swapped", "4.png"), ("size", "3.png"),
    ]  # fmt: skip
    assert "64 x 48 px, the upright image has 128 x 96" in report["findings"][3]["text"]
    assert report["boxes"] == {"person": 0}


def test_what_is_counted_and_no_fault(tmp_path: Path) -> None:
    path = data_set(tmp_path, {1: GOOD[1]})
    content = json.loads(path.read_text())
    content["images"][3]["labelled"] = False
    path.write_text(json.dumps(content))
    for i in (2, 3):
        (tmp_path / f"{i}.png").write_bytes((tmp_path / "1.png").read_bytes())
    report = check_source(f"coco:{path}")
    assert kinds(report) == {"same-bytes": 2, "unlabelled": 1, "empty": 2}
    assert report["faults"] == 0
    same = next(one for one in report["findings"] if one["kind"] == "same-bytes")
    assert (same["key"], same["text"]) == ("3.png", "has the same bytes as 1.png and 1 more")


def test_classes_without_boxes_and_records_without_an_image(tmp_path: Path) -> None:
    classes = [{"id": 1, "name": "person"}, {"id": 2, "name": "dog"}]
    path = data_set(tmp_path, GOOD | {9: [[1, 1, 5, 5]]}, categories=classes)
    report = check_source(f"coco:{path}")
    assert kinds(report) == {"unused": 1, "record": 1}
    assert [one["key"] for one in report["findings"]] == ["", ""]
    assert "annotation 900: 'image_id' 9" in report["findings"][0]["text"]
    assert report["findings"][1]["text"] == "dog: no box has this class"
    assert kinds(check_source(f"coco:{path}", classes=["person"])) == {"record": 1}
    with pytest.raises(DataError, match="none of the classes cat"):
        check_source(f"coco:{path}", classes=["cat"])


def test_examples_have_a_limit_and_counts_have_not(tmp_path: Path) -> None:
    path = data_set(tmp_path, {1: [[60, i, 10, 2] for i in range(0, 40, 3)]})
    report = check_source(f"coco:{path}", examples=3)
    assert kinds(report) == {"beyond": 14, "empty": 3}
    assert [one["kind"] for one in report["findings"]] == ["beyond"] * 3 + ["empty"] * 3


def test_other_readers(tmp_path: Path, shared: Path) -> None:
    report = check_source(f"pennfudan:{shared / 'data' / 'pennfudan'}")
    assert (report["images"], report["boxes"], report["faults"]) == (170, {"person": 423}, 0)
    picture(tmp_path / "a.png", 1)
    report = check_source(f"images:{tmp_path}")
    assert kinds(report) == {"unlabelled": 1}
    assert report["faults"] == 0


def test_boxes_that_are_not_finite(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 1)
    truth = GroundTruth.from_boxes([[1, 1, 5, 5], [1, float("nan"), 5, 5]])
    sample = Sample(ImageRecord("a.png", str(tmp_path / "a.png"), 0, 0), truth)
    look = Validation(SampleSet(("person",), [sample]), "x")
    (found,) = look.inspections()
    assert [finding.kind for finding in found.findings] == ["not-finite"]
    assert found.truth is not None
    assert len(found.truth) == 1
    assert isinstance(found.file, File)


def test_every_kind_says_what_it_is() -> None:
    assert {kind.severity for kind in KINDS.values()} == {"error", "warning", "note"}
    assert all(kind.what for kind in KINDS.values())


def test_what_a_reader_says_otherwise(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 1)
    record = ImageRecord("a.png", str(tmp_path / "a.png"), 0, 0)
    for text, kinds_of_it in (
        ("a.txt, line 3: no number; taken as unlabelled", ["record", "unlabelled"]),
        ("there is no annotation file a.txt: taken as unlabelled", ["unlabelled"]),
        ("something odd", ["said", "unlabelled"]),
    ):
        found = inspect(Sample(record, None, (text,)), ["person"])
        assert [finding.kind for finding in found.findings] == kinds_of_it


def slow_doubles(truth: GroundTruth, least: float) -> list[tuple[int, int]]:
    """Plain loops."""
    pairs = []
    for j in range(len(truth)):
        for i in range(j):
            a, b = truth.xyxy[i], truth.xyxy[j]
            w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            common = max(w, 0) * max(h, 0)
            union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
            alike = truth.classes[i] == truth.classes[j] and truth.ignore[i] == truth.ignore[j]
            if alike and common / union > least:
                pairs.append((i, j))
                break
    return pairs


@pytest.mark.parametrize("rows", [3, 1_000_000])
def test_doubles(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr("labelnext.data.review.doubles._PAIRS", rows * 60)
    rng = np.random.default_rng(rows)
    corner = rng.uniform(0, 4, (60, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(8, 12, (60, 2))], axis=1)
    truth = GroundTruth.from_boxes(boxes, rng.integers(0, 2, 60), rng.integers(0, 5, 60) == 0)
    for least in (0.5, 0.8):
        found = doubles(truth, least)
        assert [(pair.first, pair.second) for pair in found] == slow_doubles(truth, least)
        assert len(found) > 5


def test_very_many_boxes_are_compared_by_their_corners(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelnext.data.review.doubles.MOST", 3)
    truth = GroundTruth.from_boxes([[0, 0, 9, 9], [0, 0, 9, 9.01], [0, 0, 9, 9], [1, 1, 5, 5]])
    assert doubles(truth) == [Double(0, 2, 1.0)]
    assert doubles(GroundTruth.from_boxes([])) == []
