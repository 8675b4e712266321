"""K-medoids: the k images that stand for all by a matrix of distances (STRATEGIES §7, stage 2)."""

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.select.checks import Indices

_Distances = Float64[np.ndarray, "m m"]

_SLACK = 1e-6  # of the largest distance: what rounding may leave of symmetry and of 0


def k_medoids(distances: _Distances, *, k: int, steps: int = 100) -> Indices:
    """Choose k medoids: greedy farthest-first start, then alternating steps until they settle.

    After Yang, Huang & Crowley, CVPR 2024 (arXiv 2211.11612), whose released code starts this way;
    their paper says k-means++. A step assigns every image to its nearest medoid, then makes the
    member of the least sum of distances the medoid of each. The sum of distances to the nearest
    medoid never grows. Ties go to the medoid chosen earlier and to the member that is medoid
    already, then to the lower index.

    Departures: the start is not random but the medoid of all, and the diagonal is a true 0.

    Args:
        distances: Of any unit, symmetric, 0 or more, 0 on the diagonal; the triangle inequality
            need not hold.
        k: How many; with fewer images, all of them.
        steps: At most so many alternating steps.

    Returns:
        Indices of the medoids, distinct, in the order of the start. O(k·m) memory beyond the input
        (and m² for an instant, where all are of one cluster).

    Raises:
        ArgumentError: A matrix that is no such thing, or a negative k or number of steps.
    """
    function = "select.k_medoids"
    for argument, value in (("k", k), ("steps", steps)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
            raise ArgumentError(function, argument, expected="an integer of 0 or more", got=value)
    _check_distances(distances, function)
    medoids = _start(distances, min(int(k), len(distances)))
    for _ in range(steps if len(medoids) else 0):
        moved = _step(distances, medoids)
        if np.array_equal(moved, medoids):
            break
        medoids = moved
    return medoids


def _start(distances: _Distances, k: int) -> Indices:
    """The medoid of all, then whatever is farthest from those before it."""
    if not k:
        return np.zeros(0, np.int64)
    chosen = [int(distances.sum(axis=1).argmin())]
    nearest = distances[chosen[0]].copy()
    for _ in range(k - 1):
        nearest[chosen[-1]] = -1.0  # below every distance: never taken twice
        chosen.append(int(nearest.argmax()))
        np.minimum(nearest, distances[chosen[-1]], out=nearest)
    return np.array(chosen, np.int64)


def _step(distances: _Distances, medoids: Indices) -> Indices:
    owner = distances[:, medoids].argmin(axis=1)
    owner[medoids] = np.arange(len(medoids))  # twins of another medoid stay their own
    moved = medoids.copy()
    for place, medoid in enumerate(medoids):
        members = np.flatnonzero(owner == place)
        sums = _sums(distances, members)
        if sums.min() < sums[members == medoid][0]:
            moved[place] = members[sums.argmin()]
    return moved


def _sums(
    distances: _Distances, members: Int64[np.ndarray, "members"]
) -> Float64[np.ndarray, "members"]:
    sums: np.ndarray = distances[np.ix_(members, members)].sum(axis=1)
    return sums


def _check_distances(distances: _Distances, function: str) -> None:
    shape: tuple[int, ...] = getattr(distances, "shape", ())
    if not isinstance(distances, np.ndarray) or len(shape) != 2 or shape[0] != shape[1]:
        raise ArgumentError(
            function, "distances", expected="a square array",
            got=f"{type(distances).__name__} {shape}",
        )  # fmt: skip
    if not len(distances):
        return
    if not (distances.min() >= 0 and distances.max() < np.inf):  # NaN is neither
        raise ArgumentError(
            function, "distances", expected="finite and 0 or more",
            got=f"values from {distances.min()} to {distances.max()}",
        )  # fmt: skip
    slack = _SLACK * distances.max()
    if np.abs(distances - distances.T).max() > slack or distances.diagonal().max() > slack:
        raise ArgumentError(
            function, "distances", expected="symmetric, with 0 on the diagonal", got="another",
            remedy="Take the mean of both directions, and set the diagonal to 0.",
        )  # fmt: skip
