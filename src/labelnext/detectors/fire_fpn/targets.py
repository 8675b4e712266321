"""What each cell of each level should answer for one image's objects (PAPER §5, Targets)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int8, Int64

from labelnext.detectors.fire_fpn.boxes import STRIDES


class Targets(NamedTuple):
    """Answers for all cells, levels one after another, each in row-major order.

    Attributes:
        labels: 1 positive, 0 negative, −1 not asked (ignore regions, padding).
        offsets: (dx, dy, dw, dh) from the level's default box centred on the cell to the object:
            shifts in units of the default box's sides, logarithms of the ratios of the sides.
            Only meaningful where some class is positive.
    """

    labels: Int8[np.ndarray, "classes cells"]
    offsets: Float32[np.ndarray, "cells 4"]


def assign(
    xyxy: Float64[np.ndarray, "n 4"],
    classes: Int64[np.ndarray, "n"],
    ignore: Bool[np.ndarray, "n"],
    *,
    n_classes: int,
    size: tuple[int, int],
    boxes: Float64[np.ndarray, "5 2"],
    shared_levels: float | None = None,
    multiple: int = 8,
) -> Targets:
    """Targets of one image.

    The object's IoU with each default box centred on it chooses its level. There the cells whose
    centre lies within 5+int(√(0.2·d)) pixels of the object's centre along each axis (d = the
    object's side along it) are positive, those within 5+int(√(2·d)) around them negative, and so is
    every other cell. Where rectangles of several objects overlap, a positive wins over a ring, and
    a smaller object over a larger. Cells inside an ignored box are not asked for its class, on any
    level, unless in an object's rectangle or ring.

    Args:
        xyxy: Boxes in pixels of the network's input.
        classes: Class of each box.
        ignore: Boxes whose area is excluded instead of being learnt.
        n_classes: Number of maps.
        size: (height, width) of the image in pixels of the network's input, before padding.
            Cells wholly in the padding are not asked.
        boxes: Default boxes (width, height) by level.
        shared_levels: Also exclude an object's positive rectangle from the other levels whose
            default box has at least this IoU with it, so that no level is taught that a box nearly
            as good is wrong. None, as in the paper, keeps them negative.
        multiple: The network's input is padded to multiples of this, itself a multiple of 8.
    """
    grids = cell_centres(size, multiple)
    labels, offsets = [], []
    best, overlap = _levels(xyxy, boxes)
    order = np.argsort(-np.prod(xyxy[:, 2:] - xyxy[:, :2], axis=1), kind="stable")
    for level, (x, y) in enumerate(grids):
        answer = np.zeros((n_classes, len(y), len(x)), np.int8)
        offset = np.zeros((len(y), len(x), 4), np.float32)
        answer[:, y - STRIDES[level] / 2 >= size[0], :] = -1
        answer[:, :, x - STRIDES[level] / 2 >= size[1]] = -1
        for i in np.flatnonzero(ignore):
            rows, columns = _span(y, *xyxy[i, 1::2]), _span(x, *xyxy[i, 0::2])
            answer[classes[i], rows, columns] = -1
        real = [i for i in order if not ignore[i]]
        mine = [i for i in real if best[i] == level]
        if shared_levels is not None:
            for i in (i for i in real if best[i] != level and overlap[i, level] >= shared_levels):
                answer[(classes[i], *_around(xyxy[i], x, y, 0.2))] = -1
        for i in mine:
            answer[(classes[i], *_around(xyxy[i], x, y, 2.0))] = 0
        for i in mine:
            rows, columns = _around(xyxy[i], x, y, 0.2)
            answer[classes[i], rows, columns] = 1
            offset[rows, columns] = _encode(xyxy[i], x[columns], y[rows], boxes[level])
        labels.append(answer.reshape(n_classes, -1))
        offsets.append(offset.reshape(-1, 4))
    return Targets(np.concatenate(labels, 1), np.concatenate(offsets))


def cell_centres(
    size: tuple[int, int], multiple: int = 8
) -> list[tuple[Float64[np.ndarray, "_w"], Float64[np.ndarray, "_h"]]]:
    """(x, y) of the cell centres of each level for an image padded to multiples of `multiple`."""
    height, width = (-(-side // multiple) * multiple for side in size)
    return [
        ((np.arange(width // s) + 0.5) * s, (np.arange(height // s) + 0.5) * s) for s in STRIDES
    ]


def _levels(
    xyxy: Float64[np.ndarray, "n 4"], boxes: Float64[np.ndarray, "5 2"]
) -> tuple[Int64[np.ndarray, "n"], Float64[np.ndarray, "n 5"]]:
    """Best level of each object, and its IoU with every default box centred on it."""
    sides = (xyxy[:, 2:] - xyxy[:, :2])[:, None]
    inter = np.minimum(sides, boxes).prod(-1)
    iou = inter / (sides.prod(-1) + boxes.prod(-1) - inter)
    return iou.argmax(1), iou


def _around(
    box: Float64[np.ndarray, "4"],
    x: Float64[np.ndarray, "w"],
    y: Float64[np.ndarray, "h"],
    factor: float,
) -> tuple[slice, slice]:
    """Rows and columns whose cell centres lie within 5+int(√(factor·d)) of the object's centre."""
    spans = []
    for axis, centres in ((1, y), (0, x)):
        low, high = box[axis], box[axis + 2]
        reach = 5 + int(np.sqrt(factor * (high - low)))
        middle = (low + high) / 2
        span = _span(centres, middle - reach, middle + reach)
        if span.start == span.stop:  # a centre beyond the last cell
            nearest = int(np.abs(centres - middle).argmin())
            span = slice(nearest, nearest + 1)
        spans.append(span)
    return spans[0], spans[1]


def _span(centres: Float64[np.ndarray, "k"], low: float, high: float) -> slice:
    """The centres from `low` to `high`, both included."""
    start = int(np.searchsorted(centres, low, "left"))
    return slice(start, max(start, int(np.searchsorted(centres, high, "right"))))


def _encode(
    box: Float64[np.ndarray, "4"],
    x: Float64[np.ndarray, "w"],
    y: Float64[np.ndarray, "h"],
    default: Float64[np.ndarray, "2"],
) -> Float64[np.ndarray, "h w 4"]:
    out = np.empty((len(y), len(x), 4))
    out[..., 0] = ((box[0] + box[2]) / 2 - x[None, :]) / default[0]
    out[..., 1] = ((box[1] + box[3]) / 2 - y[:, None]) / default[1]
    out[..., 2:] = np.log((box[2:] - box[:2]) / default)
    return out
