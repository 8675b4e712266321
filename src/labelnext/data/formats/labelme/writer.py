"""LabelMe JSON written: the images in one folder, each with its file beside it."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from labelnext.data.formats.common.tools import checked, checked_predictions
from labelnext.data.formats.common.written import IN_VIDEO, Losses, Place, Written, leave
from labelnext.data.formats.common.written_folder import Names, new_folder
from labelnext.types import Detections, GroundTruth, Sample

_VERSION = "5.5.0"  # of LabelMe, whose fields these are


def write(
    location: Path,
    samples: Iterable[Sample],
    classes: Sequence[str],
    *,
    place: Place = leave,
    predictions: Mapping[str, Detections] | None = None,
) -> Written:
    """Write samples so that `labelme.read` gives them back, boxes to the last digit.

    An image goes to its key, or where another one has that name but for the suffix, to one with a
    number, since LabelMe tells files apart without the suffix. Unlabelled images get no file.
    Ignore becomes the flag `difficult`. Predictions are written for unlabelled images only, as
    rectangles with the flag `predicted` and the score in the description; `labelme[auto=false]`
    reads the folder without them.

    Args:
        location: A folder that is not there yet, or is empty.
        samples: In any number; sizes of labelled images must be known.
        classes: Class names.
        place: Told where each image goes.
        predictions: By key.

    Raises:
        ArgumentError: A class index is beyond `classes`; a box is not finite.
        DataError: The folder is there already, or a size is not known.
        ProjectError: The disk is full or the folder cannot be written.
    """
    names, losses = Names(()), Losses("ignore")
    images = objects = 0
    with new_folder(location) as folder:
        for sample in samples:
            record = sample.record
            name = names(record.key)
            place(record, folder / name)
            images += 1
            if record.video is not None:
                losses.add(IN_VIDEO)
            given = None if predictions is None else predictions.get(record.key)
            found = checked_predictions("labelme", given, classes)
            if found is not None and sample.truth is not None:
                losses.add("predictions on images that have labels", len(found))
            if sample.truth is None and found is None:
                continue
            truth = checked("labelme", sample, classes)
            shapes = _shapes(truth, classes)
            if sample.truth is None and found is not None:
                shapes = _predicted(found, classes)
            objects += len(truth)
            losses.count(truth)
            path = folder / f"{os.path.splitext(name)[0]}.json"  # noqa: PTH122
            path.parent.mkdir(parents=True, exist_ok=True)
            content = _content(sample, Path(name).name, shapes)
            path.write_text(json.dumps(content, ensure_ascii=False, indent=2), "utf-8")
    return Written(images, objects, losses.counts)


def _content(sample: Sample, name: str, shapes: list[dict[str, object]]) -> dict[str, object]:
    return {
        "version": _VERSION,
        "flags": {},
        "shapes": shapes,
        "imagePath": name,
        "imageData": None,
        "imageHeight": sample.record.height,
        "imageWidth": sample.record.width,
    }


def _shapes(truth: GroundTruth, classes: Sequence[str]) -> list[dict[str, object]]:
    return [
        _shape(classes[truth.classes[i]], box, {"difficult": True} if truth.ignore[i] else {})
        for i, box in enumerate(truth.xyxy.tolist())
    ]


def _predicted(found: Detections, classes: Sequence[str]) -> list[dict[str, object]]:
    return [
        _shape(classes[found.classes[i]], box, {"predicted": True}, f"score {found.scores[i]:.3f}")
        for i, box in enumerate(found.xyxy.tolist())
    ]


def _shape(
    label: str, box: Sequence[float], flags: dict[str, bool], description: str = ""
) -> dict[str, object]:
    return {
        "label": label,
        "points": [[box[0], box[1]], [box[2], box[3]]],
        "group_id": None,
        "description": description,
        "shape_type": "rectangle",
        "flags": flags,
        "mask": None,
    }
