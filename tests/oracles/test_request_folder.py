import json
from pathlib import Path

import numpy as np
import pytest

from labelnext.coco_format import parse
from labelnext.errors import ArgumentError, DataError
from labelnext.oracles import FileOracle, request_folder
from labelnext.oracles.request_folder import safe_name
from labelnext.types import ImageRecord
from tests.oracles.folders import KEYS, names, no_boxes, one_box, records

CLASSES = ("person", "car")


def contents(folder):
    """Every file below a folder with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def oracle(tmp_path):
    return FileOracle(tmp_path / "rounds" / "0001", CLASSES)


def test_the_folder_holds_original_bytes_prelabels_and_instructions(tmp_path, oracle):
    images = records(tmp_path)
    oracle.request(images, [one_box(), no_boxes(), one_box(kind=1, score=0.25)])
    given = names(oracle.folder)
    assert list(given) == list(KEYS)
    for image in images:
        copied = oracle.folder / "images" / given[image.key]
        assert copied.read_bytes() == Path(image.path).read_bytes()
    assert "labels.json" in (oracle.folder / "README.txt").read_text(encoding="utf-8")
    document = json.loads((oracle.folder / "prelabels.json").read_text(encoding="utf-8"))
    assert document["images"][1]["video"] == "cam 1"
    assert document["images"][1]["frame"] == 1
    assert [c["name"] for c in document["categories"]] == ["person", "car"]
    boxes = [(a["image_id"], a["category_id"], a["bbox"]) for a in document["annotations"]]
    assert boxes == [(1, 1, [1, 2, 10, 20]), (3, 2, [1, 2, 10, 20])]
    assert [a["score"] for a in document["annotations"]] == [0.5, 0.25]
    parsed = parse(oracle.folder / "prelabels.json")
    assert all(image.labelled is False for image in parsed.images.values())
    assert not list(tmp_path.rglob("*.partial"))


def test_asking_twice_changes_nothing(tmp_path, oracle):
    images = records(tmp_path)
    oracle.request(images, [one_box()] * 3)
    before = contents(oracle.folder)
    oracle.request(images, [one_box(score=0.9)] * 3)
    oracle.request(images[:1], [no_boxes()])
    assert contents(oracle.folder) == before


def test_asking_for_more_adds_and_keeps_answers(tmp_path, oracle):
    images = records(tmp_path)
    oracle.request(images[:1], [one_box()])
    (oracle.folder / "labels.json").write_text("kept")
    before = contents(oracle.folder)
    oracle.request(images, [one_box()] * 3)
    after = contents(oracle.folder)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {".request.json", "prelabels.json"}
    assert len(names(oracle.folder)) == 3
    parse(oracle.folder / "prelabels.json")  # ids stay unique


def test_a_missing_image_leaves_nothing_behind(tmp_path, oracle):
    images = records(tmp_path)
    Path(images[2].path).unlink()
    with pytest.raises(DataError, match=r"0001\.png: cannot be copied"):
        oracle.request(images, [no_boxes()] * 3)
    assert not oracle.folder.exists()
    assert not list((tmp_path / "rounds").rglob("*.partial"))


@pytest.mark.parametrize("kept", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("more", [False, True])
def test_a_call_cut_off_anywhere_is_made_whole_by_the_next(tmp_path, monkeypatch, kept, more):
    """Every step that changes the disk may be the last: copies, and the two lists of images."""
    images = records(tmp_path)
    whole = FileOracle(tmp_path / "whole", CLASSES)
    cut = FileOracle(tmp_path / "cut", CLASSES)
    if more:
        for oracle in (whole, cut):
            oracle.request(images[:1], [one_box()])
    whole.request(images, [one_box()] * 3)
    steps = 0

    def dying(real):
        def step(*arguments):
            nonlocal steps
            steps += 1
            if steps > kept:
                raise KeyboardInterrupt
            return real(*arguments)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(request_folder, "_copy", dying(request_folder._copy))
        patch.setattr(request_folder, "_write_whole", dying(request_folder._write_whole))
        try:
            cut.request(images, [one_box()] * 3)
        except KeyboardInterrupt:
            assert more or not cut.folder.exists()
            assert len(request_folder.read_request(cut.folder)) == int(more)
    cut.request(images, [one_box()] * 3)
    assert contents(cut.folder) == contents(whole.folder)


def test_prelabels_are_cut_to_the_image_and_dropped_beyond_it(tmp_path, oracle):
    boxes = [one_box((-5, -5, 50, 10)), one_box((41, 0, 60, 10)), one_box((5, 5, 5, 9))]
    oracle.request(records(tmp_path), boxes)
    document = json.loads((oracle.folder / "prelabels.json").read_text(encoding="utf-8"))
    assert [a["bbox"] for a in document["annotations"]] == [[0, 0, 40, 10]]


def test_overwritten_prelabels_are_not_touched(tmp_path, oracle):
    images = records(tmp_path)
    oracle.request(images[:1], [one_box()])
    path = oracle.folder / "prelabels.json"
    path.write_text('{"images": [{"id": 1, "file_name": "a"}], "annotations": []}')
    with pytest.raises(DataError, match=r"rename it to labels\.json"):
        oracle.request(images, [one_box()] * 3)
    path.rename(oracle.folder / "labels.json")
    oracle.request(images, [one_box()] * 3)
    assert list(names(oracle.folder)) == list(KEYS[1:])
    assert len(request_folder.read_request(oracle.folder)) == 3


def test_names_are_safe_and_differ():
    keys = [
        "a/b.JPG",
        "A/b.JPG",
        "a_b.JPG",
        "../../etc/x.png",
        "ü ö.png",
        "x" * 300,
        "noend",
        "...",
    ]
    made = [safe_name(key, key) for key in keys]
    assert len({name.lower() for name in made}) == len(keys)
    assert all(name.isascii() and "/" not in name and len(name) < 90 for name in made)
    assert made[0].startswith("a_b-")
    assert made[0].endswith(".jpg")
    assert not any(name.startswith(".") for name in made)


@pytest.mark.parametrize(
    ("prelabels", "says"),
    [
        ([], "one per image"),
        ([one_box(score=np.nan)], "finite"),
        ([one_box((0, 0, np.inf, 1))], "finite"),
        ([one_box(kind=2)], "class 2"),
        ([one_box(kind=-1)], "classes 0 to 1"),
    ],
)
def test_bad_prelabels(tmp_path, oracle, prelabels, says):
    with pytest.raises(ArgumentError, match=says):
        oracle.request(records(tmp_path)[:1], prelabels)
    assert not oracle.folder.exists()


def test_an_image_twice(oracle):
    image = ImageRecord("a", "a.png", 1, 1)
    with pytest.raises(ArgumentError, match="one key twice"):
        oracle.request([image, image], [no_boxes()] * 2)


def test_asking_for_nothing_makes_an_empty_request(oracle):
    oracle.request([], [])
    assert oracle.collect() == {}
