"""COCO JSON written image by image, whole or not at all."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from labelnext import masks as codec
from labelnext.box_checks import check_boxes
from labelnext.coco_entries import box_entry, predicted_entries
from labelnext.data.formats.common.written import Losses, Place, Written, leave
from labelnext.errors import ArgumentError, DataError
from labelnext.files import disk_errors, write_atomic
from labelnext.types import Detections, GroundTruth, Sample

_FIELDS = ("ignore", "visible", "visible_xyxy", "occlusion", "truncation", "tracks", "masks")


def write(
    location: Path,
    samples: Iterable[Sample],
    classes: Sequence[str],
    *,
    place: Place = leave,
    predictions: Mapping[str, Detections] | None = None,
) -> Written:
    """Write samples as COCO, so that `read` gives them back: `file_name` is the record's key.

    Boxes come back to within rounding (COCO stores widths, not right edges), masks as compressed
    run lengths, which are read with masks=true; `area` is then the mask's. A sample without truth
    is marked `labelled: false`; its `predictions` are written as annotations with a `score` (and
    `probabilities`, where there are), cut to the image. Labels win: predictions of an image with
    truth are not written. An existing file is replaced in one step. Memory is that of one image.

    COCO names an image file for every entry. A frame of a video file is therefore written by its
    key, and `place` must export it there; `lost` counts the frames that it left where they were.

    Raises:
        ArgumentError: A class index is beyond `classes`; a box is not finite.
        DataError: The size of an image is not known.
        ProjectError: The file cannot be written; an existing one is as it was.
    """
    with disk_errors(location):
        location.parent.mkdir(parents=True, exist_ok=True)
        parts = [tempfile.TemporaryFile(dir=location.parent) for _ in range(2)]  # noqa: SIM115
    with parts[0] as images, parts[1] as annotations:
        writing = _Writing(
            images, annotations, len(classes), {} if predictions is None else predictions
        )
        for sample in samples:
            place(sample.record, location.parent / sample.record.key)
            if place is leave and sample.record.place is not None:
                writing.losses.add("frames of video files, for which COCO names an image")
            with disk_errors(location):
                writing.add(sample)
        writing.end()
        categories = [{"id": i, "name": name} for i, name in enumerate(classes, start=1)]

        def fill(path: Path) -> None:
            with path.open("wb") as file:
                for head, part in (
                    (b'{"images": [', images),
                    (b'], "annotations": [', annotations),
                ):
                    file.write(head)
                    part.seek(0)
                    shutil.copyfileobj(part, file, 1 << 20)
                file.write(b'], "categories": ' + _json(categories) + b"}")

        write_atomic(location, fill)
    return Written(writing.images, writing.objects, writing.losses.counts)


class _Writing:
    """The two lists as they grow."""

    def __init__(
        self,
        images: IO[bytes],
        annotations: IO[bytes],
        classes: int,
        predictions: Mapping[str, Detections],
    ) -> None:
        self._images, self._annotations = images, annotations
        self._classes, self._predictions = classes, predictions
        self._predicted = 0
        self.images = self.objects = 0
        self.losses = Losses(*_FIELDS)

    def add(self, sample: Sample) -> None:
        """Write one image and what is on it."""
        _append(self._images, _image_entry(self.images + 1, sample), self.images)
        self.images += 1
        found = self._predictions.get(sample.record.key)
        self._predicted += found is not None
        if sample.truth is not None:
            _check_truth(sample.record.key, sample.truth, self._classes)
            entries = _annotations(sample.truth)
            _add_masks(entries, sample)
            self.losses.count(sample.truth)
            if found is not None and len(found):
                self.losses.add("boxes predicted on labelled images", len(found))
        elif found is not None:
            entries = _predicted(sample, found, self._classes)
        else:
            return
        for entry in entries:
            ids = {"id": self.objects + 1, "image_id": self.images}
            _append(self._annotations, ids | entry, self.objects)
            self.objects += 1

    def end(self) -> None:
        """Count the predictions that no sample was for."""
        others = len(self._predictions) - self._predicted
        if others:
            self.losses.add("predicted images that are not written", others)


def _append(file: IO[bytes], entry: Mapping[str, object], before: int) -> None:
    file.write(b", " + _json(entry) if before else _json(entry))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")


def _image_entry(number: int, sample: Sample) -> dict[str, object]:
    record = sample.record
    if not (record.width and record.height):
        raise DataError(
            record.path,
            "is of a size that is not known yet, and COCO needs it.",
            remedy="Check or index the image first.",
        )
    entry: dict[str, object] = {
        "id": number,
        "file_name": record.key,
        "width": record.width,
        "height": record.height,
    }
    optional = {"video": record.video, "frame": record.frame, "seconds": record.seconds}
    entry |= {name: value for name, value in optional.items() if value is not None}
    if record.segment:
        entry["segment"] = record.segment
    if sample.truth is None:
        entry["labelled"] = False
    return entry


def _check_truth(key: str, truth: GroundTruth, classes: int) -> None:
    check_boxes("coco.write", "samples", truth, classes, key)
    if not np.isfinite(truth.visible).all():
        raise ArgumentError(
            "coco.write", "samples", expected="of finite fractions", got=f"NaN on {key}"
        )


def _annotations(truth: GroundTruth) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for i, (category, xyxy) in enumerate(
        zip(truth.classes.tolist(), truth.xyxy.tolist(), strict=True)
    ):
        entry = box_entry(category, xyxy)
        if truth.ignore[i]:
            entry["ignore"] = 1
        if truth.visible[i] != 1:
            entry["visible"] = float(truth.visible[i])
        found.append(entry | _optional(truth, i))
    return found


def _add_masks(entries: list[dict[str, object]], sample: Sample) -> None:
    record, truth = sample.record, sample.truth
    if truth is None or truth.masks is None:
        return
    drawn = codec.to_coco(truth.masks, (record.height, record.width))
    for entry, mask in zip(entries, drawn, strict=True):
        entry |= mask


def _optional(truth: GroundTruth, i: int) -> dict[str, object]:
    """The fields that a box may have and need not."""
    entry: dict[str, object] = {}
    if truth.visible_xyxy is not None and np.isfinite(truth.visible_xyxy[i]).all():
        x1, y1, x2, y2 = truth.visible_xyxy[i].tolist()
        entry["visible_bbox"] = [x1, y1, x2 - x1, y2 - y1]
    if truth.occlusion is not None and truth.occlusion[i] >= 0:
        entry["occluded"] = int(truth.occlusion[i])
    if truth.truncation is not None and np.isfinite(truth.truncation[i]):
        entry["truncated"] = float(truth.truncation[i])
    if truth.tracks is not None and truth.tracks[i] >= 0:
        entry["track_id"] = int(truth.tracks[i])
    return entry


def _predicted(sample: Sample, found: Detections, classes: int) -> list[dict[str, object]]:
    """Boxes with their scores, and their probabilities where there are some."""
    record = sample.record
    check_boxes("coco.write", "predictions", found, classes, record.key)
    entries: list[dict[str, object]] = []
    for i, entry in predicted_entries(found, record.width, record.height):
        if found.probabilities is not None:
            entry["probabilities"] = found.probabilities[i].tolist()
        entries.append(entry)
    return entries
