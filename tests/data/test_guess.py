"""Every format is known by what lies there; where two things are possible, both are named."""

import json
import shutil
from pathlib import Path

import fsspec
import pytest

from labelnext.data.guess import guess
from labelnext.errors import DataError

COCO = {"info": {"year": 2017}, "images": [{"id": 1, "file_name": "a.jpg"}], "annotations": []}
LABELME = {"version": "5.4.1", "flags": {}, "shapes": [], "imagePath": "a.jpg", "imageData": None}
VOTT = {"name": "x", "assets": {}, "tags": []}
ASSET = {"asset": {"id": "1", "name": "a.jpg"}, "regions": [], "version": "2.2.0"}
BDD = [{"name": "a.jpg", "attributes": {"weather": "clear"}, "labels": None}]
STUDIO = [{"id": 1, "data": {"image": "a.jpg"}, "annotations": []}]
PERSONS = {"imgHeight": 1024, "imgWidth": 2048, "objects": []}
VOC = "<annotation><folder>x</folder><filename>a.jpg</filename></annotation>"
CVAT = "<?xml version='1.0'?><annotations><version>1.1</version></annotations>"
YOLO = "path: .\ntrain: images\nnames:\n  0: person\n"


def make(root: Path, files: dict[str, object]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return root


@pytest.mark.parametrize(
    ("name", "content", "reader"),
    [
        ("a.json", COCO, "coco"),
        ("a.json", {"categories": [], "images": []}, "coco"),
        ("a.JSON", [{"id": 1, "data": {"image": "a"}, "annotations": []}], "labelstudio"),
        ("a.json", [{"image": "a", "id": 1, "annotator": 1, "annotation_id": 2}], "labelstudio"),
        ("a.json", LABELME, "labelme"),
        ("a.json", VOTT, "vott"),
        ("a.json", ASSET, "vott"),
        ("a.json", BDD, "bdd100k"),
        ("a.json", {"frames": BDD, "groups": [], "config": {}}, "bdd100k"),
        ("a.json", {"name": "a", "frames": [{"timestamp": 1, "objects": []}]}, "bdd100k"),
        ("a.json", PERSONS, "citypersons"),
        ("a.xml", VOC, "voc"),
        ("a.xml", CVAT, "cvat"),
        ("data.yaml", YOLO, "yolo"),
        ("a.jpg", "", "images"),
        ("a.MP4", "", "video"),
        ("train.txt", "# all\na.jpg\nb.png\n", "images"),
        ("clips.lst", "a.mp4\n", "video"),
        ("some.txt", "a.mp4\nb.png\n", "media"),
    ],
)
def test_files(tmp_path: Path, name: str, content: object, reader: str) -> None:
    make(tmp_path, {name: content})
    assert guess(str(tmp_path / name)) == reader


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", {"any": [1, 2]}),
        ("a.json", {**COCO, **LABELME}),
        ("a.json", "[" * 100_000),
        ("a.json", "no json"),
        ("a.json", ""),
        ("a.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><annotation><size/></annotation>"),
        ("a.xml", "<html><body/></html>"),
        ("a.xml", "no xml"),
        ("a.yaml", "train.epochs: 3\nnames of: x\n"),
        ("labels.txt", "0 0.5 0.5 1 1\n"),
        ("bad.txt", "a\0b.jpg\n"),
        ("a.csv", "x,y"),
    ],
)
def test_files_of_no_known_format(tmp_path: Path, name: str, content: object) -> None:
    make(tmp_path, {name: content})
    with pytest.raises(DataError, match=r"is of no known format\. Say which reader|holds a NUL"):
        guess(str(tmp_path / name))


def test_a_large_file_is_known_by_its_beginning(tmp_path: Path) -> None:
    text = json.dumps({"images": [{"id": i, "file_name": f"{i}.jpg"} for i in range(20_000)]})
    make(tmp_path, {"a.json": f"\ufeff{text}"})
    assert guess(str(tmp_path / "a.json")) == "coco"


LAYOUTS = {
    "pennfudan": {"Annotation/a.txt": "", "PNGImages/a.png": ""},
    "mot": {"MOT17-02/seqinfo.ini": "", "MOT17-02/img1/000001.jpg": "", "MOT17-02/gt/gt.txt": ""},
    "kitti": {"training/label_2/0.txt": "", "training/image_2/0.png": ""},
    "citypersons": {"leftImg8bit/train/aachen/a_leftImg8bit.png": ""},
    "caltech": {"set00/V000.seq": "", "annotations/set00/V000.vbb": ""},
    "yolo": {"images/a.jpg": "", "labels/a.txt": ""},
    "voc": {"Annotations/a.xml": VOC, "JPEGImages/a.jpg": ""},
    "cvat": {"annotations.xml": CVAT, "images/a.jpg": ""},
    "labelme": {"a.json": LABELME, "a.jpg": ""},
    "vott": {"a-asset.json": ASSET, "a.jpg": ""},
    "images": {"x/a.jpg": "", "settings.json": {"any": 1}},
    "video": {"x/a.mp4": "", "b.mkv": ""},
    "media": {"a.jpg": "", "b.mkv": ""},
}
OTHERS = [
    ("mot", {"train/MOT17-02/seqinfo.ini": ""}),
    ("mot", {"seqinfo.ini": "", "img1/000001.jpg": ""}),
    ("kitti", {"label_2/0.txt": "", "image_2/0.png": ""}),
    ("caltech", {"annotations/set01/V000.vbb": "", "images/set01/V000/I00001.jpg": ""}),
    ("yolo", {"data.yaml": YOLO, "train/images/a.jpg": "", "train/labels/a.txt": ""}),
    ("yolo", {"train/images/a.jpg": "", "train/labels/a.txt": ""}),
    ("yolo", {"a.jpg": "", "a.txt": "", "classes.txt": "person"}),
    ("voc", {"a.xml": VOC, "a.jpg": ""}),
    ("images", {"images/a.jpg": "", "labels/notes.md": ""}),
]


@pytest.mark.parametrize(("reader", "files"), [*LAYOUTS.items(), *OTHERS])
def test_folders(tmp_path: Path, reader: str, files: dict[str, object]) -> None:
    make(tmp_path / "data", files)
    assert guess(str(tmp_path / "data")) == reader


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"labels.json": COCO, "a.jpg": ""}, r"coco:\S+/labels\.json, images:\S+ \(without the"),
        ({"annotations/a.json": COCO}, r"Give one of coco:\S+/annotations/a\.json\."),
        ({"a.json": COCO, "b.json": STUDIO}, r"coco:\S+/a\.json, labelstudio:\S+/b\.json\."),
        ({**LAYOUTS["yolo"], **LAYOUTS["cvat"]}, r"Give one of yolo:\S+, cvat:"),
        ({"some.xml": CVAT, "a.jpg": ""}, r"cvat:\S+/some\.xml, images:"),
        ({}, "holds nothing that looks like data. Say which reader to use: "),
        ({"a.md": ""}, "holds nothing that looks like data"),
    ],
)
def test_doubt(tmp_path: Path, files: dict[str, object], says: str) -> None:
    make(tmp_path / "data", files).mkdir(exist_ok=True)
    with pytest.raises(DataError, match=says):
        guess(str(tmp_path / "data"))


def test_patterns_and_urls(tmp_path: Path) -> None:
    make(tmp_path, LAYOUTS["media"])
    assert guess(f"{tmp_path}/*.mkv") == "video"
    assert guess(f"{tmp_path}/**/*.jpg") == "images"
    assert guess(f"{tmp_path}/*") == "media"
    with pytest.raises(DataError, match="no known format"):
        guess(f"{tmp_path}/*.gif")
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pipe("/pool/a.jpg", b"1")
    assert guess("memory://pool") == "images"
    assert guess("memory://pool/*.jpg") == "images"


def test_real_data(shared: Path, tmp_path: Path) -> None:
    assert guess(str(shared / "data" / "pennfudan")) == "pennfudan"
    assert guess(str(shared / "data" / "kitti101")) == "kitti"
    assert guess(str(shared / "data" / "coco128")) == "yolo"
    assert guess(str(shared / "data" / "sf_street" / "frames")) == "images"
    assert guess(str(shared / "data" / "prw_c6s1" / "instances.json")) == "coco"
    shutil.copy(shared / "data" / "sf_street" / "instances.json", tmp_path)
    with pytest.raises(DataError, match=r"Give one of coco:\S+instances\.json\."):
        guess(str(tmp_path))
