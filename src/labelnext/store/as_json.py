"""Truth and metrics as JSON, for the ledger: readable years from now with any tool."""

import json
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from labelnext.types import GroundTruth, Metrics, MissRateCurve

_OPTIONAL = ("visible_xyxy", "occlusion", "truncation", "tracks")


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
    return json.dumps(row)


def decode_truth(text: str) -> GroundTruth:
    """The inverse of `encode_truth`."""
    row = json.loads(text)
    return GroundTruth.from_boxes(
        row["boxes"],
        row["classes"],
        row["ignore"],
        row["visible"],
        **{name: row[name] for name in _OPTIONAL if name in row},
    )


def _plain(value: object) -> object:
    """Nested lists with None for NaN."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return None if value != value else value


def encode_metrics(metrics: Metrics) -> dict[str, object]:
    """JSON-able form of metrics, the curve included."""
    row = asdict(metrics)
    row["curve"] = {name: values.tolist() for name, values in row["curve"].items()}
    return row


def decode_metrics(row: Mapping[str, object]) -> Metrics:
    """The inverse of `encode_metrics`."""
    fields = dict(row)
    curve = {k: np.asarray(v, np.float64) for k, v in dict(fields.pop("curve")).items()}  # type: ignore[call-overload]
    return Metrics(**fields, curve=MissRateCurve(**curve))  # type: ignore[arg-type]
