"""Pascal VOC: both layouts, corners from 1, flags; what is wrong names file and line."""

from pathlib import Path

import numpy as np
import pytest

from labelnext.data import open_source
from labelnext.data.dataset import Lazy
from labelnext.data.formats import voc
from labelnext.errors import ArgumentError, DataError
from labelnext.types import Sample

OBJECT = """  <object>
    <name>{name}</name>{more}
    <bndbox><xmin>{0}</xmin><ymin>{1}</ymin><xmax>{2}</xmax><ymax>{3}</ymax></bndbox>
  </object>
"""
SIZE = "<size><width>60</width><height>40</height><depth>3</depth></size>"


def thing(corners: str, name: str = "person", more: str = "") -> str:
    return OBJECT.format(*corners.split(), name=name, more=more)


def put(path: Path, *objects: str, size: str = SIZE, picture: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<annotation>\n{size}\n{''.join(objects)}</annotation>\n")
    if picture:
        image = Path(str(path).replace("Annotations", "JPEGImages")).with_suffix(".jpg")
        image.parent.mkdir(parents=True, exist_ok=True)
        image.write_bytes(b"")
    return path


def samples_of(found: Lazy) -> dict[str, Sample]:
    samples = list(found.samples())
    assert len(samples) == len(found)
    return {sample.record.key: sample for sample in samples}


def xyxy(sample: Sample) -> list[list[float]]:
    assert sample.truth is not None
    boxes: list[list[float]] = sample.truth.xyxy.tolist()
    return boxes


def test_corners_flags_and_names(tmp_path: Path) -> None:
    put(
        tmp_path / "Annotations/a.xml",
        thing("1 1 60 40", "dog", "<truncated>1</truncated><difficult>0</difficult>"),
        thing("3 4 3 4", "cat", "<difficult>1</difficult><occluded>1</occluded>"),
        thing(
            "2.5 4.25 9.75 8", " dog ", "<truncated>Unspecified</truncated><occluded>0</occluded>"
        ),
    )
    found = voc.read(tmp_path)
    assert found.classes == ("cat", "dog")
    (sample,) = found.samples()
    assert (sample.record.key, sample.record.width, sample.record.height) == (
        "JPEGImages/a.jpg", 60, 40,
    )  # fmt: skip
    assert xyxy(sample) == [[0, 0, 60, 40], [2, 3, 3, 4], [1.5, 3.25, 9.75, 8]]
    truth = sample.truth
    assert truth is not None
    assert truth.classes.tolist() == [1, 0, 1]
    assert truth.ignore.tolist() == [False, True, False]
    assert truth.truncation is not None
    np.testing.assert_array_equal(truth.truncation, [1, np.nan, np.nan])
    assert truth.occlusion is not None
    assert truth.occlusion.tolist() == [-1, 1, 0]
    assert not sample.problems
    assert not found.notes


def test_parts_and_no_flags(tmp_path: Path) -> None:
    part = "<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>"
    put(tmp_path / "Annotations/a.xml", thing("1 1 60 40", more=part))
    found = voc.read(tmp_path)
    assert found.classes == ("person",)
    (sample,) = found.samples()
    assert sample.truth is not None
    assert sample.truth.truncation is None
    assert sample.truth.occlusion is None


def test_counting_from_zero(tmp_path: Path) -> None:
    put(tmp_path / "Annotations/a.xml", thing("0 0 60 40"), thing("5 5 9 9"))
    found = voc.read(tmp_path, one_based=False)
    assert xyxy(samples_of(found)["JPEGImages/a.jpg"]) == [[0, 0, 60, 40], [5, 5, 9, 9]]
    assert not found.notes
    source = open_source(f"voc[one-based=false]:{tmp_path}")
    assert not next(iter(source.samples())).problems
    found = voc.read(tmp_path)
    sample = samples_of(found)["JPEGImages/a.jpg"]
    assert xyxy(sample) == [[0, 0, 60, 40], [4, 4, 9, 9]]
    assert sample.problems == (
        "Annotations/a.xml, line 3: box reaches 1.0 px beyond the left edge and 1.0 px beyond the "
        "top edge; clipped",
    )
    assert "1 boxes begin at 0, where VOC counts from 1" in found.notes[0]


def test_layouts_of_images(tmp_path: Path) -> None:
    put(tmp_path / "Annotations/sub/a.xml", thing("1 1 9 9"))
    put(tmp_path / "Annotations/b.xml", thing("1 1 9 9"), picture=False)
    for name in ("c.png", "d.jpg", "d.png"):
        (tmp_path / "JPEGImages" / name).write_bytes(b"")
    put(tmp_path / "Annotations/d.xml")
    samples = samples_of(voc.read(tmp_path))
    counts = {key: None if s.truth is None else len(s.truth) for key, s in samples.items()}
    assert counts == {
        "JPEGImages/b.jpg": 1,
        "JPEGImages/c.png": None,
        "JPEGImages/d.jpg": 0,
        "JPEGImages/d.png": None,
        "JPEGImages/sub/a.jpg": 1,
    }
    assert samples["JPEGImages/d.png"].problems == (
        "d.xml belongs to another image of that name; taken as unlabelled",
    )
    assert not samples["JPEGImages/c.png"].problems


def test_beside_the_images(tmp_path: Path) -> None:
    put(tmp_path / "train/a.xml", thing("1 1 9 9"))
    put(tmp_path / "val/b.xml", thing("1 1 9 9", "dog"))
    (tmp_path / "val/c.jpg").write_bytes(b"")
    found = voc.read(tmp_path)
    assert found.classes == ("dog", "person")
    assert list(samples_of(found)) == ["train/a.jpg", "val/b.jpg", "val/c.jpg"]
    found = voc.read(tmp_path, split="val")
    assert found.classes == ("dog",)
    assert list(samples_of(found)) == ["val/b.jpg", "val/c.jpg"]
    with pytest.raises(DataError, match=r"none: cannot be listed"):
        voc.read(tmp_path, split="none")
    with pytest.raises(DataError, match=r"'split' .* must lie below"):
        voc.read(tmp_path, split="../x")


def test_splits(tmp_path: Path) -> None:
    for name in ("a", "b b", "c 1"):
        put(tmp_path / f"Annotations/{name}.xml", thing("1 1 9 9"))
    lists = tmp_path / "ImageSets/Main"
    lists.mkdir(parents=True)
    (lists / "val.txt").write_text("b b\nc 1\r\n\nnew\n")
    (lists / "person_val.txt").write_text("a  1\nb b -1\na 1\n")
    (lists / "bad.txt").write_text("a\n../../etc/passwd\n")
    samples = samples_of(voc.read(tmp_path, split="val"))
    assert list(samples) == ["JPEGImages/b b.jpg", "JPEGImages/c 1.jpg", "JPEGImages/new.jpg"]
    assert samples["JPEGImages/new.jpg"].truth is None
    assert list(samples_of(voc.read(tmp_path, split="person_val"))) == [
        "JPEGImages/a.jpg",
        "JPEGImages/b b.jpg",
    ]
    with pytest.raises(DataError, match=r"bad\.txt, line 2: 'image' .* must lie below"):
        voc.read(tmp_path, split="bad")
    with pytest.raises(DataError, match=r"test\.txt: does not exist; there are: bad, person_"):
        voc.read(tmp_path, split="test")


@pytest.mark.parametrize("classes", ["dog|person", ["dog", "person"]])
def test_given_classes(tmp_path: Path, classes: str | list[str]) -> None:
    put(
        tmp_path / "Annotations/a.xml", thing("1 1 9 9"), thing("1 1 8 8", "cat"),
        thing("1 1 7 7", "dog"),
    )  # fmt: skip
    found = voc.read(tmp_path, classes=classes)
    assert found.classes == ("dog", "person")
    (sample,) = found.samples()
    assert sample.truth is not None
    assert sample.truth.classes.tolist() == [1, 0]
    assert found.notes == ["1 objects of other classes are left out (cat 1)"]
    for wrong in ("", "a|a", []):
        with pytest.raises(ArgumentError, match="'classes' argument of voc"):
            voc.read(tmp_path, classes=wrong)


@pytest.mark.parametrize("size", ["", SIZE.replace("60", "0"), "<size/>"])
def test_sizes_that_are_not_there(tmp_path: Path, size: str) -> None:
    put(tmp_path / "Annotations/a.xml", thing("1 1 900 900"), size=size)
    put(tmp_path / "Annotations/b.xml")
    sample = samples_of(voc.read(tmp_path))["JPEGImages/a.jpg"]
    if size == "<size/>":
        assert "line 2: the size has no 'width'" in sample.problems[0]
        return
    assert (sample.record.width, sample.record.height) == (0, 0)
    assert xyxy(sample) == [[0, 0, 900, 900]]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("<xmin>1</xmin>", "<xmin>x</xmin>", "line 5: 'x' is not a number"),
        ("<xmin>1</xmin>", "<xmin>nan</xmin>", "line 5: 'nan' is not a number"),
        ("<xmin>1</xmin>", "<xmin></xmin>", "line 5: '' is not a number"),
        ("<xmin>1</xmin>", "", "line 5: the bndbox has no 'xmin'"),
        ("bndbox", "box", "line 3: the object has no 'bndbox'"),
        ("<name>person</name>", "", "line 3: the object has no 'name'"),
        ("<name>person</name>", "<name> </name>", "line 3: 'name' is empty"),
        (
            "</name>",
            "</name><difficult>2</difficult>",
            "line 3: 'difficult' must be 0 or 1. Got '2'",
        ),
        ("60", "-60", "line 2: the width must be a whole number from 0 to 1000000. Got -60"),
        ("60", "6e8", "line 2: the width must be a whole number"),
        ("60", "60.5", "line 2: the width must be a whole number"),
        ("annotation>", "labels>", "line 1: the root is 'labels' where 'annotation' is expected"),
        ("</annotation>", "", "line 8, column 1: is not well-formed XML"),
        (
            "<annotation>",
            '<!DOCTYPE a [<!ENTITY x SYSTEM "/etc/passwd">]><annotation>',
            "line 1: declares a document type",
        ),
    ],
)
def test_bad_files(tmp_path: Path, old: str, new: str, says: str) -> None:
    put(tmp_path / "Annotations/good.xml", thing("1 1 9 9"))
    path = put(tmp_path / "Annotations/bad.xml", thing("1 1 9 9"))
    path.write_text(path.read_text().replace(old, new))
    found = voc.read(tmp_path)
    assert found.classes == ("person",)
    samples = samples_of(found)
    assert samples["JPEGImages/good.jpg"].truth is not None
    bad = samples["JPEGImages/bad.jpg"]
    assert bad.truth is None
    assert bad.problems[0].startswith(f"Annotations/bad.xml, {says}")
    (tmp_path / "Annotations/good.xml").unlink()
    with pytest.raises(DataError, match=r"bad\.xml, line"):
        list(voc.read(tmp_path).samples())


def test_a_file_too_large(tmp_path: Path) -> None:
    with put(tmp_path / "Annotations/a.xml").open("r+b") as handle:
        handle.truncate(1 << 33)
    with pytest.raises(DataError, match=r"a\.xml: has more than 16,777,216 bytes"):
        list(voc.read(tmp_path).samples())


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no annotations \(\.xml\)"):
        voc.read(tmp_path)
    put(tmp_path / "VOC2007/Annotations/a.xml", thing("1 1 9 9"))
    with pytest.raises(DataError, match=r"holds the VOC data sets VOC2007\. Give one"):
        voc.read(tmp_path)
    (tmp_path / "VOC2007/Annotations/a.xml").unlink()
    found = voc.read(tmp_path / "VOC2007")
    assert [sample.truth for sample in found.samples()] == [None]
    assert found.notes == ["no image has an annotation (.xml)"]
    (tmp_path / "VOC2007/JPEGImages/a.jpg").unlink()
    with pytest.raises(DataError, match=r"Annotations: holds no annotations"):
        voc.read(tmp_path / "VOC2007")
