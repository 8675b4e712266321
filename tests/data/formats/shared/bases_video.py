"""Small data sets of binary files and videos, and the paper's: Caltech, CityPersons, BDD100K."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.data.formats import mat_files
from tests.data.formats.shared.base import Base, write
from tests.data.formats.shared.images import jpeg, put
from tests.data.formats.shared.mutations import Kind
from tests.data.video import seq_files


def caltech(root: Path) -> Base:
    """A video as .seq with its .vbb, and a second one, never damaged."""
    person = {"id": 1, "pos": [10, 5, 8, 20], "posv": [10, 5, 8, 9], "occl": 1, "lock": 0}
    other = {"id": 2, "pos": [3, 4, 9, 12], "posv": [0, 0, 0, 0], "occl": 0, "lock": 0}
    for name in ("set00/V000", "set00/V001"):
        images = [jpeg(64, 48)] * 4
        seq_files.write(root / f"{name}.seq", images, width=64, height=48)
        frames = [[person], [person, other], [], [other]]
        mat_files.write_vbb(root / "annotations" / f"{name}.vbb", frames, ["person", "people"])
    files: dict[str, Kind] = {
        "set00/V000.seq": "binary", "annotations/set00/V000.vbb": "binary"
    }  # fmt: skip
    return Base("caltech", root, files)


def citypersons(root: Path) -> Base:
    """One MATLAB file, its variable not compressed, so that damage reaches what is in it."""
    rows = [[1, 10, 5, 8, 20, 24001, 10, 5, 8, 10], [0, 30, 5, 8, 20, 0, 30, 5, 8, 20]]
    fields = ("cityname", "im_name", "bbs")
    entries = []
    for i in range(3):
        name = f"bonn_00000{i}_000019_leftImg8bit.png"
        put(root / "leftImg8bit" / "train" / "bonn" / name, 64, 48)
        entry = {
            "cityname": mat_files.chars("bonn"), "im_name": mat_files.chars(name),
            "bbs": mat_files.uint16s(rows),
        }  # fmt: skip
        entries.append(mat_files.structs([entry], fields))
    cells = mat_files.cells(entries, "anno_train_aligned")
    write(root / "annotations" / "anno_train.mat", mat_files.HEAD + cells)
    return Base("citypersons", root, {"annotations/anno_train.mat": "binary"})


def citypersons_packed(root: Path) -> Base:
    """The same, compressed as it is distributed."""
    base = citypersons(root)
    path = root / "annotations" / "anno_train.mat"
    variable = path.read_bytes()[len(mat_files.HEAD) :]
    path.write_bytes(mat_files.HEAD + mat_files.packed(variable))
    return base


def citypersons_json(root: Path) -> Base:
    """One JSON file an image."""
    city = "train/bonn/bonn_00000"
    for i in range(3):
        put(root / "leftImg8bit" / f"{city}{i}_000019_leftImg8bit.png", 64, 48)
        objects = [
            {"instanceId": 24000, "bbox": [10, 5, 8, 20], "bboxVis": [10, 5, 8, 10],
             "label": label}
            for label in ("pedestrian", "ignore")
        ]  # fmt: skip
        content = {"imgHeight": 48, "imgWidth": 64, "objects": objects}
        write(root / "gtBboxCityPersons" / f"{city}{i}_000019_gtBboxCityPersons.json", content)
    file = f"gtBboxCityPersons/{city}0_000019_gtBboxCityPersons.json"
    return Base("citypersons", root, {file: "json"})


def encode(path: Path, codec: str, frames: int = 8) -> None:
    """A video of 64 x 48 px whose frames differ, with a key frame at its beginning."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.time_base = Fraction(1, 25)
        stream.codec_context.thread_count = 1
        for i in range(frames):
            pixels = np.full((48, 64, 3), 25 * i, np.uint8)
            pixels[i * 4 : i * 4 + 8, 10:30] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())


def video_avi(root: Path) -> Base:
    """MPEG-4 in AVI."""
    encode(root / "a.avi", "mpeg4")
    return Base("video", root, {"a.avi": "binary"})


def video_mp4(root: Path) -> Base:
    """H.264 in MP4, beside a video that is never damaged."""
    encode(root / "a.mp4", "libx264")
    encode(root / "b.mp4", "libx264", 3)
    return Base("video", root, {"a.mp4": "binary"})


def video_tables(root: Path) -> Base:
    """Tables of MKV and .seq files, without decoding."""
    encode(root / "a.mkv", "mpeg4")
    seq_files.write(root / "b.seq", [jpeg(64, 48)] * 4, width=64, height=48)
    return Base("video", root, {"a.mkv": "binary", "b.seq": "binary"}, {"cuts": False})


def frames(root: Path) -> Base:
    """Two sequences of numbered images."""
    for i in range(3):
        put(root / "a" / f"frame_{i:06d}.png", 64, 48)
        put(root / "b" / f"{i}.jpg", 64, 48)
    files: dict[str, Kind] = {"a/frame_000001.png": "binary", "b/1.jpg": "binary"}
    return Base("frames", root, files)


def images(root: Path) -> Base:
    """A list of paths; the images' own bytes are read at indexing."""
    for i in range(3):
        put(root / "a b" / f"{i}.png", 64, 48)
    write(root / "list.txt", "# images\na b/0.png\na b/1.png\na b/2.png\n")
    return Base("images", root / "list.txt", {"list.txt": "text"}, anywhere=True)


def media(root: Path) -> Base:
    """Stills and a video."""
    put(root / "1.png", 64, 48)
    encode(root / "a.avi", "mpeg4", 4)
    return Base("media", root, {"a.avi": "binary"})


def _bdd_frames(video: str | None) -> list[dict[str, object]]:
    labels = [
        {"id": "5", "category": name, "box2d": {"x1": 1.5, "y1": 2, "x2": 30, "y2": 40 + i},
         "attributes": {"occluded": True, "truncated": False, "crowd": False}}
        for i, name in enumerate(("car", "person", "other person"))
    ]  # fmt: skip
    lane = {"id": "9", "category": "lane/road curb", "poly2d": [{"vertices": [[1, 2], [3, 4]]}]}
    frames: list[dict[str, object]] = []
    for i in range(4):
        frame = {"name": f"{i}.jpg", "attributes": {"weather": "clear"}, "timestamp": 10000}
        if video is not None:
            frame |= {"videoName": video, "frameIndex": i, "size": {"width": 64, "height": 48}}
        frames.append({**frame, "labels": [*labels, lane] if i else None})
    return frames


def bdd100k(root: Path) -> Base:
    """The old form of the detection labels: a list of frames."""
    for i in range(4):
        put(root / "images" / "100k" / "train" / f"{i}.jpg", 64, 48)
    write(root / "labels" / "bdd100k_labels_images_train.json", _bdd_frames(None))
    file = "labels/bdd100k_labels_images_train.json"
    return Base("bdd100k", root / file, {file: "json"})


def bdd100k_frames(root: Path) -> Base:
    """The new form, of box tracking: frames, groups and config."""
    config = {"categories": [{"name": "car"}], "imageSize": {"width": 64, "height": 48}}
    content = {"frames": _bdd_frames("clip"), "groups": None, "config": config}
    write(root / "labels" / "clip.json", content)
    return Base("bdd100k", root / "labels" / "clip.json", {"labels/clip.json": "json"})
