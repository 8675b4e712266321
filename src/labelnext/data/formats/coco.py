"""COCO JSON: labels read with every fault named, and written whole or not at all."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from labelnext.coco_format import CocoBox, CocoImage, parse
from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import SampleSet
from labelnext.data.formats.paths import find, inside
from labelnext.data.formats.written import Losses, Place, Written, leave
from labelnext.errors import ArgumentError, DataError
from labelnext.files import write_text
from labelnext.json_fields import show
from labelnext.types import Detections, GroundTruth, ImageRecord, Sample


def read(location: Path) -> SampleSet:
    """Read a COCO file of boxes (see `coco_format.parse` for the fields beyond COCO's own).

    Images are looked for by their `file_name` in the file's folder, then in `images/` and `frames/`
    there; for a file in a folder `annotations/`, then in its parent in the same way. A key is the
    `file_name` with forward slashes. Images without annotations count as labelled and empty.

    Boxes are clipped to the image, those without area in it are dropped; `problems` of the sample
    says which.

    Raises:
        DataError: With the file, the record and what to do.
    """
    file = parse(location)
    by_image: dict[int, list[CocoBox]] = {}
    for box in file.boxes:
        by_image.setdefault(box.image, []).append(box)
    folders = _image_folders(location)
    items: list[Sample] = []
    keys: set[str] = set()
    for image in file.images.values():
        key = inside(image.file_name, file.path, record=f"image {image.id}")
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
        record = _record(key, folders, image)
        items.append(Sample(record, truth if image.labelled else None, found))
    return SampleSet(file.classes, items)


def to_truth(boxes: Sequence[CocoBox]) -> GroundTruth:
    """The boxes of one image as they stand in the file, unclipped."""
    xywh = np.array([box.xywh for box in boxes], np.float64).reshape(-1, 4)
    return GroundTruth(
        np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1),
        np.array([box.category for box in boxes], np.int64),
        np.array([box.ignore for box in boxes], bool),
        np.array([box.visible for box in boxes], np.float64),
    )


def write(
    location: Path,
    samples: Iterable[Sample],
    classes: Sequence[str],
    *,
    place: Place = leave,
    predictions: Mapping[str, Detections] | None = None,
) -> Written:
    """Write samples as COCO, so that `read` gives them back: `file_name` is the record's key.

    Boxes come back to within rounding (COCO stores widths, not right edges). A sample without truth
    is marked `labelled: false`. An existing file is replaced in one step.

    Raises:
        ArgumentError: A class index is beyond `classes`; a box is not finite.
        DataError: The file cannot be written; an existing one is as it was.
    """
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    losses = Losses("ignore", "visible")
    for number, sample in enumerate(samples, start=1):
        images.append(_image_entry(number, sample))
        place(sample.record, location.parent / sample.record.key)
        if sample.truth is not None:
            _check_truth(sample, classes)
            annotations += _annotations(number, len(annotations), sample.truth)
            losses.count(sample.truth)
    categories = [{"id": i, "name": name} for i, name in enumerate(classes, start=1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    write_text(location, json.dumps(content, ensure_ascii=False, allow_nan=False))
    return Written(len(images), len(annotations), losses.counts)


def _image_folders(location: Path) -> list[Path]:
    roots = [location.parent]
    if location.parent.name == "annotations":
        roots.append(location.parent.parent)
    return [folder for root in roots for folder in (root, root / "images", root / "frames")]


def _record(key: str, folders: Sequence[Path], image: CocoImage) -> ImageRecord:
    return ImageRecord(
        key, find(key, folders), image.width, image.height, image.video, image.frame, image.seconds
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
