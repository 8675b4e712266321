"""Clip boxes one by one, with plain numbers."""


def fit(boxes: list[list[float]], width: int, height: int) -> list[list[float] | None]:
    """Each box clipped to the image, or None where nothing of it is left."""
    fitted: list[list[float] | None] = []
    for x1, y1, x2, y2 in boxes:
        if x2 <= x1 or y2 <= y1:
            fitted.append(None)
            continue
        left, right = min(max(x1, 0.0), width), min(max(x2, 0.0), width)
        top, bottom = min(max(y1, 0.0), height), min(max(y2, 0.0), height)
        fitted.append([left, top, right, bottom] if right > left and bottom > top else None)
    return fitted


def overlap(a: list[float], b: list[float]) -> float:
    """Intersection over union."""
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    both = w * h
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)
