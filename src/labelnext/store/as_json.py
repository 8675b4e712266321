"""Truth and metrics as JSON, for the ledger: readable years from now with any tool."""

import json
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from labelnext.types import GroundTruth, Metrics, MissRateCurve

_OPTIONAL = ("visible_xyxy", "occlusion", "truncation", "tracks")
_OF_PIXELS = ("mean_iou", "pixel_accuracy", "class_iou")


def encode_truth(truth: GroundTruth) -> str:
    """JSON of a ground truth; equal truths give equal text. NaN becomes null."""
    row: dict[str, object] = {
        "boxes": truth.xyxy.tolist(),
        "classes": truth.classes.tolist(),
        "ignore": truth.ignore.tolist(),
        "visible": truth.visible.tolist(),
    }
    for name in _OPTIONAL:
        part = getattr(truth, name)
        if part is not None:
            row[name] = _plain(part.tolist())
    if truth.masks is not None:  # run lengths are ASCII
        row["masks"] = [mask and mask.decode() for mask in truth.masks.tolist()]
    return json.dumps(row)


def decode_truth(text: str) -> GroundTruth:
    """The inverse of `encode_truth`."""
    row = json.loads(text)
    masks = [mask and mask.encode() for mask in row.get("masks", ())]
    return GroundTruth.from_boxes(
        row["boxes"],
        row["classes"],
        row["ignore"],
        row["visible"],
        **{name: row[name] for name in _OPTIONAL if name in row},
        masks=masks or None,
    )


def _plain(value: object) -> object:
    """Nested lists with None for NaN."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return None if value != value else value


def encode_metrics(metrics: Metrics) -> dict[str, object]:
    """JSON-able form of metrics, the curve included."""
    row = asdict(metrics)
    if not metrics.class_iou:  # a detector of boxes
        for name in _OF_PIXELS:
            del row[name]
    row["curve"] = {name: values.tolist() for name, values in row["curve"].items()}
    return row


def decode_metrics(row: Mapping[str, object]) -> Metrics:
    """The inverse of `encode_metrics`."""
    fields = dict(row)
    if "class_iou" in fields:
        fields["class_iou"] = tuple(fields["class_iou"])  # type: ignore[arg-type]
    curve = {k: np.asarray(v, np.float64) for k, v in dict(fields.pop("curve")).items()}  # type: ignore[call-overload]
    return Metrics(**fields, curve=MissRateCurve(**curve))  # type: ignore[arg-type]
