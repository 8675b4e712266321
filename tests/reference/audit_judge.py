"""Plain loops for what a judgement says: areas, paired differences, ratios, power."""

import itertools
import random

from tests.reference.evaluate_paired import joint


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


def power(seeds: int, tests: int, gap: float, studies: int, seed: int) -> float:
    """Share of simulated studies in which one arm of several, off by `gap`, is proven."""
    drawn = random.Random(seed)
    found = 0
    for _ in range(studies):
        baseline = [drawn.gauss(0, 0.5**0.5) for _ in range(seeds)]
        rows = [
            [(gap if arm == 0 else 0.0) + b + drawn.gauss(0, 0.5**0.5) for b in baseline]
            for arm in range(tests)
        ]
        found += joint(rows)[0] < 0.05
    return found / studies
