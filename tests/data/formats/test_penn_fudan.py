"""Penn-Fudan: 1-based inclusive corners; every fault names file and line."""

from pathlib import Path

import numpy as np
import pytest

from labelnext.data.formats import penn_fudan
from labelnext.errors import DataError

HEAD = """# Compatible with PASCAL Annotation Version 1.00
Image filename : "PennFudanPed/PNGImages/p1.png"
Image size (X x Y x C) : 60 x 40 x 3
Objects with ground truth : {count} {{ "PASpersonWalking" }}
"""
BOX = (
    'Bounding box for object {i} "PASpersonWalking" (Xmin, Ymin) - (Xmax, Ymax) : {corners}\n'
    'Pixel mask for object {i} "PASpersonWalking" : "m.png"\n\n'
)


def make(folder: Path, *corners: str, count: int | None = None) -> Path:
    (folder / "Annotation").mkdir(exist_ok=True)
    (folder / "PNGImages").mkdir(exist_ok=True)
    (folder / "PNGImages" / "p1.png").write_bytes(b"")
    text = HEAD.format(count=len(corners) if count is None else count)
    text += "".join(BOX.format(i=i, corners=c) for i, c in enumerate(corners, 1))
    (folder / "Annotation" / "p1.txt").write_text(text)
    return folder / "Annotation" / "p1.txt"


def test_corners_count_from_one_and_include_both(tmp_path: Path) -> None:
    make(tmp_path, "(1, 1) - (60, 40)", "(3, 4) - (3, 4)")
    found = penn_fudan.read(tmp_path)
    assert found.classes == ("person",)
    assert not any(sample.problems for sample in found.samples())
    (sample,) = found.samples()
    assert sample.record.key == "PNGImages/p1.png"
    assert (sample.record.width, sample.record.height) == (60, 40)
    assert sample.truth is not None
    assert sample.truth.xyxy.tolist() == [[0, 0, 60, 40], [2, 3, 3, 4]]


def test_boxes_that_do_not_fit_are_named(tmp_path: Path) -> None:
    make(tmp_path, "(1, 1) - (72, 40)", "(9, 9) - (5, 20)")
    found = penn_fudan.read(tmp_path)
    assert next(iter(found.samples())).problems == (
        "p1.txt, object 1: box reaches 12.0 px beyond the right edge; clipped",
        "p1.txt, object 2: box is -3.0 x 12.0 px: no area; dropped",
    )


def test_a_picture_without_labels_and_labels_without_a_picture(tmp_path: Path) -> None:
    text = make(tmp_path, "(1, 1) - (6, 4)").read_text()
    (tmp_path / "PNGImages" / "p2.jpg").write_bytes(b"")
    (tmp_path / "Annotation" / "p3.txt").write_text(text)
    found = penn_fudan.read(tmp_path)
    by_key = {sample.record.key: sample for sample in found.samples()}
    assert list(by_key) == ["PNGImages/p1.png", "PNGImages/p2.jpg", "PNGImages/p3.png"]
    assert by_key["PNGImages/p2.jpg"].truth is None
    assert "no annotation file p2.txt" in list(found.samples())[1].problems[0]
    assert by_key["PNGImages/p3.png"].truth is not None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("60 x 40 x 3", "60 x forty", "p1.txt, line 3: cannot be understood"),
        ("60 x 40 x 3", "0 x 40 x 3", "p1.txt, line 3: .* has no area"),
        ("60 x 40 x 3", "9999999 x 40 x 3", "not a size in pixels"),
        ("60 x 40 x 3", "9" * 5000 + " x 40 x 3", "not a size in pixels"),
        ("(1, 1) - (6, 4)", "(1, 1) - (6, nan)", "p1.txt, line 5: cannot be understood"),
        ("(1, 1) - (6, 4)", "(1, 1) - (6,", "p1.txt, line 5: cannot be understood"),
        ("for object 1", "for object 2", "object 2 where object 1 should follow"),
        ("truth : 1", "truth : 2", "announces 2 objects but has 1"),
        ("truth : 1", "truth : one", "p1.txt, line 4: cannot be understood"),
        ("Image size", "Image Size", "lacks the line 'Image size'"),
    ],
)
def test_faults(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = make(tmp_path, "(1, 1) - (6, 4)")
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(DataError, match=says):
        penn_fudan.read(tmp_path)


def test_a_bad_file_among_good_ones_is_passed_over(tmp_path: Path) -> None:
    text = make(tmp_path, "(1, 1) - (6, 4)").read_text()
    (tmp_path / "PNGImages" / "p2.png").write_bytes(b"")
    (tmp_path / "Annotation" / "p2.txt").write_text(text.replace("(6, 4)", "(6, x)"))
    good, bad = penn_fudan.read(tmp_path).samples()
    assert good.truth is not None
    assert not good.problems
    assert bad.truth is None
    assert bad.record.width == 0
    (problem,) = bad.problems
    assert problem.startswith("Annotation/p2.txt, line 5: cannot be understood: 'Bounding box")
    assert problem.endswith("; taken as unlabelled")


def test_not_text(tmp_path: Path) -> None:
    make(tmp_path, "(1, 1) - (6, 4)").write_bytes(b"Image \xff size")
    with pytest.raises(DataError, match=r"p1\.txt: is not text \(byte 6\)"):
        penn_fudan.read(tmp_path)


def test_folders_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Annotation: cannot be listed"):
        penn_fudan.read(tmp_path)
    (tmp_path / "Annotation").mkdir()
    with pytest.raises(DataError, match=r"holds no \.txt file"):
        penn_fudan.read(tmp_path)
    (tmp_path / "Annotation" / "p1.txt").write_text("")
    with pytest.raises(DataError, match="holds no pictures"):
        penn_fudan.read(tmp_path)


def test_the_real_one(shared: Path) -> None:
    found = penn_fudan.read(shared / "data" / "pennfudan")
    samples = list(found.samples())
    truths = [sample.truth for sample in samples if sample.truth is not None]
    assert len(samples) == len(truths) == 170
    assert sum(len(truth) for truth in truths) == 423
    assert not any(sample.problems for sample in found.samples())
    boxes = np.concatenate([truth.xyxy for truth in truths])
    assert np.median(boxes[:, 3] - boxes[:, 1]) == pytest.approx(286, abs=1)
    first = samples[0]
    assert (first.record.width, first.record.height) == (559, 536)
    assert truths[0].xyxy[0].tolist() == [159, 181, 302, 431]
