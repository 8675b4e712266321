"""CityPersons: the MATLAB file and the JSON files give the same labels."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from labelnext.data.formats import city_persons
from labelnext.data.source import open_source
from labelnext.errors import ArgumentError, DataError
from labelnext.types import GroundTruth, Sample
from tests.data.formats import mat_files

# class, x1, y1, w, h, id, and the visible part
ROWS = {
    "aachen_000000_000019": [
        [1, 100, 200, 60, 150, 24000, 100, 200, 60, 75],
        [0, 1900, 10, 30, 60, 0, 1900, 10, 30, 60],
        [5, 500, 300, 400, 300, 24001, 500, 300, 400, 300],
    ],
    "tubingen_000000_000019": [[2, 50, 60, 20, 40, 25000, 50, 60, 20, 40]],
    "ulm_000000_000019": [],
}


def image(root: Path, stem: str, split: str = "train") -> str:
    key = f"leftImg8bit/{split}/{stem.partition('_')[0]}/{stem}_leftImg8bit.png"
    (root / key).parent.mkdir(parents=True, exist_ok=True)
    (root / key).write_bytes(b"")
    return key


def entry(city: str, stem: str, rows: list[list[int]]) -> dict[str, bytes]:
    bbs = mat_files.uint16s(rows) if rows else mat_files.array(6, (0, 0), mat_files.element(9, b""))
    name = mat_files.chars(f"{stem}_leftImg8bit.png")
    return {"cityname": mat_files.chars(city), "im_name": name, "bbs": bbs}


FIELDS = ("cityname", "im_name", "bbs")


def write_mat(
    path: Path, entries: list[dict[str, bytes]], name: str = "anno_train_aligned"
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [mat_files.structs([one], FIELDS) for one in entries]
    path.write_bytes(mat_files.HEAD + mat_files.packed(mat_files.cells(cells, name)))


def make_mat(root: Path) -> None:
    entries = [
        entry({"tubingen": "tuebingen"}.get(city := stem.partition("_")[0], city), stem, rows)
        for stem, rows in ROWS.items()
    ]
    write_mat(root / "annotations" / "anno_train.mat", entries)


def make_json(root: Path) -> None:
    for stem, rows in ROWS.items():
        city = stem.partition("_")[0]
        objects = [
            {"label": city_persons.CLASSES[row[0]], "instanceId": row[5], "bbox": row[1:5],
             "bboxVis": row[6:]}
            for row in rows
        ]  # fmt: skip
        path = root / "gtBboxCityPersons" / "train" / city / f"{stem}_gtBboxCityPersons.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"imgWidth": 2048, "imgHeight": 1024, "objects": objects}))


def truths(samples: list[Sample]) -> list[GroundTruth]:
    return [sample.truth for sample in samples if sample.truth is not None]


@pytest.mark.parametrize("make", [make_mat, make_json])
def test_both_kinds_of_labels(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    make(tmp_path)
    keys = [image(tmp_path, stem) for stem in ROWS]
    bare = image(tmp_path, "aachen_000001_000019")
    found = city_persons.read(tmp_path)
    samples = list(found.samples())
    assert found.classes[1] == "pedestrian"
    assert [sample.record.key for sample in samples] == [keys[0], bare, keys[1], keys[2]]
    assert len(found) == 4
    assert samples[1].truth is None
    aachen, tubingen, ulm = truths(samples)
    assert aachen.classes.tolist() == [1, 0, 5]
    assert aachen.xyxy.tolist() == [
        [100, 200, 160, 350],
        [1900, 10, 1930, 70],
        [500, 300, 900, 600],
    ]
    assert aachen.ignore.tolist() == [False, True, True]
    assert aachen.visible.tolist() == [0.5, 1, 1]
    assert aachen.visible_xyxy is not None
    assert aachen.visible_xyxy[0].tolist() == [100, 200, 160, 275]
    assert tubingen.classes.tolist() == [2]
    assert len(ulm) == 0
    assert not any(sample.problems for sample in samples)
    sizes = {(s.record.width, s.record.height) for s in samples if s.truth is not None}
    assert sizes == ({(2048, 1024)} if make is make_json else {(0, 0)})


def test_areas_beyond_uint16(tmp_path: Path) -> None:
    rows = [[1, 0, 0, 300, 1000, 1, 0, 0, 150, 1000]]  # 300,000 px are 37,856 in uint16
    write_mat(tmp_path / "anno_train.mat", [entry("ulm", "ulm_0", rows)])
    (truth,) = truths(list(city_persons.read(tmp_path).samples()))
    assert truth.visible.tolist() == [0.5]


def test_by_scipy(tmp_path: Path) -> None:
    cells = np.empty((1, len(ROWS)), object)
    for i, (stem, rows) in enumerate(ROWS.items()):
        bbs = np.array(rows, np.uint16).reshape(-1, 10)
        city = stem.partition("_")[0]
        cells[0, i] = {"cityname": city, "im_name": f"{stem}_leftImg8bit.png", "bbs": bbs}
    savemat(tmp_path / "anno_val.mat", {"anno_val_aligned": cells}, do_compression=True)
    samples = list(city_persons.read(tmp_path, split="val").samples())
    assert samples[0].record.key == (
        "leftImg8bit/val/aachen/aachen_000000_000019_leftImg8bit.png"
    )  # fmt: skip
    assert [len(truth) for truth in truths(samples)] == [3, 1, 0]


def test_filters(tmp_path: Path) -> None:
    make_mat(tmp_path)
    image(tmp_path, "aachen_000001_000019")
    samples = list(city_persons.read(tmp_path, filter="authors-code").samples())
    assert len(samples) == 1  # only the images with a box that is kept
    assert [truth.classes.tolist() for truth in truths(samples)] == [[1]]
    texts = truths(list(open_source(f"citypersons[filter=text]:{tmp_path}").samples()))
    assert [truth.ignore.tolist() for truth in texts] == [[False, True, True], [True], []]


def test_boxes_are_fitted_to_the_size_in_the_file(tmp_path: Path) -> None:
    make_json(tmp_path)
    path = next((tmp_path / "gtBboxCityPersons").rglob("ulm*.json"))
    one = {"label": "pedestrian", "bbox": [2000, 100, 60, 150]}
    small = {"label": "rider", "bbox": [2000, 100, 50, 90]}
    content = {"imgWidth": 2048, "imgHeight": 1024, "objects": [small, one]}
    path.write_text(json.dumps(content))
    sample = list(city_persons.read(tmp_path).samples())[-1]
    assert sample.problems == (
        "ulm_000000_000019_gtBboxCityPersons.json, object #0: box reaches 2.0 px beyond the right "
        "edge; clipped",
        "ulm_000000_000019_gtBboxCityPersons.json, object #1: box reaches 12.0 px beyond the right "
        "edge; clipped",
    )
    assert sample.truth is not None
    assert sample.truth.visible.tolist() == [1, 1]
    filtered = list(city_persons.read(tmp_path, filter="authors-code").samples())[-1]
    assert filtered.problems == (
        "leftImg8bit/train/ulm/ulm_000000_000019_leftImg8bit.png: box reaches 12.0 px beyond the "
        "right edge; clipped",
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"label": "dog"}, "object #0: 'label' 'dog' is none of ignore, pedestrian"),
        ({"bbox": [1, 2, 3]}, "object #0: 'bbox' must be"),
        ({"bboxVis": "x"}, "object #0: 'bboxVis' must be"),
    ],
)
def test_a_bad_json_file_is_passed_over(tmp_path: Path, change: dict, says: str) -> None:
    make_json(tmp_path)
    path = next((tmp_path / "gtBboxCityPersons").rglob("ulm*.json"))
    one = {"label": "pedestrian", "bbox": [1, 2, 3, 4], **change}
    path.write_text(json.dumps({"imgWidth": 2048, "imgHeight": 1024, "objects": [one]}))
    sample = list(city_persons.read(tmp_path).samples())[-1]
    assert sample.truth is None
    assert sample.problems[0].startswith("gtBboxCityPersons/train/ulm/ulm_000000_000019")
    assert says in sample.problems[0]
    for other in (tmp_path / "gtBboxCityPersons").rglob("*.json"):
        other.write_text('{"imgWidth": 0}')
    with pytest.raises(DataError, match="3 label files, and none can be used"):
        list(city_persons.read(tmp_path).samples())


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (entry("ulm", "ulm_0", [[7, 1, 1, 1, 1, 1, 1, 1, 1, 1]]), "row 1 of bbs does not begin"),
        (
            entry("ulm", "ulm_0", [[1, 2, 3, 4]]),
            r"rows of ten numbers. Got uint16 of shape \(1, 4\)",
        ),
        (entry("../..", "ulm_0", []), "must lie below the data set's own folder"),
        (entry("ulm", "../../../../x", []), "must lie below the data set's own folder"),
        (
            {**entry("ulm", "ulm_0", []), "im_name": mat_files.doubles([[1]])},
            "im_name must be text",
        ),
    ],
)
def test_a_bad_entry_of_the_matlab_file(tmp_path: Path, one: dict, says: str) -> None:
    write_mat(tmp_path / "anno_train.mat", [entry("ulm", "ulm_1", []), one])
    with pytest.raises(DataError, match=rf"anno_train\.mat, image 2: .*{says}"):
        city_persons.read(tmp_path)


def test_matlab_files_that_are_not_the_one(tmp_path: Path) -> None:
    write_mat(tmp_path / "anno_train.mat", [], "anno_val_aligned")
    with pytest.raises(DataError, match="lacks the cell array 'anno_train_aligned'"):
        city_persons.read(tmp_path)
    write_mat(tmp_path / "anno_train.mat", [entry("ulm", "ulm_1", [])] * 2)
    with pytest.raises(DataError, match=r"image 2: 'ulm_1_leftImg8bit.png' is there twice"):
        city_persons.read(tmp_path)
    cells = mat_files.cells([mat_files.doubles([[1]])], "anno_train_aligned")
    (tmp_path / "anno_train.mat").write_bytes(mat_files.HEAD + cells)
    with pytest.raises(DataError, match="image 1: is no struct of cityname"):
        city_persons.read(tmp_path)


def test_nothing_there(tmp_path: Path) -> None:
    image(tmp_path, "ulm_0")
    with pytest.raises(DataError, match=r"holds neither anno_train\.mat nor gtBboxCityPersons"):
        city_persons.read(tmp_path)
    with pytest.raises(ArgumentError, match="train or val"):
        city_persons.read(tmp_path, split="test")
