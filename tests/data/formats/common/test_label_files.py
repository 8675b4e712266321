"""Label files: a bad one is passed over and recorded, all bad are an error; text and numbers."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from labelnext.data.formats.common.label_files import Skips, listed, numbers, read_lines, whole
from labelnext.errors import DataError
from labelnext.types import GroundTruth, ImageRecord, Sample

RECORD = ImageRecord("a.jpg", "a.jpg", 0, 0)


def good() -> Sample:
    return Sample(RECORD, GroundTruth.from_boxes([]))


def bad(path: Path) -> Callable[[], Sample]:
    def make() -> Sample:
        raise DataError(path, "is strange.", record="line 3", remedy="Mend it.")

    return make


def test_a_bad_file_among_good_ones(tmp_path: Path) -> None:
    skips = Skips(tmp_path)
    assert skips.sample(RECORD, good).truth is not None
    passed = skips.sample(RECORD, bad(tmp_path / "labels" / "7.txt"))
    assert passed.truth is None
    assert passed.problems == ("labels/7.txt, line 3: is strange; taken as unlabelled",)
    skips.finish()


def test_only_bad_files(tmp_path: Path) -> None:
    skips = Skips(tmp_path)
    skips.finish()
    for number in (7, 8):
        skips.sample(RECORD, bad(tmp_path / f"{number}.txt"))
    with pytest.raises(DataError, match=r"has 2 label files, and none .*7\.txt, line 3: is stra"):
        skips.finish()


def test_the_only_file_is_bad(tmp_path: Path) -> None:
    skips = Skips(tmp_path)
    skips.sample(RECORD, bad(tmp_path / "7.txt"))
    with pytest.raises(DataError, match=r"7\.txt, line 3: is strange\. Mend it\.$"):
        skips.finish()


def test_lines_count_as_in_an_editor(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\x0bd\ne\xe2\x80\xa8f")
    assert read_lines(path) == ["a", "b", "c\x0bd", "e\u2028f"]


def test_text_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(DataError, match=r"a\.txt: does not exist"):
        read_lines(path)
    path.write_bytes(b"ab\xff")
    with pytest.raises(DataError, match=r"a\.txt: is not text \(byte 2\)"):
        read_lines(path)
    path.write_bytes(b"ab\0")
    with pytest.raises(DataError, match=r"a\.txt: is not text \(a NUL at 2\)"):
        read_lines(path)
    path.write_bytes(b"abcde")
    with pytest.raises(DataError, match=r"a\.txt: has more than 4 bytes"):
        read_lines(path, largest=4)


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(DataError, match="is not a regular file"):
        read_lines(tmp_path / "a.txt")


def test_a_name_too_long_for_the_file_system(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be read|does not exist"):
        read_lines(tmp_path / ("a" * 5000))


@pytest.mark.parametrize("word", ["x", "", "nan", "inf", "-1e10", "1e999", "1_0", "٣", "0x1p2"])
def test_words_that_are_no_numbers(word: str) -> None:
    with pytest.raises(DataError, match=r"a\.txt, line 2: .* is not a number"):
        numbers(Path("a.txt"), "line 2", ["1", word])


def test_numbers() -> None:
    assert numbers(Path("a"), "line 1", ["1", "-.5", "2e-3", "+3."]) == [1, -0.5, 0.002, 3]
    assert whole(Path("a"), "line 1", "the class", 3.0, least=0, most=9) == 3
    for value in (3.5, -1, 10):
        with pytest.raises(DataError, match="line 1: the class must be a whole number from 0 to 9"):
            whole(Path("a"), "line 1", "the class", value, least=0, most=9)


def test_listing(tmp_path: Path) -> None:
    for name in ("i/b/2.JPG", "i/a.jpg", "i/.h/3.jpg", "i/.4.jpg", "i/a.txt", "o/5.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "i" / "link").symlink_to(tmp_path / "o")
    assert list(listed(tmp_path, tmp_path / "i", {".jpg"})) == ["i/a.jpg", "i/b/2.JPG"]
    assert list(listed(tmp_path / "o", tmp_path / "o", {".jpg"})) == ["5.jpg"]
    with pytest.raises(DataError, match="no: cannot be listed"):
        list(listed(tmp_path, tmp_path / "no", {".jpg"}))
