"""Which detection is right: greedy matching by score, as in Dollár et al. (PAPER §7)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.evaluate.pooled import Pooled, PooledDetections, PooledTruth, pool
from labelnext.types import Detections, GroundTruth

_PAIRS_AT_ONCE = 2_000_000  # keeps memory flat on crowded sets


@dataclass(frozen=True, slots=True)
class Matches:
    """What became of every detection, in the order given, image by image.

    Attributes:
        images: Number of images, those without truth included.
        instances: Number of truths that are not ignored.
        image: Which image each detection is on.
        scores: Score of each detection.
        truth: Row of the matched truth, counted over all images; -1 where there is none.
        ignored: True where a detection fell on an ignore region only: neither right nor wrong.
    """

    images: int
    instances: int
    image: Int64[np.ndarray, "n"]
    scores: Float64[np.ndarray, "n"]
    truth: Int64[np.ndarray, "n"]
    ignored: Bool[np.ndarray, "n"]


def match(
    truths: Sequence[GroundTruth], detections: Sequence[Detections], *, iou: float = 0.5
) -> Matches:
    """Match detections to truth, one to one, within an image and a class.

    Detections choose in the order of their scores (equal scores: the one given first). Each takes
    the free truth of largest overlap, at least `iou`; of equal overlaps the truth given last, as
    the toolboxes of Caltech and COCO do. A detection left without truth is ignored if the share of
    its own area inside one ignore region of its class is at least `iou`; a region takes any number.

    Args:
        truths: One an image.
        detections: One an image, in the same order; sorted or not.
        iou: Least intersection over union, above 0, at most 1.

    Raises:
        ArgumentError: See `pool`; or `iou` is out of range.
    """
    check_iou("match", iou)
    return match_pooled(pool(truths, detections, function="match"), iou=iou)


def match_pooled(pooled: Pooled, *, iou: float) -> Matches:
    """`match` on a test set that `pool` has checked already."""
    truth, found = pooled.truth, pooled.detections
    rank = _ranks(found)
    detection, row, overlap = overlapping_pairs(truth, found, iou)
    region = truth.ignore[row]
    matched = _greedy(
        rank[detection[~region]],
        detection[~region],
        row[~region],
        overlap[~region],
        len(found),
        len(truth),
    )
    ignored = np.zeros(len(found), bool)
    ignored[detection[region]] = True
    return Matches(
        pooled.images,
        int((~truth.ignore).sum()),
        found.image,
        found.scores,
        matched,
        ignored & (matched < 0),
    )


def overlapping_pairs(
    truth: PooledTruth, found: PooledDetections, least: float, *, strict: bool = False
) -> tuple[Int64[np.ndarray, "pairs"], Int64[np.ndarray, "pairs"], Float64[np.ndarray, "pairs"]]:
    """Rows of detection and truth, on one image and of one class, that overlap enough.

    Overlap is intersection over union, or over the detection's area where the truth is ignored.

    Args:
        truth: All truths.
        found: All detections.
        least: Smallest overlap that counts.
        strict: True if overlap must exceed `least` rather than reach it.
    """
    by_group = np.argsort(_group(truth, truth, found), kind="stable")
    groups = _group(truth, truth, found)[by_group]
    wanted = _group(found, truth, found)
    start = np.searchsorted(groups, wanted, "left")
    count = np.searchsorted(groups, wanted, "right") - start
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    cumulative = np.cumsum(count)
    blocks = (cumulative - 1) // _PAIRS_AT_ONCE
    cuts = np.flatnonzero(np.diff(blocks)) + 1
    for rows in np.split(np.arange(len(found)), cuts):
        n = count[rows]
        detection = np.repeat(rows, n)
        within = np.arange(len(detection)) - np.repeat(np.cumsum(n) - n, n)
        row = by_group[np.repeat(start[rows], n) + within]
        overlap = _overlap(truth.xyxy[row], truth.ignore[row], found.xyxy[detection])
        enough = overlap > least if strict else overlap >= least
        parts.append((detection[enough], row[enough], overlap[enough]))
    detections, truths, overlaps = (np.concatenate(part) for part in zip(*parts, strict=True))
    return detections, truths, overlaps


def _group(
    table: PooledTruth | PooledDetections, truth: PooledTruth, found: PooledDetections
) -> Int64[np.ndarray, "n"]:
    classes = 1 + max(truth.classes.max(initial=0), found.classes.max(initial=0))
    group: np.ndarray = table.image * classes + table.classes
    return group


def _ranks(found: PooledDetections) -> Int64[np.ndarray, "n"]:
    """Place of each detection among its image's, best first; equal scores keep their order."""
    order = np.lexsort((-found.scores, found.image))
    image = found.image[order]
    rank = np.empty(len(found), np.int64)
    rank[order] = np.arange(len(found)) - np.searchsorted(image, image, "left")
    return rank


def _overlap(
    truth: Float64[np.ndarray, "pairs 4"],
    ignore: Bool[np.ndarray, "pairs"],
    found: Float64[np.ndarray, "pairs 4"],
) -> Float64[np.ndarray, "pairs"]:
    corner = np.maximum(truth[:, :2], found[:, :2])
    inside = np.prod(np.maximum(np.minimum(truth[:, 2:], found[:, 2:]) - corner, 0), axis=1)
    own = np.prod(found[:, 2:] - found[:, :2], axis=1)
    other = np.prod(truth[:, 2:] - truth[:, :2], axis=1)
    whole = np.where(ignore, own, own + other - inside)
    share: np.ndarray = np.zeros_like(inside)
    np.divide(inside, whole, out=share, where=whole > 0)
    return share


def _greedy(
    rank: Int64[np.ndarray, "pairs"],
    detection: Int64[np.ndarray, "pairs"],
    truth: Int64[np.ndarray, "pairs"],
    overlap: Float64[np.ndarray, "pairs"],
    detections: int,
    truths: int,
) -> Int64[np.ndarray, "n"]:
    """The truth that each detection takes, or -1; all images take their r-th choice together."""
    matched, taken = np.full(detections, -1, np.int64), np.zeros(truths, bool)
    order = np.lexsort((truth, overlap, detection, rank))
    rank, detection, truth = rank[order], detection[order], truth[order]
    for pairs in np.split(np.arange(len(order)), np.flatnonzero(np.diff(rank)) + 1):
        free = pairs[~taken[truth[pairs]]]
        # Sorted by overlap within a detection, so the best pair is each detection's last.
        best = free[np.append(detection[free][1:] != detection[free][:-1], True)[: len(free)]]
        matched[detection[best]] = truth[best]
        taken[truth[best]] = True
    return matched


def check_iou(function: str, iou: float) -> None:
    """Raise an ArgumentError unless `iou` is above 0 and at most 1."""
    if not 0 < iou <= 1:
        raise ArgumentError(function, "iou", expected="above 0 and at most 1", got=iou)
