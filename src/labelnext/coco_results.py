"""COCO results: a detector's boxes on the images of a COCO file."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from labelnext.coco_format import CocoFile, known_ids
from labelnext.errors import DataError
from labelnext.json_fields import Fields, as_number, entries, load_json, show
from labelnext.types import Detections

_LARGEST_SCORE = 1e30  # float32 holds it


class _Row(NamedTuple):
    score: float
    category: int
    xywh: tuple[float, float, float, float]
    probabilities: list[float]


def read(path: Path, truth: CocoFile) -> dict[int, Detections]:
    """Read a list of {image_id, category_id, bbox, score}, or an object with it as `annotations`.

    A result may have `probabilities`: one number a category, in the order of `categories`, and
    perhaps one more for the background, last. Either all results of a file have them or none.

    Args:
        path: The results.
        truth: The COCO file whose images and categories the ids are of.

    Returns:
        By image id, for every image of `truth`; boxes best first, ties in the file's order.

    Raises:
        DataError: With the file, the record and what to do.
    """
    rows: dict[int, list[_Row]] = {number: [] for number in truth.images}
    width: int | None = None
    for i, entry in enumerate(_list(path)):
        record = Fields(path, f"result #{i}", entry)
        image, category = known_ids(record, truth.images, truth.categories)
        box = record.xywh("bbox")
        if min(box[2:]) < 0:
            raise record.error(
                f"'bbox' {show(list(box))} has a negative width or height.",
                "Write boxes as [x, y, width, height], not as corners.",
            )
        score = record.number("score", low=-_LARGEST_SCORE, high=_LARGEST_SCORE)
        vector = _probabilities(record, len(truth.classes))
        if width is not None and len(vector) != width:
            raise record.error(
                f"has {len(vector)} 'probabilities' where the result before has {width}.",
                "Give all results the same, or none.",
            )
        width = len(vector)
        rows[image].append(_Row(score, category, box, vector))
    return {number: _detections(found) for number, found in rows.items()}


def _probabilities(record: Fields, classes: int) -> list[float]:
    if not record.has("probabilities"):
        return []
    value = record.values["probabilities"]
    numbers = [as_number(part) for part in value] if isinstance(value, list) else []
    if len(numbers) not in (classes, classes + 1) or not all(
        number is not None and 0 <= number <= 1 for number in numbers
    ):
        raise record.error(
            f"'probabilities' must be {classes} numbers from 0 to 1, or {classes + 1} with the "
            f"background last. Got {show(value)} instead.",
            "Write one number a category, in the order of 'categories'.",
        )
    return [number for number in numbers if number is not None]


def _list(path: Path) -> list[object]:
    top = load_json(path)
    if isinstance(top, list):
        return top
    if isinstance(top, Mapping):
        return entries(path, top, "annotations", needed=True)
    raise DataError(
        path,
        f"must be a list of results. Got {show(top)} instead.",
        remedy="COCO results are a list of {image_id, category_id, bbox, score}.",
    )


def _detections(rows: list[_Row]) -> Detections:
    rows = sorted(rows, key=lambda row: -row.score)
    xywh = np.array([row.xywh for row in rows], np.float64).reshape(-1, 4)
    xyxy = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
    vectors = np.array([row.probabilities for row in rows], np.float32)
    return Detections(
        xyxy.astype(np.float32),
        np.array([row.score for row in rows], np.float32),
        np.array([row.category for row in rows], np.int64),
        vectors if vectors.size else None,
    )
