"""Sizes from headers equal those of the decoded image, whatever its format and orientation."""

import os
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from labelnext.data.formats.common.image_size import image_size
from labelnext.data.pixels import UnusableImageError, read_image


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "tif", "ppm"])
@pytest.mark.parametrize("turned", [False, True])
def test_as_decoded(tmp_path: Path, suffix: str, turned: bool) -> None:
    path = tmp_path / f"a.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"exif": exif.tobytes()} if turned and suffix not in ("bmp", "ppm") else {}
    Image.new("RGB", (40, 30)).save(path, **options)
    height, width = read_image(path).shape[:2]
    assert image_size(path) == (width, height)
    assert (width, height) == ((30, 40) if options else (40, 30))


def test_a_png_with_exif_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    exif = Image.Exif()
    exif[0x0112] = 8
    Image.new("RGB", (40, 30)).save(path, exif=exif.tobytes())
    data = path.read_bytes()
    at = data.index(b"eXIf") - 4
    length = int.from_bytes(data[at : at + 4]) + 12
    path.write_bytes(data[:at] + data[at + length : -12] + data[at : at + length] + data[-12:])
    assert image_size(path) == read_image(path).shape[1::-1] == (30, 40)


def test_a_png_with_words_in_it(tmp_path: Path) -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Software", "a" * 100)
    Image.new("RGB", (40, 30)).save(tmp_path / "a.png", pnginfo=words)
    assert image_size(tmp_path / "a.png") == (40, 30)


@pytest.mark.parametrize("data", [b"", b"x" * 99, b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\0"])
def test_not_an_image(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(UnusableImageError, match=r"."):
        image_size(tmp_path / "a.png")


def test_no_file_and_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    for name in ("a.png", "b.png", "b" * 5000):
        with pytest.raises(UnusableImageError, match=r"no such file|too long"):
            image_size(tmp_path / name)
