"""Score per cost: what an image promises for the time its labelling takes (STRATEGIES §11)."""

import numpy as np
from jaxtyping import Float64

from labelnext.errors import ArgumentError
from labelnext.select.checks import Mask, Scores, check_mask, check_scores, check_vector


def per_cost(
    scores: Scores,
    seconds: Scores,
    *,
    exponent: float = 0.5,
    unscored: Mask | None = None,
) -> Float64[np.ndarray, "n"]:
    """z_i / t_i^η, so that a greedy selection spends time where it pays.

    After the return on investment of Haertel et al., NeurIPS workshop on cost-sensitive learning,
    2008, which is η = 1.

    Args:
        scores: One an image, 0 or more, on a ratio scale: twice the score must be worth twice as
            much. Divergence and sums over boxes are; ranks and standardised scores are not. NaN
            only where unscored.
        seconds: Expected labelling time of each image, above 0; of unscored ones it is ignored.
        exponent: η: 0 leaves scores as they are, 1 divides by the full time.
        unscored: Images without a score; they come out as NaN.

    Returns:
        One number an image, in the unit of `scores` per second to the power η.

    Raises:
        ArgumentError: Scores that are negative or not finite, times that are not above 0 and
            finite, arrays of different lengths, or an exponent outside 0 to 1.
    """
    function = "select.per_cost"
    n = check_vector(scores, function)
    without = check_mask(unscored, n, function, "unscored")
    values = check_scores(scores, without, function)
    if (values < 0).any():
        raise ArgumentError(
            function, "scores", expected="0 or more", got=values.min(),
            remedy="A score per cost needs scores on a ratio scale, such as divergence.",
        )  # fmt: skip
    if len(seconds) != n:
        raise ArgumentError(
            function, "seconds", expected=f"one for each of the {n} images", got=f"{len(seconds)}"
        )
    times = np.where(without, 1.0, seconds).astype(np.float64)
    if not ((times > 0) & (times < np.inf)).all():
        raise ArgumentError(
            function, "seconds", expected="finite and above 0", got="NaN or another",
            remedy="Even an empty image takes the time to look at it.",
        )  # fmt: skip
    if not 0 <= exponent <= 1:
        raise ArgumentError(function, "exponent", expected="between 0 and 1", got=exponent)
    values /= times**exponent
    values[without] = np.nan
    return values
