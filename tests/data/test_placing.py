"""Names and sizes of images on their way into another data set; links, files that are there."""

from pathlib import Path

import fsspec
import pytest
from PIL import Image

from labelnext.data.pixels import UnusableImageError
from labelnext.data.placing import Placer, move, named, sized
from labelnext.data.pool import remote
from labelnext.errors import DataError
from labelnext.types import ImageRecord
from tests.data.formats.test_cvat import make_clip


@pytest.mark.parametrize(
    ("key", "path", "new"),
    [
        ("a/b.jpg", "/x/a/b.jpg", "a/b.jpg"),
        ("/abs/b.jpg", "/abs/b.jpg", "abs/b.jpg"),
        ("../up/b.jpg", "/up/b.jpg", "up/b.jpg"),
        ("C:\\x\\b.jpg", "C:\\x\\b.jpg", "C/x/b.jpg"),
        ("s3://bucket/b.jpg", "s3://bucket/b.jpg", "s3/bucket/b.jpg"),
        ("..", "/x", "image"),
        ("clip.mp4/frame_000001", "/x/clip.mp4", "clip.mp4/frame_000001.png"),
        ("frame_000001.JPG", "/x/clip.mp4", "frame_000001.JPG"),
        ("without", "/x/without", "without"),
    ],
)
def test_names(key: str, path: str, new: str) -> None:
    record = ImageRecord(key, path, 1, 1, frame=1)
    assert named(record, "png").key == new
    assert named(record, "png").path == path


def test_sizes(tmp_path: Path) -> None:
    Image.new("RGB", (7, 5)).save(tmp_path / "a.png")
    make_clip(tmp_path / "clip.mp4", 3)
    url = "memory://placing/a.png"
    system, place = fsspec.core.url_to_fs(url)
    system.pipe_file(place, (tmp_path / "a.png").read_bytes())
    for path, frame, size in [
        (tmp_path / "a.png", None, (7, 5)), (url, None, (7, 5)),
        (tmp_path / "clip.mp4", 2, (100, 80)),
    ]:  # fmt: skip
        record = sized(ImageRecord("k", str(path), 0, 0, frame=frame))
        assert (record.width, record.height) == size
    known = ImageRecord("k", "nowhere", 3, 4)
    assert sized(known) is known
    for path, frame, says in [
        ("nowhere.png", None, "there is no such file"), ("memory://no/a.png", None, "cannot be"),
        ("nowhere.mp4", 0, "cannot be read"), (str(tmp_path / "clip.mp4"), 3, "has 3 frames"),
    ]:  # fmt: skip
        with pytest.raises(UnusableImageError, match=says):
            sized(ImageRecord("k", path, 0, 0, frame=frame))
    assert remote.is_url(url)


def test_images_at_urls_and_files_that_are_no_files(tmp_path: Path) -> None:
    system, place = fsspec.core.url_to_fs("memory://placing/b.png")
    system.pipe_file(place, b"bytes")
    placer = Placer("link", (tmp_path, tmp_path))
    placer(ImageRecord("b", "memory://placing/b.png", 1, 1), tmp_path / "x" / "b.png")
    assert (tmp_path / "x" / "b.png").read_bytes() == b"bytes"
    placer(ImageRecord("c", "memory://placing/c.png", 1, 1), tmp_path / "c.png")
    placer(ImageRecord("d", str(tmp_path), 1, 1), tmp_path / "d.png")
    assert [line.partition(":")[0] for line in placer.failed] == ["c", "d"]
    assert placer.failed[1] == "d: is not a regular file"
    assert placer.done == {"copied": 1}


def test_a_link_does_not_lead_to_the_place_of_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.png").write_bytes(b"bytes")
    (tmp_path / "soft.png").symlink_to(tmp_path / "real.png")
    placer = Placer("link", (tmp_path, tmp_path))
    placer(ImageRecord("a", str(tmp_path / "soft.png"), 1, 1), tmp_path / "new" / "a.png")
    assert not (tmp_path / "new" / "a.png").is_symlink()
    assert (tmp_path / "new" / "a.png").samefile(tmp_path / "real.png")


def test_another_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"new")
    (tmp_path / "old.png").write_bytes(b"old")
    record = ImageRecord("a", str(tmp_path / "a.png"), 1, 1)
    with pytest.raises(DataError, match=r"old\.png: is there already, and is another image"):
        Placer("copy", (tmp_path, tmp_path))(record, tmp_path / "old.png")
    for way in ("copy", "link"):
        (tmp_path / "old.png").unlink()
        (tmp_path / "origin.png").write_bytes(b"old")
        (tmp_path / "old.png").hardlink_to(tmp_path / "origin.png")
        Placer(way, (tmp_path, tmp_path), force=True)(record, tmp_path / "old.png")
        assert (tmp_path / "old.png").read_bytes() == b"new"
        assert (tmp_path / "origin.png").read_bytes() == b"old"
        (tmp_path / "origin.png").unlink()


def test_all_files_move_or_none(tmp_path: Path) -> None:
    begun, end = tmp_path / "begun", tmp_path / "end"
    for name, text in [("x/a", "new"), ("x/b", "same"), ("c", "c")]:
        (begun / name).parent.mkdir(parents=True, exist_ok=True)
        (begun / name).write_text(text)
    (end / "x").mkdir(parents=True)
    (end / "x" / "a").write_text("old")
    (end / "x" / "b").write_text("same")
    with pytest.raises(DataError, match=r"end: holds other files already: x/a \(3 bytes\)\."):
        move(begun, end, force=False, among=end / "x")
    assert not (end / "c").exists()
    (end / "x" / "d").write_text("mine")
    (end / "x" / "a").unlink()
    with pytest.raises(DataError, match=r"already: x/d \(4 bytes\)\."):
        move(begun, end, force=False, among=end / "x")
    move(begun, end, force=False, among=end / "x", there={end / "x" / "d"})
    assert (end / "x" / "a").read_text() == "new"
    assert (end / "c").read_text() == "c"
