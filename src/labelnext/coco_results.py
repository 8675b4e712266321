"""COCO results: a detector's boxes on the images of a COCO file."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from labelnext.coco_format import CocoFile, known_ids
from labelnext.errors import DataError
from labelnext.json_fields import Fields, entries, load_json, show
from labelnext.types import Detections

_LARGEST_SCORE = 1e30  # float32 holds it


def read(path: Path, truth: CocoFile) -> dict[int, Detections]:
    """Read a list of {image_id, category_id, bbox, score}, or an object with it as `annotations`.

    Args:
        path: The results.
        truth: The COCO file whose images and categories the ids are of.

    Returns:
        By image id, for every image of `truth`; boxes best first, ties in the file's order.

    Raises:
        DataError: With the file, the record and what to do.
    """
    rows: dict[int, list[tuple[float, int, tuple[float, float, float, float]]]]
    rows = {number: [] for number in truth.images}
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
        rows[image].append((score, category, box))
    return {number: _detections(found) for number, found in rows.items()}


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


def _detections(rows: list[tuple[float, int, tuple[float, float, float, float]]]) -> Detections:
    rows = sorted(rows, key=lambda row: -row[0])
    xywh = np.array([box for _, _, box in rows], np.float64).reshape(-1, 4)
    xyxy = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
    return Detections(
        xyxy.astype(np.float32),
        np.array([score for score, _, _ in rows], np.float32),
        np.array([category for _, category, _ in rows], np.int64),
    )
