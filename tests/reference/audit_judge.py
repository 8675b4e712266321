"""Plain loops for what a judgement says: areas, paired differences, Holm, ratios, power."""

import itertools
import random


def height(
    points: list[tuple[float, float]], low: float, high: float, steps: int = 20_000
) -> float:
    """Mean height of straight lines between points, by sampling many places in the middle of."""
    total = 0.0
    for i in range(steps):
        x = low + (high - low) * (i + 0.5) / steps
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            if x0 <= x <= x1 and x1 > x0:
                total += y0 + (y1 - y0) * (x - x0) / (x1 - x0)
                break
    return total / steps


def p_value(differences: list[float]) -> float:
    """Share of all patterns of signs whose sum is as far from 0."""
    least = abs(sum(differences))
    hits = 0
    patterns = list(itertools.product([-1, 1], repeat=len(differences)))
    for signs in patterns:
        total = 0.0
        for sign, value in zip(signs, differences, strict=True):
            total += sign * value
        hits += abs(total) >= least - 1e-12
    return hits / len(patterns)


def corrected(p_values: list[float]) -> list[float]:
    """Holm's step-down correction."""
    out = [0.0] * len(p_values)
    most = 0.0
    left = sorted(range(len(p_values)), key=lambda i: p_values[i])
    for step, i in enumerate(left):
        most = max(most, min(1.0, p_values[i] * (len(p_values) - step)))
        out[i] = most
    return out


def power(seeds: int, tests: int, gap: float, studies: int, seed: int) -> float:
    """Share of simulated studies in which a difference of `gap` deviations is proven."""
    drawn = random.Random(seed)
    found = 0
    for _ in range(studies):
        differences = [gap + drawn.gauss(0, 1) for _ in range(seeds)]
        found += p_value(differences) * tests < 0.05
    return found / studies
