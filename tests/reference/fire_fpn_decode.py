"""Decoding of fire-fpn, pixel by pixel in plain loops (PAPER §5)."""

import math

Grid = list[list[float]]


def probabilities(logits: Grid, stride: int, size: tuple[int, int], smoothing: int) -> Grid:
    """Sigmoid of logits resized bilinearly (half-pixel centres), then the mean of a window.

    The window repeats the edge.
    """
    rows, columns = len(logits), len(logits[0])
    full = []
    for i in range(rows * stride):
        line = []
        for j in range(columns * stride):
            y = min(max((i + 0.5) / stride - 0.5, 0), rows - 1)
            x = min(max((j + 0.5) / stride - 0.5, 0), columns - 1)
            top, left = int(y), int(x)
            below, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
            a = logits[top][left] * (1 - (x - left)) + logits[top][right] * (x - left)
            b = logits[below][left] * (1 - (x - left)) + logits[below][right] * (x - left)
            line.append(1 / (1 + math.exp(-(a * (1 - (y - top)) + b * (y - top)))))
        full.append(line)
    height, width = size
    half = smoothing // 2
    out = []
    for i in range(height):
        line = []
        for j in range(width):
            total = 0.0
            for m in range(i - half, i + half + 1):
                for n in range(j - half, j + half + 1):
                    total += full[min(max(m, 0), height - 1)][min(max(n, 0), width - 1)]
            line.append(total / smoothing**2)
        out.append(line)
    return out


def peaks(
    p: Grid, threshold: float, window: int, min_pixels: int
) -> list[tuple[int, int, float, float]]:
    """(row, column, peak, support) of every maximum with enough pixels above the threshold.

    Of maxima that touch (8 neighbours), only the one nearest to their centroid.
    """
    maxima = {}
    half = window // 2
    for i in range(len(p)):
        for j in range(len(p[0])):
            around = [
                p[m][n]
                for m in range(max(0, i - half), min(len(p), i + half + 1))
                for n in range(max(0, j - half), min(len(p[0]), j + half + 1))
            ]
            if p[i][j] >= max(around) - 1e-9 and p[i][j] > threshold:
                maxima[i, j] = around
    found = []
    for patch in _patches(list(maxima)):
        y = sum(i for i, _ in patch) / len(patch)
        x = sum(j for _, j in patch) / len(patch)
        i, j = min(sorted(patch), key=lambda at: round((at[0] - y) ** 2 + (at[1] - x) ** 2, 9))
        around = maxima[i, j]
        if sum(value > threshold for value in around) >= min_pixels:
            found.append((i, j, p[i][j], sorted(around, reverse=True)[min_pixels - 1]))
    return found


def _patches(left: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    patches = []
    while left:
        patch, front = [], [left.pop()]
        while front:
            i, j = front.pop()
            patch.append((i, j))
            for other in [o for o in left if abs(o[0] - i) <= 1 and abs(o[1] - j) <= 1]:
                left.remove(other)
                front.append(other)
        patches.append(patch)
    return patches


def iou(a: list[float], b: list[float]) -> float:
    """Intersection over union of two boxes."""
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


def keep_apart(
    boxes: list[tuple[list[float], float, int]], limit: float
) -> list[tuple[list[float], float, int]]:
    """Greedy suppression of (box, score, class) within a class."""
    kept: list[tuple[list[float], float, int]] = []
    for box in sorted(boxes, key=lambda entry: -entry[1]):
        if all(other[2] != box[2] or iou(other[0], box[0]) <= limit for other in kept):
            kept.append(box)
    return kept
