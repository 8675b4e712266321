"""YOLO heads in plain loops: rows of `tests/detectors/onnx_toys.Toy`, boxes, maps, suppression.

Shares no code with `src`. Formulas: YOLOX's `demo_postprocess`, YOLOv5's `Detect.forward`.
"""

from math import ceil, exp, log
from typing import Any

Row = list[float]


def logistic(x: float) -> float:
    return 1 / (1 + exp(-x))


def toy_rows(toy: Any, pixels: Any) -> list[Row]:
    """What a toy puts out for an input [h][w][3] (0 to 255, its own order of channels)."""
    out = []
    for stride, (matrix, bias) in zip(toy.strides, toy.matrices(), strict=True):
        for anchor in range(toy.anchors):
            for i in range(toy.size[0] // stride):
                for j in range(toy.size[1] // stride):
                    mean = [0.0, 0.0, 0.0]
                    for y in range(i * stride, (i + 1) * stride):
                        for x in range(j * stride, (j + 1) * stride):
                            for c in range(3):
                                mean[c] += float(pixels[y][x][c]) / stride**2
                    row = [
                        sum(float(matrix[anchor][k][c]) * mean[c] for c in range(3))
                        + float(bias[anchor][k])
                        for k in range(toy.numbers)
                    ]
                    out.append(_finished(toy, row, i, j, stride))
    return out


def _finished(toy: Any, row: Row, i: int, j: int, stride: int) -> Row:
    first = 4 + toy.objectness
    box, objectness = row[:4], row[4:first]
    classes, masks = row[first : first + toy.classes], row[first + toy.classes :]
    if toy.boxes in ("cxcywh", "xyxy"):
        x, y = (box[0] + j + 0.5) * stride, (box[1] + i + 0.5) * stride
        w, h = exp(box[2]) * 2 * stride, exp(box[3]) * 2 * stride
        box = [x, y, w, h]
        if toy.boxes == "xyxy":
            box = [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
    if toy.activated:
        objectness, classes = [logistic(v) for v in objectness], [logistic(v) for v in classes]
    if toy.constant_objectness:
        objectness = [1.0]
    return [*box, *objectness, *classes, *masks]


def places(size: tuple[int, int], strides: Any, anchors: int) -> list[tuple[int, int, int, int]]:
    """(level, anchor, i, j) of every row."""
    out = []
    for level, stride in enumerate(strides):
        for anchor in range(anchors):
            for i in range(ceil(size[0] / stride)):
                for j in range(ceil(size[1] / stride)):
                    out.append((level, anchor, i, j))
    return out


def box_of(
    row: Row, kind: str, stride: int, i: int, j: int, anchor: list[float] | None = None
) -> Row:
    """xyxy in the network's pixels of one row."""
    a, b, c, d = row[:4]
    if kind == "xyxy":
        return [a, b, c, d]
    if kind == "yolox":
        a, b, c, d = (a + j) * stride, (b + i) * stride, exp(c) * stride, exp(d) * stride
    if kind == "yolov5":
        assert anchor is not None
        a, b = (2 * logistic(a) - 0.5 + j) * stride, (2 * logistic(b) - 0.5 + i) * stride
        c, d = (2 * logistic(c)) ** 2 * anchor[0], (2 * logistic(d)) ** 2 * anchor[1]
    return [a - c / 2, b - d / 2, a + c / 2, b + d / 2]


def chances(row: Row, classes: list[int], objectness: bool, activated: bool) -> Row:
    """Probability of the chosen classes."""
    scores = [v if activated else logistic(v) for v in row[4:]]
    whole = scores[0] if objectness else 1.0
    return [whole * scores[objectness + k] for k in classes]


def maps(
    chance: list[Row], size: tuple[int, int], content: tuple[int, int], strides: Any, anchors: int
) -> list[list[list[Row]]]:
    """Logits [level][class][i][j] of the cells that the image covers."""
    best: dict[tuple[int, int, int, int], float] = {}
    for p, (level, _, i, j) in zip(chance, places(size, strides, anchors), strict=True):
        for k, value in enumerate(p):
            key = (level, k, i, j)
            best[key] = max(best.get(key, 0.0), value)
    return [
        [
            [
                [_logit(best[level, k, i, j]) for j in range(ceil(content[1] / stride))]
                for i in range(ceil(content[0] / stride))
            ]
            for k in range(len(chance[0]))
        ]
        for level, stride in enumerate(strides)
    ]


def _logit(p: float) -> float:
    low = 1 / (1 + exp(50))
    p = min(max(p, low), 1 - 2**-53)
    return log(p) - log(1 - p)


def detections(
    boxes: list[Row], chance: list[Row], *, threshold: float, nms: float, multi_label: bool = False
) -> list[tuple[Row, float, int, Row]]:
    """(box, score, class, class vector), best first, after suppression within each class."""
    found = []
    for box, p in zip(boxes, chance, strict=True):
        best = max(range(len(p)), key=lambda k: (p[k], -k))
        for k, value in enumerate(p):
            if value >= threshold and (multi_label or k == best):
                found.append((box, value, k, p))
    found.sort(key=lambda one: -one[1])
    kept: list[tuple[Row, float, int, Row]] = []
    for one in found:
        if all(one[2] != other[2] or overlap(one[0], other[0]) <= nms for other in kept):
            kept.append(one)
    return kept


def overlap(a: Row, b: Row) -> float:
    """Intersection over union."""
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    inter = max(w, 0.0) * max(h, 0.0)
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)
