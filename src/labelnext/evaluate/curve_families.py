"""Families of learning curves and their least-squares fits, many fits at a time.

All families are v(n) = c ± a·g(n; k) with c, a ≥ 0 and a falling g, plus for metrics that fall:

- power: g = (n / n₁)^(−k), the power law of STRATEGIES §12;
- exponential: g = exp(−k (n − n₁) / (n_m − n₁));
- logarithmic: g = −ln(n / n₁), two parameters, without a floor or ceiling.

n₁ and n_m are the least and largest numbers of labels. Dividing by n₁ only rescales a, which is
then what is left to gain at the first point. For a given k the best c and a are those of
non-negative least squares in two unknowns, which has a closed form; k itself is searched over a
grid, then between the neighbours of its best value. So there are no starting values to depend on.
Mahmood et al., CVPR 2022 (2207.01725), compare power, logarithmic, arctan and algebraic families;
departure: arctan and algebraic are left out, exponential is added.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

FAMILIES = ("power", "exponential", "logarithmic")
PARAMETERS = {"power": 3, "exponential": 3, "logarithmic": 2}
_RATES = {
    "power": np.geomspace(0.02, 8, 32),
    "exponential": np.geomspace(0.05, 40, 32),
    "logarithmic": np.ones(1),
}
_FINER = 4  # rounds, each with a fourth of the last one's step: k to within 0.1 %


class Fits(NamedTuple):
    """Least-squares fits of one family, one a draw: c, a and k of the module's equation."""

    c: Float64[np.ndarray, "draws"]
    a: Float64[np.ndarray, "draws"]
    k: Float64[np.ndarray, "draws"]
    squares: Float64[np.ndarray, "draws"]


class Scale(NamedTuple):
    """Least and largest number of labels of a fit, and +1 for falling metrics, −1 for rising."""

    first: float
    last: float
    sign: float


def curve_values(
    family: str,
    fits: Fits,
    n: Float64[np.ndarray, "points"],
    scale: Scale,
) -> Float64[np.ndarray, "draws points"]:
    """v(n) of every fit."""
    g = _shape(family, scale)(n[None, :], fits.k[:, None])
    values: np.ndarray = fits.c[:, None] + scale.sign * fits.a[:, None] * g
    return values


def fit_family(
    family: str,
    n: Float64[np.ndarray, "points"],
    values: Float64[np.ndarray, "draws points"],
    weights: Float64[np.ndarray, "draws points"],
    scale: Scale,
) -> Fits:
    """The c, a, k of least weighted squares, for each draw of values and weights."""
    g = _shape(family, scale)
    grid = _RATES[family]
    best = _linear(g(n[None, :], grid[:1, None]), values, weights, scale.sign, grid[0])
    place = np.zeros(len(values), np.int64)
    for i, k in enumerate(grid[1:], 1):
        found = _linear(g(n[None, :], grid[i : i + 1, None]), values, weights, scale.sign, k)
        place[found.squares < best.squares] = i
        best = _better(best, found)
    if len(grid) == 1:
        return best
    step = np.full(len(values), np.log(grid[1] / grid[0]))
    for _ in range(_FINER):
        centre = best.k
        for share in (-0.75, -0.5, -0.25, 0.25, 0.5, 0.75):
            k = np.clip(centre * np.exp(share * step), grid[0], grid[-1])
            shape = g(n[None, :], k[:, None])
            best = _better(best, _linear(shape, values, weights, scale.sign, k))
        step /= 4
    return best


def _shape(
    family: str, scale: Scale
) -> Callable[[Float64[np.ndarray, "..."], Float64[np.ndarray, "..."]], np.ndarray]:
    first, last, _ = scale
    if family == "power":
        return lambda n, k: np.asarray((n / first) ** -k)
    if family == "exponential":
        return lambda n, k: np.asarray(np.exp(-k * (n - first) / (last - first)))
    return lambda n, k: np.asarray(-k * np.log(n / first))


def _better(one: Fits, other: Fits) -> Fits:
    """Of two fits a draw the closer; of equals the first."""
    take = other.squares < one.squares
    return Fits(*(np.where(take, b, a) for a, b in zip(one, other, strict=True)))


def _linear(
    g: Float64[np.ndarray, "some points"],
    values: Float64[np.ndarray, "draws points"],
    weights: Float64[np.ndarray, "draws points"],
    sign: float,
    k: float | Float64[np.ndarray, "draws"],
) -> Fits:
    """Non-negative least squares of v = c + a·x, x = ±g.

    The free solution if it is not negative, else the better of c = 0 and a = 0.
    """
    x = sign * g
    total = weights.sum(axis=1)
    mean_x = (weights * x).sum(axis=1) / total
    mean_v = (weights * values).sum(axis=1) / total
    from_x = x - mean_x[:, None]
    spread = (weights * from_x**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (weights * from_x * values).sum(axis=1) / spread
        through = (weights * x * values).sum(axis=1) / (weights * x**2).sum(axis=1)
    a, c = slope, mean_v - slope * mean_x
    edge = ~((a >= 0) & (c >= 0))  # True for NaN: a draw of one place only
    if edge.any():
        zero = np.zeros(int(edge.sum()))
        part = np.broadcast_to(x, values.shape)[edge], values[edge], weights[edge]
        flat = _fits(np.maximum(mean_v[edge], 0), zero, 0.0, *part)
        ray = _fits(zero, np.nan_to_num(np.maximum(through[edge], 0)), 0.0, *part)
        best = _better(flat, ray)
        a[edge], c[edge] = best.a, best.c
    return _fits(c, a, k, x, values, weights)


def _fits(
    c: Float64[np.ndarray, "draws"],
    a: Float64[np.ndarray, "draws"],
    k: float | Float64[np.ndarray, "draws"],
    x: Float64[np.ndarray, "some points"],
    values: Float64[np.ndarray, "draws points"],
    weights: Float64[np.ndarray, "draws points"],
) -> Fits:
    squares = (weights * (values - c[:, None] - a[:, None] * x) ** 2).sum(axis=1)
    return Fits(c, a, np.broadcast_to(np.asarray(k, np.float64), c.shape), squares)
