"""How unlike two images are by what is on them: category-conditioned matching (STRATEGIES §7).

After PPAL, stage 2: Yang, Huang and Crowley, CVPR 2024, and the faults of its release left out.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.scores.found import check_count, check_features, check_range, found_of, rank, unit
from labelnext.types import Detections

_NO_SUCH_CLASS = 2.0
_ROWS = 1000  # a product of two blocks is 4 MB: what a cache holds


def matching_distance(
    first: Detections,
    first_features: Float[np.ndarray, "n d"],
    second: Detections,
    second_features: Float[np.ndarray, "m d"],
    *,
    min_score: float = 0.05,
    max_boxes: int = 100,
) -> float | None:
    """Distance between two images; see `matching_distances`. None if one has no box that counts."""
    distance = matching_distances(
        [first, second], [first_features, second_features], min_score=min_score, max_boxes=max_boxes
    )[0, 1]
    return None if np.isnan(distance) else float(distance)


def matching_distances(
    detections: Sequence[Detections],
    features: Sequence[Float[np.ndarray, "_n _d"]],
    *,
    min_score: float = 0.05,
    max_boxes: int = 100,
) -> Float64[np.ndarray, "m m"]:
    """Distance between every two images by the features of their boxes, class by class.

    d(A→B) = Σ_j s_j·min_{k∈B, c_k=c_j} (1 − cos(f_j, f_k)) / Σ_j s_j over the boxes j of A, the
    minimum being 2 where B lacks the class; D = ½(d(A→B) + d(B→A)).

    Departures from the release, where boxes of equal rank on any two images have distance 0: only
    an image's distance to itself is 0. A box whose score equals `min_score` counts. Boxes that all
    score 0 weigh alike. A feature of zeros has cosine 0 with every other. Products are in float32.

    Args:
        detections: Boxes of m images.
        features: What the detector saw in each box, one array an image, all of one width.
        min_score: Boxes of lower score do not count.
        max_boxes: Of the others, so many of the best count.

    Returns:
        `[m, m]`, symmetric, 0 to 2, 0 on the diagonal; NaN for images without a box that counts.

    Raises:
        ArgumentError: Another number of features than of images or of boxes, widths that differ, a
            feature that is not finite, or a number outside its range.
    """
    function = "matching_distances"
    check_range(function, "min_score", min_score, 0, 1)
    most = check_count(function, "max_boxes", max_boxes)
    if len(features) != len(detections):
        expected = f"one array for each of the {len(detections)} images"
        raise ArgumentError(function, "features", expected=expected, got=f"{len(features)}")
    widths = {rows.shape[1] for rows in features if len(rows)}
    if len(widths) > 1:
        raise ArgumentError(function, "features", expected="of one width", got=sorted(widths))
    images = len(detections)
    boxes = _pooled(function, detections, features, min_score, most)
    ways = np.zeros((images, images))
    for label in np.unique(boxes.classes):
        _add_class(boxes.take(boxes.classes == label), ways)
    without = np.bincount(boxes.image, minlength=images) == 0
    distances = np.clip((ways + ways.T) / 2, 0, _NO_SUCH_CLASS)  # rounding
    np.fill_diagonal(distances, 0)
    distances[without] = np.nan
    distances[:, without] = np.nan
    return distances


class _Boxes(NamedTuple):
    """Boxes of all images, image after image; the weights of an image's boxes add up to 1."""

    image: Int64[np.ndarray, "n"]
    classes: Int64[np.ndarray, "n"]
    weights: Float64[np.ndarray, "n"]
    directions: Float32[np.ndarray, "n d"]

    def take(self, which: np.ndarray) -> "_Boxes":
        return _Boxes(*(part[which] for part in self))


def _pooled(
    function: str,
    detections: Sequence[Detections],
    features: Sequence[Float[np.ndarray, "_n _d"]],
    min_score: float,
    most: int,
) -> _Boxes:
    width = max((rows.shape[1] for rows in features), default=0)
    parts = [_Boxes(*(np.zeros(0, np.int64),) * 2, np.zeros(0), np.zeros((0, width), np.float32))]
    for i, (one, given) in enumerate(zip(detections, features, strict=True)):
        found = found_of(one, function)
        directions = unit(check_features(function, "features", given, len(one)))
        best = rank(found, found.scores)
        best = best[found.scores[best] >= min_score][:most]
        if not len(best):
            continue
        scores = found.scores[best]
        scores = scores if scores.any() else np.ones(len(best))
        own = np.full(len(best), i), found.classes[best], scores / scores.sum()
        parts.append(_Boxes(*own, directions[best].astype(np.float32)))
    return _Boxes(*(np.concatenate(part) for part in zip(*parts, strict=True)))


class _Block(NamedTuple):
    """Some images with about as many boxes of one class each, padded to equal numbers.

    Padding repeats an image's first box with weight 0, so it changes neither maxima nor sums.
    """

    images: Int64[np.ndarray, "p"]
    directions: Float32[np.ndarray, "p_boxes d"]
    weights: Float64[np.ndarray, "p boxes"]


def _add_class(boxes: _Boxes, ways: Float64[np.ndarray, "m m"]) -> None:
    """Add what the boxes of one class contribute to d(A→B), A the row and B the column."""
    shares = np.bincount(boxes.image, boxes.weights, len(ways))
    ways += _NO_SUCH_CLASS * shares[:, None]
    blocks = list(_blocks(boxes))
    for i, p in enumerate(blocks):
        for q in blocks[i:]:
            shape = (*p.weights.shape, *q.weights.shape)
            cosines = (p.directions @ q.directions.T).reshape(shape)
            to_q = np.einsum("pbq,pb->pq", _saved(cosines.max(axis=3)), p.weights)
            to_p = np.einsum("pqb,qb->qp", _saved(cosines.max(axis=1)), q.weights)
            ways[np.ix_(p.images, q.images)] -= to_q
            if p is not q:
                ways[np.ix_(q.images, p.images)] -= to_p


def _saved(cosines: Float32[np.ndarray, "..."]) -> Float64[np.ndarray, "..."]:
    """How much nearer the best match is than none at all."""
    saved: np.ndarray = _NO_SUCH_CLASS - (1.0 - np.clip(cosines, -1, 1).astype(np.float64))
    return saved


def _blocks(boxes: _Boxes) -> Iterator[_Block]:
    """Images by their number of boxes, so that little is padded; about `_ROWS` boxes a block."""
    images, starts, counts = np.unique(boxes.image, return_index=True, return_counts=True)
    order = np.argsort(counts, kind="stable")
    while len(order):
        # The last one has the most, to which the others are padded.
        size = max(1, _ROWS // int(counts[order[-1]]))
        own, order = order[-size:], order[:-size]
        place = np.arange(counts[own].max())
        real = place < counts[own, None]
        rows = starts[own, None] + np.where(real, place, 0)
        weights = np.where(real, boxes.weights[rows], 0.0)
        yield _Block(images[own], boxes.directions[rows.ravel()], weights)
