"""K-center, the core-set: images so chosen that none is far from a chosen one (STRATEGIES §4)."""

import numpy as np
from jaxtyping import Float32, Int64

from labelnext.errors import ArgumentError
from labelnext.select.checks import Indices, Mask
from labelnext.select.embeddings import OUT, Space, Squares, Vectors, space, squared

# The farthest images are kept up to date together; so many that their rows stay in the cache.
_AT_ONCE = 2048


def k_center(
    embeddings: Vectors,
    *,
    budget: int,
    labelled: Float32[np.ndarray, "l d"] | None = None,
    blocked: Mask | None = None,
    first: int | None = None,
    rng: np.random.Generator | None = None,
) -> Indices:
    """Take, `budget` times, the image farthest from all that are labelled or taken already.

    The greedy 2-approximation of Sener & Savarese, ICLR 2018 (arXiv 1708.00489), without their
    mixed-integer refinement. Distances are Euclidean; for cosines, normalise first. Ties go to the
    lower index. An image whose embedding equals a labelled or taken one is taken only when nothing
    else is left, and one without an embedding after those; both by index.

    Departure: most distances are never computed. A distance to the nearest centre only shrinks as
    centres are added, so an old one is an upper bound, and while it is below the farthest image's
    distance it need not be renewed. The result is the same but for ties within rounding.

    Args:
        embeddings: One row an image of the pool; NaN throughout where there is none.
        budget: How many to choose; with fewer available, all of them.
        labelled: Embeddings of labelled images, with the same weights; rows of NaN do not count.
        blocked: Images that must not be chosen. They repel nothing unless among `labelled`.
        first: Index of the first to take where nothing is labelled. By default the image nearest
            the mean of those that may be chosen; an outlier otherwise decides all that follows.
        rng: If given, and nothing is labelled and `first` is not given, draws the first.

    Returns:
        Indices in the order chosen. Memory beyond the input is O(n) and some blocks, and a copy of
        those that are equally far where they are very many. Distances are in float32: those that
        differ by 1e-6 of the pool's spread may be taken for equal.

    Raises:
        ArgumentError: A negative budget, arrays of other shapes, an embedding that is partly NaN or
            infinite, or a `first` that cannot be chosen.
    """
    function = "select.k_center"
    pool = space(embeddings, budget, labelled, blocked, function)
    seeds = first_centre(pool, first, rng, function)
    return pool.filled(farthest(pool, seeds))


def first_centre(
    pool: Space, first: int | None, rng: np.random.Generator | None, function: str
) -> list[int]:
    """The image taken before distances say anything: none where labelled ones do."""
    if first is not None and first not in pool.free:
        raise ArgumentError(
            function, "first", expected="an image with an embedding that may be chosen", got=first
        )
    if len(pool.labelled) or not len(pool.free) or not pool.budget:
        return []
    if first is not None:
        return [int(first)]
    return [pool.middle if rng is None else int(rng.choice(pool.free))]


def farthest(pool: Space, chosen: list[int]) -> list[int]:
    """Farthest first, after those chosen already, until only twins of centres are left."""
    nearest, centres, seen = begin(pool, chosen)
    alone = np.unique(pool.twins[pool.free], return_index=True)[1]  # the first of each twins
    nearest[np.setdiff1d(pool.free, pool.free[alone])] = OUT
    size = _AT_ONCE
    while len(chosen) < pool.budget and (nearest >= 0).any():
        group, bar = _largest(nearest, size)
        points, known = pool.points(group), len(chosen)
        near, missed = nearest[group], centres[seen[group].min() : known]
        if len(missed):
            np.minimum(near, squared(points, missed), out=near)
        while len(chosen) < pool.budget:
            at = int(near.argmax())
            if near[at] <= bar:
                break  # an image outside the group may be as far
            centres[len(chosen)] = points[at]
            np.minimum(near, squared(points, points[at : at + 1]), out=near)
            near[at] = OUT
            chosen.append(int(group[at]))
        nearest[group], seen[group] = near, len(chosen)
        # Where many are equally far, only a group of all of them shows the lowest index.
        size = _AT_ONCE if len(chosen) > known else 2 * size
    return chosen


def begin(
    pool: Space, chosen: list[int]
) -> tuple[Squares, Float32[np.ndarray, "b d"], Int64[np.ndarray, "n"]]:
    """Distances to labelled and chosen, room for the centres, and how many each image has seen."""
    nearest = pool.start()
    room = min(pool.budget, len(pool.free))
    centres = np.zeros((room, pool.rows.shape[1]), np.float32)
    centres[: len(chosen)] = pool.points(np.array(chosen, np.int64))
    pool.lower(nearest, centres[: len(chosen)])
    nearest[np.isin(pool.twins, pool.twins[chosen])] = OUT
    return nearest, centres, np.full(len(nearest), len(chosen))


def _largest(nearest: Squares, size: int) -> tuple[Indices, np.float32]:
    """The `size` largest in ascending order of index, and the largest of the others."""
    if size >= (nearest >= 0).sum():
        return np.flatnonzero(nearest >= 0), OUT
    cut = len(nearest) - size
    order = np.argpartition(nearest, cut - 1)
    return np.sort(order[cut:]), nearest[order[cut - 1]]
