"""Every fault of a COCO file is an error that names file and record and says what to do."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from labelnext.coco_format import parse
from labelnext.errors import DataError

GOOD: dict[str, Any] = {
    "images": [
        {"id": 7, "file_name": "a.jpg", "width": 64, "height": 48},
        {"id": 9, "file_name": "b.jpg", "width": 64, "height": 48, "video": "v", "frame": 3},
    ],
    "annotations": [
        {"id": 50, "image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 20]},
        {"id": 51, "image_id": 9, "category_id": 5, "bbox": [1, 2, 10, 20], "iscrowd": 1},
    ],
    "categories": [{"id": 3, "name": "person"}, {"id": 5, "name": "car"}],
}
REMOVE = object()


def write(folder: Path, content: object) -> Path:
    path = folder / "labels.json"
    path.write_text(json.dumps(content))
    return path


def changed(where: tuple[str | int, ...], value: object) -> dict[str, Any]:
    content = copy.deepcopy(GOOD)
    place: Any = content
    for step in where[:-1]:
        place = place[step]
    if value is REMOVE:
        del place[where[-1]]
    else:
        place[where[-1]] = value
    return content


def test_good(tmp_path: Path) -> None:
    file = parse(write(tmp_path, GOOD))
    assert file.classes == ("person", "car")
    assert [box.category for box in file.boxes] == [0, 1]
    assert [box.ignore for box in file.boxes] == [False, True]
    assert file.images[9].video == "v"
    assert file.images[9].frame == 3


@pytest.mark.parametrize(
    ("where", "value", "record", "says"),
    [
        (("annotations", 0, "image_id"), 7777, "annotation 50", "7777"),
        (("annotations", 0, "category_id"), 4, "annotation 50", "'category_id' 4"),
        (("annotations", 0, "image_id"), "7", "annotation 50", "must be an integer"),
        (("annotations", 0, "image_id"), True, "annotation 50", "must be an integer"),
        (("annotations", 0, "image_id"), REMOVE, "annotation 50", "lacks 'image_id'"),
        (("annotations", 0, "bbox"), REMOVE, "annotation 50", "lacks 'bbox'"),
        (("annotations", 0, "bbox"), [1, 2, 3], "annotation 50", "four finite numbers"),
        (("annotations", 0, "bbox"), [1, 2, 3, None], "annotation 50", "four finite numbers"),
        (("annotations", 0, "bbox"), [1, 2, 3, float("nan")], "annotation 50", "four finite"),
        (("annotations", 0, "bbox"), [1, 2, 3, float("inf")], "annotation 50", "four finite"),
        (("annotations", 0, "bbox"), [1, 2, 3, 10**400], "annotation 50", "four finite"),
        (("annotations", 0, "bbox"), {"x": 1}, "annotation 50", "four finite numbers"),
        (("annotations", 0, "ignore"), "no", "annotation 50", "0 or 1"),
        (("annotations", 0, "iscrowd"), 2, "annotation 50", "0 or 1"),
        (("annotations", 0, "visible"), 1.2, "annotation 50", "from 0 to 1"),
        (("annotations", 0, "vis_ratio"), float("nan"), "annotation 50", "from 0 to 1"),
        (("annotations", 1, "id"), 50, "annotation 50", "used twice"),
        (("annotations", 0), 5, "annotation #0", "must be a JSON object"),
        (("annotations",), {}, "", "list 'annotations'"),
        (("images", 1, "id"), 7, "image 7", "used twice"),
        (("images", 1, "file_name"), "a.jpg", "image 9", "used twice"),
        (("images", 0, "file_name"), REMOVE, "image 7", "lacks 'file_name'"),
        (("images", 0, "file_name"), "", "image 7", "not empty"),
        (("images", 0, "file_name"), "a\0.jpg", "image 7", "not empty"),
        (("images", 0, "file_name"), "\ud800.jpg", "image 7", "Unicode"),
        (("images", 0, "width"), REMOVE, "image 7", "lacks 'width'"),
        (("images", 0, "width"), 0, "image 7", "at least 1"),
        (("images", 0, "height"), 48.5, "image 7", "an integer"),
        (("images", 0, "id"), REMOVE, "image #0", "lacks 'id'"),
        (("images", 1, "frame"), REMOVE, "image 9", "without the other"),
        (("images", 1, "frame"), -1, "image 9", "at least 0"),
        (("images", 1, "video"), 5, "image 9", "a string"),
        (("images", 1, "seconds"), float("nan"), "image 9", "finite number"),
        (("images",), REMOVE, "", "list 'images'"),
        (("categories",), REMOVE, "", "list 'categories'"),
        (("categories", 1, "id"), 3, "category 3", "used twice"),
        (("categories", 1, "name"), "person", "category 5", "used twice"),
        (("categories", 0, "name"), REMOVE, "category 3", "lacks 'name'"),
    ],
)
def test_faults(
    tmp_path: Path, where: tuple[str | int, ...], value: object, record: str, says: str
) -> None:
    path = write(tmp_path, changed(where, value))
    with pytest.raises(DataError) as caught:
        parse(path)
    message = str(caught.value)
    assert message.startswith(f"{path}, {record}: " if record else f"{path}: ")
    assert says in message
    remedy = message.rsplit(". ", 1)[-1]
    assert len(remedy) > 10
    assert remedy[0].isupper()


def test_a_frame_twice(tmp_path: Path) -> None:
    content = changed(("images", 0, "video"), "v")
    content["images"][0]["frame"] = 3
    with pytest.raises(DataError, match="frame 3 of video 'v' is there twice"):
        parse(write(tmp_path, content))


@pytest.mark.parametrize("content", [[], "x", 5, None, True])
def test_not_an_object(tmp_path: Path, content: object) -> None:
    with pytest.raises(DataError, match="must be a JSON object"):
        parse(write(tmp_path, content))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is not JSON"),
        (b'{"images": [', "line 1, column"),
        (b"\xff\xfe{}", "is not UTF-8"),
        (b"[" * 100_000, "JSON"),
        (b'{"images": ' + b"9" * 5000 + b"}", "JSON"),
    ],
)
def test_not_json(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "labels.json"
    path.write_bytes(data)
    with pytest.raises(DataError, match=says):
        parse(path)


def test_absent_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        parse(tmp_path / "none.json")
    with pytest.raises(DataError, match="directory"):
        parse(tmp_path)


def test_what_evaluation_may_lack(tmp_path: Path) -> None:
    bare = {
        "images": [{"id": 1}, {"id": 2}],
        "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]}],
        "categories": [{"id": 1, "name": "person"}],
    }
    file = parse(write(tmp_path, bare), files=False)
    assert [(image.file_name, image.width) for image in file.images.values()] == [("", 0)] * 2
    assert file.boxes[0].name == "annotation #0"
    with pytest.raises(DataError, match="lacks 'file_name'"):
        parse(tmp_path / "labels.json")


def test_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode())
    assert parse(path).classes == ("person", "car")
