"""From maps to pixels of classes, and from these to boxes: connected areas of one class."""

import cv2
import numpy as np
from jaxtyping import Float32, Int16

from labelnext.scores.dense import probabilities
from labelnext.types import DenseMaps, Detections


def at_every_pixel(
    maps: DenseMaps, size: tuple[int, int] | None = None
) -> Float32[np.ndarray, "classes height width"]:
    """Probabilities at every pixel of the maps' image, as every score has them, or at another size.

    Args:
        maps: One level, softmax, the background last.
        size: (height, width) of the image itself, where that is not the maps'.
    """
    planes: np.ndarray = probabilities(maps)[0]
    if size is None or size == maps.image_size:
        return planes
    return np.stack([cv2.resize(plane, size[::-1]) for plane in planes])


def class_map(planes: Float32[np.ndarray, "classes h w"]) -> Int16[np.ndarray, "h w"]:
    """The likeliest class of every pixel; the last is the background."""
    likeliest: np.ndarray = planes.argmax(0).astype(np.int16)
    return likeliest


def boxes(
    planes: Float32[np.ndarray, "classes h w"],
    deepest: Float32[np.ndarray, "d _dh _dw"],
    *,
    stride: int,
    image: tuple[int, int],
    min_pixels: int,
    limit: int,
) -> Detections:
    """A box around every connected area (8 neighbours) of one class, best first.

    Its class vector is the mean of the probabilities over the area, the background last, its score
    that of its class, its features the mean of `deepest` there.

    Args:
        planes: Probabilities at every pixel of the network's input, the background last.
        deepest: Of the backbone, over the same pixels and perhaps more at right and bottom.
        stride: Pixels per cell of `deepest`.
        image: (height, width) of the stored image, in whose pixels boxes are.
        min_pixels: Least size of an area.
        limit: Most boxes.
    """
    likeliest, grid = class_map(planes), deepest.shape[1:]
    rows, columns = (np.arange(side) // stride for side in planes.shape[1:])
    cells = rows[:, None] * grid[1] + columns
    found = []
    for c in range(len(planes) - 1):
        mask = (likeliest == c).astype(np.uint8)
        _, areas, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        for k in np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] >= min_pixels) + 1:
            left, top, wide, high, pixels = stats[k].tolist()
            part = np.s_[top : top + high, left : left + wide]
            here = areas[part] == k
            vector = planes[:, *part][:, here].mean(1, dtype=np.float64)
            share = np.bincount(cells[part][here], minlength=grid[0] * grid[1]) / pixels
            found.append((vector, c, (left, top, left + wide, top + high), share))
    found.sort(key=lambda one: -one[0][one[1]])
    zoom = np.array([image[1] / planes.shape[2], image[0] / planes.shape[1]] * 2)
    n = len(found[:limit])
    vectors = np.array([one[0] for one in found[:limit]]).reshape(n, len(planes))
    classes = np.array([one[1] for one in found[:limit]], np.int64)
    shares = np.array([one[3] for one in found[:limit]]).reshape(n, grid[0] * grid[1])
    return Detections(
        (np.array([one[2] for one in found[:limit]]).reshape(n, 4) * zoom).astype(np.float32),
        vectors[np.arange(n), classes].astype(np.float32),
        classes,
        vectors.astype(np.float32),
        (shares @ deepest.reshape(len(deepest), -1).T).astype(np.float32),
    )
