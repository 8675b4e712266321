"""From dense maps to boxes (PAPER §5, Decoding)."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from labelnext.detectors.common.suppress import suppress
from labelnext.detectors.fire_fpn.boxes import STRIDES
from labelnext.types import Detections

Map = Float32[np.ndarray, "classes _h _w"]


class Peaks(NamedTuple):
    """Local maxima of one level: class, place in pixels of the network's input, and score."""

    classes: Int64[np.ndarray, "n"]
    y: Int64[np.ndarray, "n"]
    x: Int64[np.ndarray, "n"]
    scores: Float32[np.ndarray, "n"]


def decode(
    logits: Sequence[Map],
    offsets: Sequence[Float32[np.ndarray, "4 _h _w"]] | None,
    *,
    size: tuple[int, int],
    original: tuple[int, int],
    boxes: Float64[np.ndarray, "5 2"],
    threshold: float,
    min_pixels: int,
    window: int,
    smoothing: int,
    rank_by: str,
    nms: float | None,
    max_detections: int,
    features: Sequence[Float32[np.ndarray, "d _h _w"]] | None = None,
) -> Detections:
    """Boxes of one image, best first.

    On each level and class: sigmoid of the logits resized bilinearly to the network's input,
    averaged over `smoothing`×`smoothing` pixels; a pixel that is the maximum of the
    `window`×`window` around it, and has at least `min_pixels` pixels above `threshold` in there,
    yields the level's default box (moved and resized by the cell's offsets, if there are any). A
    plateau counts once, at its pixel nearest to its centroid. Windows end at the image's edge.

    Args:
        logits: Levels of the network's answer, cut to the image.
        offsets: As `targets` encodes them, or None.
        size: (height, width) of the network's input before padding.
        original: (height, width) of the image as stored, which the boxes refer to and end at.
        boxes: Default box (width, height) by level.
        threshold: Least probability.
        min_pixels: Least number of pixels above the threshold in the window; 1 turns it off.
        window: Odd side of the window of a local maximum, in pixels of the network's input.
        smoothing: Odd side of the mean filter; 1 turns it off.
        rank_by: `peak` scores a box by its maximum; `support` by the `min_pixels`-th largest
            probability in its window, which is the highest threshold it survives: a curve drawn
            over scores then equals one drawn over thresholds.
        nms: IoU above which the lower-scored of two boxes of a class is dropped, across levels;
            None keeps both, as the authors' program does.
        max_detections: Best boxes kept.
        features: What the prediction layer reads on each level, kept of each box at its peak.
    """
    found: list[tuple[Float64[np.ndarray, "_n 4"], Peaks, Float32[np.ndarray, "_n _classes"]]] = []
    seen: list[Float32[np.ndarray, "_n d"]] = []
    for level, stride in enumerate(STRIDES):
        cells = _lively(logits[level], stride, threshold, smoothing, window)
        maps = _probabilities(logits[level], stride, size, smoothing, cells)
        near = _peaks(maps, threshold, min_pixels, window, rank_by)
        vectors = maps[:, near.y, near.x].T
        peaks = near._replace(
            y=near.y + cells[0].start * stride, x=near.x + cells[1].start * stride
        )
        shift = None if offsets is None else _sample(offsets[level], peaks, stride)
        found.append((_place(peaks, boxes[level], shift), peaks, vectors))
        if features is not None:
            seen.append(_sample(features[level], peaks, stride).astype(np.float32))
    zoom = np.array([original[1] / size[1], original[0] / size[0]] * 2)
    xyxy = np.concatenate([boxes_ for boxes_, _, _ in found]) * zoom
    xyxy = np.clip(xyxy, 0, [original[1], original[0]] * 2)
    scores = np.concatenate([peaks.scores for _, peaks, _ in found])
    classes = np.concatenate([peaks.classes for _, peaks, _ in found])
    vectors = np.concatenate([vector for _, _, vector in found])
    real = ((xyxy[:, 2:] - xyxy[:, :2]) > 0).all(1)
    order = np.argsort(-scores, kind="stable")
    order = order[real[order]]
    if nms is not None:
        order = order[suppress(xyxy[order], classes[order], nms, max_detections)]
    order = order[:max_detections]
    return Detections(
        xyxy[order].astype(np.float32), scores[order], classes[order], vectors[order],
        np.concatenate(seen)[order] if features is not None else None,
    )  # fmt: skip


def _lively(
    logits: Map, stride: int, threshold: float, smoothing: int, window: int
) -> tuple[slice, slice]:
    """Rows and columns of the cells that decide on the peaks: the others lie too low and too far.

    No pixel can exceed the threshold where no cell beside it does. Around those that do lie the
    pixels that they lend something, what smoothing and a peak's window look at, and a cell more, so
    that cutting there changes no value that counts.
    """
    limit = -math.inf  # less a little, as means can round up
    if 0 < threshold < 1:
        limit = math.log(threshold / (1 - threshold)) - 1e-3
    around = 2 + -(-(2 * (smoothing // 2) + window // 2) // stride)
    _, rows, columns = np.nonzero(logits > limit)
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return (
        slice(max(0, int(rows.min()) - around), int(rows.max()) + 1 + around),
        slice(max(0, int(columns.min()) - around), int(columns.max()) + 1 + around),
    )


def _probabilities(
    logits: Map, stride: int, size: tuple[int, int], smoothing: int, cells: tuple[slice, slice]
) -> Map:
    """Probabilities of the pixels of some cells, as they are among all."""
    rows, columns = cells  # which may end beyond the map, as slices do
    height = max(0, min(size[0], rows.stop * stride) - rows.start * stride)
    width = max(0, min(size[1], columns.stop * stride) - columns.start * stride)
    out = np.empty((len(logits), height, width), np.float32)
    for k, level in enumerate(logits[:, rows, columns]):
        if not out[k].size:
            break
        full = (level.shape[1] * stride, level.shape[0] * stride)
        resized = cv2.resize(level, full, interpolation=cv2.INTER_LINEAR)[:height, :width]
        # exp of the negative absolute value cannot overflow
        e = np.exp(-np.abs(resized))
        out[k] = np.where(resized >= 0, 1 / (1 + e), e / (1 + e))
        if smoothing > 1:
            out[k] = cv2.blur(out[k], (smoothing, smoothing), borderType=cv2.BORDER_REPLICATE)
    return out


def _peaks(maps: Map, threshold: float, min_pixels: int, window: int, rank_by: str) -> Peaks:
    nothing = np.zeros(0, np.int64)
    columns: list[tuple[np.ndarray, ...]] = [(nothing, nothing, nothing, np.zeros(0, np.float32))]
    kernel = np.ones((window, window), np.uint8)
    for k, probability in enumerate(maps):
        if not probability.size:
            break
        high = cv2.dilate(probability, kernel)
        y, x = _plateau_centres((probability == high) & (probability > threshold))
        support = _kth_largest(probability, y, x, window, min_pixels)
        keep = support > threshold
        scores = (probability[y, x] if rank_by == "peak" else support)[keep]
        columns.append((np.full(len(scores), k, np.int64), y[keep], x[keep], scores))
    return Peaks(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def _plateau_centres(
    mask: Bool[np.ndarray, "h w"],
) -> tuple[Int64[np.ndarray, "n"], Int64[np.ndarray, "n"]]:
    """One pixel for each 8-connected patch of the mask: the one nearest to the patch's centroid.

    They come row by row.
    """
    y, x = np.divmod(np.flatnonzero(mask), mask.shape[1])  # np.nonzero takes four times as long
    if not _touching(y, x, mask.shape[1]):
        return y, x
    count, labels, _, centroids = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    patch = labels[y, x]
    distance = (x - centroids[patch, 0]) ** 2 + (y - centroids[patch, 1]) ** 2
    order = np.lexsort((np.arange(len(y)), distance, patch))
    first = np.sort(order[np.searchsorted(patch[order], np.arange(1, count))])
    return y[first], x[first]


def _touching(y: Int64[np.ndarray, "n"], x: Int64[np.ndarray, "n"], width: int) -> bool:
    """Whether two pixels, given row by row, are neighbours."""
    place = y * (width + 2) + x  # a margin keeps the ends of rows apart
    after = place[:, None] + np.array([1, width + 1, width + 2, width + 3])
    return bool(np.isin(after, place).any())


def _kth_largest(
    probability: Float32[np.ndarray, "h w"],
    y: Int64[np.ndarray, "n"],
    x: Int64[np.ndarray, "n"],
    window: int,
    k: int,
) -> Float32[np.ndarray, "n"]:
    """The k-th largest value in the window around each point; 0 where the window is smaller."""
    half = window // 2
    padded = np.pad(probability, half)
    reach = np.arange(window)
    values = padded[
        y[:, None, None] + reach[None, :, None], x[:, None, None] + reach[None, None, :]
    ].reshape(len(y), window * window)
    return -np.partition(-values, k - 1, axis=1)[:, k - 1]


def _sample(
    values: Float32[np.ndarray, "c h w"], peaks: Peaks, stride: int
) -> Float64[np.ndarray, "n c"]:
    """Values interpolated bilinearly at the peaks' pixel centres, as the logits were."""
    _, height, width = values.shape
    y = np.clip((peaks.y + 0.5) / stride - 0.5, 0, height - 1)
    x = np.clip((peaks.x + 0.5) / stride - 0.5, 0, width - 1)
    top, left = y.astype(np.int64), x.astype(np.int64)
    below, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    dy, dx = y - top, x - left
    upper = values[:, top, left] * (1 - dx) + values[:, top, right] * dx
    lower = values[:, below, left] * (1 - dx) + values[:, below, right] * dx
    return (upper * (1 - dy) + lower * dy).T


def _place(
    peaks: Peaks,
    box: Float64[np.ndarray, "2"],
    shift: Float64[np.ndarray, "n 4"] | None,
    largest: float = 4.0,
) -> Float64[np.ndarray, "n 4"]:
    """Boxes around the peaks' pixel centres; sides grow or shrink by at most `largest`."""
    centre = np.stack([peaks.x, peaks.y], 1) + 0.5
    sides = np.tile(box, (len(centre), 1))
    if shift is not None:
        centre = centre + shift[:, :2] * box
        limit = np.log(largest)
        sides = sides * np.exp(np.clip(shift[:, 2:], -limit, limit))
    return np.concatenate([centre - sides / 2, centre + sides / 2], 1)
