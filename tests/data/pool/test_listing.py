"""Folders, globs, lists and URLs give their files: each once, sorted, and no others."""

import glob
import os
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.data.pool.listing import listing, split_glob
from labelnext.errors import DataError

TREE = ["a.jpg", "b.PNG", "c.txt", "x/a.jpg", "x/y/a.jpg", "x/y/z/d.jpg", "y/a.jpg", "é ü/[1].jpg"]
HIDDEN = [".a.jpg", ".h/a.jpg", "x/.h/b.jpg"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for name in TREE + HIDDEN:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "a.jpg")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert list(listing(tmp_path).keys) == ["a.jpg", "b.jpg"]
    assert list(listing(f"{tmp_path}/**/*.jpg").keys) == ["a.jpg", "b.jpg"]


def test_a_folder(tree: Path) -> None:
    found = listing(tree)
    assert list(found.keys) == sorted(TREE)
    assert found.root == str(tree)
    assert list(found) == [(key, f"{tree}/{key}") for key in sorted(TREE)]
    assert list(listing(tree, recursive=False).keys) == ["a.jpg", "b.PNG", "c.txt"]
    assert list(listing(tree, {".png"}).keys) == ["b.PNG"]
    assert list(listing(tree / "a.jpg")) == [("a.jpg", f"{tree}/a.jpg")]


@pytest.mark.parametrize(
    ("pattern", "keys"),
    [
        ("*.jpg", ["a.jpg"]),
        ("**/a.jpg", ["a.jpg", "x/a.jpg", "x/y/a.jpg", "y/a.jpg"]),
        ("x/**", ["a.jpg", "y/a.jpg", "y/z/d.jpg"]),
        ("x/**/**/d.*", ["y/z/d.jpg"]),
        ("?/a.jpg", ["x/a.jpg", "y/a.jpg"]),
        ("[xy]/y/*", ["x/y/a.jpg"]),
        (".h/*", ["a.jpg"]),
        (".*/*", [".h/a.jpg"]),
        ("é ü/[[]1].jpg", ["[1].jpg"]),
        ("none/*", None),
        ("*.gif", []),
    ],
)
def test_globs(tree: Path, pattern: str, keys: list[str] | None) -> None:
    if keys is None:
        with pytest.raises(DataError, match=r"none: is no folder\. Check the path before"):
            listing(f"{tree}/{pattern}")
        return
    found = listing(f"{tree}/{pattern}")
    assert list(found.keys) == keys
    assert all(os.path.isfile(path) for _, path in found)  # noqa: PTH113


# Python takes `a.jpg/**` for the file a.jpg: no plain name of a file here.
parts = st.sampled_from(["*", "**", "x", "?", "a*", "*.jpg", "[xy]", "y", "[a].jpg"])


@given(st.lists(parts, min_size=1, max_size=4).filter(lambda of: set("*?[") & set("".join(of))))
def test_globs_match_what_python_s_do(tree: Path, pattern: list[str]) -> None:
    text = "/".join(pattern)
    matched = glob.glob(text, root_dir=tree, recursive=True)  # noqa: PTH207
    expected = {os.path.normpath(name) for name in matched if (tree / name).is_file()}
    assert expected == {os.path.relpath(path, tree) for _, path in _listed(tree, text)}


def _listed(tree: Path, text: str) -> list[tuple[str, str]]:
    try:
        return list(listing(f"{tree}/{text}"))
    except DataError:  # the folder before the first mark is not there
        return []


def test_parts_with_marks_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "run [1]").mkdir()
    (tmp_path / "run [1]" / "a.jpg").write_bytes(b"")
    assert split_glob(f"{tmp_path}/run [1]/*.jpg") == (f"{tmp_path}/run [1]", ("*.jpg",))
    assert list(listing(f"{tmp_path}/run [1]/*.jpg").keys) == ["a.jpg"]


def test_lists(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    path = tmp_path / "own" / "train.txt"
    path.write_text(
        f"\ufeff# chosen by hand\r\n{tree}/x/a.jpg\r\n\n  here.jpg \nsub/../sub/b.png\n"
        "s3://bucket/c.jpg\nhere.jpg\n#not.jpg\n../up.jpg\nnotes.md",
        encoding="utf-8",
    )
    found = listing(path, {".jpg", ".png"})
    outside = str(tree / "x" / "a.jpg")
    assert dict(list(found)) == {
        outside.lstrip("/"): outside,
        "here.jpg": f"{tmp_path}/own/here.jpg",
        "sub/b.png": f"{tmp_path}/own/sub/b.png",
        "bucket/c.jpg": "s3://bucket/c.jpg",
        f"{tmp_path}/up.jpg".lstrip("/"): f"{tmp_path}/up.jpg",
    }
    assert list(found.keys) == sorted(found.keys)
    assert found.root == str(path.parent)
    assert found.notes == ["train.txt: names 1 of its files more than once; each is taken once"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a.jpg\nb\0.jpg", r"list\.txt, line 2: holds a NUL byte"),
        (b"# only\n\n", "names no file"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b".", r"list\.txt, line 1: '\.' names no file"),
        (b"/a/b.jpg\ns3://a/b.jpg", r"list\.txt, line 2: .* of another line"),
    ],
)
def test_bad_lists(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "list.txt").write_bytes(content)
    with pytest.raises(DataError, match=says):
        listing(tmp_path / "list.txt")


def test_urls() -> None:
    system = fsspec.filesystem("memory")
    system.store.clear()
    for name in ("a.jpg", "x/b.jpg", ".h/c.jpg", "x/notes.txt"):
        system.pipe(f"/pool/{name}", b"1")
    found = listing("memory://pool")
    assert dict(list(found)) == {
        "a.jpg": "memory:///pool/a.jpg",
        "x/b.jpg": "memory:///pool/x/b.jpg",
        "x/notes.txt": "memory:///pool/x/notes.txt",
    }
    assert list(listing("memory://pool", recursive=False).keys) == ["a.jpg"]
    assert list(listing("memory://pool/**/*.jpg").keys) == ["a.jpg", "x/b.jpg"]


def test_places_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: does not exist\. Give a folder, a glob"):
        listing(tmp_path / "nowhere")
    with pytest.raises(DataError, match="does not exist"):
        listing("x" * 5000)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="is no folder and no file"):
        listing(tmp_path / "pipe")


def test_folders_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_folder: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match=r"cannot be listed: Permission denied\. Check"):
        listing(tmp_path)
