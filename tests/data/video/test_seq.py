"""Norpix .seq: places, times and pixels; what is cut off is said, what cannot be is refused."""

import struct
from pathlib import Path

import numpy as np
import pytest

from labelnext.data.pixels import decode
from labelnext.data.video import seq
from labelnext.errors import DataError, LabelnextError
from tests.data.video import seq_files

RNG = np.random.default_rng(5)
PIXELS = [RNG.integers(0, 256, (12, 16, 3), np.uint8) for _ in range(4)]
JPEGS = [seq_files.encoded(pixels) for pixels in PIXELS]


@pytest.mark.parametrize("extra", [False, True])
def test_frames_and_bytes(tmp_path: Path, extra: bool) -> None:
    path = seq_files.write(tmp_path / "V000.seq", JPEGS, extra=extra)
    header = seq.read_header(path)
    assert (header.width, header.height, header.fps, header.count) == (16, 12, 30.0, 4)
    notes: list[str] = []
    found = list(seq.frames(path, notes))
    assert notes == []
    assert [frame.index for frame in found] == [0, 1, 2, 3]
    assert found[0].place == 1024
    between = 12 + 8 * extra  # the length, the stamp, padding
    assert found[1].place == 1024 + len(JPEGS[0]) + between
    assert [frame.seconds for frame in found] == pytest.approx([0, 0.04, 0.08, 0.12])
    assert [seq.read_bytes(path, frame.place) for frame in found] == JPEGS
    for frame, data in zip(found, JPEGS, strict=True):
        assert np.array_equal(seq.read_pixels(path, frame.place), decode(data))


def test_png_is_exact(tmp_path: Path) -> None:
    images = [seq_files.encoded(pixels, "PNG") for pixels in PIXELS]
    path = seq_files.write(tmp_path / "V000.seq", images, kind=1)
    for frame, pixels in zip(seq.frames(path), PIXELS, strict=True):
        assert np.array_equal(seq.read_pixels(path, frame.place), pixels)


@pytest.mark.parametrize(("kind", "channels"), [(100, 1), (200, 3)])
@pytest.mark.parametrize("layout", ["stride", "tight", "length first"])
def test_raw(tmp_path: Path, kind: int, channels: int, layout: str) -> None:
    size = 16 * 12 * channels
    stride = size + 40 if layout == "stride" else size
    data = seq_files.header(16, 12, 4, kind=kind, image_bytes=size, true_size=stride)
    for i, pixels in enumerate(PIXELS):
        raw = pixels[:, :, ::-1][:, :, :channels].tobytes()  # BGR, or B alone as grey
        time = seq_files.stamp(5000 + 20 * i)
        match layout:
            case "stride":
                data += (raw + time).ljust(stride, b"\x07")
            case "tight":
                data += raw
            case _:
                data += struct.pack("<I", size + 4) + raw + time
    path = tmp_path / "raw.seq"
    path.write_bytes(data)
    found = list(seq.frames(path))
    times = [0, 1 / 30, 2 / 30, 3 / 30] if layout == "tight" else [0, 0.02, 0.04, 0.06]
    assert [frame.seconds for frame in found] == pytest.approx(times)
    for frame, pixels in zip(found, PIXELS, strict=True):
        expected = np.repeat(pixels[:, :, 2:], 3, axis=2) if channels == 1 else pixels
        assert np.array_equal(seq.read_pixels(path, frame.place), expected)


def test_raw_of_another_depth_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "raw.seq"
    head = seq_files.header(16, 12, 1, kind=100, image_bytes=384, true_size=400)
    path.write_bytes(head + bytes(400))
    with pytest.raises(DataError, match=r"raw.seq, byte 1024: .*384 bytes, 16 bits a pixel"):
        seq.read_pixels(path, 1024)


@pytest.mark.parametrize(
    "times", [[0, 0, 0, 0], [5000, 5040, 5040, 5080], [5000, 4000, 5080, 5090], [0, 1, 2, 3]]
)
def test_times_by_the_rate_where_stamps_do_not_tell(tmp_path: Path, times: list[int]) -> None:
    path = seq_files.write(tmp_path / "V000.seq", JPEGS, fps=25.0, times=times)
    assert [f.seconds for f in seq.frames(path)] == pytest.approx([0, 0.04, 0.08, 0.12])


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan"), float("inf")])
def test_no_time_without_stamps_and_rate(tmp_path: Path, fps: float) -> None:
    path = seq_files.write(tmp_path / "V000.seq", JPEGS, fps=fps, times=[0] * 4)
    assert [frame.seconds for frame in seq.frames(path)] == [None] * 4


def test_a_cut_off_frame_is_left_out_and_said(tmp_path: Path) -> None:
    path = seq_files.write(tmp_path / "V000.seq", JPEGS)
    last = list(seq.frames(path))[-1].place
    path.write_bytes(path.read_bytes()[: last + 60])
    notes: list[str] = []
    assert len(list(seq.frames(path, notes))) == 3
    (note,) = notes
    assert f"V000.seq: frame 3 (byte {last}) claims {len(JPEGS[3]) + 4:,} of 60 bytes" in note
    assert note.endswith("the 3 of 4 frames before it are kept")
    with pytest.raises(DataError, match=f"no whole frame at byte {last:,}"):
        seq.read_bytes(path, last)


def test_frames_that_the_header_announces_in_vain(tmp_path: Path) -> None:
    path = seq_files.write(tmp_path / "V000.seq", JPEGS, count=9)
    notes: list[str] = []
    assert len(list(seq.frames(path, notes))) == 4
    assert notes == ["V000.seq: the file ends; the 4 of 9 frames before it are kept"]
    seq_files.write(path, JPEGS, count=0)
    assert len(list(seq.frames(path, notes := []))) == 4
    assert notes == []
    seq_files.write(path, JPEGS, count=2)
    assert len(list(seq.frames(path))) == 2


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is no Norpix"),
        (seq_files.header(16, 12, 1, magic=1), "is no Norpix"),
        (seq_files.header(16, 12, 1, size=2**31), "its header claims 2,147,483,648 bytes"),
        (seq_files.header(16, 12, 1, size=8), "its header claims 8 bytes"),
        (seq_files.header(0, 12, 1), "frames of 0 x 12 px"),
        (seq_files.header(2**31, 2**31, 1), "not from 1 to 100,000,000 pixels"),
        (seq_files.header(16, 12, 1, kind=100, image_bytes=2**32 - 1), "raw frames of"),
        (seq_files.header(16, 12, 1), "holds no whole frame"),
        (
            seq_files.header(16, 12, 1) + b"\xff\xff\xff\xff" + bytes(50),
            "claims 4,294,967,295 of 54",
        ),
        (seq_files.header(16, 12, 1) + b"\x04\0\0\0" + bytes(50), "claims 4 of 54"),
    ],
)
def test_faults(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "V000.seq"
    path.write_bytes(data)
    with pytest.raises(DataError, match=rf"V000\.seq.*{says}"):
        list(seq.frames(path))


def test_places_that_are_none(tmp_path: Path) -> None:
    path = seq_files.write(tmp_path / "V000.seq", JPEGS)
    for place in (-1, 0, 1023, path.stat().st_size, 2**62):
        with pytest.raises(DataError, match="no whole frame at byte"):
            seq.read_bytes(path, place)
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        list(seq.frames(tmp_path))
    with pytest.raises(DataError, match=r"none\.seq: cannot be read: No such file"):
        seq.read_header(tmp_path / "none.seq")


def test_a_frame_that_is_no_image(tmp_path: Path) -> None:
    path = seq_files.write(tmp_path / "V000.seq", [b"this is no JPEG file", JPEGS[1]])
    with pytest.raises(DataError, match=r"V000.seq, byte 1024: is not a usable image"):
        seq.read_pixels(path, 1024)


def test_damaged_files(tmp_path: Path) -> None:
    """A thousand files with flipped bits, cut off, or with a piece put in: an error, or whole."""
    path = tmp_path / "V000.seq"
    good = seq_files.write(path, JPEGS, extra=True).read_bytes()
    rng = np.random.default_rng(0)
    outcomes = set()
    for _ in range(1000):
        data = bytearray(good)
        at = int(rng.integers(len(data) if rng.random() < 0.5 else 1100))
        match rng.integers(3):
            case 0:
                data = data[:at]
            case 1:
                data[at] ^= 1 << int(rng.integers(8))
            case _:
                data[at:at] = rng.bytes(int(rng.integers(1, 9)))
        path.write_bytes(data)
        try:
            for frame in seq.frames(path, []):
                seq.read_pixels(path, frame.place)
            outcomes.add("whole")
        except LabelnextError as error:
            outcomes.add("error" if "V000.seq" in str(error) else str(error))
    assert outcomes == {"whole", "error"}
