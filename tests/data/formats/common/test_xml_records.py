"""XML in pieces: elements with lines, and nothing that a document type could bring in."""

import os
from pathlib import Path

import pytest

from labelnext.data.formats.common.xml_records import records, root
from labelnext.errors import DataError
from tests.data.formats.shared import hostile

GOOD = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <meta><task><label>a</label></task></meta>
  <image name="é &amp; &#49;.png" width="5">
    <box label="x"><attribute>1 &lt; 2</attribute></box>
  </image>
  <image name="2.png"/>
</annotations>
"""


def test_records_and_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(GOOD, "utf-8")
    first, second = records(path, {"image"})
    assert (first.line, second.line) == (4, 7)
    assert first.get("name") == "é & 1.png"
    (box,) = first
    assert (box.tag, box.get("label"), box.line) == ("box", "x", 5)
    assert box.findtext("attribute") == "1 < 2"
    (label,) = records(path, {"label"}, depth=3)
    assert label.text == "a"
    assert list(records(path, {"box"})) == []
    (whole,) = records(path, {"annotations"}, depth=0)
    assert [child.tag for child in whole] == ["meta", "image", "image"]
    assert root(path).find("image").get("width") == "5"


def test_other_encodings(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    text = GOOD.replace("utf-8", "utf-16")
    path.write_bytes(text.encode("utf-16"))
    assert [image.line for image in records(path, {"image"})] == [4, 7]
    path.write_bytes(GOOD.replace("utf-8", "iso-8859-1").encode("latin-1"))
    assert next(iter(records(path, {"image"}))).get("name") == "é & 1.png"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert len(list(records(path, {"image"}))) == 2


def test_elements_come_before_the_file_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<a>" + "<b/>" * 40_000 + "</c>")
    found = records(path, {"b"})
    assert next(found).tag == "b"
    with pytest.raises(DataError, match="mismatched tag"):
        list(found)


def test_a_million_elements_are_not_held(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<a>" + "<c><d/></c>" * 100_000 + "<b/></a>")
    assert [element.tag for element in records(path, {"b"})] == ["b"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", r"is not well-formed XML: no element found"),
        (b"<a><b></a>", r"is not well-formed XML: mismatched tag"),
        (b"<a>\n<b>", r"is not well-formed XML: no element found"),
        (b"<a>\n&x;</a>", r"undefined entity"),
        (b"<!DOCTYPE a><a/>", r"declares a document type \('a'\)"),
        (b"<a>" * 60, r"nests more than 50 elements"),
        (b"<?xml version='1.0' encoding='utf-99'?><a/>", r"unknown encoding"),
        (b"<a b='1' b='2'/>", r"duplicate attribute"),
        (b"<a>\0</a>", r"invalid token"),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_faults(tmp_path: Path, content: bytes, problem: str, whole: bool) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"a\.xml.*: .*{problem}") as caught:
        root(path) if whole else list(records(path, {"b"}))
    assert caught.value.source == str(path)


def test_a_fault_is_placed_by_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(b"<a>\n <b></a>")
    with pytest.raises(DataError) as caught:
        root(path)
    assert caught.value.record == "line 2, column 7"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for read in (root, lambda path: list(records(path, {"a"}))):
        with pytest.raises(DataError, match=r"cannot be read: No such file"):
            read(tmp_path / "none.xml")
        with pytest.raises(DataError, match=r"cannot be read: Is a directory"):
            read(tmp_path)


def test_pipes_and_files_too_large(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xml")
    for read in (root, lambda path: list(records(path, {"a"}))):
        with pytest.raises(DataError, match=r"pipe\.xml: is not a regular file"):
            read(tmp_path / "pipe.xml")
    with (tmp_path / "huge.xml").open("wb") as handle:
        handle.truncate(1 << 27)  # a hole, which takes no disk
    with pytest.raises(DataError, match=r"more than 67,108,864 bytes"):
        root(tmp_path / "huge.xml")


def test_an_element_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    piece = "<c d='" + "x" * 1_000_000 + "'/>"
    path.write_text("<a><b>" + piece * 68 + "</b></a>")
    with pytest.raises(DataError, match=r"an element of more than 67,108,864 characters"):
        list(records(path, {"b"}))
    assert list(records(path, {"none"})) == []


def test_hostile_documents(tmp_path: Path) -> None:
    canary = tmp_path / "secret.txt"
    canary.write_text("secret")
    refused = 0
    for content in hostile.contents("xml", GOOD.encode(), canary).values():
        path = tmp_path / "a.xml"
        path.write_bytes(content)
        try:
            found = root(path)
        except DataError as error:
            refused += str(path) in str(error)
            continue
        assert "secret" not in "".join(found.itertext())
    assert refused >= 25
