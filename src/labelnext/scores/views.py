"""Changed images, to see whether predictions hold (STRATEGIES §2 and §5), and where boxes go.

Points are (x, y) in pixels, pixel centres at half-integers: the image spans 0 to its width. A
change comes with the matrix that takes a point of the original, (x, y, 1), into the changed image.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64, UInt8

from labelnext.errors import ArgumentError
from labelnext.numerics import opencv
from labelnext.scores.found import check_count, check_range

Affine = Float64[np.ndarray, "2 3"]
Pixels = UInt8[np.ndarray, "_h _w 3"]

_TRIES = 50  # places drawn for all cut-outs of an image, as in CALD's program
_UNCHANGED = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


class Changed(NamedTuple):
    """A changed image, and where points of the original are in it."""

    image: Pixels
    matrix: Affine


def noise(image: Pixels, *, sigma: float, rng: np.random.Generator) -> Changed:
    """Gaussian noise on every pixel and channel, rounded and clipped to 0 … 255 (Kao et al.).

    Args:
        image: RGB.
        sigma: Standard deviation, of 255; six levels from 8 to 48 by 8 are the usual ones.
        rng: Draws the noise.

    Raises:
        ArgumentError: An empty image, or a sigma that is negative or not finite.
    """
    _check_image("noise", image)
    check_range("noise", "sigma", sigma)
    drawn = rng.standard_normal(image.shape, np.float32) * np.float32(sigma)
    return Changed(np.rint(image + drawn).clip(0, 255).astype(np.uint8), np.array(_UNCHANGED))


def mirror(image: Pixels) -> Changed:
    """Left and right exchanged: x becomes width − x."""
    _check_image("mirror", image)
    width = float(image.shape[1])
    matrix = np.array([[-1, 0, width], [0, 1, 0]], np.float64)
    return Changed(np.ascontiguousarray(image[:, ::-1]), matrix)


def cut_out(
    image: Pixels,
    *,
    boxes: Float[np.ndarray, "n 4"],
    rng: np.random.Generator,
    cuts: int = 2,
    share: tuple[float, float] = (0.05, 0.2),
    most: float = 0.4,
    least: float = 0.1,
) -> Changed:
    """Black rectangles that hide part of a box, never the whole of one (CALD).

    A rectangle is kept if the largest share of a box that it hides lies from `least` to `most`.
    Places are drawn 50 times at most, so there may be fewer rectangles than asked for.

    Departures from the released program: the hidden share is counted over all rectangles together,
    so that two of them cannot hide a box between them; without boxes nothing is cut.

    Args:
        image: RGB.
        boxes: Boxes found on it.
        rng: Draws sides and places.
        cuts: How many rectangles; 0 or more.
        share: Least and largest side, as a share of the image's.
        most: Largest share of any box that may be hidden, below 1.
        least: Share of some box that each rectangle hides at least.

    Raises:
        ArgumentError: An empty image, boxes that are not finite, or a share out of range.
    """
    function = "cut_out"
    _check_image(function, image)
    count = check_count(function, "cuts", cuts, least=0)
    check_range(function, "most", most, 0, 1 - 1e-9)
    check_range(function, "least", least, 0, most)
    check_range(function, "share", share[0], 0, share[1])
    check_range(function, "share", share[1], 0, 1)
    places = _pixel_spans(_finite(function, boxes), image)
    out, hidden = image.copy(), np.zeros(image.shape[:2], bool)
    for _ in range(_TRIES if len(places) else 0):
        if count == 0:
            break
        x1, y1, x2, y2 = _rectangle(image.shape[1], image.shape[0], share, rng)
        trial = hidden.copy()
        trial[y1:y2, x1:x2] = True
        new = max(float((trial & ~hidden)[v1:v2, u1:u2].mean()) for u1, v1, u2, v2 in places)
        total = max(float(trial[v1:v2, u1:u2].mean()) for u1, v1, u2, v2 in places)
        if new >= least and total <= most:
            hidden, count = trial, count - 1
    out[hidden] = 0
    return Changed(out, np.array(_UNCHANGED))


def resize(image: Pixels, factor: float) -> Changed:
    """Both sides times `factor`, rounded to whole pixels, at least 1.

    By area where it shrinks, so that nothing aliases, and bilinearly where it grows. (CALD takes
    0.8, without a filter.)

    Raises:
        ArgumentError: An empty image, or a factor that is not finite and above 0.
    """
    _check_image("resize", image)
    if not (np.isfinite(factor) and factor > 0):
        raise ArgumentError("resize", "factor", expected="finite and above 0", got=factor)
    cv2 = opencv()
    height, width = image.shape[:2]
    w, h = max(1, round(width * factor)), max(1, round(height * factor))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    matrix = np.array([[w / width, 0, 0], [0, h / height, 0]], np.float64)
    return Changed(cv2.resize(image, (w, h), interpolation=method), matrix)


def rotate(image: Pixels, degrees: float) -> Changed:
    """Turned about its centre, counter-clockwise as seen; the size stays, corners are cut off.

    What comes in from outside is black. (CALD turns by 5°, on a canvas that grows.)

    Raises:
        ArgumentError: An empty image, or an angle that is not finite.
    """
    _check_image("rotate", image)
    check_range("rotate", "degrees", degrees, low=-np.inf)
    cv2 = opencv()
    height, width = image.shape[:2]
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]])  # y points down
    centre = np.array([width / 2, height / 2])
    matrix = np.column_stack([turn, centre - turn @ centre])
    # OpenCV counts from the centre of the first pixel, half a pixel from the corner.
    by_index = np.column_stack([turn, matrix[:, 2] + turn @ [0.5, 0.5] - 0.5])
    return Changed(cv2.warpAffine(image, by_index, (width, height)), matrix)


def map_boxes(
    xyxy: Float[np.ndarray, "n 4"], matrix: Affine, size: tuple[int, int]
) -> Float64[np.ndarray, "n 4"]:
    """Boxes in a changed image: around the four mapped corners, clipped to the image.

    Args:
        xyxy: Boxes in the original.
        matrix: From the original into the changed image.
        size: (height, width) of the changed image.

    Returns:
        A box that has left the image has no area.

    Raises:
        ArgumentError: Boxes or a matrix that are not finite, or an empty image.
    """
    boxes = _finite("map_boxes", xyxy, "xyxy")
    if not np.isfinite(matrix).all():
        raise ArgumentError("map_boxes", "matrix", expected="finite", got=matrix.tolist())
    if min(size) < 1:
        raise ArgumentError("map_boxes", "size", expected="of a non-empty image", got=size)
    corners = boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
    mapped = corners @ matrix[:, :2].T + matrix[:, 2]
    around = np.concatenate([mapped.min(axis=1), mapped.max(axis=1)], axis=1)
    clipped: np.ndarray = np.clip(around, 0, [size[1], size[0], size[1], size[0]])
    return clipped


def _check_image(function: str, image: Pixels) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        got = f"{image.dtype} of shape {image.shape}"
        expected = "a non-empty uint8 image [height, width, 3]"
        raise ArgumentError(function, "image", expected=expected, got=got)


def _finite(
    function: str, boxes: Float[np.ndarray, "n 4"], argument: str = "boxes"
) -> Float64[np.ndarray, "n 4"]:
    if not np.isfinite(boxes).all():
        raise ArgumentError(function, argument, expected="finite", got="NaN or infinity")
    return boxes.astype(np.float64)


def _pixel_spans(boxes: Float64[np.ndarray, "n 4"], image: Pixels) -> list[tuple[int, ...]]:
    """Pixels that each box touches; boxes outside the image are left out."""
    height, width = image.shape[:2]
    low, high = np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])
    spans = np.clip(np.concatenate([low, high], axis=1), 0, [width, height] * 2).astype(np.int64)
    inside = (spans[:, 2:] > spans[:, :2]).all(axis=1)
    return [tuple(span) for span in spans[inside].tolist()]


def _rectangle(
    width: int, height: int, share: tuple[float, float], rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """A rectangle of random sides, at a random place wholly inside the image."""
    w, h = (max(1, round(side * rng.uniform(*share))) for side in (width, height))
    x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
    return x, y, x + w, y + h
