"""What selections over embeddings share: checks, squared distances in blocks, equal rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from jaxtyping import Bool, Float32, Int64

from labelnext.errors import ArgumentError
from labelnext.select.checks import Indices, Mask, check_budget, check_mask

Vectors = Float32[np.ndarray, "n d"]
Squares = Float32[np.ndarray, "n"]

_ROWS = 2048  # of the pool in one product
_CENTRES = 1024

# In the place of a squared distance, of what is chosen, equals something chosen, or cannot be.
OUT = np.float32(-1)


@dataclass(frozen=True, slots=True)
class Space:
    """A pool of embeddings, ready for distances.

    Squared distances are |x|² + |y|² − 2xy, one product a block. All points are taken from an
    origin in their midst first, so that what the whole pool has in common costs no precision.

    Attributes:
        rows: Embeddings; NaN throughout where there is none.
        free: Images that may be chosen and have an embedding, in ascending order.
        without: Images that may be chosen and have none, in ascending order.
        origin: The free embedding nearest the mean of the free ones.
        middle: Its index; -1 if nothing is free.
        twins: A number for each image; images have the same if their embeddings are equal.
        labelled: Embeddings of labelled images, from the origin.
        labelled_twins: Their numbers.
        budget: How many to choose, at most as many as there are.
    """

    rows: Vectors
    free: Int64[np.ndarray, "f"]
    without: Int64[np.ndarray, "w"]
    origin: Float32[np.ndarray, "d"]
    middle: int
    twins: Int64[np.ndarray, "n"]
    labelled: Float32[np.ndarray, "l d"]
    labelled_twins: Int64[np.ndarray, "l"]
    budget: int

    def points(self, indices: Indices | slice) -> Float32[np.ndarray, "k d"]:
        """A copy of some embeddings, from the origin."""
        points: np.ndarray = self.rows[indices] - self.origin
        return points

    def start(self) -> Squares:
        """Squared distances to the nearest labelled embedding, ∞ if there are none."""
        nearest = np.full(len(self.rows), OUT)
        nearest[self.free] = np.inf
        self.lower(nearest, self.labelled)
        nearest[np.isin(self.twins, self.labelled_twins)] = OUT
        return nearest

    def lower(self, nearest: Squares, centres: Float32[np.ndarray, "l d"]) -> None:
        """Lower squared distances to those to nearer centres, in place; what is out stays out."""
        for part in blocks(len(nearest), _ROWS) if len(centres) else ():
            points = self.points(part)
            np.minimum(nearest[part], squared(points, centres), out=nearest[part], where=(
                nearest[part] >= 0
            ))  # fmt: skip

    def filled(self, chosen: list[int]) -> Indices:
        """The budget filled up: what equals a chosen one, then what has no embedding, by index."""
        taken = np.zeros(len(self.rows), bool)
        taken[chosen] = True
        rest = np.concatenate([self.free[~taken[self.free]], self.without])
        return np.concatenate([np.array(chosen, np.int64), rest])[: self.budget]


def blocks(n: int, size: int) -> Iterator[slice]:
    """Consecutive slices of at most `size` that cover n places."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def squared(
    points: Float32[np.ndarray, "k d"], centres: Float32[np.ndarray, "l d"]
) -> Float32[np.ndarray, "k"]:
    """Squared distance of each point to its nearest centre; one centre at least."""
    least = np.full(len(points), np.inf, np.float32)
    for part in blocks(len(centres), _CENTRES):
        some = centres[part]
        products = points @ (some.T * np.float32(-2))
        products += _norms(some)
        np.minimum(least, products.min(axis=1), out=least)
    least += _norms(points)
    at_least_zero: np.ndarray = np.maximum(least, 0)  # rounding may leave less
    return at_least_zero


def space(
    embeddings: Vectors,
    budget: int,
    labelled: Float32[np.ndarray, "l d"] | None,
    blocked: Mask | None,
    function: str,
) -> Space:
    """Check what a selection over embeddings is given."""
    budget = check_budget(budget, function)
    known = check_vectors(embeddings, function, "embeddings")
    n, width = embeddings.shape
    available = ~check_mask(blocked, n, function, "blocked")
    if labelled is None:
        labelled = np.zeros((0, width), np.float32)
    labelled = labelled[check_vectors(labelled, function, "labelled")]
    if labelled.shape[1] != width:
        raise ArgumentError(
            function, "labelled", expected=f"{width} wide, as the embeddings of the pool are",
            got=f"{labelled.shape[1]}", remedy="Embed both with the same weights.",
        )  # fmt: skip
    free = np.flatnonzero(available & known)
    middle = _middle(embeddings, available & known)
    origin = embeddings[middle] if len(free) else np.zeros(width, np.float32)
    numbers: dict[bytes, int] = {}
    return Space(
        rows=embeddings,
        free=free,
        without=np.flatnonzero(available & ~known),
        origin=origin,
        middle=middle,
        twins=_twins(embeddings, numbers),
        labelled=labelled - origin,
        labelled_twins=_twins(labelled, numbers),
        budget=min(budget, int(available.sum())),
    )


def check_vectors(
    vectors: Float32[np.ndarray, "k d"], function: str, argument: str
) -> Bool[np.ndarray, "k"]:
    """Which rows are embeddings; the others are NaN throughout. Anything in between is refused."""
    if not isinstance(vectors, np.ndarray) or vectors.dtype != np.float32 or vectors.ndim != 2:
        raise ArgumentError(
            function, argument, expected="a float32 array with one row an image",
            got=f"{getattr(vectors, 'dtype', type(vectors).__name__)} "
            f"{getattr(vectors, 'shape', '')}",
        )  # fmt: skip
    known = np.ones(len(vectors), bool)
    for part in blocks(len(vectors), _ROWS):
        with np.errstate(over="ignore", invalid="ignore"):
            fine = np.isfinite(_norms(vectors[part]))
        absent = np.isnan(vectors[part][~fine])
        if vectors.shape[1] and not absent.all():
            raise ArgumentError(
                function, argument,
                expected="finite with squares that float32 holds, or NaN throughout a row",
                got=f"another row at index {part.start + np.flatnonzero(~fine)[~absent.all(1)][0]}",
                remedy="A row of NaN says that an image has no embedding.",
            )  # fmt: skip
        known[part] = fine
    return known


def _norms(points: Float32[np.ndarray, "k d"]) -> Float32[np.ndarray, "k"]:
    squares: np.ndarray = np.einsum("kd,kd->k", points, points)
    return squares


def _middle(rows: Vectors, free: Mask) -> int:
    """Index of the free row nearest the mean of the free rows; -1 if there are none."""
    if not free.any():
        return -1
    total = np.zeros(rows.shape[1])
    for part in blocks(len(rows), _ROWS):
        total += rows[part][free[part]].sum(axis=0, dtype=np.float64)
    mean = total / free.sum()
    distance = np.full(len(rows), np.inf)
    for part in blocks(len(rows), _ROWS):
        away = rows[part] - mean
        distance[part] = np.where(free[part], np.einsum("kd,kd->k", away, away), np.inf)
    return int(distance.argmin())


def _twins(rows: Float32[np.ndarray, "k d"], numbers: dict[bytes, int]) -> Int64[np.ndarray, "k"]:
    """A number for each row; equal rows, and no others, have the same. Adds to `numbers`."""
    # 128 bits a row instead of the row: a collision is less likely than a fault of the memory.
    found = (
        numbers.setdefault(blake2b(row + np.float32(0), digest_size=16).digest(), len(numbers))
        for row in rows  # adding 0 makes −0 and 0 one
    )
    return np.fromiter(found, np.int64, len(rows))
