"""The authors' code's misplaced scores (PAPER §4), for the authors-code preset only."""

import numpy as np
from jaxtyping import Float64

from labelnext.select.checks import Mask, Scores, check_mask, check_scores, check_vector


def off_by_one(scores: Scores, *, unscored: Mask | None = None) -> Float64[np.ndarray, "n"]:
    """The score of image i+1 in slot i, as the authors' code has it.

    What the last slot holds is not stated there; here it is 0.

    Args:
        scores: One an image of the pool, in the pool's order; NaN only where unscored.
        unscored: Images without a score. The score that their slot lends is 0 too, and they stay
            NaN themselves.

    Raises:
        ArgumentError: Scores that are not finite, or a mask of another length.
    """
    function = "select.off_by_one"
    n = check_vector(scores, function)
    without = check_mask(unscored, n, function, "unscored")
    values = check_scores(scores, without, function)
    shifted = np.append(values[1:], 0.0)[:n]
    shifted[without] = np.nan
    return shifted
