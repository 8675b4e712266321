"""How many pixels of the dense maps stand behind a box (STRATEGIES §8)."""

import numpy as np
from jaxtyping import Float32, Int64

from labelnext.errors import ArgumentError
from labelnext.scores.dense import levels_of
from labelnext.scores.found import check_count, check_range, found_of
from labelnext.types import DenseMaps, Detections


def support(
    maps: DenseMaps,
    detections: Detections,
    *,
    image_size: tuple[int, int],
    threshold: float = 0.05,
    window: int = 19,
) -> Int64[np.ndarray, "n"]:
    """Pixels above a threshold around the centre of each box: what PAL takes as evidence for it.

    Counted in the `window`×`window` pixels around the centre, in the box's class, on the level
    where that class is strongest within the window (the first of several equal). Windows end at the
    border.

    Departure from PAL, which counts the boxes that suppression merged into one: detectors that read
    boxes off dense maps, as fire-fpn does, have no such boxes.

    Args:
        maps: Dense predictions; class c of the detections is their class c.
        detections: Boxes of the same image.
        image_size: (height, width) to which the boxes refer; the maps' may differ from it, and
            centres are scaled accordingly.
        threshold: Probability, 0 to below 1.
        window: Odd side, in pixels of the maps' image.

    Returns:
        0 to window² for each box.

    Raises:
        ArgumentError: Maps that `probabilities` refuses; a class they lack; boxes that are not
            finite; an empty image; a number outside its range.
    """
    function = "support"
    check_range(function, "threshold", threshold, 0, 1 - 1e-9)
    side = check_count(function, "window", window)
    if side % 2 == 0:
        raise ArgumentError(function, "window", expected="odd", got=window)
    if min(image_size) < 1:
        raise ArgumentError(function, "image_size", expected="of a non-empty image", got=image_size)
    levels = levels_of(maps, function)
    _, classes, height, width = levels.shape
    found = found_of(detections, function, classes=classes)
    zoom = np.array([width / image_size[1], height / image_size[0]])
    centre = (found.xyxy[:, :2] + found.xyxy[:, 2:]) / 2 * zoom
    x, y = np.clip(np.floor(centre), 0, [width - 1, height - 1]).astype(np.int64).T
    strongest, count = np.full(len(x), -1.0), np.zeros(len(x), np.int64)
    for planes in levels.planes:
        values = _windows(planes, found.classes, y, x, side)
        peak = values.max(axis=1)
        better = peak > strongest
        strongest[better] = peak[better]
        count[better] = (values[better] > threshold).sum(axis=1)
    return count


def _windows(
    planes: Float32[np.ndarray, "classes height width"],
    classes: Int64[np.ndarray, "n"],
    y: Int64[np.ndarray, "n"],
    x: Int64[np.ndarray, "n"],
    side: int,
) -> Float32[np.ndarray, "n pixels"]:
    """Probabilities of each box's class around its pixel; 0 beyond the border."""
    half = side // 2
    padded = np.pad(planes, ((0, 0), (half, half), (half, half)))
    reach = np.arange(side)
    rows, columns = y[:, None, None] + reach[:, None], x[:, None, None] + reach
    values: np.ndarray = padded[classes[:, None, None], rows, columns]
    return values.reshape(len(y), side * side)
