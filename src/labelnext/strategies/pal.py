"""PAL, Portable Active Learning (Sharma et al., CVPR 2026, arXiv 2605.10349; STRATEGIES §8).

There is no official code; what the paper leaves open is said where it is decided: `scores.guide`,
`scores.true_positive`, `scores.support`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, Int64

from labelnext import scores
from labelnext.errors import ArgumentError
from labelnext.evaluate import match
from labelnext.evidence import Evidence, Pool
from labelnext.strategies import seen, staged
from labelnext.strategies.arguments import SELECTION, choice, needs, number, resolve, whole
from labelnext.strategies.boxes import ACTIVATIONS
from labelnext.strategies.composed import Chosen, Composed, Task
from labelnext.strategies.keep import likeness
from labelnext.types import Activation, Detections


def pal(*, preset: str = "corrected", **given: object) -> Composed:
    """Doubt whether boxes are right, learned on the labels; budgets for rare classes; diversity.

    Departures: embeddings are the detector's own, where the paper takes an external network's.
    Under rules that keep picks apart, the paper's selection runs among the `factor`·b most doubtful
    images; without any, among all.
    """
    known = resolve(
        "pal", preset, given, ("activation", *SELECTION), factor=4.0, threshold=0.05,
        support_window=19, folds=2, ridge=0.01,
    )  # fmt: skip
    threshold = number(known, "threshold", 0, 1 - 1e-9)
    window, folds = whole(known, "support_window", 1), whole(known, "folds", 1)
    if window % 2 == 0:
        raise ArgumentError("the strategy pal", "support_window", expected="odd", got=window)
    ridge, factor = number(known, "ridge", 1e-9), number(known, "factor", 1)
    activation = choice(known, "activation", ACTIVATIONS)

    def backing(evidence: Evidence) -> Float32[np.ndarray, "n 1"]:
        """How many pixels stand behind each box."""
        counts = scores.support(
            seen.maps(evidence, "pal"), seen.class_vectors(evidence, activation),
            image_size=evidence.size, threshold=threshold, window=window,
        )  # fmt: skip
        return counts[:, None].astype(np.float32)

    def choose(task: Task) -> Chosen:
        pool = task.pool
        doubts = _doubts(pool, _learn(pool, folds, ridge))
        terms = _terms(pool, activation)  # type: ignore[arg-type]

        def arrange(short: staged.Order, task: Task) -> staged.Order:
            allowed = np.full_like(doubts, np.nan)
            allowed[short] = doubts[short]
            return scores.guide(
                allowed, terms.entropies, terms.diversity, terms.rarities,
                staged.vectors(pool, "embedding"), budget=task.budget,
            )  # fmt: skip

        among = float(max(1, len(pool))) if task.rules.free(pool.timeline) else factor
        return staged.staged(arrange, factor=among, score=lambda _: _largest(doubts))(task)

    return Composed(
        "pal", known, needs(known, forward=True, detections=True, labelled=True),
        image=_any_box, keep={"embedding": seen.embedding, **likeness(known)}, keep_boxes=backing,
        choose=choose,
    )  # fmt: skip


def _any_box(evidence: Evidence) -> float | None:
    """1 where there is a box: what its doubt is, is learned once all labels are there."""
    return 1.0 if len(seen.detections(evidence)) else None


class _Terms(NamedTuple):
    """What GUIDE adds to doubt, one number an image, and how rare each class is."""

    entropies: Float64[np.ndarray, "n"]
    diversity: Float64[np.ndarray, "n"]
    rarities: Float64[np.ndarray, "classes"]


def _learn(pool: Pool, folds: int, ridge: float) -> scores.TruePositiveModel:
    """Which boxes are right, learned on the labelled images; boxes to ignore teach nothing."""
    known = pool.labelled
    parts = []
    pairs = zip(known.truths, known.detections, known.boxes, strict=True)
    for i, (truth, found, rows) in enumerate(pairs):
        if found is None or rows is None:
            continue
        became = match([truth], [found])
        own = rows[:, 0], found.scores, found.classes, became.truth >= 0, np.full(len(found), i)
        parts.append([column[~became.ignored] for column in own])
    kinds = (np.float64, np.float64, np.int64, bool, np.int64)
    columns = [_joined([part[k] for part in parts], kind) for k, kind in enumerate(kinds)]
    return scores.fit_true_positives(
        *columns, classes=pool.classes, folds=folds, ridge=ridge
    )  # fmt: skip


def _doubts(pool: Pool, model: scores.TruePositiveModel) -> Float64[np.ndarray, "n classes"]:
    """LIUS of each image and class; NaN where the image does not show the class."""
    out = np.full((len(pool), pool.classes), np.nan)
    for i, (found, rows) in enumerate(zip(pool.detections, pool.boxes, strict=True)):
        if found is None or rows is None or not len(found) or np.isnan(pool.scores[i]):
            continue
        p = scores.true_positive_probability(
            model, rows[:, 0].astype(np.float64), found.scores.astype(np.float64), found.classes
        )
        doubt = scores.true_positive_entropy(p)
        out[i] = scores.class_maxima(doubt, found.classes, pool.classes)
    return out


def _largest(doubts: Float64[np.ndarray, "n classes"]) -> Float64[np.ndarray, "n"]:
    """The doubt of each image's most doubtful class; NaN where it shows none."""
    largest: np.ndarray = np.where(np.isnan(doubts), -np.inf, doubts).max(axis=1, initial=-np.inf)
    return np.where(np.isinf(largest), np.nan, largest)


def _terms(pool: Pool, activation: Activation) -> _Terms:
    """CWIE, RCDI and r_c; 0 for images that show nothing."""
    rarities = scores.rarity(
        _counts(pool.labelled.detections, pool.classes), _counts(pool.detections, pool.classes)
    )
    entropies, diversity = np.zeros((2, len(pool)))
    for i, found in enumerate(pool.detections):
        if found is not None and len(found):
            entropies[i] = scores.rare_entropy(found, rarities, activation=activation) or 0.0
            diversity[i] = scores.rare_classes(found, rarities) or 0.0
    return _Terms(entropies, diversity, rarities)


def _counts(found: Sequence[Detections | None], classes: int) -> Int64[np.ndarray, "classes"]:
    labels = [one.classes for one in found if one is not None]
    return np.bincount(_joined(labels, np.int64), minlength=classes).astype(np.int64)


def _joined(parts: list[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *parts]).astype(kind)
