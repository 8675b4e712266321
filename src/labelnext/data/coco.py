"""COCO JSON: labels read with every fault named, and written whole or not at all."""

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from labelnext.coco_format import CocoBox, CocoFile, CocoImage, parse
from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import SampleSet
from labelnext.errors import ArgumentError, DataError
from labelnext.files import write_text
from labelnext.json_fields import show
from labelnext.types import GroundTruth, ImageRecord, Sample


def read(location: Path) -> SampleSet:
    """Read a COCO file of boxes (see `coco_format.parse` for the fields beyond COCO's own).

    Images are looked for by their `file_name` in the file's folder, then in `images/` and `frames/`
    there; for a file in a folder `annotations/`, then in its parent in the same way. A key is the
    `file_name` with forward slashes. Images without annotations count as labelled and empty.

    Boxes are clipped to the image, those without area in it are dropped; `problems` says which.

    Raises:
        DataError: With the file, the record and what to do.
    """
    file = parse(location)
    by_image: dict[int, list[CocoBox]] = {}
    for box in file.boxes:
        by_image.setdefault(box.image, []).append(box)
    folders = _image_folders(location)
    items: list[Sample] = []
    problems: dict[str, tuple[str, ...]] = {}
    keys: set[str] = set()
    for image in file.images.values():
        key = _key(file, image)
        if key in keys:
            raise DataError(
                location,
                f"'file_name' {show(image.file_name)} is another spelling of one used before.",
                record=f"image {image.id}",
                remedy="List each image once.",
            )
        keys.add(key)
        boxes = by_image.get(image.id, [])
        truth, found = fit_boxes(
            to_truth(boxes), image.width, image.height, [box.name for box in boxes]
        )
        if found:
            problems[key] = found
        items.append(Sample(_record(key, folders, image), truth if image.labelled else None))
    return SampleSet(file.classes, items, problems)


def to_truth(boxes: Sequence[CocoBox]) -> GroundTruth:
    """The boxes of one image as they stand in the file, unclipped."""
    xywh = np.array([box.xywh for box in boxes], np.float64).reshape(-1, 4)
    return GroundTruth(
        np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1),
        np.array([box.category for box in boxes], np.int64),
        np.array([box.ignore for box in boxes], bool),
        np.array([box.visible for box in boxes], np.float64),
    )


def write(path: Path, samples: Iterable[Sample], classes: Sequence[str]) -> None:
    """Write samples as COCO, so that `read` gives them back: `file_name` is the record's key.

    Boxes come back to within rounding (COCO stores widths, not right edges). A sample without truth
    is marked `labelled: false`. An existing file is replaced in one step.

    Raises:
        ArgumentError: A class index is beyond `classes`; a box is not finite.
        DataError: The file cannot be written; an existing one is as it was.
    """
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for number, sample in enumerate(samples, start=1):
        images.append(_image_entry(number, sample))
        if sample.truth is not None:
            _check_truth(sample, classes)
            annotations += _annotations(number, len(annotations), sample.truth)
    categories = [{"id": i, "name": name} for i, name in enumerate(classes, start=1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    write_text(path, json.dumps(content, ensure_ascii=False, allow_nan=False))


def _key(file: CocoFile, image: CocoImage) -> str:
    name = PurePosixPath(image.file_name.replace("\\", "/"))
    windows_drive = len(name.parts[0]) == 2 and name.parts[0][1] == ":" if name.parts else False
    if name.is_absolute() or windows_drive or ".." in name.parts or not name.parts:
        raise DataError(
            file.path,
            f"'file_name' {show(image.file_name)} must lie below the file's own folder.",
            record=f"image {image.id}",
            remedy="Put the images beside the JSON file and name them relative to it.",
        )
    return str(name)


def _image_folders(location: Path) -> list[Path]:
    roots = [location.parent]
    if location.parent.name == "annotations":
        roots.append(location.parent.parent)
    return [folder for root in roots for folder in (root, root / "images", root / "frames")]


def _record(key: str, folders: Sequence[Path], image: CocoImage) -> ImageRecord:
    paths = [str(folder / key) for folder in folders]
    # os.path, unlike pathlib, answers no to a name that the file system cannot hold.
    path = next((path for path in paths if os.path.isfile(path)), paths[0])  # noqa: PTH113
    return ImageRecord(
        key, path, image.width, image.height, image.video, image.frame, image.seconds
    )


def _image_entry(number: int, sample: Sample) -> dict[str, object]:
    record = sample.record
    entry: dict[str, object] = {
        "id": number,
        "file_name": record.key,
        "width": record.width,
        "height": record.height,
    }
    optional = {"video": record.video, "frame": record.frame, "seconds": record.seconds}
    entry |= {name: value for name, value in optional.items() if value is not None}
    if sample.truth is None:
        entry["labelled"] = False
    return entry


def _check_truth(sample: Sample, classes: Sequence[str]) -> None:
    truth = sample.truth
    assert truth is not None
    if not np.isfinite(truth.xyxy).all() or not np.isfinite(truth.visible).all():
        raise ArgumentError(
            "coco.write", "samples", expected="of finite boxes", got=f"NaN on {sample.record.key}"
        )
    if len(truth) and not (truth.classes.min() >= 0 and truth.classes.max() < len(classes)):
        raise ArgumentError(
            "coco.write",
            "samples",
            expected=f"of classes 0 to {len(classes) - 1}",
            got=f"class {truth.classes.max()} on {sample.record.key}",
        )


def _annotations(image: int, before: int, truth: GroundTruth) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for i, (x1, y1, x2, y2) in enumerate(truth.xyxy.tolist()):
        entry: dict[str, object] = {
            "id": before + i + 1,
            "image_id": image,
            "category_id": int(truth.classes[i]) + 1,
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "area": (x2 - x1) * (y2 - y1),
            "iscrowd": 0,
        }
        if truth.ignore[i]:
            entry["ignore"] = 1
        if truth.visible[i] != 1:
            entry["visible"] = float(truth.visible[i])
        found.append(entry)
    return found
