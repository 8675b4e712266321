"""Is a box right? PAL's classifier and the uncertainty it leaves (LIUS; STRATEGIES §8).

After Sharma, Bersamin and Subramanian, CVPR 2026; what the paper leaves open is said below.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.scores.found import PerBox, check_count, check_range, entropies

_Classes = Int64[np.ndarray, "n"]


@dataclass(frozen=True, slots=True)
class TruePositiveModel:
    """Logistic classifiers of P(a box is right) from its support and score.

    Attributes:
        coefficients: `[folds, classes, 3]`: constant, factor of support, factor of score. NaN where
            nothing could be learned; there P is the score.
    """

    coefficients: Float64[np.ndarray, "folds classes 3"]


def fit_true_positives(
    support: PerBox,
    scores: PerBox,
    labels: _Classes,
    hits: Bool[np.ndarray, "n"],
    images: Int64[np.ndarray, "n"],
    *,
    classes: int,
    folds: int = 2,
    ridge: float = 0.01,
    least: int = 6,
) -> TruePositiveModel:
    """Learn on labelled images which boxes are right, class by class.

    P = σ(β₀ + β₁·support + β₂·score), fitted by minimising the summed log loss plus
    ½·ridge·(β₁² + β₂²), both features standardised; β₀ is free. A class with fewer than `least`
    boxes, or all right or all wrong, takes the classifier of all classes together; if that has the
    same want, P is the score.

    Departure: with several folds, the i-th labelled image is left out of fold i mod folds, and P is
    the mean over the folds' classifiers, so that no single image decides. It does not undo that the
    detector has seen these images in training: boxes on images it has not seen are better evidence.

    Args:
        support: Evidence for each box, such as `support`; 0 or more.
        scores: 0 to 1.
        labels: Predicted class of each box.
        hits: Whether it is right: matched with an object of its class at IoU ≥ 0.5, one to one.
        images: Number of the image each box is on.
        classes: How many classes there are.
        folds: At least 1; with 1, all boxes are learned from at once.
        ridge: Above 0.
        least: Fewest boxes a class may be learned from.

    Raises:
        ArgumentError: Numbers out of range, or arrays of different lengths.
    """
    function = "fit_true_positives"
    count = check_count(function, "classes", classes)
    parts = check_count(function, "folds", folds)
    check_count(function, "least", least)
    check_range(function, "ridge", ridge, 1e-9)
    _check(function, support, scores, labels, count)
    for argument, values in (("hits", hits), ("images", images)):
        if len(values) != len(scores):
            expected, got = f"one for each of the {len(scores)} boxes", f"{len(values)}"
            raise ArgumentError(function, argument, expected=expected, got=got)
    features = np.stack([support, scores], axis=1).astype(np.float64)
    coefficients = np.full((parts, count, 3), np.nan)
    for fold, used in enumerate(_folds(images, parts)):
        x, y, own = features[used], hits[used], labels[used]
        pooled = _logistic(x, y, ridge, least)
        for label in range(count):
            beta = _logistic(x[own == label], y[own == label], ridge, least)
            beta = pooled if beta is None else beta
            if beta is not None:
                coefficients[fold, label] = beta
    return TruePositiveModel(coefficients)


def true_positive_probability(
    model: TruePositiveModel, support: PerBox, scores: PerBox, labels: _Classes
) -> PerBox:
    """P(TP) of boxes, the mean over the model's folds; the score where nothing was learned.

    Args:
        model: From `fit_true_positives`.
        support: As it was for fitting.
        scores: 0 to 1.
        labels: Predicted class of each box.

    Raises:
        ArgumentError: Numbers out of range, or arrays of different lengths.
    """
    folds, classes, _ = model.coefficients.shape
    _check("true_positive_probability", support, scores, labels, classes)
    features = np.stack([np.ones(len(scores)), support, scores], axis=1).astype(np.float64)
    total = np.zeros(len(scores))
    for beta in model.coefficients[:, labels]:
        known = ~np.isnan(beta).any(axis=1)
        p = _sigmoid((features * np.where(known[:, None], beta, 0)).sum(axis=1))
        total += np.where(known, p, scores)
    mean: np.ndarray = total / folds
    return mean


def true_positive_entropy(probabilities: PerBox) -> PerBox:
    """LIUS of each box: the entropy of P(TP) in bits, 0 to 1.

    Raises:
        ArgumentError: A probability outside [0, 1].
    """
    p = probabilities.astype(np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        expected = "from 0 to 1"
        raise ArgumentError(
            "true_positive_entropy", "probabilities", expected=expected, got="NaN or another"
        )
    bits: np.ndarray = entropies(np.stack([p, 1 - p], axis=1)) / np.log(2)
    return bits


def class_maxima(values: PerBox, labels: _Classes, classes: int) -> Float64[np.ndarray, "classes"]:
    """Largest value of a box of each class on one image: the image's LIUS. NaN without a box.

    Raises:
        ArgumentError: NaN, lengths that differ, or a class not below `classes`.
    """
    function = "class_maxima"
    count = check_count(function, "classes", classes)
    if not np.isfinite(values).all():
        raise ArgumentError(function, "values", expected="finite", got="NaN or infinity")
    _check_labels(function, labels, len(values), count)
    best = np.full(count, -np.inf)
    np.maximum.at(best, labels, values)
    return np.where(np.isinf(best), np.nan, best)


def _check(function: str, support: PerBox, scores: PerBox, labels: _Classes, classes: int) -> None:
    if len(support) != len(scores):
        expected = f"one for each of the {len(scores)} boxes"
        raise ArgumentError(function, "support", expected=expected, got=f"{len(support)}")
    if not (np.isfinite(support).all() and (support >= 0).all()):
        raise ArgumentError(
            function, "support", expected="finite, 0 or more", got="NaN, infinity or less"
        )
    if not ((scores >= 0) & (scores <= 1)).all():
        raise ArgumentError(function, "scores", expected="from 0 to 1", got="NaN or another")
    _check_labels(function, labels, len(scores), classes)


def _check_labels(function: str, labels: _Classes, boxes: int, classes: int) -> None:
    if len(labels) != boxes or (boxes and not 0 <= labels.min() <= labels.max() < classes):
        raise ArgumentError(
            function,
            "labels",
            expected=f"a class from 0 to {classes - 1} for each of the {boxes} boxes",
            got=f"{len(labels)} classes up to {labels.max(initial=0)}",
        )


def _folds(images: Int64[np.ndarray, "n"], folds: int) -> Iterator[Bool[np.ndarray, "n"]]:
    """For each fold, the boxes to learn from."""
    place = np.unique(images, return_inverse=True)[1]
    for fold in range(folds):
        yield place % folds != fold if folds > 1 else np.ones(len(images), bool)


def _logistic(
    features: Float64[np.ndarray, "n 2"], hits: Bool[np.ndarray, "n"], ridge: float, least: int
) -> Float64[np.ndarray, "3"] | None:
    """Coefficients for the features as they come; None with too little to learn from."""
    if len(hits) < least or hits.all() or not hits.any():
        return None
    from scipy.optimize import minimize  # on use: importing the room must stay quick

    centre, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    x = np.column_stack([np.ones(len(hits)), (features - centre) / scale])
    y, penalty = hits.astype(np.float64), np.array([0, ridge, ridge])

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ beta
        value = np.logaddexp(0, z).sum() - y @ z + (penalty * beta**2).sum() / 2
        return float(value), x.T @ (_sigmoid(z) - y) + penalty * beta

    def curvature(beta: np.ndarray) -> np.ndarray:
        p = _sigmoid(x @ beta)
        second: np.ndarray = (x.T * (p * (1 - p))) @ x + np.diag(penalty)
        return second

    options = {"gtol": 1e-9}
    start = np.zeros(3)
    beta = minimize(loss, start, jac=True, hess=curvature, method="trust-exact", options=options).x
    slopes = beta[1:] / scale
    return np.array([beta[0] - slopes @ centre, *slopes])


def _sigmoid(z: PerBox) -> PerBox:
    small = np.exp(-np.abs(z))
    p: np.ndarray = np.where(z >= 0, 1 / (1 + small), small / (1 + small))
    return p
