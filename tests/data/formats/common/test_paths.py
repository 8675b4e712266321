"""Names in label files stay below the data set; images are found in the first folder with one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.data.formats.common.paths import find, inside
from labelnext.errors import DataError
from tests.data.formats.shared import strange

OUT = ["../a.png", "/a.png", "a/../../b.png", "..\\a.png", "C:\\a.png", "C:a.png", "\\a.png", "..",
       "", ".", "./.", "a\0b.png", "//host/a.png", "\\\\host\\a.png", "a/..", "C:"]  # fmt: skip


@pytest.mark.parametrize("name", OUT)
def test_names_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(DataError, match=r"x\.json, image 3: 'path' .* must lie below") as caught:
        inside(name, "x.json", field="path", record="image 3")
    assert caught.value.record == "image 3"
    assert "without '..'" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("a.png", "a.png"),
        ("./a.png", "a.png"),
        ("a//b.png", "a/b.png"),
        ("a\\b.png", "a/b.png"),
        ("a/./b.png", "a/b.png"),
        ("..a.png", "..a.png"),
        ("a..b/c.png", "a..b/c.png"),
        (" a .png", " a .png"),
        ("cd:e.png", "cd:e.png"),
    ],
)
def test_names_inside_are_cleaned(name: str, clean: str) -> None:
    assert inside(name, "x.json") == clean


@given(st.one_of(st.text(max_size=30), st.text("./\\a:C\0", max_size=12)))
def test_whatever_passes_stays_inside(name: str) -> None:
    root = Path("/data/set")
    try:
        clean = inside(name, "x.json")
    except DataError:
        return
    assert (root / clean).is_relative_to(root)
    assert ".." not in Path(clean).parts
    assert inside(clean, "x.json") == clean


def test_hostile_names(tmp_path: Path) -> None:
    refused = 0
    for name in strange.names(tmp_path / "secret.png"):
        try:
            assert (tmp_path / inside(name, "x")).is_relative_to(tmp_path)
        except DataError:
            refused += 1
    assert refused >= 20


def test_find(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    folders = [tmp_path / "a", tmp_path / "b"]
    (tmp_path / "b" / "1.png").write_bytes(b"")
    (tmp_path / "a" / "2.png").mkdir()
    (tmp_path / "b" / "2.png").write_bytes(b"")
    assert find("1.png", folders) == str(tmp_path / "b" / "1.png")
    assert find("2.png", folders) == str(tmp_path / "b" / "2.png")
    assert find("none.png", folders) == str(tmp_path / "a" / "none.png")
    for odd in ("x" * 5000, "é" * 300, "a\ud800.png"):
        assert find(odd, folders) == str(tmp_path / "a" / odd)
