"""Cost of labelling and of the loop, by enumeration, plain sums and trial."""

from itertools import combinations
from statistics import median


def seconds(cost, images, new, kept, deleted):
    """`cost` is the four prices in order."""
    total = 0.0
    for price, count in zip(cost, (images, new, kept, deleted), strict=True):
        total += price * count
    return total


def _solve(matrix, right):
    """Gaussian elimination with pivoting; None where it is singular."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        if abs(rows[pivot][column]) < 1e-12:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in range(size):
            if row != column:
                factor = rows[row][column] / rows[column][column]
                for at in range(column, size + 1):
                    rows[row][at] -= factor * rows[column][at]
    return [rows[row][size] / rows[row][row] for row in range(size)]


def _least_squares(rows, target, weights):
    """Non-negative: every subset of columns is tried, and the best that is allowed kept."""
    width = len(rows[0])
    best = None
    for size in range(width + 1):
        for chosen in combinations(range(width), size):
            fit = [0.0] * width
            if chosen:
                terms = list(zip(rows, target, weights, strict=True))
                matrix = [
                    [sum(w * r[i] * r[j] for r, _, w in terms) for j in chosen] for i in chosen
                ]
                right = [sum(w * r[i] * t for r, t, w in terms) for i in chosen]
                found = _solve(matrix, right)
                if found is None or min(found) < 0:
                    continue
                for column, value in zip(chosen, found, strict=True):
                    fit[column] = value
            error = sum(
                w * (t - sum(f * x for f, x in zip(fit, r, strict=True))) ** 2
                for r, t, w in zip(rows, target, weights, strict=True)
            )
            if best is None or error < best[0]:
                best = (error, fit)
    return best[1]


def _distances(fit, rows, target):
    return [
        abs(t - sum(f * x for f, x in zip(fit, row, strict=True)))
        for row, t in zip(rows, target, strict=True)
    ]


def _least_absolute(rows, target):
    """Every vertex is tried: some tasks met exactly, the other columns at 0."""
    width = len(rows[0])
    best = None
    for met in range(width + 1):
        for chosen in combinations(range(width), met):
            for through in combinations(range(len(rows)), met):
                matrix = [[rows[task][column] for column in chosen] for task in through]
                found = _solve(matrix, [target[task] for task in through])
                if found is None or min(found, default=0) < 0:
                    continue
                fit = [0.0] * width
                for column, value in zip(chosen, found, strict=True):
                    fit[column] = value
                away = sum(_distances(fit, rows, target))
                if best is None or away < best[0]:
                    best = (away, fit)
    return best[1]


def huber(rows, target, steps=100):
    """The reweighted fit and the last weights."""
    away = sorted(_distances(_least_absolute(rows, target), rows, target))[len(rows[0]) :]
    limit = 3.0 * 1.4826 * median(away)
    weights = [1.0] * len(rows)
    fit = None
    for _ in range(steps):
        fit = _least_squares(rows, target, weights)
        away = _distances(fit, rows, target)
        weights = [1.0 if a <= limit else limit / a for a in away]
    return fit, weights


def isotonic(scores, right):
    """Level of each box: the least of the greatest means over runs of distinct scores."""
    distinct = sorted(set(scores))
    levels = {}
    for at, score in enumerate(distinct):
        greatest = []
        for start in range(at + 1):
            means = []
            for stop in range(at, len(distinct)):
                inside = [
                    r
                    for s, r in zip(scores, right, strict=True)
                    if distinct[start] <= s <= distinct[stop]
                ]
                means.append(sum(inside) / len(inside))
            greatest.append(min(means))
        levels[score] = max(greatest)
    return [levels[score] for score in scores]


def prefix(order, costs, amount):
    spent, taken = 0.0, []
    for image in order:
        spent += costs[image]
        if spent > amount + 1e-9 * amount:
            break
        taken.append(image)
    return taken


def machine_seconds(pool, total, per_cycle, *, score, train, epochs, later, start, leave, initial):
    """Goes round the loop cycle by cycle."""
    spent, picked, cycle = 0.0, 0, 0
    while picked < total:
        left = max(pool - leave * picked, total - picked)
        spent += score * left
        picked = min(picked + per_cycle, total)
        spent += train * (epochs if cycle == 0 else later) * (picked + initial)
        spent += start
        cycle += 1
    return spent
