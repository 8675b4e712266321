"""PAL restated with plain numbers: support, a logistic fit by Newton's method, GUIDE."""

import math

from tests.reference.scores import logistic
from tests.reference.scores_difficulty import cosine


def support(probabilities, box, label, zoom, threshold, window):
    """probabilities is [levels][classes][height][width]; zoom is (x, y)."""
    half = window // 2
    best, count = -1.0, 0
    for level in probabilities:
        plane = level[label]
        height, width = len(plane), len(plane[0])
        x = min(max(math.floor((box[0] + box[2]) / 2 * zoom[0]), 0), width - 1)
        y = min(max(math.floor((box[1] + box[3]) / 2 * zoom[1]), 0), height - 1)
        values = [
            plane[j][i]
            for j in range(max(0, y - half), min(height, y + half + 1))
            for i in range(max(0, x - half), min(width, x + half + 1))
        ]
        if max(values) > best:
            best = max(values)
            count = sum(value > threshold for value in values)
    return count


def solve(matrix, right):
    """Gaussian elimination with pivots, on a small system."""
    n = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for k in range(n):
        pivot = max(range(k, n), key=lambda r: abs(rows[r][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for r in range(n):
            if r != k:
                factor = rows[r][k] / rows[k][k]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[k], strict=True)]
    return [rows[k][n] / rows[k][k] for k in range(n)]


def classifier(samples, ridge, least):
    """P(support, score) learned from (support, score, hit), or None."""
    hits = [hit for _, _, hit in samples]
    if len(samples) < least or all(hits) or not any(hits):
        return None
    n = len(samples)
    means = [sum(sample[k] for sample in samples) / n for k in (0, 1)]
    scales = [
        math.sqrt(sum((sample[k] - mean) ** 2 for sample in samples) / n) or 1.0
        for k, mean in enumerate(means)
    ]

    def standard(x, s):
        return [1.0, (x - means[0]) / scales[0], (s - means[1]) / scales[1]]

    beta = [0.0, 0.0, 0.0]
    for _ in range(200):
        gradient = [0.0, ridge * beta[1], ridge * beta[2]]
        curvature = [[0.0, 0, 0], [0, ridge, 0], [0, 0, ridge]]
        for x, s, hit in samples:
            z = standard(x, s)
            p = logistic(sum(b * v for b, v in zip(beta, z, strict=True)))
            for i in range(3):
                gradient[i] += (p - hit) * z[i]
                for j in range(3):
                    curvature[i][j] += p * (1 - p) * z[i] * z[j]
        step = solve(curvature, gradient)
        shrink = min(1.0, 1.0 / max(max(abs(v) for v in step), 1e-12))
        beta = [b - shrink * v for b, v in zip(beta, step, strict=True)]
    return lambda x, s: logistic(sum(b * v for b, v in zip(beta, standard(x, s), strict=True)))


def probability(samples, classes, folds, ridge, least, box):
    """Mean over folds of P for box (support, score, class); samples end in class and image."""
    images = sorted({sample[4] for sample in samples})
    total = 0.0
    x, s, label = box
    for fold in range(folds):
        used = [a for a in samples if folds == 1 or images.index(a[4]) % folds != fold]
        own = classifier([a[:3] for a in used if a[3] == label], ridge, least)
        model = own or classifier([a[:3] for a in used], ridge, least)
        total += model(x, s) if model else s
    return total / folds


def bits(p):
    return -sum(x * math.log2(x) for x in (p, 1 - p) if x > 0)


def scaled(values):
    low, high = min(values), max(values)
    return [(v - low) / (high - low) if high > low else 0.0 for v in values]


def guide(lius, cwie, rcdi, budgets, rarities, embeddings, budget):
    """Class by class; lius is a list of {class: value}."""
    chosen = []
    for label in sorted(range(len(rarities)), key=lambda c: (-rarities[c], c)):
        own = [i for i, values in enumerate(lius) if label in values and i not in chosen]
        own.sort(key=lambda i: (-lius[i][label], i))
        own = own[: 2 * budgets[label]]
        if not own:
            continue
        entropy, distinct = scaled([cwie[i] for i in own]), scaled([rcdi[i] for i in own])
        totals = []
        for k, i in enumerate(own):
            total = 0.9 * lius[i][label] + 0.04 * (entropy[k] + distinct[k])
            if embeddings is not None:
                nearest = max((cosine(embeddings[i], embeddings[j]) for j in own[:k]), default=0)
                total += 0.02 * (1 - nearest)
            totals.append(total)
        best = sorted(range(len(own)), key=lambda k: (-totals[k], k))[: budgets[label]]
        chosen += [own[k] for k in best]
    rest = [i for i, values in enumerate(lius) if values and i not in chosen]
    rest.sort(key=lambda i: (-max(lius[i].values()), i))
    return (chosen + rest)[:budget]
