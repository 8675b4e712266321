"""Copies and near copies are found whatever file or video they are in; others are not."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image as Pillow

from labelnext.data import open_source
from labelnext.data.review import duplicates
from labelnext.data.review.duplicates import find, hash_images, together


def scene(seed: int, size: tuple[int, int] = (160, 120)) -> Pillow.Image:
    """A picture of soft shapes, another one for each seed."""
    rng = np.random.default_rng(seed)
    coarse = Pillow.fromarray(rng.integers(0, 255, (6, 8, 3), np.uint8))
    return coarse.resize(size, Pillow.Resampling.BICUBIC)


def groups_of(folder: Path, distance: int = 4) -> tuple[list[list[str]], list[list[str]]]:
    hashes = hash_images(open_source(f"images:{folder}").samples(), workers=2)
    found = find(hashes, distance)
    return tuple(
        [[hashes.keys[i] for i in group] for group in kind] for kind in (found.exact, found.near)
    )  # type: ignore[return-value]


def test_copies_and_near_copies(tmp_path: Path) -> None:
    for i in range(20):
        scene(i).save(tmp_path / f"{i:02}.png")
    (tmp_path / "copy.png").write_bytes((tmp_path / "03.png").read_bytes())
    scene(5).save(tmp_path / "jpeg of 5.jpg", quality=80)
    scene(6, (320, 240)).save(tmp_path / "large 6.png")
    scene(7).convert("L").save(tmp_path / "grey 7.png")
    turned = scene(8).transpose(Pillow.Transpose.ROTATE_90)
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be shown turned back
    turned.save(tmp_path / "turned 8.jpg", exif=exif, quality=95)
    sixteen = np.asarray(scene(9).convert("L")).astype(np.uint16) << 8
    Pillow.fromarray(sixteen).save(tmp_path / "sixteen 9.png")
    exact, near = groups_of(tmp_path)
    assert exact == [["03.png", "copy.png"]]
    assert near == [
        ["05.png", "jpeg of 5.jpg"], ["06.png", "large 6.png"], ["07.png", "grey 7.png"],
        ["08.png", "turned 8.jpg"], ["09.png", "sixteen 9.png"],
    ]  # fmt: skip


def test_how_many_are_left(tmp_path: Path) -> None:
    for i in range(4):
        scene(i).save(tmp_path / f"{i}.png")
    for name in ("a", "b"):
        (tmp_path / f"{name}.png").write_bytes((tmp_path / "0.png").read_bytes())
    scene(0).save(tmp_path / "c.jpg", quality=80)
    (tmp_path / "d.png").write_bytes(b"no image")
    (tmp_path / "list.txt").write_text("\n".join(p.name for p in tmp_path.iterdir()) + "\ngone.png")
    hashes = hash_images(open_source(f"images:{tmp_path}/list.txt").samples())
    found = find(hashes, 4)
    assert (len(hashes.keys), found.left_exact, found.left_near) == (7, 5, 4)
    assert [key for key, _ in hashes.unusable] == ["d.png", "gone.png"]
    assert "not one of the formats" in hashes.unusable[0][1]
    assert hashes.unusable[1][1] == "there is no such file"
    assert [len(group) for group in found.near] == [4]
    assert len(set(found.groups.tolist())) == 4


def test_frames_of_videos(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "bgr0"
        for seed in (1, 1, 2, 3, 3):
            frame = av.VideoFrame.from_ndarray(np.asarray(scene(seed)), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    scene(2).save(tmp_path / "still.jpg", quality=90)
    source = open_source(f"media[cuts=false]:{tmp_path}")
    seen: list[tuple[int, int]] = []
    hashes = hash_images(
        source.samples(), total=6, progress=lambda _, done, of, **__: seen.append((done, of))
    )
    found = find(hashes, 4)
    assert hashes.unusable == []
    assert [[hashes.keys[i][-8:] for i in group] for group in found.exact] == [
        ["e_000000", "e_000001"], ["e_000003", "e_000004"],
    ]  # fmt: skip
    assert [[hashes.keys[i][-9:] for i in group] for group in found.near] == [
        ["still.jpg", "me_000002"]
    ]
    assert seen == [(1, 6), (6, 6)]


def test_together_and_nothing(tmp_path: Path) -> None:
    scene(1).save(tmp_path / "a.png")
    one = hash_images(open_source(f"images:{tmp_path}").samples())
    both = together([one, one])
    assert [group.tolist() for group in find(both, 0).exact] == [[0, 1]]
    none = hash_images([])
    assert find(none, 4)[:4] == ([], [], 0, 0)
    assert together([none, one]).keys == ["a.png"]


def test_the_draft_of_a_jpeg_looks_like_the_jpeg(shared: Path, monkeypatch: object) -> None:
    frames = sorted((shared / "data" / "sf_street" / "frames").iterdir())[::40]
    for frame in frames:
        data = frame.read_bytes()
        small = duplicates._look(duplicates._small(data))
        whole = duplicates._look(Pillow.open(frame))
        differ = np.unpackbits(np.frombuffer(small, np.uint8) ^ np.frombuffer(whole, np.uint8))
        assert differ.sum() <= 4


@pytest.mark.parametrize("distance", [0, 4])
def test_real_frames(shared: Path, distance: int) -> None:
    """Neighbouring frames of a fixed camera are near; pictures of Penn-Fudan are not."""
    stills = hash_images(open_source(f"pennfudan:{shared}/data/pennfudan").samples())
    found = find(stills, distance)
    assert len(found.groups) == 170
    assert found.left_near >= 165
