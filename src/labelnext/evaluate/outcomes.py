"""What became of each detection, image by image: a test set can then be drawn again and again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.evaluate.matching import Matches, check_iou, match_pooled
from labelnext.evaluate.miss_rate import miss_rate_at, miss_rate_curve
from labelnext.evaluate.pooled import pool
from labelnext.types import Detections, GroundTruth

_CELLS = 4_000_000  # weights held at once: keeps memory flat


@dataclass(frozen=True, slots=True)
class Outcomes:
    """All that a miss rate is computed from, for one detector on one test set.

    Attributes:
        instances: Truths to be found on each image, ignored ones left out.
        image: Which image each detection is on.
        scores: Score of each detection.
        right: True where a detection has found a truth.
        ignored: True where it is neither right nor wrong.
    """

    instances: Int64[np.ndarray, "images"]
    image: Int64[np.ndarray, "n"]
    scores: Float64[np.ndarray, "n"]
    right: Bool[np.ndarray, "n"]
    ignored: Bool[np.ndarray, "n"]

    @property
    def images(self) -> int:
        """Images of the test set, those without truth or detection included."""
        return len(self.instances)


def outcomes(
    truths: Sequence[GroundTruth], detections: Sequence[Detections], *, iou: float = 0.5
) -> Outcomes:
    """Match detections to truth as `match` does, and keep what a miss rate needs.

    Args:
        truths: One an image.
        detections: One an image, in the same order; sorted or not.
        iou: See `match`.

    Raises:
        ArgumentError: See `match`.
    """
    check_iou("outcomes", iou)
    pooled = pool(truths, detections, function="outcomes")
    found = match_pooled(pooled, iou=iou)
    wanted = pooled.truth.image[~pooled.truth.ignore]
    return Outcomes(
        np.bincount(wanted, minlength=pooled.images).astype(np.int64),
        found.image,
        found.scores,
        found.truth >= 0,
        found.ignored,
    )


def outcome_miss_rate(found: Outcomes, *, fppi: float = 1.0) -> float:
    """Miss rate at `fppi` false positives per image: that of `evaluate` on the same test set.

    Args:
        found: From `outcomes`.
        fppi: Reference, from 0.

    Returns:
        A share, 0 to 1; NaN where there is nothing to find.

    Raises:
        ArgumentError: `fppi` is below 0 or NaN.
    """
    truth = np.where(found.right, 0, -1)  # which truth it is makes no difference
    matches = Matches(
        found.images, int(found.instances.sum()), found.image, found.scores, truth, found.ignored
    )
    return miss_rate_at(miss_rate_curve(matches), fppi)


def weighted_miss_rates(
    found: Outcomes, weights: Int64[np.ndarray, "draws images"], *, fppi: float = 1.0
) -> Float64[np.ndarray, "draws"]:
    """Miss rate of test sets that hold each image as often as its weight says.

    The same figure as `outcome_miss_rate` on a test set written out with its repeated images, all
    draws at a time. Detections so weak that no draw reaches them are left out.

    Args:
        found: From `outcomes`.
        weights: From 0.
        fppi: Reference, from 0.

    Returns:
        Shares, 0 to 1; NaN for a draw without anything to find.

    Raises:
        ArgumentError: Weights of another number of images or below 0; `fppi` below 0 or NaN.
    """
    if weights.shape[1] != found.images or (weights < 0).any():
        expected = f"from 0, one for each of {found.images} images"
        got = f"{weights.shape[1]}, the least {weights.min(initial=0)}"
        raise ArgumentError("weighted_miss_rates", "weights", expected=expected, got=got)
    if not fppi >= 0:
        raise ArgumentError("weighted_miss_rates", "fppi", expected="a number from 0", got=fppi)
    counted = np.flatnonzero(~found.ignored)
    order = counted[np.argsort(-found.scores[counted], kind="stable")]
    rates = np.empty(len(weights))
    step = max(1, _CELLS // max(1, len(order)))
    for start in range(0, len(weights), step):
        part = slice(start, start + step)
        rates[part] = _miss_rates(found, order, weights[part], fppi)
    return rates


def _miss_rates(
    found: Outcomes,
    order: Int64[np.ndarray, "n"],
    weights: Int64[np.ndarray, "draws images"],
    fppi: float,
) -> Float64[np.ndarray, "draws"]:
    images = weights.sum(axis=1)[:, None]
    reach = 2 * int(min(fppi * found.images, len(order))) + int(found.instances.sum()) + 1
    with np.errstate(invalid="ignore", divide="ignore"):
        while True:  # strongest detections first, twice as many until every draw has enough
            head = order[:reach]
            scores, right = found.scores[head], found.right[head]
            drawn = weights[:, found.image[head]]
            rate = np.cumsum(drawn * ~right, axis=1) / images
            if len(head) == len(order) or (rate[:, -1] > fppi).all():
                break
            reach *= 2
        # Equal scores come in together: only the last of each is a threshold.
        last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)[: len(scores)])
        reached = (rate[:, last] <= fppi).sum(axis=1)  # rates rise: so many thresholds are allowed
        hits = np.cumsum(drawn * right, axis=1)[:, last]
        hits = np.concatenate([np.zeros((len(weights), 1), np.int64), hits], axis=1)
        right_ones = np.take_along_axis(hits, reached[:, None], axis=1)[:, 0]
        instances = weights @ found.instances
        rates: np.ndarray = np.where(instances > 0, 1 - right_ones / instances, np.nan)
    return rates
