"""A folder of images: what is an image, in which order, and what is left out."""

import os
import sys
from pathlib import Path

import pytest

from labelnext.data.pool import folder
from labelnext.errors import DataError


def test_images_below_in_the_order_of_their_paths(tmp_path: Path) -> None:
    wanted = ["B.JPG", "a/c.png", "a/d/e.tiff", "b.jpeg", "é.webp"]
    for name in (*wanted, ".hidden.jpg", ".cache/x.jpg", "notes.txt", "a/jpg", "labels.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = folder.read(tmp_path)
    assert found.classes == ()
    assert [sample.record.key for sample in found.samples()] == wanted
    assert all(Path(sample.record.path).is_file() for sample in found.samples())
    assert all(sample.truth is None for sample in found.samples())
    assert not found.notes


def test_videos_are_named(tmp_path: Path) -> None:
    for name in ("a.jpg", "x.MP4"):
        (tmp_path / name).write_bytes(b"")
    found = folder.read(tmp_path)
    assert len(found) == 1
    assert found.notes == ["x.MP4: a video, left out; the reader media takes both"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_not_unicode_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    Path(os.fsdecode(bytes(tmp_path) + b"/b\xff.jpg")).write_bytes(b"")
    found = folder.read(tmp_path)
    assert len(found) == 1
    assert found.notes == ["b\\xff.jpg: its name is not valid Unicode; left out"]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert len(folder.read(tmp_path)) == 1


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no image \(.bmp, .jpeg"):
        folder.read(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        folder.read(tmp_path / "none")
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "a.json").write_bytes(b"")
    with pytest.raises(DataError, match="holds no image"):
        folder.read(tmp_path / "a.json")


def test_drawn_twice_and_counted(tmp_path: Path) -> None:
    for name in ("a.jpg", "x/b.jpg", "x/c.avi"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = folder.read(tmp_path)
    assert list(found.samples()) == list(found.samples())
    assert len(found) == 2
    assert len(found.notes) == 1
    assert len(folder.read(tmp_path, recursive=False)) == 1
    assert len(folder.read(f"{tmp_path}/*/*.jpg")) == 1
    (tmp_path / "some.txt").write_text("x/b.jpg\n/data/y.png\n")
    listed = [sample.record for sample in folder.read(tmp_path / "some.txt").samples()]
    assert [(record.key, record.path) for record in listed] == [
        ("data/y.png", "/data/y.png"), ("x/b.jpg", f"{tmp_path}/x/b.jpg"),
    ]  # fmt: skip
