"""Damaged label files, hundreds of them: an error that names the file, or a whole data set."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelnext import coco_results
from labelnext.coco_format import parse
from labelnext.data.dataset import SampleSet
from labelnext.data.formats import coco, penn_fudan
from labelnext.errors import LabelnextError

STRANGE: list[Any] = [
    None, True, -1, 0, 2**70, 1e308, float("nan"), float("inf"), "", "x", "\0", "../x", [], [[]],
    {}, {"id": 1}, [1, 2, 3], [1, 2, 3, "4"], "9" * 400, -0.0, 1.5,
]  # fmt: skip

LABELS: dict[str, Any] = {
    "images": [
        {"id": i, "file_name": f"f/{i}.jpg", "width": 64, "height": 48, "video": "v", "frame": i}
        for i in range(1, 6)
    ],
    "annotations": [
        {"id": i, "image_id": i, "category_id": 1, "bbox": [i, 2.5, 10, 20], "iscrowd": 0}
        for i in range(1, 6)
    ],
    "categories": [{"id": 1, "name": "person"}],
}
RESULTS = [
    {"image_id": i, "category_id": 1, "bbox": [i, 2.5, 10, 20], "score": i / 10}
    for i in range(1, 6)
]


def damaged(good: bytes, rng: np.random.Generator) -> bytes:
    """Cut off, bits flipped, a piece removed, a piece twice, or bytes put in."""
    data = bytearray(good)
    at, length = int(rng.integers(len(data))), int(rng.integers(1, 40))
    match rng.integers(5):
        case 0:
            return bytes(data[:at])
        case 1:
            for place in rng.integers(0, len(data), rng.integers(1, 5)):
                data[place] ^= 1 << int(rng.integers(8))
            return bytes(data)
        case 2:
            return bytes(data[:at] + data[at + length :])
        case 3:
            return bytes(data[:at] + data[at : at + length] + data[at:])
        case _:
            return bytes(data[:at] + rng.bytes(length) + data[at:])


def mistyped(good: Any, rng: np.random.Generator) -> Any:
    """A copy with one value, anywhere, replaced by a strange one or removed."""
    content = json.loads(json.dumps(good))
    place: Any = content
    while True:
        step: Any = (
            list(place)[int(rng.integers(len(place)))]
            if isinstance(place, dict)
            else int(rng.integers(len(place)))
        )
        if not isinstance(place[step], dict | list) or rng.random() < 0.15:
            break
        place = place[step]
    if rng.random() < 0.2:
        del place[step]
    else:
        place[step] = STRANGE[int(rng.integers(len(STRANGE)))]
    return content


def is_whole(found: SampleSet) -> None:
    samples = list(found.samples())
    assert len({sample.record.key for sample in samples}) == len(samples)
    for sample in samples:
        record, truth = sample.record, sample.truth
        assert ".." not in Path(record.key).parts
        if truth is not None and len(truth):
            assert np.isfinite(truth.xyxy).all()
            assert (truth.xyxy >= 0).all()
            assert (truth.xyxy[:, 2:] <= [record.width, record.height]).all()
            assert (truth.xyxy[:, :2] < truth.xyxy[:, 2:]).all()
            assert truth.classes.max() < len(found.classes)


@pytest.mark.parametrize("how", ["damaged", "mistyped"])
def test_coco(tmp_path: Path, how: str) -> None:
    rng = np.random.default_rng(1)
    path = tmp_path / "labels.json"
    good = json.dumps(LABELS).encode()
    outcomes = []
    for _ in range(300):
        content = damaged(good, rng) if how == "damaged" else json.dumps(mistyped(LABELS, rng))
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        outcomes.append(_outcome(path, lambda: is_whole(coco.read(path))))
    assert {"error", "whole"} == set(outcomes)


@pytest.mark.parametrize("how", ["damaged", "mistyped"])
def test_results(tmp_path: Path, how: str) -> None:
    rng = np.random.default_rng(2)
    (tmp_path / "labels.json").write_text(json.dumps(LABELS))
    truth = parse(tmp_path / "labels.json")
    path = tmp_path / "found.json"
    good = json.dumps(RESULTS).encode()
    outcomes = []

    def read() -> None:
        found = coco_results.read(path, truth)
        assert list(found) == list(truth.images)
        assert all(np.isfinite(one.scores).all() for one in found.values())

    for _ in range(200):
        content = damaged(good, rng) if how == "damaged" else json.dumps(mistyped(RESULTS, rng))
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        outcomes.append(_outcome(path, read))
    assert {"error", "whole"} == set(outcomes)


def test_penn_fudan(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    (tmp_path / "Annotation").mkdir()
    (tmp_path / "PNGImages").mkdir()
    (tmp_path / "PNGImages" / "p.png").write_bytes(b"")
    path = tmp_path / "Annotation" / "p.txt"
    good = "Image size (X x Y x C) : 60 x 40 x 3\nObjects with ground truth : 2 { }\n"
    for i in (1, 2):
        good += f'Bounding box for object {i} "P" (Xmin, Ymin) - (Xmax, Ymax) : (3, 4) - (9, 20)\n'
    outcomes = []
    for _ in range(300):
        path.write_bytes(damaged(good.encode(), rng))
        outcomes.append(_outcome(path, lambda: is_whole(penn_fudan.read(tmp_path))))
    assert {"error", "whole"} == set(outcomes)


def _outcome(path: Path, read: Any) -> str:
    try:
        read()
    except LabelnextError as error:
        return "error" if path.name in str(error) else f"an error without the file: {error}"
    return "whole"
