"""One YOLO label file: lines of a class and a box in fractions of the image's size."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.data.formats.common.label_files import numbers, read_lines, whole
from labelnext.errors import DataError

# Labels may reach somewhat beyond the image; what is far beyond is not a fraction of its size.
_LOWEST, _HIGHEST = -1.0, 2.0


class Objects(NamedTuple):
    """The objects of one file.

    Attributes:
        xyxy: Corners in fractions of width and height, unclipped.
        classes: Class numbers.
        lines: Line of each object.
        polygons: How many were polygons, now their enclosing boxes.
        keypoints: How many had keypoints, now left out.
    """

    xyxy: Float64[np.ndarray, "n 4"]
    classes: Int64[np.ndarray, "n"]
    lines: tuple[int, ...]
    polygons: int
    keypoints: int


def parse(path: Path, classes: int, keypoints: int) -> Objects:
    """Read a label file.

    A line is `class cx cy w h`; or a class and a polygon of at least three points (so also the four
    corners of a rotated box), of which the enclosing box is kept; or `class cx cy w h` and
    keypoints. A line of seven or more numbers that fits both is a polygon, as in Ultralytics,
    unless the data set declares keypoints. Empty lines are passed over.

    Args:
        path: The file.
        classes: How many classes there are.
        keypoints: Columns that keypoints take, where the data set declares them; or 0.

    Raises:
        DataError: With file and line: not numbers, another number of columns, a sixth column (a
            confidence: these are predictions), a class that is none, or numbers far beyond 0 to 1.
    """
    boxes: list[tuple[float, float, float, float]] = []
    kinds: list[int] = []
    lines: list[int] = []
    polygons = posed = 0
    for number, line in enumerate(read_lines(path), start=1):
        words = line.split()
        if not words:
            continue
        where = f"line {number}"
        values = numbers(path, where, words)
        kinds.append(whole(path, where, "the class", values[0], least=0, most=classes - 1))
        polygon = _is_polygon(path, where, len(values), keypoints)
        used = values[1:] if polygon else values[1:5]
        _check_fractions(path, where, used)
        boxes.append(_enclosing(used) if polygon else _corners(used))
        lines.append(number)
        polygons += polygon
        posed += not polygon and len(values) > 5
    xyxy = np.array(boxes, np.float64).reshape(-1, 4)
    return Objects(xyxy, np.array(kinds, np.int64), tuple(lines), polygons, posed)


def class_numbers(path: Path, most: int) -> set[int]:
    """The classes that a file's lines begin with; lines that cannot be read are passed over."""
    found: set[int] = set()
    for line in read_lines(path):
        for word in line.split(maxsplit=1)[:1]:
            try:
                number = whole(
                    path, "", "the class", *numbers(path, "", [word]), least=0, most=most
                )
            except DataError:
                continue
            found.add(number)
    return found


def _is_polygon(path: Path, where: str, columns: int, keypoints: int) -> bool:
    """Whether a line of so many columns is a polygon, not a box."""
    if columns == 5 or (keypoints and columns == 5 + keypoints):
        return False
    if columns == 6:
        raise DataError(
            path,
            "has a sixth column, a confidence: these are predictions, not labels.",
            record=where,
            remedy="Give the label files that people made.",
        )
    if not keypoints and columns >= 7 and columns % 2 == 1:
        return True
    if not keypoints and columns >= 8 and (columns - 5) % 3 == 0:
        return False
    expected = f"5 or {5 + keypoints}" if keypoints else "5, or 7, 9, 11, … for a polygon"
    raise DataError(
        path,
        f"has {columns} columns where {expected} are expected.",
        record=where,
        remedy="Correct it or remove the line.",
    )


def _check_fractions(path: Path, where: str, values: list[float]) -> None:
    if min(values) >= _LOWEST and max(values) <= _HIGHEST:
        return
    wrong = next(value for value in values if not _LOWEST <= value <= _HIGHEST)
    raise DataError(
        path,
        f"has {wrong:g} where a fraction of the image's size, 0 to 1, is expected.",
        record=where,
        remedy="Divide pixels by the image's width or height.",
    )


def _corners(values: list[float]) -> tuple[float, float, float, float]:
    x, y, w, h = values
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def _enclosing(values: list[float]) -> tuple[float, float, float, float]:
    xs, ys = values[::2], values[1::2]
    return min(xs), min(ys), max(xs), max(ys)
