"""Learning-curve fits restated: scipy's NNLS at every k of a fine grid, one curve at a time."""

import math

import numpy as np
from scipy.optimize import nnls


def shape(family, n, k, first, last):
    if family == "power":
        return math.pow(n / first, -k)
    if family == "exponential":
        return math.exp(-k * (n - first) / (last - first))
    return -math.log(n / first)


def least_squares(family, labels, values, weights, sign, steps=800):
    """(squares, c, a, k) of the best fit v = c ± a·g."""
    first, last = min(labels), max(labels)
    low, high = {"power": (0.02, 8), "exponential": (0.05, 40), "logarithmic": (1, 1)}[family]
    best = None
    for i in range(steps if low < high else 1):
        k = low * (high / low) ** (i / (steps - 1))
        rows = [[1.0, sign * shape(family, n, k, first, last)] for n in labels]
        root = np.sqrt(np.array(weights, float))
        (c, a), residual = nnls(np.array(rows) * root[:, None], np.array(values) * root)
        if best is None or residual**2 < best[0]:
            best = (residual**2, c, a, k)
    return best


def aic(squares, points, parameters):
    return points * math.log(squares / points) + 2 * (parameters + 1)
