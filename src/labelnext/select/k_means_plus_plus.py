"""K-means++ seeding: images drawn with odds that grow with their distance (STRATEGIES §4)."""

import numpy as np
from jaxtyping import Float32

from labelnext.errors import ArgumentError
from labelnext.select.checks import Indices, Mask
from labelnext.select.embeddings import OUT, Space, Vectors, space, squared
from labelnext.select.k_center import begin, farthest, first_centre

_RENEW = 32  # centres after which all distances are renewed at once, in one product


def k_means_plus_plus(
    embeddings: Vectors,
    *,
    budget: int,
    rng: np.random.Generator,
    labelled: Float32[np.ndarray, "l d"] | None = None,
    blocked: Mask | None = None,
    first: int | None = None,
) -> Indices:
    """Draw images one by one, i with odds ∝ d_i², d_i its distance to the nearest centre so far.

    The seeding of Arthur & Vassilvitskii, SODA 2007, without Lloyd's steps: an image of the pool
    is wanted, not a mean. Labelled images are the first centres; without any, the first image is
    drawn evenly. Distances are Euclidean. What equals a centre (odds of 0) comes after everything
    else, and what has no embedding after that; both by index.

    Departure: odds are drawn from distances that may be old, hence too large, and a draw is
    accepted with the share that the renewed d² is of the old one. The odds of what is accepted are
    the same, and most distances need not be computed after each centre.

    Args:
        embeddings: One row an image of the pool; NaN throughout where there is none.
        budget: How many to choose; with fewer available, all of them.
        rng: The only source of randomness.
        labelled: Embeddings of labelled images, with the same weights; rows of NaN do not count.
        blocked: Images that must not be chosen.
        first: Index of the first to take where nothing is labelled.

    Returns:
        Indices in the order drawn. Memory beyond the input is O(n) and some blocks.

    Raises:
        ArgumentError: As for `k_center`, or an `rng` that is none.
    """
    function = "select.k_means_plus_plus"
    if not isinstance(rng, np.random.Generator):
        raise ArgumentError(
            function, "rng", expected="a numpy Generator", got=type(rng).__name__,
            remedy="Pass np.random.default_rng(seed).",
        )  # fmt: skip
    pool = space(embeddings, budget, labelled, blocked, function)
    seeds = first_centre(pool, first, rng, function)
    drawn = _drawn(pool, seeds, rng)
    if len(drawn) < pool.budget:  # rounding took distances for 0, or there are only twins
        drawn = farthest(pool, drawn)
    return pool.filled(drawn)


def _drawn(pool: Space, chosen: list[int], rng: np.random.Generator) -> list[int]:
    nearest, centres, seen = begin(pool, chosen)
    renewed = len(chosen)
    while len(chosen) < pool.budget:
        if len(chosen) - renewed >= min(_RENEW, max(1, renewed)):
            pool.lower(nearest, centres[renewed : len(chosen)])
            seen[:] = renewed = len(chosen)
        steps = np.cumsum(np.maximum(nearest, 0), dtype=np.float64)
        if steps[-1] == 0:
            break
        at = int(np.searchsorted(steps, rng.random() * steps[-1], side="right"))
        point, missed = pool.points(slice(at, at + 1)), centres[seen[at] : len(chosen)]
        old, new = nearest[at], nearest[at]
        if len(missed):
            new = min(old, squared(point, missed)[0])
        if rng.random() * old < new:
            centres[len(chosen)] = point[0]
            chosen.append(at)
            nearest[pool.twins == pool.twins[at]] = OUT
        else:
            nearest[at], seen[at] = new, len(chosen)
    return chosen
