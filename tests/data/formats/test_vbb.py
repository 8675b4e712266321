"""Caltech's .vbb: the same objects from scipy's bytes and from our own; nothing is believed."""

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from labelnext.data.formats.caltech import vbb
from labelnext.data.formats.common import mat_safety
from labelnext.errors import DataError, LabelnextError
from tests.data.formats import mat_files

FRAMES = [
    [],
    [
        {"id": 1, "pos": [11, 21, 20, 50]},
        {"id": 2, "pos": [101.5, 31.25, 40, 80], "occl": 1, "posv": [101.5, 31.25, 40, 20]},
    ],
    [
        {"id": 2, "pos": [1, 1, 10, 20], "occl": 1, "posv": [1, 1, 10, 20]},
        {"id": 3, "pos": [5, 5, 10, 20], "occl": 1, "posv": [0, 0, 0, 0]},
        {"id": 4, "pos": [5, 5, 10, 20], "occl": 0, "posv": [5, 5, 5, 5]},
    ],
]
LABELS = ["person", "people", "person?", "person-fa"]


@pytest.fixture(params=["bytes", "scipy", "scipy, compressed"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "bytes":
        return mat_files.write_vbb(tmp_path / "V000.vbb", FRAMES, LABELS)
    compress = "compressed" in request.param
    return mat_files.save_vbb(tmp_path / "V000.vbb", FRAMES, LABELS, compress=compress)


def test_objects(path: Path) -> None:
    found = vbb.read(path)
    assert found.frames == 3
    assert len(found.truth(0)) == 0
    one = found.truth(1)
    assert one.xyxy.tolist() == [[10, 20, 30, 70], [100.5, 30.25, 140.5, 110.25]]
    assert [vbb.CLASSES[i] for i in one.classes] == ["person", "people"]
    assert one.visible.tolist() == [1, 0.25]
    assert one.occlusion is not None
    assert one.occlusion.tolist() == [0, 1]
    assert one.tracks is not None
    assert one.tracks.tolist() == [1, 2]
    assert one.visible_xyxy is not None
    assert np.isnan(one.visible_xyxy[0]).all()
    assert one.visible_xyxy[1].tolist() == [100.5, 30.25, 140.5, 50.25]
    assert not one.ignore.any()


def test_what_a_visible_part_means(path: Path) -> None:
    truth = vbb.read(path).truth(2)
    # All of it hidden; occluded by nobody knows how much; not occluded, whatever posv says.
    assert truth.visible.tolist() == [0, 1, 1]
    assert truth.visible_xyxy is None
    assert truth.occlusion is not None
    assert truth.occlusion.tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("frames", "labels", "says"),
    [
        (
            [[{"id": 2, "pos": [1, 1, 2, 2]}]],
            ["person"],
            "frame 0, object 1: id 2 is none of 1 to 1",
        ),
        ([[{"id": 0, "pos": [1, 1, 2, 2]}]], ["person"], "id 0 is none of 1 to 1"),
        ([[], [{"id": 1.5, "pos": [1, 1, 2, 2]}]], ["person"], "frame 1, object 1: id 1.5 is none"),
        ([[{"id": 1, "pos": [1, 1, 2, 2]}]], ["dog"], "object 1: label 'dog' is none of person,"),
        ([[{"id": 1, "pos": [1, float("nan"), 2, 2]}]], ["person"], "object 1, pos: must be 4"),
        ([[{"id": 1, "pos": [1, 1, 2]}]], ["person"], "object 1, pos: must be 4 numbers"),
        ([[{"id": 1, "pos": [1, 1, 1e9, 2]}]], ["person"], r"Got \[\[1.0, 1.0, 1000000000.0, 2.0"),
        ([[{"id": 1, "pos": [1, 1, 2, 2], "posv": [1, 1]}]], ["person"], "posv: must be 4 numbers"),
    ],
)
def test_faults(tmp_path: Path, frames: list, labels: list[str], says: str) -> None:
    path = mat_files.write_vbb(tmp_path / "V000.vbb", frames, labels)
    with pytest.raises(DataError, match=rf"V000\.vbb, .*{says}"):
        vbb.read(path)


def test_a_visible_part_of_nan_is_not_given(tmp_path: Path) -> None:
    one = {"id": 1, "pos": [1, 1, 2, 2], "occl": 1, "posv": [float("nan")] * 4}
    path = mat_files.write_vbb(tmp_path / "V000.vbb", [[one]], ["person"])
    assert vbb.read(path).truth(0).visible.tolist() == [1]


def test_a_struct_that_is_not_the_one(tmp_path: Path) -> None:
    path = tmp_path / "V000.vbb"
    path.write_bytes(mat_files.vbb_bytes(FRAMES, LABELS, nFrame=mat_files.doubles([[9]])))
    with pytest.raises(DataError, match="nFrame is 9, but objLists has 3 frames"):
        vbb.read(path)
    path.write_bytes(mat_files.vbb_bytes(FRAMES, LABELS, objLists=mat_files.cells([])))
    with pytest.raises(DataError, match="nFrame is 3, but objLists has 0 frames"):
        vbb.read(path)
    odd = mat_files.cells([mat_files.doubles([[1, 2]])] * 3)
    path.write_bytes(mat_files.vbb_bytes(FRAMES, LABELS, objLists=odd))
    with pytest.raises(DataError, match=r"frame 0: .* is no list of objects"):
        vbb.read(path)
    path.write_bytes(
        mat_files.HEAD + mat_files.structs([{"x": mat_files.doubles([[1]])}], "x", "A")
    )
    with pytest.raises(DataError, match="lacks the struct 'A'"):
        vbb.read(path)
    path.write_bytes(mat_files.HEAD)
    with pytest.raises(DataError, match="lacks the struct 'A'"):
        vbb.read(path)


def _variable(form: int, sides: tuple[int, ...], content: bytes) -> bytes:
    return mat_files.HEAD + mat_files.array(form, sides, content, "A")


def _deep(levels: int) -> bytes:
    part = mat_files.doubles([[1]])
    for _ in range(levels):
        part = mat_files.cells([part])
    return mat_files.HEAD + mat_files.cells([part], "A")


def _text(names: bytes) -> bytes:
    return _variable(2, (1, 1), mat_files.element(5, bytes(4)) + mat_files.element(1, names))


HUGE = _variable(6, (60_000, 60_000), mat_files.element(9, bytes(8)))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is no MATLAB file"),
        (b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\x02IM", "is no MATLAB file"),
        (b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\0MI", "is no MATLAB file"),
        (_variable(6, (2**31 - 1, 2**31 - 1), mat_files.element(9, b"")), "dimensions"),
        (_variable(6, (-1, 4), mat_files.element(9, b"")), "dimensions"),
        (HUGE, "8 bytes for 3,600,000,000 values"),
        (_variable(6, (1, 2), mat_files.element(9, bytes(8))), "8 bytes for 2 values"),
        (_variable(6, (1, 1), mat_files.element(77, bytes(8))), "type 77 where 1 values"),
        (_variable(1, (1, 2**26), b""), "67,108,864 arrays in 0 bytes"),
        (_variable(5, (1, 1), b""), r"a kind \(5\)"),
        (_variable(17, (1, 1), b""), r"a kind \(17\)"),
        (_variable(6, (1,) * 9, b""), "two to four dimensions"),
        (_text(b""), "of 0 each"),
        (_variable(1, (1, 1), mat_files.doubles([[1]]) + bytes(8)), "has content of"),
        (_deep(9), "without end"),
        (_deep(4000), "without end"),
        (mat_files.HEAD + bytes(4), "is cut off"),
        (mat_files.HEAD + struct.pack("<II", 15, 8) + b"no zlib!", "cannot be unpacked"),
        (mat_files.HEAD + struct.pack("<II", 14, 0) * 2000, "the 1,001th at the top"),
        (mat_files.HEAD + struct.pack("<II", 14, 2**32 - 1), "claims 4,294,967,295 of 0 bytes"),
        (mat_files.HEAD + b"\x0e\0\x09\0abcd", "claims 9 of 4 bytes"),
    ],
)  # fmt: skip
def test_sizes_that_cannot_be(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "V000.vbb"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=rf"V000\.vbb.*{says}"):
            mat_safety.load(path, ["A"])
        assert tracemalloc.get_traced_memory()[1] < 150 << 20
    finally:
        tracemalloc.stop()


def test_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "V000.vbb"
    path.write_bytes(mat_files.HEAD + mat_files.packed(bytes(80 << 20)))
    assert path.stat().st_size < 100_000
    with pytest.raises(DataError, match="unpacks to more than 67,108,864 bytes"):
        vbb.read(path)


def test_many_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mat_safety, "_MOST_MATRICES", 20)
    path = mat_files.write_vbb(tmp_path / "V000.vbb", FRAMES, LABELS)
    with pytest.raises(DataError, match="arrays within arrays"):
        vbb.read(path)


def test_other_variables_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "V000.vbb"
    good = mat_files.vbb_bytes(FRAMES, LABELS)[len(mat_files.HEAD) :]
    other = mat_files.array(17, (1, 1), b"", "B")
    path.write_bytes(mat_files.HEAD + other + mat_files.packed(good))
    assert vbb.read(path).frames == 3


@pytest.mark.parametrize("compress", [False, True])
def test_damaged_files(tmp_path: Path, compress: bool) -> None:
    """A thousand files with flipped bits, cut off, or with bytes put in: an error, or whole."""
    path = tmp_path / "V000.vbb"
    good = mat_files.save_vbb(path, FRAMES, LABELS, compress=compress).read_bytes()
    rng = np.random.default_rng(0)
    outcomes = set()
    for _ in range(1000):
        data = bytearray(good)
        at = int(rng.integers(len(data)))
        match rng.integers(4):
            case 0:
                data = data[:at]
            case 1:
                data[at] ^= 1 << int(rng.integers(8))
            case 2:
                data[at : at + 4] = rng.bytes(4)
            case _:
                data[at:at] = rng.bytes(int(rng.integers(1, 9)))
        path.write_bytes(data)
        try:
            found = vbb.read(path)
            for frame in range(found.frames):
                assert np.isfinite(found.truth(frame).xyxy).all()
            outcomes.add("whole")
        except LabelnextError as error:
            outcomes.add("error" if "V000.vbb" in str(error) else str(error))
    assert outcomes == {"whole", "error"}
