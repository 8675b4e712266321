"""PAL, Portable Active Learning (Sharma et al., CVPR 2026, arXiv 2605.10349; STRATEGIES §8).

There is no official code; what the paper leaves open is said where it is decided: `scores.guide`,
`scores.true_positive`, `scores.support`.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from labelnext import scores
from labelnext.errors import LabelnextError
from labelnext.evaluate import match
from labelnext.evidence import Evidence, Pool
from labelnext.strategies import staged
from labelnext.strategies.arguments import SELECTION, choice, needs, number, resolve
from labelnext.strategies.composed import Chosen, Composed, Task, detections
from labelnext.strategies.diverse import at_least_one
from labelnext.strategies.keep import embedding, likeness
from labelnext.types import Activation, Detections


def pal(*, preset: str = "corrected", **given: object) -> Composed:
    """Doubt whether boxes are right, learned on the labels; budgets for rare classes; diversity.

    Embeddings are the detector's own, where the paper takes an external network's. Under the rules
    that keep picks apart, the paper's selection runs among the `factor`·b most doubtful images.
    """
    known = resolve(
        "pal", preset, given, ("activation", *SELECTION), factor=4.0, threshold=0.05,
        support_window=19, folds=2, ridge=0.01,
    )  # fmt: skip
    threshold, window = number(known, "threshold"), int(number(known, "support_window"))
    activation = choice(known, "activation", ("sigmoid", "softmax"))
    factor = at_least_one(known, "factor")

    def evidence_of_boxes(seen: Evidence) -> Float32[np.ndarray, "n 1"]:
        if seen.prediction is None or seen.prediction.maps is None:
            raise LabelnextError(
                "The strategy pal counts the evidence for a box on dense maps, and the detector "
                "gives boxes only. Use a strategy that scores boxes, such as box-entropy."
            )
        counts = scores.support(
            seen.prediction.maps, detections(seen), image_size=seen.size, threshold=threshold,
            window=window,
        )  # fmt: skip
        return counts[:, None].astype(np.float32)

    def choose(task: Task) -> Chosen:
        pool = task.pool
        model = _learn(pool, int(number(known, "folds")), number(known, "ridge"))
        doubts = _doubts(pool, model)
        terms = _terms(pool, activation)  # type: ignore[arg-type]
        highest = np.where(np.isnan(doubts).all(axis=1), np.nan, np.nanmax(
            np.where(np.isnan(doubts), -np.inf, doubts), axis=1))  # fmt: skip

        def arrange(short: staged.Order, task: Task) -> staged.Order:
            allowed = np.where(staged.shut(pool, short)[:, None], np.nan, doubts)
            return scores.guide(
                allowed, terms.entropies, terms.diversity, terms.rarities, staged.embeddings(task),
                budget=task.budget,
            )  # fmt: skip

        ranked = task.rules.rank(pool, highest)
        return staged.staged(arrange, factor=factor, score=lambda _: ranked)(task)

    return Composed(
        "pal", known, needs(known, forward=True, detections=True, labelled=True),
        image=lambda seen: float(len(detections(seen)) > 0) or None,
        keep={"embedding": embedding, **likeness(known)}, keep_boxes=evidence_of_boxes,
        choose=choose,
    )  # fmt: skip


class _Terms(NamedTuple):
    """What GUIDE adds to doubt, one number an image, and how rare each class is."""

    entropies: Float64[np.ndarray, "n"]
    diversity: Float64[np.ndarray, "n"]
    rarities: Float64[np.ndarray, "classes"]


def _learn(pool: Pool, folds: int, ridge: float) -> scores.TruePositiveModel:
    """Which boxes are right, learned on the labelled images."""
    known = pool.labelled
    seen = [i for i, found in enumerate(known.detections) if found is not None]
    found = [known.detections[i] for i in seen]
    hits = [_hits(known.truths[i], one) for i, one in zip(seen, found, strict=True) if one]
    boxes = [known.boxes[i] for i in seen]
    images = [np.full(len(one), i, np.int64) for i, one in zip(seen, found, strict=True) if one]
    return scores.fit_true_positives(
        _joined([box[:, 0] for box in boxes if box is not None], np.float64),
        _joined([one.scores for one in found if one], np.float64),
        _joined([one.classes for one in found if one], np.int64),
        _joined(hits, bool),
        _joined(images, np.int64),
        classes=pool.classes, folds=folds, ridge=ridge,
    )  # fmt: skip


def _hits(truth: object, found: Detections) -> Bool[np.ndarray, "n"]:
    matched: np.ndarray = match([truth], [found]).truth >= 0  # type: ignore[list-item]
    return matched


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


def _counts(found: object, classes: int) -> Int64[np.ndarray, "classes"]:
    labels = [one.classes for one in found if one is not None]  # type: ignore[attr-defined]
    return np.bincount(_joined(labels, np.int64), minlength=classes).astype(np.int64)


def _joined(parts: list[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *parts]).astype(kind)
