"""Sources by name, or by what they plainly are; a doubtful one is an error that says so."""

import json
from pathlib import Path

import av
import fsspec
import numpy as np
import pytest

from labelnext.data import open_source
from labelnext.errors import DataError, LabelnextError

COCO = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "person"}]}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders `shop` with labels, `walk` in Penn-Fudan's form, `pictures`, `both` and `empty`."""
    for name in ("shop/annotations", "walk/Annotation", "walk/PNGImages", "pictures/x", "both"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    (tmp_path / "shop" / "labels.json").write_text(json.dumps(COCO))
    (tmp_path / "shop" / "annotations" / "labels.json").write_text(json.dumps(COCO))
    (tmp_path / "walk" / "PNGImages" / "p.png").write_bytes(b"")
    (tmp_path / "walk" / "Annotation" / "p.txt").write_text(
        "Image size (X x Y x C) : 5 x 5 x 3\nObjects with ground truth : 0 { }\n"
    )
    (tmp_path / "pictures" / "x" / "a.jpg").write_bytes(b"")
    (tmp_path / "both" / "a.jpg").write_bytes(b"")
    (tmp_path / "both" / "labels.json").write_text(json.dumps(COCO))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("spec", "reader", "name", "location"),
    [
        ("coco:shop/labels.json", "coco", "shop", "shop/labels.json"),
        ("shop/labels.json", "coco", "shop", "shop/labels.json"),
        ("coco:shop/annotations/labels.json", "coco", "shop", "shop/annotations/labels.json"),
        ("pennfudan:walk", "pennfudan", "walk", "walk"),
        ("walk", "pennfudan", "walk", "walk"),
        ("./walk/../walk", "pennfudan", "walk", "walk"),
        ("images:pictures", "images", "pictures", "pictures"),
        ("pictures", "images", "pictures", "pictures"),
        ("images:both", "images", "both", "both"),
        ("coco:both/labels.json", "coco", "both", "both/labels.json"),
    ],
)
def test_sources(place: Path, spec: str, reader: str, name: str, location: str) -> None:
    source = open_source(spec)
    assert source.location == place / location
    assert source.spec == f"{reader}:{place / location}"
    assert source.name == name
    folder = source.location if source.location.is_dir() else source.location.parent
    assert source.root == str(folder)
    assert source.classes == (() if reader == "images" else ("person",))
    assert len(list(source.samples())) == (0 if reader == "coco" else 1)


def test_paths_and_colons_in_them(place: Path) -> None:
    assert open_source(place / "walk").name == "walk"
    (place / "a:b").mkdir()
    (place / "a:b" / "x.jpg").write_bytes(b"")
    assert open_source("a:b").name == "a:b"
    assert open_source(f"{place}/a:b").name == "a:b"


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("nowhere", "nowhere: does not exist"),
        ("coco:nowhere.json", "nowhere.json: does not exist"),
        ("both", r"cannot be guessed. Give one of coco:both/labels\.json, images:both"),
        ("empty", "holds nothing that looks like data. Say which reader to use: .*coco:empty, "),
        ("walk/Annotation/p.txt", "is of no known format. Say which reader to use"),
        ("coco:", "names no place. Give coco:path"),
        ("", "is not a source"),
        ("a\0b", "is not a source"),
        ("x" * 5000, "does not exist"),
    ],
)
def test_faults(spec: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        open_source(spec)


@pytest.mark.usefixtures("place")
def test_an_unknown_reader() -> None:
    with pytest.raises(LabelnextError, match=r"no reader called 'unheard'\. Known: "):
        open_source("unheard:walk")


def test_globs_lists_and_urls(place: Path) -> None:
    source = open_source("images:pictures/*/*.jpg")
    assert source.spec == f"images:{place}/pictures/*/*.jpg"
    assert (source.name, source.root) == ("pictures", str(place / "pictures"))
    assert open_source("pictures/**").spec == f"images:{place}/pictures/**"
    (place / "pool.txt").write_text("both/a.jpg\npictures/x/a.jpg\n")
    source = open_source("pool.txt")
    assert (source.name, source.root, len(list(source.samples()))) == (place.name, str(place), 2)
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pipe("/shops/one/images/a.jpg", b"1")
    source = open_source("memory://shops/one/images")
    assert source.spec == "images:memory://shops/one/images"
    assert (source.name, source.root) == ("one", "memory:///shops/one/images")
    assert [sample.record.path for sample in source.samples()] == [
        "memory:///shops/one/images/a.jpg"
    ]
    assert open_source("images[recursive=false]:memory://shops/one/images/*.jpg").name == "one"
    with pytest.raises(DataError, match="coco reads a file or a folder on this machine"):
        open_source("coco:memory://shops/labels.json")


def test_images_and_videos_together(place: Path) -> None:
    clip = place / "both" / "x" / "clip.mp4"
    clip.parent.mkdir()
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(6):
            pixels = np.full((48, 64, 3), 40 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    (place / "both" / "labels.json").unlink()
    source = open_source("both")
    assert source.spec == f"media:{place}/both"
    keys = [sample.record.key for sample in source.samples()]
    assert keys == ["a.jpg", *(f"x/clip.mp4/frame_{i:06d}" for i in range(6))]
    half = open_source("media[every=2]:both")
    assert [sample.record.frame for sample in half.samples()] == [None, 0, 2, 4]
    assert list(half.dataset.notes) == []
    assert len(half.dataset) == 4
