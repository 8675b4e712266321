"""Boxes as the scores take them: checked, in float64; and the little maths that several share."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.types import Activation, Detections

PerBox = Float64[np.ndarray, "n"]
Vectors = Float64[np.ndarray, "n classes"]


class Found(NamedTuple):
    """The boxes of one image; `vectors` has no columns where there are no class vectors."""

    xyxy: Float64[np.ndarray, "n 4"]
    scores: PerBox
    classes: Int64[np.ndarray, "n"]
    vectors: Vectors

    def take(self, which: np.ndarray) -> "Found":
        """Some of the boxes, by a mask or by their places."""
        return Found(*(part[which] for part in self))

    def doubt(self) -> PerBox:
        """h(s_j) = H((s_j, 1 − s_j)) in nats, 0 to ln 2."""
        return entropies(np.stack([self.scores, 1 - self.scores], axis=1))

    def entropy(self, activation: Activation) -> PerBox:
        """H(p_j) under softmax, h(s_j) under sigmoid, which knows no distribution (rule 0.2)."""
        return entropies(self.vectors) if activation == "softmax" else self.doubt()

    def ranked(self) -> "Found":
        """Best first; boxes of equal score in an order that is not the one they came in."""
        return self.take(rank(self, self.scores))


def found_of(
    detections: Detections,
    function: str,
    argument: str = "detections",
    *,
    activation: str = "sigmoid",
    classes: int | None = None,
) -> Found:
    """The boxes, once they are known to be whole.

    Raises:
        ArgumentError: An unknown activation; a coordinate that is not finite; a score or
            probability outside [0, 1]; vectors that are absent or do not add up to 1 where softmax
            needs them; a class that is negative, or not below `classes`.
    """
    check_choice(function, "activation", activation, ("sigmoid", "softmax"))
    scores = detections.scores.astype(np.float64)
    vectors = np.zeros((len(scores), 0))
    if detections.probabilities is not None:
        vectors = detections.probabilities.astype(np.float64)
    for what, values in (("scores", scores), ("probabilities", vectors)):
        if not ((values >= 0) & (values <= 1)).all():
            raise ArgumentError(
                function,
                argument,
                expected=f"with {what} from 0 to 1",
                got="NaN or another",
                remedy="Turn logits into probabilities first.",
            )
    if not np.isfinite(detections.xyxy).all():
        raise ArgumentError(function, argument, expected="with finite boxes", got="NaN or infinity")
    if len(scores):
        _check_classes(function, argument, detections.classes, classes)
        if activation == "softmax":
            _check_distribution(function, argument, vectors)
    return Found(detections.xyxy.astype(np.float64), scores, detections.classes, vectors)


def check_choice(function: str, argument: str, value: str, known: tuple[str, ...]) -> None:
    """Raise an ArgumentError unless the value is one of those known."""
    if value not in known:
        raise ArgumentError(function, argument, expected=" or ".join(known), got=repr(value))


def check_range(
    function: str, argument: str, value: float, low: float = 0.0, high: float = np.inf
) -> None:
    """Raise an ArgumentError unless the number is finite and from `low` to `high`."""
    if not (np.isfinite(value) and low <= value <= high):
        expected = f"a finite number of at least {low:g}"
        if np.isfinite(high):
            expected = f"from {low:g} to {high:g}"
        raise ArgumentError(function, argument, expected=expected, got=value)


def check_count(function: str, argument: str, value: int, least: int = 1) -> int:
    """The value as an int, once it is known to be an integer of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        expected = f"an integer of {least} or more"
        raise ArgumentError(function, argument, expected=expected, got=value)
    return int(value)


def check_by_class(
    function: str, argument: str, values: Float[np.ndarray, "classes"], found: Found | None = None
) -> Float64[np.ndarray, "classes"]:
    """One number a class, finite and not negative, and one for every class found."""
    given = np.asarray(values, np.float64)
    needed = 0 if found is None else int(found.classes.max(initial=-1)) + 1
    if given.ndim != 1 or len(given) < needed:
        expected = f"one number a class, for at least {needed} classes"
        raise ArgumentError(function, argument, expected=expected, got=f"shape {given.shape}")
    if not (np.isfinite(given).all() and (given >= 0).all()):
        raise ArgumentError(
            function, argument, expected="finite numbers of 0 or more", got=given.tolist()
        )
    return given


def check_features(
    function: str, argument: str, features: Float[np.ndarray, "n d"], boxes: int
) -> Float64[np.ndarray, "n d"]:
    """One finite row a box, as float64."""
    if features.ndim != 2 or len(features) != boxes:
        raise ArgumentError(
            function,
            argument,
            expected=f"one row for each of the {boxes} boxes",
            got=f"shape {features.shape}",
        )
    if not np.isfinite(features).all():
        raise ArgumentError(function, argument, expected="finite", got="NaN or infinity")
    return features.astype(np.float64)


def entropies(vectors: Vectors) -> PerBox:
    """−Σ p ln p of each row, 0 ln 0 being 0; never −0."""
    logs = np.log(vectors, out=np.zeros_like(vectors), where=vectors > 0)
    total: np.ndarray = -(vectors * logs).sum(axis=1)
    not_negative: np.ndarray = np.maximum(total, 0)
    return not_negative + 0.0


def rank(found: Found, by: PerBox) -> Int64[np.ndarray, "n"]:
    """Places of the boxes, largest `by` first, whatever order they came in.

    Ties break by score, class and place, so that only equal boxes depend on the order given.
    """
    return np.lexsort((*found.xyxy.T[::-1], found.classes, -found.scores, -by))


def unit(features: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    """Rows of length 1; a row of zeros stays as it is, and has cosine 0 with every other."""
    length = np.linalg.norm(features, axis=1, keepdims=True)
    scaled: np.ndarray = features / np.where(length > 0, length, 1)
    return scaled


def _check_classes(
    function: str, argument: str, given: Int64[np.ndarray, "n"], classes: int | None
) -> None:
    low, high = int(given.min()), int(given.max())
    if low < 0 or (classes is not None and high >= classes):
        expected = "with classes of 0 or more" if classes is None else f"of classes below {classes}"
        raise ArgumentError(function, argument, expected=expected, got=low if low < 0 else high)


def _check_distribution(function: str, argument: str, vectors: Vectors) -> None:
    sums = vectors.sum(axis=1)
    worst = sums[np.abs(sums - 1).argmax()]
    if vectors.shape[1] < 2:
        got, remedy = "no vectors", "Give `probabilities`, or use activation='sigmoid'."
    elif abs(worst - 1) > 1e-3:
        got = f"one that adds up to {worst:g}"
        remedy = "Keep the background among the classes, or use activation='sigmoid'."
    else:
        return
    raise ArgumentError(
        function,
        argument,
        expected="with a class vector a box that adds up to 1, as activation is softmax",
        got=got,
        remedy=remedy,
    )
