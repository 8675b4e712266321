"""Targets of fire-fpn, cell by cell in plain loops (PAPER §5)."""

import math


def labels_of_level(
    level: int,
    objects: list[tuple[float, float, float, float, int, bool]],
    boxes: list[tuple[float, float]],
    size: tuple[int, int],
    n_classes: int,
) -> list[list[list[int]]]:
    """labels[class][row][column] of one level; objects are (x1, y1, x2, y2, class, ignore)."""
    stride = 4 if level == 4 else 8
    rows = math.ceil(size[0] / 8) * 8 // stride
    columns = math.ceil(size[1] / 8) * 8 // stride
    out = [[[0] * columns for _ in range(rows)] for _ in range(n_classes)]
    for k in range(n_classes):
        for i in range(rows):
            for j in range(columns):
                out[k][i][j] = _label(level, k, i, j, stride, objects, boxes, size)
    return out


def best_level(width: float, height: float, boxes: list[tuple[float, float]]) -> int:
    """The first level whose box overlaps a concentric one of these sides the most."""
    best, best_iou = 0, -1.0
    for level, (w, h) in enumerate(boxes):
        common = min(width, w) * min(height, h)
        iou = common / (width * height + w * h - common)
        if iou > best_iou:
            best, best_iou = level, iou
    return best


def _label(level, k, i, j, stride, objects, boxes, size):  # type: ignore[no-untyped-def]
    x, y = (j + 0.5) * stride, (i + 0.5) * stride
    ring = False
    for x1, y1, x2, y2, c, ignore in objects:
        if ignore or c != k or best_level(x2 - x1, y2 - y1, boxes) != level:
            continue
        dx, dy = abs(x - (x1 + x2) / 2), abs(y - (y1 + y2) / 2)
        if dx <= 5 + int(math.sqrt(0.2 * (x2 - x1))) and dy <= 5 + int(math.sqrt(0.2 * (y2 - y1))):
            return 1
        if dx <= 5 + int(math.sqrt(2 * (x2 - x1))) and dy <= 5 + int(math.sqrt(2 * (y2 - y1))):
            ring = True
    if ring:
        return 0
    if j * stride >= size[1] or i * stride >= size[0]:
        return -1
    for x1, y1, x2, y2, c, ignore in objects:
        if ignore and c == k and x1 <= x <= x2 and y1 <= y <= y2:
            return -1
    return 0
