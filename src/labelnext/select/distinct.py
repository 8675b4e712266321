"""Greedy selection that keeps look-alikes out, instead of neighbours in time (STRATEGIES §10)."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt64

from labelnext.errors import ArgumentError
from labelnext.select.checks import Indices, Mask, Scores, check_budget, check_mask, check_vector
from labelnext.select.embeddings import Vectors, blocks, check_vectors
from labelnext.select.temporal import Selection
from labelnext.select.topk import ranking, shut_out

Within = Literal["video", "pool"]
_Rows = Callable[[Indices | slice], Float32[np.ndarray, "k d"]]

_ROWS = 1024  # images in one product
_BITS = 64
# Cosines are compared to float32 rounding, so that a threshold of 1 keeps equal vectors out.
_SLACK = 1e-6


def distinct(
    scores: Scores,
    *,
    budget: int,
    threshold: float,
    vectors: Vectors | None = None,
    hashes: UInt64[np.ndarray, "n"] | None = None,
    groups: Sequence[str | None] | None = None,
    within: Within = "video",
    blocked: Mask | None = None,
    unscored: Mask | None = None,
    among: Mask | None = None,
    rng: np.random.Generator | None = None,
) -> Selection:
    """Take images greedily by score; each one keeps what looks like it out, now and later.

    If the budget is not met that way, a second pass fills it without the rule. No pass takes an
    image twice or one that is `blocked`. Ties go to the lower index.

    Args:
        scores: One an image of the pool; NaN only where blocked, unscored or not `among`.
        budget: How many to choose; with fewer available, all of them.
        threshold: Two images look alike at a cosine of this or more (−1 to 1), or at a Hamming
            distance of this or less (a whole number from 0 to 64; 10 is usual for perceptual
            hashes).
        vectors: An embedding for each image; one of NaN throughout, or of zeros, is like no other.
        hashes: Instead of `vectors`, 64 bits for each image.
        groups: Name of the video each image belongs to. All images of None, the stills, are one
            group. Without `groups` the pool is.
        within: `video`: only images of one group look alike. `pool`: any do.
        blocked: Images that must not be chosen: the last cycle's `Selection.blocked`.
        unscored: Images without a score. They rank after every scored one, at random.
        among: Only these may be chosen; the others, unlike those `blocked`, stay free for later
            cycles unless they look like a chosen one, and need no score.
        rng: Orders the unscored images; needed only where there are any.

    Returns:
        The selection; of `passes`, 1 is under the rule and 2 without it. Its `blocked` is what was
        blocked before, what was chosen, and what looks like it. Takes O(n·budget·d) in products.

    Raises:
        ArgumentError: As for `top`; not one of `vectors` and `hashes`; either of another length; a
            threshold or `within` outside its domain.
    """
    function = "select.distinct"
    n = check_vector(scores, function)
    budget = check_budget(budget, function)
    rows, bar = _compared(vectors, hashes, threshold, n, function)
    codes = _codes(groups, within, n, function)
    closed = check_mask(blocked, n, function, "blocked")
    shut = shut_out(closed, among, n, function)
    best_first = ranking(scores, function, blocked=shut, unscored=unscored, rng=rng)
    chosen = _greedy(best_first, rows, codes, bar, min(budget, len(best_first)))
    rest = best_first[~np.isin(best_first, chosen)][: budget - len(chosen)]
    indices = np.concatenate([chosen, rest])
    later, points = closed.copy(), rows(indices)
    later[indices] = True
    for part in blocks(n, _ROWS):
        later[part] |= _alike(rows(part), codes[part], points, codes[indices], bar).any(axis=1)
    return Selection(indices, np.repeat(np.array([1, 2]), [len(chosen), len(rest)]), later)


def _greedy(
    best_first: Int64[np.ndarray, "available"],
    rows: _Rows,
    codes: Int64[np.ndarray, "n"],
    bar: float,
    budget: int,
) -> Indices:
    """The best first, without any that looks like one before it, up to the budget."""
    chosen = np.zeros(0, np.int64)
    for part in blocks(len(best_first), _ROWS):
        if len(chosen) >= budget:
            break
        some = best_first[part]
        new: list[int] = []
        points = rows(some)
        out = np.any(_alike(points, codes[some], rows(chosen), codes[chosen], bar), axis=1)
        likeness = _alike(points, codes[some], points, codes[some], bar)
        for place in range(len(some)):
            if not out[place] and len(chosen) + len(new) < budget:
                new.append(place)
                out |= likeness[place]
        chosen = np.concatenate([chosen, some[new]])
    return chosen


def _alike(
    points: Float32[np.ndarray, "k d"],
    codes: Int64[np.ndarray, "k"],
    others: Float32[np.ndarray, "l d"],
    other_codes: Int64[np.ndarray, "l"],
    bar: float,
) -> Bool[np.ndarray, "k l"]:
    """Which pairs look alike. A product with NaN is NaN, which is no more than any bar."""
    near: np.ndarray = points @ others.T >= bar
    near &= codes[:, None] == other_codes
    return near


def _compared(
    vectors: Vectors | None,
    hashes: UInt64[np.ndarray, "n"] | None,
    threshold: float,
    n: int,
    function: str,
) -> tuple[_Rows, float]:
    """Unit vectors of any images, and the product from which on two look alike."""
    if (vectors is None) == (hashes is None):
        raise ArgumentError(
            function, "vectors", expected="given, or else `hashes`, and not both",
            got="neither" if vectors is None else "both",
        )  # fmt: skip
    if hashes is not None:
        if not isinstance(hashes, np.ndarray) or hashes.dtype != np.uint64 or hashes.shape != (n,):
            raise ArgumentError(
                function, "hashes", expected=f"a uint64 array, one for each of the {n} images",
                got=f"{getattr(hashes, 'dtype', type(hashes).__name__)} "
                f"{getattr(hashes, 'shape', '')}",
            )  # fmt: skip
        if not (0 <= threshold <= _BITS and threshold == int(threshold)):
            raise ArgumentError(
                function, "threshold", expected=f"a whole number from 0 to {_BITS} with hashes",
                got=threshold,
            )  # fmt: skip
        bits = hashes
        # Of ±1/8 for each bit, a product is 1 less 1/32 for each bit that differs, exactly.
        return lambda part: _signs(bits[part]), 1 - threshold / 32
    assert vectors is not None
    if not -1 <= threshold <= 1:
        raise ArgumentError(
            function, "threshold", expected="a cosine from -1 to 1", got=threshold
        )  # fmt: skip
    if len(check_vectors(vectors, function, "vectors")) != n:
        raise ArgumentError(
            function, "vectors", expected=f"one for each of the {n} images", got=f"{len(vectors)}"
        )
    return lambda part: unit(vectors[part]), threshold - _SLACK


def unit(rows: Float32[np.ndarray, "k d"]) -> Float32[np.ndarray, "k d"]:
    """Rows of length 1; those of zeros have no direction, and become NaN."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    lengths[lengths == 0] = np.nan
    directions: np.ndarray = rows / lengths
    return directions


def _signs(hashes: UInt64[np.ndarray, "k"]) -> Float32[np.ndarray, "k 64"]:
    bits = np.unpackbits(np.ascontiguousarray(hashes)[:, None].view(np.uint8), axis=1)
    signs: np.ndarray = (bits.astype(np.float32) - np.float32(0.5)) / np.float32(4)
    return signs


def _codes(
    groups: Sequence[str | None] | None, within: str, n: int, function: str
) -> Int64[np.ndarray, "n"]:
    """A number for each group."""
    if within not in ("video", "pool"):
        raise ArgumentError(function, "within", expected="'video' or 'pool'", got=repr(within))
    if groups is not None and len(groups) != n:
        raise ArgumentError(
            function, "groups", expected=f"one for each of the {n} images", got=f"{len(groups)}"
        )
    if groups is None or within == "pool":
        return np.zeros(n, np.int64)
    known = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    return np.fromiter(map(known.__getitem__, groups), np.int64, n)
