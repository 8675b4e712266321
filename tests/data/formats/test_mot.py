"""MOTChallenge: sequences, boxes from 1 and beyond the edge; what is wrong names file and line."""

from pathlib import Path

import numpy as np
import pytest

from labelnext.data.formats import mot
from labelnext.data.formats.mot import files
from labelnext.data.formats.mot.files import read_info, read_truth
from labelnext.errors import ArgumentError, DataError

INFO = """[Sequence]
name=S1
imDir=img1
frameRate=25
seqLength=3
imWidth=100
imHeight=50
imExt=.jpg
"""


def put(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def make(folder: Path, *lines: str, info: str = INFO, frames: int = 3) -> Path:
    put(folder / "seqinfo.ini", info)
    for number in range(1, frames + 1):
        put(folder / f"img1/{number:06d}.jpg")
    if lines:
        put(folder / "gt/gt.txt", "\n".join(lines) + "\n")
    return folder


def test_a_sequence(tmp_path: Path) -> None:
    make(
        tmp_path / "S1",
        "3,1,11,6,20,10,1,1,0.5",
        "1,1,1,1,100,50,1,1,1",
        "1,2, 11,6,20,10,0,12,-1",
        "1,3,91,41,20,20,1,3,0.25",
    )
    found = mot.read(tmp_path / "S1")
    assert found.classes == mot.CLASSES
    assert len(found) == 3
    samples = list(found.samples())
    assert [(s.record.key, s.record.video, s.record.frame, s.record.seconds) for s in samples] == [
        ("img1/000001.jpg", "S1", 0, 0),
        ("img1/000002.jpg", "S1", 1, 1 / 25),
        ("img1/000003.jpg", "S1", 2, 2 / 25),
    ]
    assert (samples[0].record.width, samples[0].record.height) == (100, 50)
    assert samples[0].record.path == str(tmp_path / "S1/img1/000001.jpg")
    first, second, third = (sample.truth for sample in samples)
    assert first is not None
    assert first.xyxy.tolist() == [[0, 0, 100, 50], [10, 5, 30, 15], [90, 40, 100, 50]]
    assert [mot.CLASSES[i] for i in first.classes] == ["pedestrian", "reflection", "car"]
    assert first.ignore.tolist() == [False, True, False]
    assert first.visible.tolist() == [1, 1, 0.25]
    assert first.truncation is not None
    assert first.truncation.tolist() == [0, 0, 0.75]
    assert first.tracks is not None
    assert first.tracks.tolist() == [1, 2, 3]
    assert second is not None
    assert len(second) == 0
    assert third is not None
    assert third.visible.tolist() == [0.5]
    assert found.notes == ["1 boxes reach beyond the image; clipped, the rest is their truncation"]
    assert not any(sample.problems for sample in samples)


def test_boxes_without_area_in_the_image(tmp_path: Path) -> None:
    make(tmp_path, "1,1,200,1,5,5,1,1,1", "1,2,5,5,0,9,1,1,1", "1,3,5,5,-3,9,1,1,1")
    sample = next(iter(mot.read(tmp_path).samples()))
    assert sample.truth is not None
    assert len(sample.truth) == 0
    assert sample.problems == (
        "gt/gt.txt, frame 1, id 1: box [199.0, 0.0, 204.0, 5.0] lies outside the image of "
        "100 x 50 px; dropped",
        "gt/gt.txt, frame 1, id 2: box is 0.0 x 9.0 px: no area; dropped",
        "gt/gt.txt, frame 1, id 3: box is -3.0 x 9.0 px: no area; dropped",
    )


def test_a_folder_of_sequences(tmp_path: Path) -> None:
    make(tmp_path / "train/A", "1,1,1,1,9,9,1,1,1")
    make(tmp_path / "test/A", frames=2)
    found = mot.read(tmp_path)
    samples = list(found.samples())
    assert len(found) == len(samples) == 5
    assert samples[0].record.key == "test/A/img1/000001.jpg"
    assert {s.record.video: s.truth is None for s in samples} == {"test/A": True, "train/A": False}
    assert found.notes == ["test/A/seqinfo.ini: seqLength is 3, but 2 frames are there"]
    assert next(iter(mot.read(tmp_path / "train").samples())).record.video == "A"


def test_frames_that_are_not_there(tmp_path: Path) -> None:
    make(tmp_path, "9,1,1,1,9,9,1,1,1")
    put(tmp_path / "img1/thumb.jpg")
    samples = list(mot.read(tmp_path).samples())
    assert [sample.record.key for sample in samples][2:] == ["img1/000003.jpg", "img1/000009.jpg"]


def test_mot15_has_no_classes(tmp_path: Path) -> None:
    make(tmp_path, "1,1,5,5,9,9,0,-1,-1,-1", "1,2,5,5,9,9,1,3.5,2.5,-100")
    truth = next(iter(mot.read(tmp_path).samples())).truth
    assert truth is not None
    assert truth.classes.tolist() == [0, 0]
    assert truth.ignore.tolist() == [True, False]
    assert truth.visible.tolist() == [1, 1]


def test_other_classes(tmp_path: Path) -> None:
    make(tmp_path, "1,1,5,5,9,9,1,2,1")
    found = mot.read(tmp_path, classes="player|ball")
    assert found.classes == ("player", "ball")
    truth = next(iter(found.samples())).truth
    assert truth is not None
    assert truth.classes.tolist() == [1]
    with pytest.raises(DataError, match=r"line 1: the class must be a whole number from 1 to 1\."):
        list(mot.read(tmp_path, classes="player").samples())
    with pytest.raises(ArgumentError, match=r"'classes' argument of mot"):
        mot.read(tmp_path, classes="")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("1,1,5,5,9,9,1,1", "has 8 columns where 9 .or 10, in MOT15. are expected"),
        ("1,1,5,5,9,9,1,1,1,1,1", "has 11 columns"),
        ("1,1,x,5,9,9,1,1,1", "'x' is not a number"),
        ("1,1,nan,5,9,9,1,1,1", "'nan' is not a number"),
        ("1,1,inf,5,9,9,1,1,1", "'inf' is not a number"),
        ("1,1,,5,9,9,1,1,1", "'' is not a number"),
        ("1,1,1e300,5,9,9,1,1,1", "'1e300' is not a number"),
        ("0,1,5,5,9,9,1,1,1", "the frame must be a whole number from 1"),
        ("1.5,1,5,5,9,9,1,1,1", "the frame must be a whole number from 1"),
        ("1,-2,5,5,9,9,1,1,1", "the id must be a whole number from -1"),
        ("1,1,5,5,9,9,1,0,1", "the class must be a whole number from 1 to 13"),
        ("1,1,5,5,9,9,1,14,1", "the class must be a whole number from 1 to 13"),
        ("1,1,5,5,9,9,1,1,1.5", "the visibility must be from 0 to 1, or -1. Got 1.5"),
        ("1,1,5,5,9,9,1,1,-0.5", "the visibility must be from 0 to 1, or -1. Got -0.5"),
        ("1,1,5,5,9,9,1,1,1\r1", "is not a number"),
        ("1,1,5,5,9,9,1,1,é", "is not plain text"),
    ],
)
@pytest.mark.parametrize("chunk", [1 << 22, 16])
def test_bad_lines(
    tmp_path: Path, line: str, says: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_CHUNK", chunk)
    make(tmp_path, "1,1,5,5,9,9,1,1,1", "", "1,2,5,5,9,9,1,1,1", line, "2,1,5,5,9,9,1,1,1")
    (tmp_path / "gt/gt.txt").write_bytes(
        (tmp_path / "gt/gt.txt").read_bytes().replace(b"\n\n", b"\r\n\r\n")
    )
    with pytest.raises(DataError, match=rf"gt\.txt, line 4: .*{says}"):
        list(mot.read(tmp_path).samples())


@pytest.mark.parametrize("chunk", [1 << 22, 100])
def test_many_lines(tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_CHUNK", chunk)
    rng = np.random.default_rng(3)
    lines = [
        f"{frame},{track},{x:.2f},{y:.2f},10,20,1,1,{v:.5f}"
        for track, (frame, x, y, v) in enumerate(
            zip(rng.integers(1, 40, 999), *rng.random((3, 999)), strict=True)
        )
    ]
    path = put(tmp_path / "gt.txt", "\ufeff" + "\r\n".join([*lines[:500], "  ", *lines[500:]]))
    rows = read_truth(path, 13)
    assert len(rows.frame) == 999
    by_track = np.argsort(rows.track)
    assert rows.track[by_track].tolist() == list(range(999))
    wanted = [[float(word) for word in line.split(",")] for line in lines]
    np.testing.assert_array_equal(rows.xywh[by_track], np.array(wanted)[:, 2:6])
    np.testing.assert_array_equal(rows.visible[by_track], np.array(wanted)[:, 8])
    for frame in range(45):
        expected = [i for i, line in enumerate(lines) if line.startswith(f"{frame},")]
        assert rows.track[rows.of(frame)].tolist() == expected


def test_no_lines(tmp_path: Path) -> None:
    for text in ("", "\n\n", " \r\n"):
        rows = read_truth(put(tmp_path / "gt.txt", text), 13)
        assert len(rows.frame) == 0
        assert rows.of(1) == slice(0, 0)


def test_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_MOST_LINES", 5)
    with pytest.raises(DataError, match=r"gt\.txt: has more than 5 lines"):
        read_truth(put(tmp_path / "gt.txt", "\n" * 9), 13)
    with put(tmp_path / "gt.txt").open("r+b") as handle:
        handle.truncate(1 << 40)
    with pytest.raises(DataError, match=r"gt\.txt: has more than 268,435,456 bytes"):
        read_truth(tmp_path / "gt.txt", 13)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[Sequence]", "[Other]", r": has no section \[Sequence\]"),
        ("[Sequence]", "", ": is not an INI file"),
        ("name=S1", "name=S1\nname=S2", ": is not an INI file"),
        ("name=S1", "?", ": is not an INI file"),
        ("frameRate=25", "", ", frameRate: is not there"),
        ("frameRate=25", "frameRate=x", ", frameRate: 'x' is not a number"),
        ("frameRate=25", "frameRate=0", ", frameRate: must be above 0"),
        ("seqLength=3", "seqLength=-1", ", seqLength: the value must be a whole number"),
        ("imWidth=100", "imWidth=0", ", imWidth: the value must be a whole number from 1"),
        ("imHeight=50", "imHeight=1e9", ", imHeight: the value must be a whole number"),
        ("imDir=img1", "imDir=../img1", ": 'imDir' .* must lie below"),
        ("imDir=img1", "imDir=/etc", ": 'imDir' .* must lie below"),
        ("imDir=img1", "imDir=none", "none: cannot be listed"),
        ("imExt=.jpg", "imExt=/../x", ", imExt: must be a suffix"),
    ],
)
def test_bad_infos(tmp_path: Path, old: str, new: str, says: str) -> None:
    make(tmp_path, info=INFO.replace(old, new))
    with pytest.raises(DataError, match=says):
        mot.read(tmp_path)


def test_infos(tmp_path: Path) -> None:
    text = INFO.replace("imDir=img1\n", "").replace("imExt=.jpg\n", "") + "50%=%(x)s\n"
    info = read_info(put(tmp_path / "seqinfo.ini", text))
    assert info == ("img1", 25, 3, 100, 50, ".jpg")


def test_without_a_seqinfo(tmp_path: Path) -> None:
    make(tmp_path / "a", "1,1,90,5,20,9,1,2,1")
    make(tmp_path / "b", "2,1,0,5.5,20,9,1,1,1")
    for name in ("a", "b"):
        (tmp_path / name / "seqinfo.ini").unlink()
        put(tmp_path / name / "gt/labels.txt", "person\ncar\n")
    found = mot.read(tmp_path, one_based=False)
    assert found.classes == ("person", "car")
    samples = list(found.samples())
    assert [sample.record.video for sample in samples] == ["a"] * 3 + ["b"] * 3
    record = samples[4].record
    assert (record.key, record.width, record.frame, record.seconds) == (
        "b/img1/000002.jpg", 0, 1, None,
    )  # fmt: skip
    first, later = samples[0].truth, samples[4].truth
    assert first is not None
    assert later is not None
    assert first.xyxy.tolist() == [[90, 5, 110, 14]]
    assert first.truncation is None
    assert later.xyxy.tolist() == [[0, 5.5, 20, 14.5]]
    assert not found.notes
    put(tmp_path / "b/gt/labels.txt", "car\nperson\n")
    with pytest.raises(DataError, match=r"labels\.txt: names other classes than .*a/gt"):
        mot.read(tmp_path)
    assert mot.read(tmp_path, classes="x|y").classes == ("x", "y")
    put(tmp_path / "b/gt/labels.txt", "car\ncar\n")
    with pytest.raises(DataError, match=r"labels\.txt, line 2: 'car' is no class name of its own"):
        mot.read(tmp_path)


def test_no_sequence(tmp_path: Path) -> None:
    make(tmp_path / "a/b/c")
    with pytest.raises(DataError, match=r"holds no sequence: no seqinfo\.ini or gt/gt\.txt"):
        mot.read(tmp_path)
