"""Spread a budget over classes, rare ones first: PAL's class budgets and GUIDE (STRATEGIES §8).

After Sharma, Bersamin and Subramanian, CVPR 2026; what the paper leaves open is said below.
"""

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.numerics import mean_rarity
from labelnext.scores.found import check_by_class, check_count, found_of, unit
from labelnext.types import Activation, Detections

_ByClass = Float64[np.ndarray, "classes"]
_Counts = Int64[np.ndarray, "classes"]
_PerImage = Float64[np.ndarray, "n"]

_LIUS, _DISTINCT, _RARE = 0.9, 0.02, 0.04


def rarity(labelled: _Counts, pool: _Counts) -> _ByClass:
    """How rare each class is: r_c = 1 − ½(n_{c,l}/N_l + n_{c,u}/N_u).

    Departures, where the paper is silent: a side without any detection has share 0; where one class
    is all there is, so that every r would be 0, it is 1, and terms weighted by it keep a meaning.

    Args:
        labelled: Detections of each class on the labelled images.
        pool: Detections of each class on the pool.

    Returns:
        0 to 1.

    Raises:
        ArgumentError: Negative counts, no classes, or different numbers of them.
    """
    for argument, counts in (("labelled", labelled), ("pool", pool)):
        if not len(counts) or counts.min() < 0 or len(counts) != len(labelled):
            expected = f"{len(labelled) or 'one or more'} counts of 0 or more"
            raise ArgumentError("rarity", argument, expected=expected, got=counts.tolist())
    rare = mean_rarity(labelled, pool)
    return rare if rare.any() else np.ones(len(rare))


def class_budgets(rarities: _ByClass, images: _Counts, *, budget: int) -> _Counts:
    """How many images to choose for each class: b_c = min(n_{c,u}, b·r_c / Σ r), whole numbers.

    What rounding down leaves over goes to the largest fractions, the lower class first. Caps can
    leave some of the budget unspent.

    Args:
        rarities: r_c; see `rarity`.
        images: n_{c,u}: images of the pool that show each class.
        budget: b, 0 or more.

    Raises:
        ArgumentError: Rarities or counts that are negative, different numbers of them, rarities
            that are all 0, or a negative budget.
    """
    function = "class_budgets"
    total = check_count(function, "budget", budget, least=0)
    weights = check_by_class(function, "rarities", rarities)
    if len(images) != len(weights) or images.min(initial=0) < 0:
        expected = f"{len(weights)} counts of 0 or more"
        raise ArgumentError(function, "images", expected=expected, got=images.tolist())
    if not weights.any():
        got = weights.tolist()
        raise ArgumentError(function, "rarities", expected="above 0 for some class", got=got)
    wanted: np.ndarray = np.minimum(images, total * weights / weights.sum())
    whole: np.ndarray = np.floor(wanted + 1e-9).astype(np.int64)
    left = int(np.floor(wanted.sum() + 1e-9)) - int(whole.sum())
    largest_first = np.argsort(np.round(whole - wanted, 9), kind="stable")
    whole[largest_first[:left]] += 1
    return whole


def rare_entropy(
    detections: Detections, rarities: _ByClass, *, activation: Activation = "sigmoid"
) -> float | None:
    """CWIE: Σ_j r_{c_j} H(p_j), in nats; under sigmoid h(s_j). None without boxes.

    Raises:
        ArgumentError: Rarities that are negative, not finite or too few; detections that
            `box_entropy` refuses.
    """
    function = "rare_entropy"
    found = found_of(detections, function, activation=activation)
    weights = check_by_class(function, "rarities", rarities, found)
    if not len(detections):
        return None
    return float(weights[found.classes] @ found.entropy(activation))


def rare_classes(detections: Detections, rarities: _ByClass) -> float | None:
    """RCDI: Σ of r_c over the distinct classes on the image. None without boxes.

    Raises:
        ArgumentError: As in `rare_entropy`.
    """
    function = "rare_classes"
    found = found_of(detections, function)
    weights = check_by_class(function, "rarities", rarities, found)
    return float(weights[np.unique(found.classes)].sum()) if len(detections) else None


def guide(
    lius: Float64[np.ndarray, "n classes"],
    entropies: _PerImage,
    diversity: _PerImage,
    rarities: _ByClass,
    embeddings: Float[np.ndarray, "n d"] | None = None,
    *,
    budget: int,
) -> Int64[np.ndarray, "k"]:
    """Choose images class by class, the rarest first, by 0.9·LIUS + 0.02·RCSP + 0.04·(CWIE + RCDI).

    Of the images that show class c and are not chosen yet, the 2·b_c of largest LIUS stand for it.
    CWIE and RCDI are scaled to 0 … 1 among these. RCSP is 1 − the largest cosine to one of larger
    LIUS among them, 1 for the first. The best b_c are chosen. What the class budgets leave unspent
    goes to the largest LIUS of any class.

    Ties go to the lower index. The paper leaves open the order of classes, the scaling, the ranking
    RCSP refers to, and the remainder; without embeddings RCSP is left out.

    Args:
        lius: Of each image and class, 0 to 1; see `class_maxima`. NaN where the image does not show
            the class, and throughout for images that may not be chosen.
        entropies: CWIE of each image; see `rare_entropy`. Any number where all of `lius` is NaN.
        diversity: RCDI of each image; see `rare_classes`. The same.
        rarities: r_c.
        embeddings: One an image.
        budget: How many images to choose; images without any LIUS are never among them.

    Returns:
        Indices, in the order chosen.

    Raises:
        ArgumentError: Arrays of different lengths; values that are not finite on an image that has
            a LIUS; a negative budget.
    """
    function = "guide"
    total = check_count(function, "budget", budget, least=0)
    shown = ~np.isnan(lius)
    usable = shown.any(axis=1)
    _check_guide(function, lius, (entropies, diversity), rarities, embeddings, usable)
    weights = check_by_class(function, "rarities", rarities)
    budgets = class_budgets(weights, shown.sum(axis=0), budget=total)
    directions = None if embeddings is None else unit(embeddings.astype(np.float64))
    extra = np.stack([entropies, diversity], axis=1)
    open_, chosen = usable.copy(), np.zeros(0, np.int64)
    for label in np.argsort(-weights, kind="stable"):
        candidates = np.flatnonzero(open_ & shown[:, label])
        order = np.argsort(-lius[candidates, label], kind="stable")
        candidates = candidates[order[: 2 * budgets[label]]]
        score = _LIUS * lius[candidates, label] + _RARE * _scaled(extra[candidates])
        if directions is not None:
            score += _DISTINCT * _distinctness(directions[candidates])
        best = candidates[np.argsort(-score, kind="stable")[: budgets[label]]]
        open_[best] = False
        chosen = np.append(chosen, best)
    rest = np.flatnonzero(open_)
    largest = np.nanmax(lius[rest], axis=1) if len(rest) else np.zeros(0)
    rest = rest[np.argsort(-largest, kind="stable")]
    return np.append(chosen, rest)[:total]


def _scaled(values: Float64[np.ndarray, "n terms"]) -> _PerImage:
    """Each column brought to 0 … 1 (0 where it is constant), and their sum."""
    if not len(values):
        return np.zeros(0)
    low, span = values.min(axis=0), np.ptp(values, axis=0)
    scaled: np.ndarray = ((values - low) / np.where(span > 0, span, 1)).sum(axis=1)
    return scaled


def _distinctness(directions: Float64[np.ndarray, "n d"]) -> _PerImage:
    """1 − the largest cosine to a row further up; 1 for the first row."""
    nearest = np.zeros(len(directions))
    for i in range(1, len(directions)):
        nearest[i] = (directions[:i] @ directions[i]).max()
    distinct: np.ndarray = 1 - nearest
    return distinct


def _check_guide(
    function: str,
    lius: Float64[np.ndarray, "n classes"],
    extra: tuple[_PerImage, _PerImage],
    rarities: _ByClass,
    embeddings: Float[np.ndarray, "n d"] | None,
    usable: Bool[np.ndarray, "n"],
) -> None:
    images, classes = lius.shape
    given = {"entropies": extra[0], "diversity": extra[1], "embeddings": embeddings}
    for argument, values in given.items():
        if values is None:
            continue
        if len(values) != images or not np.isfinite(values[usable]).all():
            raise ArgumentError(
                function,
                argument,
                expected=f"finite, one for each of the {images} images",
                got=f"{len(values)}, or NaN or infinity among them",
            )
    if not ((lius >= 0) & (lius <= 1) | np.isnan(lius)).all():
        raise ArgumentError(function, "lius", expected="from 0 to 1, or NaN", got="another value")
    if len(rarities) != classes:
        expected, got = f"one for each of the {classes} classes", f"{len(rarities)}"
        raise ArgumentError(function, "rarities", expected=expected, got=got)
