"""PPAL restated with plain numbers: difficulty, weighted entropy, matching; and ENMS."""

import math


def h(s):
    return -sum(x * math.log(x) for x in (s, 1 - s) if x > 0)


def cosine(a, b):
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    lengths = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(y * y for y in b))
    return dot / lengths if lengths else 0.0


def difficulty(batches, classes, exponent, momentum):
    """1 − q of each class; batches of (p, overlap, class)."""
    q, m = [None] * classes, [momentum] * classes
    for batch in batches:
        for c in range(classes):
            values = [p**exponent * u ** (1 - exponent) for p, u, label in batch if label == c]
            if not values:
                m[c] *= momentum
                continue
            mean = sum(values) / len(values)
            q[c] = mean if q[c] is None else m[c] * q[c] + (1 - m[c]) * mean
            m[c] = momentum
    return [1.0 if value is None else 1 - value for value in q]


def weighted_entropy(boxes, scores, classes, weights, min_score, min_side, max_aspect):
    values = []
    for (x1, y1, x2, y2), s, c in zip(boxes, scores, classes, strict=True):
        w, height = x2 - x1, y2 - y1
        if s < min_score or math.sqrt(w * height) <= min_side:
            continue
        if max(w / height, height / w) >= max_aspect:
            continue
        values.append(weights[c] * h(s))
    return sum(values) if values else None


def one_way(a, b):
    """d(A→B); each a list of (score, class, feature)."""
    above = 0.0
    for s, c, f in a:
        nearest = 2.0
        for _, other, g in b:
            if other == c:
                nearest = min(nearest, 1 - cosine(f, g))
        above += s * nearest
    return above / sum(s for s, _, _ in a)


def distance(a, b, min_score, most):
    a, b = (
        sorted([box for box in boxes if box[0] >= min_score], key=lambda box: -box[0])[:most]
        for boxes in (a, b)
    )
    if not a or not b:
        return None
    return (one_way(a, b) + one_way(b, a)) / 2


def distinct_entropy(boxes, threshold):
    """ENMS; boxes of (score, class, feature)."""
    left, total = list(boxes), 0.0
    while left:
        top = max(left, key=lambda box: (h(box[0]), box[0], -box[1]))
        total += h(top[0])
        left = [
            box
            for box in left
            if box is not top and not (box[1] == top[1] and cosine(box[2], top[2]) > threshold)
        ]
    return total if boxes else None


def prototype(boxes, label):
    """Σ h f over the boxes of one class, or None."""
    own = [(h(s), f) for s, c, f in boxes if c == label]
    if not own:
        return None
    if not any(weight for weight, _ in own):
        own = [(1.0, f) for _, f in own]
    return [sum(weight * f[k] for weight, f in own) for k in range(len(own[0][1]))]
