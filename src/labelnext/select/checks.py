"""What every selection refuses, said once."""

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from labelnext.errors import ArgumentError

Scores = Float[np.ndarray, "n"]
Mask = Bool[np.ndarray, "n"]
Indices = Int64[np.ndarray, "k"]


def check_budget(budget: int, function: str) -> int:
    """The budget as an int: how many images to choose, 0 or more."""
    if isinstance(budget, bool) or not isinstance(budget, int | np.integer) or budget < 0:
        raise ArgumentError(function, "budget", expected="an integer of 0 or more", got=budget)
    return int(budget)


def check_mask(mask: Mask | None, n: int, function: str, argument: str) -> Mask:
    """The mask, or one that is False throughout; one bool for each image of the pool."""
    if mask is None:
        return np.zeros(n, bool)
    if not isinstance(mask, np.ndarray) or mask.dtype != bool or mask.shape != (n,):
        raise ArgumentError(
            function,
            argument,
            expected=f"a bool array with one entry for each of the {n} images",
            got=f"{getattr(mask, 'dtype', type(mask).__name__)} {getattr(mask, 'shape', '')}",
            remedy="It covers the whole pool, not only the images still unlabelled.",
        )
    return mask


def check_scores(scores: Scores, exempt: Mask, function: str) -> Float64[np.ndarray, "n"]:
    """Scores as float64, 0 where `exempt`; any other that is not finite is refused."""
    values = np.where(exempt, 0.0, scores).astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise ArgumentError(
            function,
            "scores",
            expected="finite, except where an image is blocked or unscored",
            got=f"{scores[bad[0]]} at index {bad[0]} ({len(bad)} such)",
            remedy="Mark images that have no score in `unscored`.",
        )
    return values


def check_vector(scores: Scores, function: str) -> int:
    """How many scores there are; they come as a one-dimensional floating-point array."""
    if (
        not isinstance(scores, np.ndarray)
        or scores.ndim != 1
        or not np.issubdtype(scores.dtype, np.floating)
    ):
        raise ArgumentError(
            function,
            "scores",
            expected="a floating-point array with one entry an image",
            got=f"{getattr(scores, 'dtype', type(scores).__name__)} {getattr(scores, 'shape', '')}",
        )
    return len(scores)


def check_order(
    order: Int64[np.ndarray, "r"], n: int, blocked: Mask | None, function: str, argument: str
) -> Int64[np.ndarray, "available"]:
    """Images best first, without those blocked; each is of the pool and comes once."""
    if not isinstance(order, np.ndarray) or order.dtype != np.int64 or order.ndim != 1:
        raise ArgumentError(
            function,
            argument,
            expected="an int64 array of indices",
            got=f"{getattr(order, 'dtype', type(order).__name__)} {getattr(order, 'shape', '')}",
        )
    if len(order) and (order.min() < 0 or order.max() >= n):
        raise ArgumentError(
            function,
            argument,
            expected=f"indices from 0 to {n - 1}",
            got=f"{order.min()} to {order.max()}",
            remedy="They count the whole pool.",
        )
    if len(np.unique(order)) < len(order):
        raise ArgumentError(
            function, argument, expected="each image once at most", got="an index twice"
        )
    available: np.ndarray = order[~check_mask(blocked, n, function, "blocked")[order]]
    return available
