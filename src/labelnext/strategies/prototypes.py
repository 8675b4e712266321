"""Entropy of unlike boxes, then images of unlike prototypes (Wu et al. 2022; STRATEGIES §6)."""

from typing import Any

import numpy as np
from jaxtyping import Float32, Float64

from labelnext import scores, select
from labelnext.evidence import Evidence, Pool
from labelnext.strategies import seen, staged
from labelnext.strategies.arguments import SELECTION, needs, number, resolve
from labelnext.strategies.composed import Composed, Task
from labelnext.strategies.keep import likeness

_LIMITS = {"intra": -1, "inter": 0, "alpha": 0, "beta": 0}  # the least; 1 is the most


def prototypes(*, preset: str = "corrected", **given: object) -> Composed:
    """ENMS: entropy summed over boxes that look unlike; then DivProto within and across classes.

    The walk down the ranking ends at the `factor`·b best, which the paper leaves open.
    """
    known = resolve(
        "prototypes", preset, given, SELECTION, factor=4.0, enms=0.5, intra=0.7, inter=0.3,
        alpha=0.5, beta=0.75,
    )  # fmt: skip
    threshold = number(known, "enms", -1, 1)
    limits: dict[str, Any] = {name: number(known, name, low, 1) for name, low in _LIMITS.items()}

    def arrange(short: staged.Order, task: Task) -> staged.Order:
        pool = task.pool
        return select.diverse_prototypes(
            short, _prototypes(pool), _best_scores(pool), budget=task.budget,
            labelled_counts=pool.labelled.counts(pool.classes), **limits,
        )  # fmt: skip

    return Composed(
        "prototypes", known, needs(known, forward=True, detections=True, counts=True),
        image=lambda evidence: scores.distinct_entropy(
            seen.detections(evidence), seen.features(evidence), threshold=threshold
        ),
        keep={"prototypes": _kept, **likeness(known)},
        choose=staged.staged(arrange, factor=number(known, "factor", 1)),
    )  # fmt: skip


def _kept(evidence: Evidence) -> Float32[np.ndarray, "_d"]:
    found, rows = seen.detections(evidence), seen.features(evidence)
    return scores.class_prototypes(found, rows, evidence.classes).reshape(-1)


def _prototypes(pool: Pool) -> Float32[np.ndarray, "n classes d"]:
    return staged.vectors(pool, "prototypes").reshape(len(pool), pool.classes, -1)


def _best_scores(pool: Pool) -> Float64[np.ndarray, "n classes"]:
    best = np.zeros((len(pool), pool.classes))
    for row, found in zip(best, pool.detections, strict=True):
        if found is not None:
            np.maximum.at(row, found.classes, found.scores)
    return best
