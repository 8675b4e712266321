"""Sign-flip test, Holm's correction and area under a curve, by enumeration and plain sums."""

from fractions import Fraction
from itertools import product


def sign_flip(differences):
    values = [Fraction(value) for value in differences]
    observed = abs(sum(values))
    patterns = list(product([1, -1], repeat=len(values)))
    extreme = [
        p for p in patterns if abs(sum(s * v for s, v in zip(p, values, strict=True))) >= observed
    ]
    return len(extreme) / len(patterns)


def holm(p_values):
    corrected = []
    for p in p_values:
        smaller = [q for q in p_values if q <= p]
        terms = [
            q * (len(p_values) - sum(1 for r in p_values if r < q)) for q in smaller
        ]  # equal p-values share the largest factor
        corrected.append(min(1.0, max(terms)))
    return corrected


def area(labels, values):
    total = 0.0
    for i in range(len(labels) - 1):
        total += (labels[i + 1] - labels[i]) * (values[i] + values[i + 1]) / 2
    return total / (labels[-1] - labels[0])


def height(labels, values, at):
    for i in range(len(labels) - 1):
        if labels[i] <= at <= labels[i + 1]:
            share = (at - labels[i]) / (labels[i + 1] - labels[i])
            return (1 - share) * values[i] + share * values[i + 1]
    raise ValueError(at)


def area_of_slice(labels, values, low, high):
    places = [low, *(n for n in labels if low < n < high), high]
    return area(places, [height(labels, values, n) for n in places])


def joint(rows):
    """Step-down maxT by plain loops over every sign pattern."""

    def statistic(row, signs):
        return abs(sum(s * v for s, v in zip(signs, row, strict=True)))

    seeds = len(rows[0])
    plain = [1] * seeds
    left = sorted(range(len(rows)), key=lambda a: -statistic(rows[a], plain))
    p = [0.0] * len(rows)
    before = 0.0
    while left:
        arm = left[0]
        wanted = statistic(rows[arm], plain) - 1e-9 * max(abs(v) for row in rows for v in row)
        patterns = list(product([1, -1], repeat=seeds))
        hits = sum(any(statistic(rows[a], signs) >= wanted for a in left) for signs in patterns)
        before = p[arm] = max(before, hits / len(patterns))
        left = left[1:]
    return p
