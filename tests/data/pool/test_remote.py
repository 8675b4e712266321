"""Bytes and listings from paths and URLs: the same answers, bounded, and errors of one kind."""

import os
import zipfile
from pathlib import Path

import fsspec
import pytest

from labelnext.data.pool import remote
from labelnext.errors import DataError, LabelnextError

FILES = {"a.jpg": b"123", "b/c.jpg": b"4567", "b/d e.png": b"8"}


@pytest.fixture(params=["memory", "file", "zip"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same three files in memory, in a folder and in an archive."""
    if request.param == "memory":
        system = fsspec.filesystem("memory")
        system.store.clear()
        for name, data in FILES.items():
            system.pipe(f"/top/{name}", data)
        return "memory://top"
    if request.param == "zip":
        with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
            for name, data in FILES.items():
                archive.writestr(f"top/{name}", data)
        return f"zip://top::{tmp_path}/all.zip"
    for name, data in FILES.items():
        (tmp_path / "top" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "top" / name).write_bytes(data)
    return f"file://{tmp_path}/top"


def url(base: str, name: str) -> str:
    first, *chain = base.split("::")
    return "::".join([f"{first}/{name}", *chain])


def test_read_and_stamp(base: str) -> None:
    for name, data in FILES.items():
        assert remote.read_bytes(url(base, name)) == data
        stamp = remote.stamp(url(base, name))
        assert stamp.size == len(data)
        assert stamp.modified_ns > 0
        assert remote.stamp(url(base, name)) == stamp


def test_too_much_is_not_read(base: str) -> None:
    assert remote.read_bytes(url(base, "b/c.jpg"), limit=4) == b"4567"
    with pytest.raises(OSError, match="more than 3 bytes"):
        remote.read_bytes(url(base, "b/c.jpg"), limit=3)


def test_what_is_not_there(base: str) -> None:
    for ask in (remote.read_bytes, remote.stamp):
        with pytest.raises(FileNotFoundError):
            ask(url(base, "none.jpg"))
        with pytest.raises(OSError, match=r".") as caught:
            ask(url(base, "b"))
        assert not isinstance(caught.value, DataError)


@pytest.mark.parametrize(
    ("end", "found"),
    [
        ("", ["a.jpg", "b/c.jpg", "b/d e.png"]),
        ("**/*.jpg", ["a.jpg", "b/c.jpg"]),
        ("*.jpg", ["a.jpg"]),
        ("b/*", ["c.jpg", "d e.png"]),
        ("b/c.jpg", ["c.jpg"]),
    ],
)
def test_find(base: str, end: str, found: list[str]) -> None:
    root, names = remote.find(url(base, end) if end else base)
    assert remote.root_of(url(base, end) if end else base) == root
    listed = sorted(names)
    assert listed == found
    for name in listed:
        assert remote.join(root, name).startswith(base.partition("::")[0].partition(":")[0])
        assert remote.read_bytes(remote.join(root, name)) in FILES.values()


def test_find_nothing(base: str) -> None:
    with pytest.raises(DataError, match=r"cannot be listed: .*Check the URL"):
        remote.find(url(base, "nowhere"))


def test_local_paths(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12")
    assert not remote.is_url(str(tmp_path / "a"))
    assert remote.read_bytes(str(tmp_path / "a")) == b"12"
    status = (tmp_path / "a").stat()
    assert remote.stamp(str(tmp_path / "a")) == (2, status.st_mtime_ns)
    os.mkfifo(tmp_path / "pipe")
    for place in (str(tmp_path / "pipe"), f"file://{tmp_path}/pipe"):
        with pytest.raises(OSError, match="not a regular file"):
            remote.read_bytes(place)


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_protocol: str) -> None:
        raise ImportError("Install s3fs to access S3")

    remote._system.cache_clear()
    monkeypatch.setattr(fsspec, "filesystem", missing)
    for ask in (remote.read_bytes, remote.stamp, remote.find):
        with pytest.raises(LabelnextError, match=r"begin with s3:// need .* Install s3fs"):
            ask("s3://bucket/a.jpg")


def test_protocols_that_do_not_exist() -> None:
    with pytest.raises(LabelnextError, match="begin with nope:// are not known"):
        remote.read_bytes("nope://a")


def test_what_a_file_system_raises_becomes_an_os_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd:
        def info(self, _place: str, _mode: str = "") -> dict[str, object]:
            raise RuntimeError("403,\n Forbidden")

        open = info

        def _strip_protocol(self, place: str) -> str:
            return place

    monkeypatch.setattr(remote, "_system", lambda *_: Odd())
    for ask in (remote.read_bytes, remote.stamp):
        with pytest.raises(OSError, match=r"^403, Forbidden$"):
            ask("odd://a")


@pytest.mark.parametrize(
    ("info", "stamp"),
    [
        ({"size": 3, "mtime": 1.5}, (3, 1_500_000_000)),
        ({"size": None}, (0, 0)),
        ({"size": 3, "ETag": '"a"'}, (3, None)),
        ({"size": 3, "updated": "2024-01-01T00:00:00Z"}, (3, None)),
    ],
)
def test_signs_of_change(
    monkeypatch: pytest.MonkeyPatch, info: dict[str, object], stamp: tuple[int, int | None]
) -> None:
    class Server:
        def info(self, _place: str) -> dict[str, object]:
            return info

        def _strip_protocol(self, place: str) -> str:
            return place

    monkeypatch.setattr(remote, "_system", lambda *_: Server())
    size, modified = remote.stamp("odd://a")
    assert size == stamp[0]
    assert modified == stamp[1] if stamp[1] is not None else 0 < modified < 2**63
