"""Table 1 for any data set: counts of real and of hand-made data, and a slow reference."""

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelnext.data.dataset import Lazy
from labelnext.data.formats import penn_fudan
from labelnext.data.review.stats import EDGES, Statistics, gather
from labelnext.data.source import open_source
from labelnext.errors import ArgumentError, DataError
from labelnext.types import GroundTruth, ImageRecord, Sample
from tests.data.formats import test_caltech


def by_class(found: Statistics) -> dict[str, int]:
    return {row.name: row.count for row in found.classes if row.count}


def write(path: Path, heights: list[list[float]], *, labelled: int = 99) -> str:
    """A COCO file of one image a list, each with boxes of these heights, 0.4 times as wide."""
    images = [
        {"id": i, "file_name": f"{i}.png", "width": 400, "height": 2000, "labelled": i < labelled}
        for i in range(len(heights))
    ]
    annotations = [
        {"image_id": i, "category_id": 1 + j % 2, "bbox": [1.1, 3.3, 0.4 * h, h]}
        for i, row in enumerate(heights)
        for j, h in enumerate(row)
    ]
    names = [{"id": 1, "name": "person"}, {"id": 2, "name": "car"}, {"id": 3, "name": "bus"}]
    content = {"images": images, "annotations": annotations, "categories": names}
    path.write_text(json.dumps(content))
    return f"coco:{path}"


def test_penn_fudan(shared: Path) -> None:
    found = gather(f"pennfudan:{shared / 'data' / 'pennfudan'}")
    assert (found.images, found.labelled, found.kind, found.videos) == (170, 170, "stills", 0)
    assert (found.everything.count, found.everything.images) == (423, 170)
    truths = [sample.truth for sample in penn_fudan.read(shared / "data" / "pennfudan").samples()]
    boxes = np.concatenate([truth.xyxy for truth in truths if truth is not None])
    median = np.median(boxes[:, 3] - boxes[:, 1])
    assert found.everything.median_height == pytest.approx(median, rel=0.002)
    assert sum(found.everything.heights) == 423
    assert found.name == "pennfudan"


def test_prw(shared: Path) -> None:
    found = gather(f"coco:{shared / 'data' / 'prw_c6s1' / 'instances.json'}")
    assert (found.images, found.everything.count, found.kind) == (1262, 2733, "video")
    assert found.sizes == ((540, 432, 1262),)
    assert found.everything.median_height == pytest.approx(99, abs=1)
    filtered = gather(f"coco:{shared / 'data' / 'prw_c6s1' / 'instances.json'}", filter="text")
    assert filtered.everything.count + filtered.everything.ignored == 2733
    assert filtered.everything.heights[:4] == (0, 0, 0, 0)


def test_street(shared: Path) -> None:
    found = gather(f"coco:{shared / 'data' / 'sf_street' / 'instances.json'}")
    assert found.images == 463
    counts = {name.lower(): count for name, count in by_class(found).items()}
    assert {name: counts[name] for name in ("car", "tram", "truck")} == {
        "car": 4775, "tram": 463, "truck": 52,
    }  # fmt: skip
    cars = gather(f"coco:{shared / 'data' / 'sf_street' / 'instances.json'}", classes=["Car"])
    assert cars.everything.count == 4775
    assert [row.name for row in cars.classes] == ["Car"]


def test_counts_by_hand(tmp_path: Path) -> None:
    spec = write(tmp_path / "a.json", [[10, 9.99, 50], [50, 50], [], [1300], [30]], labelled=4)
    found = gather(spec)
    assert (found.images, found.labelled) == (5, 4)
    everything = found.everything
    assert (everything.count, everything.images, everything.ignored) == (6, 3, 0)
    assert dict(zip(EDGES, everything.heights, strict=True)) == {
        **dict.fromkeys(EDGES, 0), 0: 1, 10: 1, 50: 3, 1200: 1,
    }  # fmt: skip
    person, car, bus = found.classes
    assert (person.name, person.count, person.images) == ("person", 4, 3)
    assert (car.name, car.count, car.images) == ("car", 2, 2)
    assert (bus.count, bus.images, sum(bus.heights)) == (0, 0, 0)
    assert np.isnan(bus.median_height)


@pytest.mark.parametrize("seed", range(4))
def test_median_against_a_slow_reference(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 60))
    heights = np.exp(rng.uniform(np.log(2), np.log(1900), count)).tolist()
    found = gather(write(tmp_path / "a.json", [[height] for height in heights]))
    assert found.everything.median_height == pytest.approx(np.median(heights), rel=0.002)
    expected = [0] * len(EDGES)
    for height in heights:
        expected[max(i for i, edge in enumerate(EDGES) if height >= edge)] += 1
    assert list(found.everything.heights) == expected


def test_filters_and_classes(tmp_path: Path) -> None:
    spec = write(tmp_path / "a.json", [[40, 40, 60, 60]])  # person, car, person, car
    plain = gather(spec, filter="text")
    assert by_class(plain) == {"person": 1, "car": 2}  # persons are judged
    assert plain.everything.ignored == 1
    cars = gather(spec, filter="text", classes=["car"])
    assert (by_class(cars), cars.everything.ignored) == ({"car": 1}, 1)
    with pytest.raises(DataError, match="none of the classes dog"):
        gather(spec, classes=["dog"])
    with pytest.raises(ArgumentError, match="Got 'authors-code' of coco instead"):
        gather(spec, filter="authors-code")


def test_a_video_and_the_authors_filter(tmp_path: Path) -> None:
    test_caltech.make(tmp_path)
    test_caltech.make(tmp_path, "set01/V000")
    found = gather(f"caltech:{tmp_path}")
    assert (found.images, found.kind, found.videos) == (12, "video", 2)
    assert found.sizes == ((640, 480, 12),)
    assert by_class(found) == {"person": 6}
    assert found.everything.ignored == 4
    assert found.problems == 2
    authors = gather(f"caltech:{tmp_path}", filter="authors-code")
    assert by_class(authors) == {"person": 4}
    assert authors.everything.ignored == 0


def test_sizes_from_headers(tmp_path: Path) -> None:
    for i, size in enumerate([(30, 20), (30, 20), (8, 9)]):
        Image.new("L", size).save(tmp_path / f"{i}.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    found = gather(f"images:{tmp_path}")
    assert found.sizes == ((30, 20, 2), (8, 9, 1))
    assert (found.images, found.labelled, found.unknown_sizes) == (4, 0, 1)
    assert found.everything.count == 0
    assert found.classes == ()


@pytest.mark.usefixtures("unchecked")  # quick: checks of types are slow under tracemalloc
def test_memory_is_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = GroundTruth.from_boxes([[0, 0, 20, 50]] * 5)

    def make(notes: list[str]):  # type: ignore[no-untyped-def]
        notes.append("made anew")
        for i in range(4000):
            yield Sample(ImageRecord(f"{i}.jpg", f"{i}.jpg", 640, 480, "v", i), truth)

    source = open_source(write(tmp_path / "a.json", [[60]]))
    source = replace(source, dataset=Lazy(("person",), make, 4000))
    monkeypatch.setattr("labelnext.data.review.stats.open_source", lambda _spec: source)
    told: list[tuple[int, int]] = []
    gather("coco:x")
    tracemalloc.start()
    try:
        found = gather("coco:x", progress=lambda task, done, total, **_: told.append((done, total)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.everything.count == 20_000
    assert found.notes == ("made anew",)
    assert told[-1] == (4000, 4000)
    assert peak < 500_000  # the samples kept would be 1.2 MB


def test_classes_under_other_names(shared: Path) -> None:
    spec = f"coco:{shared}/data/sf_street/instances.json"
    found = gather(spec, classes=["Car"], renamed={"Tram": "Car", "Truck": "lorry"})
    assert by_class(found) == {"Car": 4775 + 463, "lorry": 52}
