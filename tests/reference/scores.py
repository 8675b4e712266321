"""Scores by plain loops over pixels, in float64, written from the paper alone (PAPER §2)."""

import math

import numpy as np


def h(p):
    """Binary entropy in nats."""
    return sum(-x * math.log(x) for x in (p, 1 - p) if x > 0)


def entropy_at(vector, activation):
    """Entropy of one pixel's class vector."""
    if activation == "softmax":
        return sum(-x * math.log(x) for x in vector if x > 0)
    return sum(h(x) for x in vector)


def resize(plane, stride, height, width):
    """Bilinear at (y+½)/stride − ½, held at the outermost cells."""
    rows, columns = plane.shape
    out = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            v = min(max((y + 0.5) / stride - 0.5, 0), rows - 1)
            u = min(max((x + 0.5) / stride - 0.5, 0), columns - 1)
            top, left = int(v), int(u)
            bottom, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
            a, b = v - top, u - left
            upper = (1 - b) * float(plane[top, left]) + b * float(plane[top, right])
            lower = (1 - b) * float(plane[bottom, left]) + b * float(plane[bottom, right])
            out[y, x] = (1 - a) * upper + a * lower
    return out


def logistic(x):
    """1 / (1 + e^-x) without overflow."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def probabilities(levels, image_size, activation):
    """[levels, classes, H, W] from a list of (logits [classes, h, w], stride)."""
    height, width = image_size
    classes = len(levels[0][0])
    out = np.zeros((len(levels), classes, height, width))
    for k, (logits, stride) in enumerate(levels):
        full = [resize(plane, stride, height, width) for plane in logits]
        for y in range(height):
            for x in range(width):
                vector = [plane[y, x] for plane in full]
                if activation == "softmax":
                    shifted = [math.exp(v - max(vector)) for v in vector]
                    out[k, :, y, x] = [v / sum(shifted) for v in shifted]
                else:
                    out[k, :, y, x] = [logistic(v) for v in vector]
    return out


def entropy(p, activation="sigmoid"):
    """Sum over levels; p is [levels, classes, H, W]."""
    levels, _, height, width = p.shape
    out = np.zeros((height, width))
    for k in range(levels):
        for y in range(height):
            for x in range(width):
                out[y, x] += entropy_at([float(v) for v in p[k, :, y, x]], activation)
    return out


def local_divergence(p, radius, activation="sigmoid"):
    """Eq. 1, 2 and 4, window by window; p is [levels, classes, H, W]."""
    levels, classes, height, width = p.shape
    out = np.zeros((height, width))
    for k in range(levels):
        values = p[k].astype(np.float64).tolist()
        point = [
            [
                entropy_at([values[c][y][x] for c in range(classes)], activation)
                for x in range(width)
            ]
            for y in range(height)
        ]
        for y in range(height):
            for x in range(width):
                count, mean, inner = 0, [0.0] * classes, 0.0
                for j in range(max(0, y - radius), min(height, y + radius + 1)):
                    for i in range(max(0, x - radius), min(width, x + radius + 1)):
                        count += 1
                        inner += point[j][i]
                        for c in range(classes):
                            mean[c] += values[c][j][i]
                out[y, x] += entropy_at([v / count for v in mean], activation) - inner / count
    return out


def dropout_divergence(p, activation="sigmoid"):
    """BALD at every pixel; p is [samples, levels, classes, H, W]."""
    samples, levels, classes, height, width = p.shape
    out = np.zeros((height, width))
    for k in range(levels):
        for y in range(height):
            for x in range(width):
                vectors = [
                    [float(p[t, k, c, y, x]) for c in range(classes)] for t in range(samples)
                ]
                mean = [sum(v[c] for v in vectors) / samples for c in range(classes)]
                inner = sum(entropy_at(v, activation) for v in vectors) / samples
                out[y, x] += entropy_at(mean, activation) - inner
    return out
