"""Class balance: of a short list, what differs most from the labelled (STRATEGIES §5, stage 2)."""

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.numerics import jensen_shannon
from labelnext.select.checks import Indices, Mask, check_budget, check_order

_SUM_SLACK = 1e-3  # how far from 1 a distribution may add up, after float32


def furthest_classes(
    candidates: Int64[np.ndarray, "r"],
    vectors: Float64[np.ndarray, "n classes"],
    labelled: Float64[np.ndarray, "classes"],
    *,
    budget: int,
    blocked: Mask | None = None,
) -> Indices:
    """The candidates whose classes are distributed most unlike those of the labelled images.

    Second stage of CALD, Yu et al., CVPRW 2022 (arXiv 2103.10374): from the (1+δ)·b best by score
    take the b of largest Jensen–Shannon divergence between image and labelled set. The labelled
    vector is not updated within the batch, so this is a plain sort.

    Args:
        candidates: The short list, best first. Of equal divergence, the better goes first: with
            one class, where all are equal, the score alone decides.
        vectors: Distribution over classes of each image of the pool: 0 or more, adding up to 1
            (CALD: softmax of the largest score of each class). Other rows do not matter.
        labelled: The same of the labelled images (CALD: softmax of objects an image).
        budget: How many to choose; with fewer candidates, all of them.
        blocked: Images that must not be chosen, although candidates.

    Returns:
        Indices, the least like the labelled first.

    Raises:
        ArgumentError: A negative budget; candidates twice or outside the pool; vectors of another
            width, or that are no distributions.
    """
    function = "select.furthest_classes"
    budget = check_budget(budget, function)
    order = check_order(candidates, len(vectors), blocked, function, "candidates")
    if vectors.shape[1] != len(labelled):
        raise ArgumentError(
            function, "labelled", expected=f"{vectors.shape[1]} wide, as the vectors are",
            got=f"{len(labelled)}",
        )  # fmt: skip
    _check_distributions(function, "labelled", labelled[None])
    _check_distributions(function, "vectors", vectors[order])
    divergence = jensen_shannon(vectors[order], labelled[None])
    return order[np.argsort(-divergence, kind="stable")][:budget]


def _check_distributions(
    function: str, argument: str, rows: Float64[np.ndarray, "k classes"]
) -> None:
    if not ((rows >= 0).all() and (np.abs(rows.sum(axis=1) - 1) <= _SUM_SLACK).all()):
        raise ArgumentError(
            function, argument, expected="a distribution over classes: 0 or more, adding up to 1",
            got="NaN or another", remedy="Apply softmax, or divide by the sum.",
        )  # fmt: skip
