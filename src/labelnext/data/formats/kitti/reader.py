"""KITTI: object detection (image_2, label_2) and tracking (image_02, label_02)."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from labelnext.data.dataset import Lazy
from labelnext.data.formats.common.frame_folders import numbered
from labelnext.data.formats.common.label_files import Skips, given_names, listed
from labelnext.data.formats.common.paths import inside
from labelnext.data.formats.kitti.lines import Line, read_objects, read_tracks, to_truth
from labelnext.data.pool.folder import SUFFIXES
from labelnext.errors import DataError
from labelnext.types import ImageRecord, Sample

CLASSES = ("Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc")
_OBJECTS = (("image_2", "label_2"), ("images", "labels"))
_TRACKING = (("image_02", "label_02"),)
_INNER = ("", "training", "train")
_HZ = 10  # of KITTI's cameras


class _Layout(NamedTuple):
    """Where things are: `images` and `labels` are folders relative to `root`."""

    root: Path
    images: str
    labels: str
    tracking: bool


class _Sequence(NamedTuple):
    """One video of tracking: key of each frame by number, and its label file, if it has one."""

    name: str
    frames: dict[int, str]
    labels: Path | None


def read(
    location: Path,
    *,
    split: str = "",
    tracking: bool | None = None,
    classes: str | Sequence[str] | None = None,
) -> Lazy:
    """Read a KITTI data set.

    Detection: `image_2/` and `label_2/` (or `images/` and `labels/`) in the folder, or in
    `training/` or `train/` there; an image without a label file is unlabelled. Tracking:
    `image_02/<video>/` and `label_02/<video>.txt` in the same places; a frame without objects is
    labelled and empty if its video has a label file. Seconds are those of KITTI's 10 frames a
    second. A key is the image's path relative to the folder.

    Boxes are taken as they stand (see `kitti.lines.to_truth`); `DontCare` becomes regions to
    ignore, one of each class; `truncated` the truncation; `occluded` the occlusion, where 3, not
    known, becomes not given. Boxes in space are left aside. Image sizes are left to indexing.

    Args:
        location: The folder.
        split: The folder to look in instead of those three, such as `val`.
        tracking: Whether to read tracking; by default, if there is `label_02/` and no `label_2/`.
        classes: Types in order, as a list or separated by `|`; objects of others are left out, and
            counted in the notes. By default KITTI's own eight.

    Raises:
        ArgumentError: `classes` is empty or names one twice.
        DataError: The layout is neither; of tracking, a label file is bad; of detection, none can
            be used; with file, line and what to do.
    """
    names = CLASSES if classes is None else given_names("kitti.read", classes)
    inner = (inside(str(split), location, field="split"),) if split else _INNER
    layout = _find(location, inner, tracking)
    places = {name: i for i, name in enumerate(names)}
    if layout.tracking:
        videos = _sequences(layout)
        count = sum(len(video.frames) for video in videos)
        return Lazy(names, partial(_frames, layout, videos, places), count)
    keys = _keys(layout)
    return Lazy(names, partial(_images, layout, keys, places), len(keys))


def _find(location: Path, folders: Sequence[str], tracking: bool | None) -> _Layout:
    kinds = [(False, _OBJECTS), (True, _TRACKING)]
    for inner in folders:
        for kind, names in kinds:
            for images, labels in names:
                wanted = tracking is None or kind == tracking
                if wanted and os.path.isdir(location / inner / labels):  # noqa: PTH112 (any name)
                    below = f"{inner}/" if inner else ""
                    return _Layout(location, below + images, below + labels, kind)
    raise DataError(
        location,
        f"holds neither label_2/ nor label_02/, in {' or '.join(f'./{one}' for one in folders)}.",
        remedy="Give the folder that holds image_2/ and label_2/, or training/ with them in it.",
    )


def _keys(layout: _Layout) -> tuple[str, ...]:
    """Images, and those that label files alone speak of."""
    root = layout.root
    keys = list(listed(root, root / layout.images, SUFFIXES))
    stems = {_stem(key, layout.images) for key in keys}
    labels = [_stem(name, layout.labels) for name in listed(root, root / layout.labels, {".txt"})]
    keys += [f"{layout.images}/{stem}.png" for stem in labels if stem not in stems]
    if not labels:
        raise DataError(
            root / layout.labels, "holds no label files (.txt).", remedy="Put them there."
        )
    return tuple(sorted(keys))


def _images(
    layout: _Layout, keys: tuple[str, ...], places: dict[str, int], notes: list[str]
) -> Iterator[Sample]:
    skips = Skips(layout.root)
    others: Counter[str] = Counter()

    def make(record: ImageRecord, path: Path) -> Sample:
        return Sample(record, to_truth(read_objects(path), places, others))

    for key in keys:
        record = ImageRecord(key, f"{layout.root}/{key}", 0, 0)
        path = layout.root / layout.labels / f"{_stem(key, layout.images)}.txt"
        if os.path.lexists(path):
            yield skips.sample(record, partial(make, record, path))
        else:
            yield Sample(record)
    skips.finish()
    notes += _notes(others)


def _sequences(layout: _Layout) -> list[_Sequence]:
    root, images = layout.root, layout.root / layout.images
    labels = {_stem(name, layout.labels): root / name
              for name in listed(root, root / layout.labels, {".txt"})}  # fmt: skip
    folders = sorted(path.name for path in images.glob("*") if path.is_dir())
    found = [
        _Sequence(
            name,
            numbered(root, images / name) if (images / name).is_dir() else {},
            labels.get(name),
        )
        for name in sorted({*folders, *labels})
    ]
    if not any(video.frames for video in found):
        raise DataError(
            images, "holds no folders of numbered images.", remedy="Put image_02/0000/000000.png."
        )
    return found


def _frames(
    layout: _Layout, videos: list[_Sequence], places: dict[str, int], notes: list[str]
) -> Iterator[Sample]:
    others: Counter[str] = Counter()
    for video in videos:
        lines = read_tracks(video.labels) if video.labels is not None else {}
        for frame in sorted({*video.frames, *lines}):
            key = video.frames.get(frame, f"{layout.images}/{video.name}/{frame:06d}.png")
            record = ImageRecord(key, f"{layout.root}/{key}", 0, 0, video.name, frame, frame / _HZ)
            labelled: list[Line] = lines.pop(frame, [])
            truth = to_truth(labelled, places, others) if video.labels is not None else None
            yield Sample(record, truth)
    notes += _notes(others)


def _notes(others: Counter[str]) -> list[str]:
    if not others:
        return []
    most = ", ".join(f"{name} {count}" for name, count in others.most_common(5))
    return [f"{others.total()} objects of other types are left out ({most})"]


def _stem(key: str, folder: str) -> str:
    return os.path.splitext(key)[0].removeprefix(f"{folder}/")  # noqa: PTH122
