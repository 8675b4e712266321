"""Class quotas: images that offer what is wanted of each class come first (STRATEGIES §10)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.select.checks import Indices, Mask, check_budget, check_order


class Quota(NamedTuple):
    """What a selection by quotas chose.

    Attributes:
        indices: Chosen images, in the order chosen.
        received: Objects of each class that they offer together. Expected, not seen: predicted
            rare classes are often false.
    """

    indices: Indices
    received: Float64[np.ndarray, "classes"]


def quota(
    ranking: Int64[np.ndarray, "r"],
    offers: Float64[np.ndarray, "n classes"],
    *,
    budget: int,
    quotas: Float64[np.ndarray, "classes"],
    blocked: Mask | None = None,
    least: float = 0.0,
) -> Quota:
    """Walk down the ranking and take what offers a class whose quota is unmet; then fill up.

    An image is passed over while every class it offers has its quota. Once all quotas are met, or
    the ranking is at its end, the leftover budget goes to the images passed over, by rank.

    Args:
        ranking: Images that may be chosen, best first.
        offers: Expected objects of each class in each image of the pool, Σ_j p_jc over its boxes,
            from calibrated probabilities; 0 or more. Rows of images not ranked do not matter.
        budget: How many to choose; with fewer ranked, all of them.
        quotas: Objects wanted of each class, 0 or more.
        blocked: Images that must not be chosen, although ranked.
        least: An image offers something to a class if it offers more than this. Detectors with a
            sigmoid expect a little of everything everywhere; 0.5 says more likely than not.

    Returns:
        Indices in the order chosen, and what they offer.

    Raises:
        ArgumentError: A negative budget; a ranking with an index twice or outside the pool; offers,
            quotas or `least` that are NaN, infinite or negative, or of other lengths.
    """
    function = "select.quota"
    budget = check_budget(budget, function)
    open_ = check_order(ranking, len(offers), blocked, function, "ranking")
    _check_amounts(function, "quotas", quotas, (offers.shape[1],))
    _check_amounts(function, "offers", offers[open_], (len(open_), len(quotas)))
    if not (0 <= least < np.inf):
        raise ArgumentError(function, "least", expected="finite, 0 or more", got=least)
    received = np.zeros(len(quotas))
    chosen: list[int] = []
    passed_over: list[int] = []
    for at, image in enumerate(open_.tolist()):
        unmet = received < quotas
        if len(chosen) >= budget or not unmet.any():
            passed_over += open_[at:].tolist()
            break
        if (offers[image][unmet] > least).any():
            chosen.append(image)
            received += offers[image]
        else:
            passed_over.append(image)
    indices = np.array((chosen + passed_over)[:budget], np.int64)
    return Quota(indices, offers[indices].sum(axis=0))


def _check_amounts(
    function: str, argument: str, values: Float64[np.ndarray, "..."], shape: tuple[int, ...]
) -> None:
    if values.shape != shape:
        raise ArgumentError(
            function, argument, expected=f"of shape {shape}", got=f"{values.shape}",
            remedy="There is one column and one quota for each class.",
        )  # fmt: skip
    if not ((values >= 0) & (values < np.inf)).all():
        raise ArgumentError(
            function, argument, expected="finite and 0 or more", got="NaN or another"
        )  # fmt: skip
