"""Image files of every kind become upright RGB; damaged ones are refused."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from labelnext.data import pixels
from labelnext.data.pixels import read_image
from labelnext.errors import DataError


def scene(height: int = 40, width: int = 60) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 5, columns * 4, (rows + columns) * 2], axis=2).astype(np.uint8)


def save(path: Path, image: Pillow.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "webp", "ppm"])
def test_lossless_formats_give_what_was_saved(tmp_path: Path, suffix: str) -> None:
    options = {"lossless": True} if suffix == "webp" else {}
    path = save(tmp_path / f"a.{suffix}", Pillow.fromarray(scene()), **options)
    found = read_image(path)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, scene())
    found[0, 0] = 7  # a copy of its own


@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_is_what_opencv_reads(tmp_path: Path, progressive: bool) -> None:
    path = save(tmp_path / "a.jpg", Pillow.fromarray(scene()), progressive=progressive)
    np.testing.assert_array_equal(read_image(path), cv2.imread(str(path))[:, :, ::-1])


def test_real_jpegs_are_what_opencv_reads(shared: Path) -> None:
    paths = sorted((shared / "data" / "coco128" / "images").rglob("*.jpg"))[::16]
    assert len(paths) > 10
    for path in paths:
        np.testing.assert_array_equal(read_image(path), cv2.imread(str(path))[:, :, ::-1])


# What each orientation tag asks for, as numpy sees it.
TURNS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a),
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("suffix", ["png", "jpg", "tiff", "webp"])
def test_orientation(tmp_path: Path, orientation: int, suffix: str) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == "webp" else {}
    path = save(tmp_path / f"a.{suffix}", Pillow.fromarray(scene()), exif=exif, **options)
    found = read_image(path)
    assert found.shape == TURNS[orientation](scene()).shape
    if suffix == "jpg":
        np.testing.assert_array_equal(found, cv2.imread(str(path))[:, :, ::-1])
    else:
        np.testing.assert_array_equal(found, TURNS[orientation](scene()))
    header = pixels.open_image(path.read_bytes())
    assert (header.height, header.width) == found.shape[:2]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_other_modes(tmp_path: Path, mode: str) -> None:
    image = Pillow.fromarray(scene()).convert(mode)
    if "A" in mode:
        image.putalpha(Pillow.fromarray(scene()[:, :, 0]))
    found = read_image(save(tmp_path / "a.png", image))
    opaque = image.convert(mode[:-1]) if "A" in mode else image
    np.testing.assert_array_equal(found, np.asarray(opaque.convert("RGB")))


def test_cmyk(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", Pillow.fromarray(scene()).convert("CMYK"), quality=100)
    assert np.abs(read_image(path).astype(int) - scene()).mean() < 5


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_16_bit_keeps_the_upper_8(tmp_path: Path, suffix: str) -> None:
    grey = (np.arange(2400).reshape(40, 60) * 27).astype(np.uint16)
    cv2.imwrite(str(tmp_path / f"a.{suffix}"), grey)
    expected = np.repeat((grey >> 8).astype(np.uint8)[:, :, None], 3, axis=2)
    np.testing.assert_array_equal(read_image(tmp_path / f"a.{suffix}"), expected)


def test_16_bit_colour(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), scene()[:, :, ::-1].astype(np.uint16) * 257)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), scene())


def test_floating_point_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tiff", Pillow.fromarray(scene()[:, :, 0].astype(np.float32)))
    with pytest.raises(DataError, match=r"a\.tiff: is not a usable image: .* of type F"):
        read_image(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "tiff", "webp"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9])
def test_truncated(tmp_path: Path, suffix: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    path = save(tmp_path / f"a.{suffix}", Pillow.fromarray(noise))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DataError, match="is not a usable image") as caught:
        read_image(path)
    assert str(path) in str(caught.value)


def bomb(side: int) -> bytes:
    """A small PNG that says it has side × side pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [10_001, 50_000])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_bombs_are_refused_before_they_are_decoded(tmp_path: Path, side: int) -> None:
    (tmp_path / "a.png").write_bytes(bomb(side))
    with pytest.raises(DataError, match="pixels"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("data", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\xff\xd8\xff"])
def test_no_images(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(DataError, match="is not a usable image"):
        read_image(tmp_path / "a.jpg")


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.jpg: cannot be read: No such file"):
        read_image(tmp_path / "none.jpg")


def test_damage_anywhere_gives_an_error_or_an_image() -> None:
    buffer = BytesIO()
    Pillow.fromarray(scene()).save(buffer, "PNG")
    good = buffer.getvalue()
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(150):
        data = bytearray(good)
        for place in rng.integers(0, len(data), rng.integers(1, 4)):
            data[place] ^= 1 << rng.integers(0, 8)
        try:
            found = pixels.decode(bytes(data))
            assert found.ndim == 3
            seen.add("read")
        except pixels.UnusableImageError as error:
            seen.add("refused" if str(error) else "refused without a reason")
    assert seen <= {"read", "refused"}
    assert "refused" in seen
