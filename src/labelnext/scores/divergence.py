"""Local divergence: how much predictions around a pixel contradict each other (PAPER Eq. 1–4)."""

import numpy as np

from labelnext.errors import ArgumentError
from labelnext.numerics import Plane, add_entropy, window_mean
from labelnext.scores.dense import Maps, levels_of


def local_divergence(maps: Maps, *, radius: int = 9) -> Plane:
    """Mutual information between prediction and place in a window, summed over levels.

    s = Σ_k [H(mean of p^k over the window) − mean of H(p^k) over the window], the window being
    (2·radius+1)² pixels around each pixel, cut at the image border and averaged over the pixels
    that remain (never zero padded). Several classes: the sum of their binary terms under sigmoid;
    under softmax H is the entropy of the class distribution.

    Departures from the text: none. The second mean is linear, so entropies are summed over levels
    before they are averaged. By Jensen's inequality the result is not negative; float32 rounding
    can leave values down to about −1e-6 where predictions are constant, and these are set to 0.

    Args:
        maps: Dense logits of one image, or `[levels, height, width]` probabilities of one class.
        radius: In pixels of the image, 0 or more; 0 gives 0 everywhere. The text has 9, the
            authors' code 4.

    Returns:
        `[height, width]` in nats, from 0 to levels·classes·ln 2 (sigmoid) or levels·ln classes.

    Raises:
        ArgumentError: A negative radius, or maps that `probabilities` refuses.
    """
    function = "scores.local_divergence"
    if isinstance(radius, bool) or not isinstance(radius, int | np.integer) or radius < 0:
        raise ArgumentError(function, "radius", expected="an integer of 0 or more", got=radius)
    levels = levels_of(maps, function)
    score, pointwise = np.zeros((2, *levels.shape[2:]), np.float32)
    for p in levels.planes:
        add_entropy(p, levels.activation, pointwise)
        means = np.stack([window_mean(plane, int(radius)) for plane in p])
        add_entropy(means, levels.activation, score)
    score -= window_mean(pointwise, int(radius))
    return np.maximum(score, np.float32(0), out=score)
