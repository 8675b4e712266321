"""YOLO: a text file an image, in Ultralytics' layout with a YAML file, or plain."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import Lazy
from labelnext.data.formats.common.image_size import image_size
from labelnext.data.formats.common.label_files import MOST_CLASSES, Skips, relative
from labelnext.data.formats.yolo import data_yaml
from labelnext.data.formats.yolo import labels as yolo_labels
from labelnext.data.formats.yolo.layout import (
    Layout,
    find_yaml,
    from_yaml,
    label_of,
    plain,
    without_image,
)
from labelnext.data.pixels import UnusableImageError
from labelnext.errors import ArgumentError, DataError
from labelnext.types import GroundTruth, ImageRecord, Sample

# Labels are written with six decimals; what rounding puts beyond the edge is no fault of theirs.
_ROUNDING = 1e-6


class _Plan(NamedTuple):
    """What is the same for every image."""

    layout: Layout
    classes: tuple[str, ...]
    empty: bool  # whether an image without a label file counts as labelled and empty


def read(
    location: Path, *, split: str = "all", root: str = "", missing: str = "unlabelled"
) -> Lazy:
    """Read a YOLO data set: a YAML file, or a folder with or without one.

    Layouts: Ultralytics' YAML (see `yolo.data_yaml` and `yolo.layout.from_yaml`); `images/` and
    `labels/`; labels beside images. Lines are those of `yolo.labels.parse`. A box cx cy w h in
    fractions becomes [(cx - w/2)·W, (cy - h/2)·H, (cx + w/2)·W, (cy + h/2)·H], W x H being the
    upright image's size, read from its header. An empty label file is an image without objects.

    Where nothing gives names, classes are called by their numbers, as many as occur: that costs one
    more reading of the label files. A key is the image's path relative to the YAML file's folder,
    to `root`, or to the folder given.

    Args:
        location: The YAML file or the folder.
        split: `train`, `val` or `test` (of a folder without a YAML file, any name), or `all`, with
            each image once.
        root: The folder with the images, where it is not the YAML file's; absolute, or relative to
            that. `path:` in the file is then left aside.
        missing: What an image without a label file is: `unlabelled`, or `empty` as in Ultralytics'
            training.

    Raises:
        ArgumentError: `missing` is neither, or `root` no folder.
        DataError: The layout is not one of these, or no label file can be used; with what to do.
    """
    if missing not in ("unlabelled", "empty"):
        raise ArgumentError(
            "yolo.read", "missing", expected="unlabelled or empty", got=repr(missing)
        )
    layout = _find(location, str(split), str(root))
    names = layout.names
    if names is None:
        names = tuple(str(i) for i in range(_count_classes(layout)))
    plan = _Plan(layout, names, missing == "empty")
    return Lazy(names, partial(_samples, plan), len(layout.keys))


def _find(location: Path, split: str, root: str) -> Layout:
    file = find_yaml(location) if location.is_dir() else location
    config = None if file is None else data_yaml.parse(file)
    known = config is not None and bool(config.splits or config.names)
    if not known and (root or not location.is_dir()):
        raise DataError(
            location, "has no YAML file with 'names' and 'train'.", remedy="Give that file."
        )
    if file is None or config is None or not known:
        return plain(location, split)
    elsewhere = Path(os.path.normpath(file.parent / root)) if root else None
    if elsewhere is not None and not os.path.isdir(elsewhere):  # noqa: PTH112 (any name)
        raise ArgumentError("yolo.read", "root", expected="a folder", got=str(elsewhere))
    if not config.splits:
        return plain(elsewhere or file.parent, split, config)
    return from_yaml(file, config, split, elsewhere)


def _count_classes(layout: Layout) -> int:
    most = MOST_CLASSES - 1
    count = 0
    for key in layout.keys:
        path = label_of(layout.root, key)
        if path is None:
            continue
        try:
            count = max(count, *(i + 1 for i in yolo_labels.class_numbers(path, most)), 0)
        except DataError:
            continue  # said when the samples are drawn
    return count


def _samples(plan: _Plan, notes: list[str]) -> Iterator[Sample]:
    skips = Skips(plan.layout.root)
    seen: Counter[str] = Counter()
    for key in plan.layout.keys:
        record = ImageRecord(key, f"{plan.layout.root}/{key}", 0, 0)
        path = label_of(plan.layout.root, key)
        seen["labelled"] += path is not None
        if path is None:
            yield Sample(record, GroundTruth.from_boxes([]) if plan.empty else None)
        else:
            yield skips.sample(record, partial(_sample, plan, record, path, seen))
    skips.finish()
    notes += _notes(plan.layout, seen)


def _sample(plan: _Plan, record: ImageRecord, path: Path, seen: Counter[str]) -> Sample:
    objects = yolo_labels.parse(path, len(plan.classes), plan.layout.keypoints)
    if not len(objects.classes):
        return Sample(record, GroundTruth.from_boxes([]))
    name = relative(path, plan.layout.root)
    try:
        width, height = image_size(Path(record.path))
    except UnusableImageError as error:
        problem = f"{name}: its image gives no size ({error}); taken as unlabelled"
        return Sample(record, None, (problem,))
    seen.update(polygons=objects.polygons, keypoints=objects.keypoints)
    truth = GroundTruth.from_boxes(_pixels(objects.xyxy, width, height), objects.classes)
    lines = [f"{name}, line {number}" for number in objects.lines]
    truth, problems = fit_boxes(truth, width, height, lines)
    return Sample(replace(record, width=width, height=height), truth, problems)


def _pixels(
    fractions: Float64[np.ndarray, "n 4"], width: int, height: int
) -> Float64[np.ndarray, "n 4"]:
    near = np.clip(fractions, 0, 1)
    rounded = np.where(np.abs(near - fractions) <= _ROUNDING, near, fractions)
    pixels: np.ndarray = rounded * np.array([width, height, width, height], np.float64)
    return pixels


def _notes(layout: Layout, seen: Counter[str]) -> list[str]:
    notes = []
    if not seen["labelled"]:
        notes.append("no image has a label file (in labels/ for images/, or beside it)")
    if layout.twice:
        notes.append(f"{layout.twice} images are in more than one split; each is taken once")
    if seen["polygons"]:
        notes.append(f"{seen['polygons']} objects are polygons; their enclosing boxes are taken")
    if seen["keypoints"]:
        notes.append(f"{seen['keypoints']} objects have keypoints; their boxes alone are taken")
    alone = without_image(layout) if layout.folders else []
    if alone:
        notes.append(f"{len(alone)} label files have no image, such as {alone[0]}; passed over")
    return notes
