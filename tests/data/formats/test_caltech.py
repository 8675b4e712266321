"""Caltech Pedestrian: folders as distributed, frames in .seq files or extracted."""

from pathlib import Path

import numpy as np
import pytest

from labelnext.data.formats import caltech
from labelnext.data.source import open_source
from labelnext.data.video import seq
from labelnext.errors import ArgumentError, DataError
from labelnext.types import Sample
from tests.data.formats import mat_files
from tests.data.video import seq_files

JPEG = seq_files.encoded(np.full((480, 640, 3), 90, np.uint8))
LABELS = ["person", "people", "person?", "person-fa"]
PERSON = {"id": 1, "pos": [101, 101, 40, 80]}
PEOPLE = {"id": 2, "pos": [301, 101, 100, 80]}
DOUBTFUL = {"id": 3, "pos": [501, 101, 10, 20]}
BEYOND = {"id": 1, "pos": [631, 101, 20, 60], "occl": 1, "posv": [631, 101, 10, 60]}


def make(
    root: Path,
    name: str = "set00/V000",
    frames: int = 6,
    *,
    seqs: str = "",
    labels: str = "annotations",
) -> None:
    seq_files.write(root / seqs / f"{name}.seq", [JPEG] * frames, width=640, height=480)
    objects = [[], [PERSON, PEOPLE, DOUBTFUL], [BEYOND], [PERSON], [], []]
    mat_files.write_vbb(root / labels / f"{name}.vbb", objects, LABELS)


def by_key(samples: list[Sample]) -> dict[str, Sample]:
    return {sample.record.key: sample for sample in samples}


def test_frames_of_a_video(tmp_path: Path) -> None:
    make(tmp_path)
    found = caltech.read(tmp_path)
    samples = list(found.samples())
    assert found.classes == ("person", "people", "person?", "person-fa")
    assert len(samples) == len(found) == 6
    assert list(found.notes) == []
    path = tmp_path / "set00" / "V000.seq"
    record, truth = samples[1].record, samples[1].truth
    assert record.key == "set00/V000.seq/frame_000001"
    assert (record.path, record.video, record.frame) == (str(path), "set00/V000", 1)
    assert (record.width, record.height) == (640, 480)
    assert record.seconds == pytest.approx(0.04)
    assert record.place is not None
    assert seq.read_bytes(path, record.place) == JPEG
    assert truth is not None
    assert truth.classes.tolist() == [0, 1, 2]
    assert truth.ignore.tolist() == [False, True, True]
    assert truth.tracks is not None
    assert truth.tracks.tolist() == [1, 2, 3]
    assert [len(s.truth) for s in samples if s.truth is not None] == [0, 3, 1, 1, 0, 0]
    assert [s.record.key for s in found.samples()] == [s.record.key for s in samples]


def test_boxes_are_fitted_and_named(tmp_path: Path) -> None:
    make(tmp_path)
    sample = list(caltech.read(tmp_path).samples())[2]
    assert sample.problems == (
        "annotations/set00/V000.vbb, frame 2, object id 1: box reaches 10.0 px beyond the right "
        "edge; clipped",
    )
    assert sample.truth is not None
    assert sample.truth.xyxy.tolist() == [[630, 100, 640, 160]]
    assert sample.truth.visible.tolist() == [0.5]


@pytest.mark.parametrize(
    ("seqs", "labels"),
    [
        ("", "annotations"),
        ("videos", "annotations"),
        ("set00", "annotations/annotations"),
        ("", ""),
    ],
)
def test_arrangements(tmp_path: Path, seqs: str, labels: str) -> None:
    make(tmp_path, seqs=seqs, labels=labels)
    make(tmp_path, "set06/V013", seqs=seqs, labels=labels)
    samples = list(caltech.read(tmp_path).samples())
    assert {sample.record.video for sample in samples} == {"set00/V000", "set06/V013"}
    assert len(by_key(samples)) == 12
    assert sum(len(sample.truth) for sample in samples if sample.truth is not None) == 10


def test_extracted_images(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "set00" / "V000.seq").unlink()
    for name in ("set00/V000/I00001.jpg", "set00_V000_I00003.jpg", "set00_V000_4.png", "other.jpg"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).write_bytes(b"")
    found = caltech.read(tmp_path)
    samples = by_key(list(found.samples()))
    assert len(found) == 3
    one = samples["images/set00/V000/I00001.jpg"]
    assert (one.record.video, one.record.frame, one.record.place) == ("set00/V000", 1, None)
    counts = [(s.record.frame, s.truth is not None and len(s.truth)) for s in samples.values()]
    assert counts == [(1, 3), (3, 1), (4, 0)]
    assert len(caltech.read(tmp_path, every=2)) == 2


def test_a_video_and_its_extracted_images(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "set00" / "V000").mkdir()
    (tmp_path / "set00" / "V000" / "I00001.jpg").write_bytes(b"")
    found = caltech.read(tmp_path)
    assert len(list(found.samples())) == 6
    assert list(found.notes) == ["set00/V000: 1 extracted images passed over for the .seq"]


def test_every_and_sets(tmp_path: Path) -> None:
    for name in ("set00/V000", "set00/V001", "set04/V000", "set10/V000"):
        make(tmp_path, name)
    assert [s.record.frame for s in caltech.read(tmp_path, every=2, sets="0").samples()] == [
        1, 3, 5, 1, 3, 5,
    ]  # fmt: skip
    assert len(caltech.read(tmp_path, every=4)) == 4
    for sets, expected in [
        ("0-5", {"set00", "set04"}),
        (4, {"set04"}),
        ("0+10", {"set00", "set10"}),
        ("6-10", {"set10"}),
    ]:
        found = {str(s.record.video)[:5] for s in caltech.read(tmp_path, sets=sets).samples()}
        assert found == expected
    with pytest.raises(DataError, match="holds no video of Caltech Pedestrian in sets 7"):
        caltech.read(tmp_path, sets=7)


def test_regions_are_an_option(tmp_path: Path) -> None:
    make(tmp_path)
    truth = list(caltech.read(tmp_path, regions=False).samples())[1].truth
    assert truth is not None
    assert not truth.ignore.any()


def test_filters(tmp_path: Path) -> None:
    make(tmp_path)
    samples = list(caltech.read(tmp_path, filter="text").samples())
    truth = samples[1].truth
    assert truth is not None
    assert truth.ignore.tolist() == [False, True, True]
    late = samples[2].truth  # judged as labelled: 20 x 60, of which half lies in the image
    assert late is not None
    assert late.ignore.tolist() == [False]
    samples = list(caltech.read(tmp_path, filter="authors-code").samples())
    assert [len(s.truth) for s in samples if s.truth is not None] == [0, 1, 0, 1, 0, 0]
    spec = f"caltech[filter=authors-code,every=2,sets=0-5]:{tmp_path}"
    assert len(list(open_source(spec).samples())) == 3


def test_what_is_not_labelled(tmp_path: Path) -> None:
    make(tmp_path, frames=8)
    make(tmp_path, "set01/V000")
    (tmp_path / "annotations" / "set01" / "V000.vbb").unlink()
    found = caltech.read(tmp_path)
    samples = list(found.samples())
    assert [s.truth is None for s in samples] == [False] * 6 + [True] * 8
    assert samples[6].problems == (
        "annotations/set00/V000.vbb labels 6 frames, not this one",
    )  # fmt: skip
    assert list(found.notes) == [
        "set01/V000: there is no set01/V000.vbb; its frames are unlabelled"
    ]


def test_damaged_videos_and_labels(tmp_path: Path) -> None:
    for name in ("set00/V000", "set00/V001", "set00/V002"):
        make(tmp_path, name)
    (tmp_path / "set00" / "V000.seq").write_bytes(b"\xed\xfe\0\0")
    (tmp_path / "annotations" / "set00" / "V001.vbb").write_bytes(b"none")
    found = caltech.read(tmp_path)
    samples = list(found.samples())
    assert [str(s.record.video) for s in samples] == ["set00/V001"] * 6 + ["set00/V002"] * 6
    assert [s.truth is None for s in samples] == [True] * 6 + [False] * 6
    first, second = found.notes
    assert first.startswith("set00/V000.seq: is no Norpix .seq file")
    assert first.endswith("the video is left out")
    assert second.startswith("annotations/set00/V001.vbb: is no MATLAB file")
    assert second.endswith("taken as unlabelled")


def test_nothing_that_can_be_used(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "annotations" / "set00" / "V000.vbb").write_bytes(b"none")
    with pytest.raises(DataError, match=r"V000\.vbb: is no MATLAB file"):
        list(caltech.read(tmp_path).samples())
    (tmp_path / "set00" / "V000.seq").write_bytes(b"none")
    with pytest.raises(DataError, match=r"V000\.seq: is no Norpix"):
        list(caltech.read(tmp_path).samples())
    (tmp_path / "set00" / "V000.seq").unlink()
    with pytest.raises(DataError, match="holds no video of Caltech Pedestrian"):
        caltech.read(tmp_path)
    with pytest.raises(DataError, match="cannot be listed"):
        caltech.read(tmp_path / "none")


@pytest.mark.parametrize(
    "options",
    [{"every": 0}, {"every": "2"}, {"sets": "a"}, {"sets": "0,1"}, {"filter": "x"}, {"regions": 1}],
)
@pytest.mark.usefixtures("unchecked")
def test_options_that_are_none(tmp_path: Path, options: dict) -> None:
    make(tmp_path)
    with pytest.raises(ArgumentError, match=next(iter(options))):
        caltech.read(tmp_path, **options)
