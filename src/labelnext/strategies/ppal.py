"""PPAL: doubt weighted by how hard a class is, then images of unlike boxes (STRATEGIES §7).

After Yang, Huang and Crowley, CVPR 2024 (arXiv 2211.11612), without the faults of its release.
"""

import numpy as np

from labelnext import scores, select
from labelnext.evaluate import match
from labelnext.evidence import Labelled, Pool
from labelnext.scores.overlap import matching_iou
from labelnext.strategies import seen, staged
from labelnext.strategies.arguments import SELECTION, needs, number, resolve, whole
from labelnext.strategies.boxes import scored_again
from labelnext.strategies.composed import Composed, Task
from labelnext.strategies.keep import likeness
from labelnext.strategies.rules import Ranked
from labelnext.types import Detections, GroundTruth


def ppal(*, preset: str = "corrected", **given: object) -> Composed:
    """Difficulty-calibrated entropy, then medoids of category-conditioned matching.

    Departures: difficulty is measured by running the trained detector over the labelled images,
    where the paper hooks into training; the `min_side` of 16 px holds in pixels of the image.
    """
    known = resolve(
        "ppal", preset, given, SELECTION, factor=4.0, min_score=0.05, min_side=16.0, max_aspect=5.0,
        exponent=0.6, momentum=0.99, alpha=0.3, beta=0.2, max_boxes=100, steps=100,
    )  # fmt: skip
    limits = {
        "min_score": number(known, "min_score", 0, 1),
        "min_side": number(known, "min_side", 0),
        "max_aspect": number(known, "max_aspect", 1),
    }
    difficulty = {name: number(known, name, 0, 1) for name in ("exponent", "momentum")}
    alpha, beta = number(known, "alpha", 0.01), number(known, "beta", 0)
    most, steps = whole(known, "max_boxes", 1), whole(known, "steps", 0)

    def weighted(found: Detections, weights: np.ndarray) -> float | None:
        return scores.weighted_entropy(found, weights, **limits)

    def score(pool: Pool) -> Ranked:
        """Scores with each class's weight, where there are several classes to weigh."""
        if pool.classes < 2:
            return pool.scores
        found_so_far = scores.class_difficulty(
            _positives(pool.labelled), pool.classes, **difficulty
        )
        weights = scores.difficulty_weights(found_so_far, alpha=alpha, beta=beta)
        return scored_again(pool, lambda found: weighted(found, weights))

    def arrange(short: staged.Order, task: Task) -> staged.Order:
        """The medoids; every image here has boxes that count, for it has a score."""
        found, rows = [], []
        for i in short:
            one, seen_there = task.pool.detections[i], task.pool.boxes[i]
            assert one is not None
            assert seen_there is not None
            found.append(one)
            rows.append(seen_there)
        distances = scores.matching_distances(
            found, rows, min_score=limits["min_score"], max_boxes=most
        )
        k = min(task.budget, len(short))
        medoids: staged.Order = short[select.k_medoids(distances, k=k, steps=steps)]
        return medoids

    return Composed(
        "ppal", known, needs(known, forward=True, detections=True, labelled=True),
        image=lambda evidence: weighted(seen.detections(evidence), np.ones(evidence.classes)),
        keep=likeness(known), keep_boxes=seen.features,
        choose=staged.staged(arrange, factor=number(known, "factor", 1), score=score),
    )  # fmt: skip


def _positives(labelled: Labelled) -> list[scores.Positives]:
    """Probability and overlap of the box that found each labelled object, an image a batch."""
    return [
        _of_image(truth, found)
        for truth, found in zip(labelled.truths, labelled.detections, strict=True)
        if found is not None
    ]


def _of_image(truth: GroundTruth, found: Detections) -> scores.Positives:
    """A missed object has probability and overlap 0; an object to ignore is none."""
    probabilities, overlaps = np.zeros((2, len(truth)))
    matched = match([truth], [found]).truth
    hits = np.flatnonzero(matched >= 0)
    objects = matched[hits]
    probabilities[objects] = found.scores[hits]
    boxes = found.xyxy[hits].astype(np.float64)
    overlaps[objects] = matching_iou(boxes, truth.xyxy[objects])
    real = ~truth.ignore
    return scores.Positives(probabilities[real], overlaps[real], truth.classes[real])
