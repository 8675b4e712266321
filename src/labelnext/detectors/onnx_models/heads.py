"""A model's outputs as rows, and rows as boxes and class probabilities."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, Float64

from labelnext.detectors.onnx_models.grid import Grid
from labelnext.detectors.onnx_models.layout import Layout

_LIMIT = 50.0  # of logits: beyond it a logistic is 0 or 1 to within 1e-21

Rows = Float32[np.ndarray, "rows numbers"]


def rows(outputs: Sequence[np.ndarray], layout: Layout) -> Float32[np.ndarray, "n rows numbers"]:
    """Outputs of one batch, in the order of `layout.outputs`, as rows in the order of the grid."""
    if layout.form == "rows":
        return outputs[0]
    if layout.form == "columns":
        return np.ascontiguousarray(outputs[0].transpose(0, 2, 1))
    n, anchors = len(outputs[0]), layout.grid.anchors
    parts = []
    for output, (h, w) in zip(outputs, layout.grid.shapes, strict=True):
        level = output
        if output.ndim == 4:
            level = output.reshape(n, anchors, -1, h, w).transpose(0, 1, 3, 4, 2)
        parts.append(level.reshape(n, anchors * h * w, -1))
    return np.concatenate(parts, 1)


def boxes(
    rows: Rows, grid: Grid, kind: str, anchor_sizes: Sequence[Sequence[Sequence[float]]] | None
) -> Float64[np.ndarray, "rows 4"]:
    """xyxy in pixels of the network's input.

    Sources: `yolox.utils.demo_postprocess` for `yolox`; `models.yolo.Detect` of YOLOv5 (release 4
    and later) for `yolov5`: centre (2σ(t) − ½ + cell)·stride, size (2σ(t))²·anchor.
    """
    raw = rows[:, :4].astype(np.float64)
    if kind == "xyxy":
        return raw
    centre, side = raw[:, :2], raw[:, 2:]
    if kind != "cxcywh":
        cells = grid.cells()
        if kind == "yolox":
            centre = (centre + cells[:, :2]) * cells[:, 2:]
            side = np.exp(np.minimum(side, _LIMIT)) * cells[:, 2:]
        else:
            centre = (2 * sigmoid(centre) - 0.5 + cells[:, :2]) * cells[:, 2:]
            side = (2 * sigmoid(side)) ** 2 * _anchors(grid, anchor_sizes or ())
    return np.concatenate([centre - side / 2, centre + side / 2], 1)


def probabilities(
    rows: Rows, classes: Sequence[int], objectness: bool, activated: bool
) -> Float64[np.ndarray, "rows classes"]:
    """Of the chosen classes; where there is an objectness, times that."""
    first = 4 + objectness
    columns = [first + place for place in classes]
    found = _probability(rows[:, columns], activated)
    if objectness:
        found = found * _probability(rows[:, 4:5], activated)
    return found


def sigmoid(x: np.ndarray) -> Float64[np.ndarray, "..."]:
    """1 / (1 + e^-x) in float64; values beyond ±50 count as ±50."""
    found: np.ndarray = 1 / (1 + np.exp(-np.clip(x.astype(np.float64), -_LIMIT, _LIMIT)))
    return found


def logit(p: Float64[np.ndarray, "..."]) -> Float32[np.ndarray, "..."]:
    """ln(p / (1 − p)), from −50 to 36.7, which is as near to 1 as float64 comes."""
    low = 1 / (1 + np.exp(_LIMIT))
    clipped = np.clip(p, low, 1 - np.finfo(np.float64).epsneg)
    found: np.ndarray = np.log(clipped) - np.log1p(-clipped)
    return found.astype(np.float32)


def _probability(values: np.ndarray, activated: bool) -> Float64[np.ndarray, "..."]:
    if activated:
        return np.clip(values.astype(np.float64), 0, 1)
    return sigmoid(values)


def _anchors(
    grid: Grid, sizes: Sequence[Sequence[Sequence[float]]]
) -> Float64[np.ndarray, "rows 2"]:
    parts = [
        np.repeat(np.array(level, np.float64), h * w, axis=0)
        for level, (h, w) in zip(sizes, grid.shapes, strict=True)
    ]
    return np.concatenate(parts)
