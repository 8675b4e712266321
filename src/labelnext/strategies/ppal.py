"""PPAL: doubt weighted by how hard a class is, then images of unlike boxes (STRATEGIES §7).

After Yang, Huang and Crowley, CVPR 2024 (arXiv 2211.11612), without the faults of its release.
"""

import numpy as np

from labelnext import scores, select
from labelnext.evaluate import match
from labelnext.evidence import Labelled
from labelnext.scores.overlap import matching_iou
from labelnext.strategies import staged
from labelnext.strategies.arguments import SELECTION, needs, number, resolve
from labelnext.strategies.composed import Composed, Task, detections
from labelnext.strategies.diverse import at_least_one
from labelnext.strategies.features import features
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
    limits = {name: number(known, name) for name in ("min_score", "min_side", "max_aspect")}

    def weighted(found: Detections, weights: np.ndarray) -> float | None:
        return scores.weighted_entropy(found, weights, **limits)

    def rank(task: Task) -> Ranked:
        """Scores with each class's weight, where there are several classes to weigh."""
        pool = task.pool
        if pool.classes < 2:
            return task.rules.rank(pool)
        weights = scores.difficulty_weights(
            scores.class_difficulty(
                _positives(pool.labelled), pool.classes, exponent=number(known, "exponent"),
                momentum=number(known, "momentum"),
            ),
            alpha=number(known, "alpha"), beta=number(known, "beta"),
        )  # fmt: skip
        again = [
            None if found is None or np.isnan(plain) else weighted(found, weights)
            for found, plain in zip(pool.detections, pool.scores, strict=True)
        ]
        values = np.array([np.nan if score is None else score for score in again], np.float64)
        return task.rules.rank(pool, values)

    def arrange(short: staged.Order, task: Task) -> staged.Order:
        pool = task.pool
        found = [pool.detections[i] for i in short]
        rows = [pool.boxes[i] for i in short]
        distances = scores.matching_distances(
            [one for one in found if one is not None], [row for row in rows if row is not None],
            min_score=limits["min_score"], max_boxes=int(number(known, "max_boxes")),
        )  # fmt: skip
        distances = np.where(np.isnan(distances), 2.0, distances)  # nothing to match: farthest
        np.fill_diagonal(distances, 0.0)
        k = min(task.budget, len(short))
        medoids: staged.Order = short[
            select.k_medoids(distances, k=k, steps=int(number(known, "steps")))
        ]
        return medoids

    return Composed(
        "ppal", known, needs(known, forward=True, detections=True, labelled=True),
        image=lambda seen: weighted(detections(seen), np.ones(seen.classes)),
        keep=likeness(known), keep_boxes=features,
        choose=staged.staged(arrange, factor=at_least_one(known, "factor"), score=rank),
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
    overlaps[objects] = matching_iou(found.xyxy[hits], truth.xyxy[objects])
    real = ~truth.ignore
    return scores.Positives(probabilities[real], overlaps[real], truth.classes[real])
