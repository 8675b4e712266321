"""The b best images, for stills (PAPER §4)."""

import numpy as np
from jaxtyping import Int64

from labelnext.errors import ArgumentError
from labelnext.select.checks import (
    Indices,
    Mask,
    Scores,
    check_budget,
    check_mask,
    check_scores,
    check_vector,
)


def top(
    scores: Scores,
    *,
    budget: int,
    blocked: Mask | None = None,
    unscored: Mask | None = None,
    among: Mask | None = None,
    rng: np.random.Generator | None = None,
) -> Indices:
    """The `budget` images of highest score, best first; ties go to the lower index.

    Args:
        scores: One an image of the pool; NaN only where blocked or unscored.
        budget: How many to choose; with fewer available, all of them.
        blocked: Images that must not be chosen (labelled already).
        unscored: Images that have no score. They rank after every scored one, at random.
        among: Only these may be chosen; the others need no score.
        rng: Orders the unscored images; needed only where there are any.

    Returns:
        Indices in the order chosen.

    Raises:
        ArgumentError: A negative budget, masks of another length, scores that are not finite, or
            unscored images without `rng`.
    """
    function = "select.top"
    budget = check_budget(budget, function)
    n = check_vector(scores, function)
    shut = shut_out(check_mask(blocked, n, function, "blocked"), among, n, function)
    return ranking(scores, function, blocked=shut, unscored=unscored, rng=rng)[:budget]


def shut_out(closed: Mask, among: Mask | None, n: int, function: str) -> Mask:
    """What may not be chosen now: what is closed, and what is not `among` the candidates."""
    return closed if among is None else closed | ~check_mask(among, n, function, "among")


def ranking(
    scores: Scores,
    function: str,
    *,
    blocked: Mask | None,
    unscored: Mask | None,
    rng: np.random.Generator | None,
) -> Int64[np.ndarray, "available"]:
    """All images that are not blocked, best first; checks what it is given."""
    n = check_vector(scores, function)
    closed = check_mask(blocked, n, function, "blocked")
    without = check_mask(unscored, n, function, "unscored")
    values = check_scores(scores, closed | without, function)
    scored, rest = np.flatnonzero(~closed & ~without), np.flatnonzero(~closed & without)
    best_first = scored[np.argsort(-values[scored], kind="stable")]
    if not len(rest):
        return best_first
    if rng is None:
        raise ArgumentError(
            function,
            "rng",
            expected="a numpy Generator, since some images are unscored",
            got=None,
            remedy="Pass np.random.default_rng(seed).",
        )
    return np.concatenate([best_first, rng.permutation(rest)])
