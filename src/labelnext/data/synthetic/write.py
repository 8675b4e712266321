"""Writes the street to a folder: initial set, pool and test set, each whole or not at all."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from labelnext import masks as codec
from labelnext.data.synthetic.frame import SyntheticFrame, check
from labelnext.data.synthetic.stills import stills as make_stills
from labelnext.data.synthetic.video import LIGHTS
from labelnext.data.synthetic.video import video as make_video
from labelnext.errors import ArgumentError, DataError
from labelnext.protocols import Progress, quiet

DRAWING = 1
"""Counts up whenever the same seed gives other pictures."""

_FILE = "instances.json"
_QUALITY = 94


@dataclass(frozen=True, slots=True)
class Counts:
    """What a part of the written street holds; persons marked `ignore` are not counted."""

    images: int
    videos: int
    images_with_persons: int
    persons: int
    ignored: int
    occluded: int
    images_by_tag: dict[str, int]


@dataclass(frozen=True, slots=True)
class Written:
    """Paths of the three COCO files, and what they hold."""

    initial: Path
    pool: Path
    test: Path
    counts: dict[str, Counts]


def write(
    folder: Path,
    *,
    stills: int = 120,
    videos: int = 6,
    frames_per_video: int = 130,
    test_videos: int = 4,
    frames_per_test_video: int = 200,
    test_every: int = 4,
    share: float = 0.2,
    test_share: float = 0.45,
    size: tuple[int, int] = (240, 320),
    seed: int = 0,
    masks: bool = False,
    progress: Progress = quiet,
) -> Written:
    """Write `initial/`, `pool/` and `test/`: JPEG files in `images/`, and `instances.json`.

    A part that is there already, made with the same arguments, is left as it is. A part is made in
    a hidden folder beside its place and then renamed, so a killed call leaves whole parts only,
    and the same call made again makes the rest. Two calls at a time on one folder are not
    supported.

    Args:
        folder: Made if absent.
        stills: Number of pictures of the first city, the initial set.
        videos: Number of videos in the pool; their lights take turns.
        frames_per_video: Every frame is kept.
        test_videos: Number of other videos in the test set.
        frames_per_test_video: Before all but every `test_every`-th are dropped.
        test_every: Keeps test frames apart from each other.
        share: Share of the pool's frames with persons, met about.
        test_share: The same for the test set; higher, because a miss rate needs persons.
        size: (height, width) in pixels.
        seed: 0 or more.
        masks: Write each person's visible pixels too, as compressed run lengths.
        progress: Told after every image.

    Raises:
        ArgumentError: An argument is outside its domain.
        DataError: The folder holds a street made with other arguments, or cannot be written.
    """
    name = "synthetic.write"
    check(name, stills, size, seed, name="stills")
    counts = {
        "videos": videos,
        "frames_per_video": frames_per_video,
        "test_videos": test_videos,
        "frames_per_test_video": frames_per_test_video,
    }
    for argument, value in counts.items():
        check(name, value, size, seed, name=argument)
    if test_every < 1:
        raise ArgumentError(name, "test_every", expected="1 or more", got=test_every)
    for argument, part in (("share", share), ("test_share", test_share)):
        if not 0 <= part <= 1:
            raise ArgumentError(name, argument, expected="0 to 1", got=part)
    base = {"drawing": DRAWING, "size": list(size), "seed": seed}
    base |= {"masks": True} if masks else {}
    parts: list[tuple[str, dict[str, Any], int, Iterator[SyntheticFrame]]] = [
        (
            "initial",
            {**base, "stills": stills},
            stills,
            make_stills(stills, size=size, seed=seed, masks=masks),
        ),
        (
            "pool",
            {**base, "videos": videos, "frames": frames_per_video, "every": 1, "share": share},
            videos * frames_per_video,
            _videos("pool", videos, frames_per_video, 1, share, size, seed, masks),
        ),
        (
            "test",
            {
                **base,
                "videos": test_videos,
                "frames": frames_per_test_video,
                "every": test_every,
                "share": test_share,
            },
            test_videos * -(-frames_per_test_video // test_every),
            _videos(
                "test",
                test_videos,
                frames_per_test_video,
                test_every,
                test_share,
                size,
                seed,
                masks,
            ),
        ),
    ]
    folder = Path(folder)
    found = {}
    for part_name, recipe, total, frames in parts:
        found[part_name] = _part(folder, part_name, recipe, total, frames, progress)
    return Written(
        folder / "initial" / _FILE, folder / "pool" / _FILE, folder / "test" / _FILE, found
    )


def _videos(
    prefix: str,
    count: int,
    frames: int,
    every: int,
    share: float,
    size: tuple[int, int],
    seed: int,
    masks: bool,
) -> Iterator[SyntheticFrame]:
    # The test set starts elsewhere in the turn of the lights.
    lights = islice(cycle(LIGHTS), 0 if prefix == "pool" else 1, None)
    for number, light in zip(range(count), lights, strict=False):
        name = f"{prefix}-{number:02d}"
        yield from make_video(
            frames, size=size, seed=seed, name=name, light=light, share=share, every=every,
            masks=masks,
        )  # fmt: skip


def _part(
    folder: Path,
    name: str,
    recipe: dict[str, Any],
    total: int,
    frames: Iterable[SyntheticFrame],
    progress: Progress,
) -> Counts:
    place = folder / name
    if place.exists():
        return _present(place, recipe)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f".{name}-*"):
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder) as hidden:
            whole = Path(hidden) / name
            counts = _fill(whole, name, recipe, total, frames, progress)
            whole.replace(place)
    except OSError as error:
        raise DataError(
            place, f"cannot be written ({error}).", remedy="Free space or choose another folder."
        ) from error
    return counts


def _present(place: Path, recipe: dict[str, Any]) -> Counts:
    try:
        info = json.loads((place / _FILE).read_text(encoding="utf-8"))["info"]
        same = info["recipe"] == recipe
        counts = Counts(**info["counts"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            place, "is there but is not a street.", remedy="Choose another folder."
        ) from error
    if not same:
        raise DataError(
            place,
            "holds a street made with other arguments.",
            remedy="Choose another folder, or delete this one.",
        )
    return counts


def _fill(
    whole: Path,
    name: str,
    recipe: dict[str, Any],
    total: int,
    frames: Iterable[SyntheticFrame],
    progress: Progress,
) -> Counts:
    (whole / "images").mkdir(parents=True)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, frame in enumerate(frames, start=1):
        stem = f"{number:05d}" if frame.video is None else f"{frame.video}-{frame.frame:05d}"
        file_name = f"images/{stem}.jpg"
        _save(whole / file_name, frame.image)
        images.append(_image(number, file_name, frame))
        annotations += _annotations(number, len(annotations), frame)
        progress(f"street: {name}", number, total)
    counts = _count(images, annotations)
    content = {
        "info": {"description": "labelnext synthetic street", "recipe": recipe,
                 "counts": asdict(counts)},
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person"}],
    }  # fmt: skip
    (whole / _FILE).write_text(json.dumps(content), encoding="utf-8")
    return counts


def _save(path: Path, image: np.ndarray) -> None:
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    )
    if not done:
        raise OSError(f"{path.name} could not be encoded")
    path.write_bytes(data.tobytes())


def _image(number: int, file_name: str, frame: SyntheticFrame) -> dict[str, Any]:
    height, width = frame.image.shape[:2]
    entry: dict[str, Any] = {
        "id": number,
        "file_name": file_name,
        "width": width,
        "height": height,
        "tags": list(frame.tags),
    }
    if frame.video is not None:
        entry |= {"video": frame.video, "frame": frame.frame, "seconds": frame.seconds}
    return entry


def _annotations(image: int, before: int, frame: SyntheticFrame) -> list[dict[str, Any]]:
    truth, entries = frame.truth, []
    for k in range(len(truth)):
        x1, y1, x2, y2 = (round(float(v), 2) for v in truth.xyxy[k])
        entries.append(
            {
                "id": before + k + 1,
                "image_id": image,
                "category_id": 1,
                "bbox": [x1, y1, round(x2 - x1, 2), round(y2 - y1, 2)],
                "area": round((x2 - x1) * (y2 - y1), 2),
                "iscrowd": 0,
                "ignore": int(truth.ignore[k]),
                "visible": round(float(truth.visible[k]), 4),
            }
        )
    if truth.masks is not None:
        height, width = frame.image.shape[:2]
        drawn = codec.to_coco(truth.masks, (height, width))
        for entry, mask in zip(entries, drawn, strict=True):
            entry |= mask
    return entries


def _count(images: list[dict[str, Any]], annotations: list[dict[str, Any]]) -> Counts:
    counted = [entry for entry in annotations if not entry["ignore"]]
    words = sorted({tag for image in images for tag in image["tags"]})
    return Counts(
        images=len(images),
        videos=len({image["video"] for image in images if "video" in image}),
        images_with_persons=len({entry["image_id"] for entry in counted}),
        persons=len(counted),
        ignored=len(annotations) - len(counted),
        occluded=sum(entry["visible"] < 0.65 for entry in counted),
        images_by_tag={tag: sum(tag in image["tags"] for image in images) for tag in words},
    )
