"""CALD's consistency restated with plain numbers; boxes are (box, score, class, vector)."""

import math

from tests.reference.boxes import overlap
from tests.reference.scores_views import map_box


def entropy(vector):
    return -sum(p * math.log(p) for p in vector if p > 0)


def js(a, b):
    middle = [(x + y) / 2 for x, y in zip(a, b, strict=True)]
    return entropy(middle) - (entropy(a) + entropy(b)) / 2


def consistency(boxes, views, beta, softmax):
    """−M; each view is (boxes, matrix, size), boxes best first."""
    if not boxes:
        return None
    if len(boxes) > 40:
        step = (len(boxes) - 1) / 49
        boxes = [boxes[round(k * step)] for k in range(50)]
    values = []
    for others, matrix, size in views:
        smallest, seen = 1.0, False
        for box, score, label, vector in boxes:
            place = map_box(box, matrix, size)
            if place[2] <= place[0] or place[3] <= place[1]:
                continue
            seen = True
            if not others:
                smallest = 0.0
                continue
            best, match = -1.0, None
            for other in others:
                share = overlap(place, other[0])
                if share > best:
                    best, match = share, other
            if softmax:
                c_s = (max(vector) + max(match[3])) / 2 * (1 - js(vector, match[3]))
            else:
                p = score if vector is None else vector[label]
                q = match[3][label] if match[3] is not None else match[1] * (match[2] == label)
                c_s = (score + match[1]) / 2 * (1 - js([p, 1 - p], [q, 1 - q]))
            smallest = min(smallest, abs(best + c_s - beta))
        if seen:
            values.append(smallest)
    return -sum(values) / len(values) if values else None


def class_vector(images, classes):
    """Softmax of the mean over images of the best score of each class."""
    best = [[0.0] * classes for _ in images]
    for row, (scores, labels) in zip(best, images, strict=True):
        for score, label in zip(scores, labels, strict=True):
            row[label] = max(row[label], score)
    powers = [math.exp(sum(row[c] for row in best) / len(best)) for c in range(classes)]
    return [p / sum(powers) for p in powers]
