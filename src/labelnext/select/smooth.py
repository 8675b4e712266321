"""Gaussian smoothing of scores along each video (PAPER Eq. 6)."""

from typing import Literal

import numpy as np
from jaxtyping import Float64

from labelnext.errors import ArgumentError
from labelnext.select.checks import Mask, Scores, check_mask, check_scores, check_vector
from labelnext.select.timeline import SECONDS_TOLERANCE, Frames, Timeline, Unit, Videos, timeline

Ends = Literal["renormalise", "zero"]


def smooth(
    scores: Scores,
    *,
    videos: Videos,
    frames: Frames,
    radius: float = 5,
    sigma: float = 3.0,
    ends: Ends = "renormalise",
    unit: Unit = "pool_frames",
    across_videos: bool = False,
    unscored: Mask | None = None,
) -> Float64[np.ndarray, "n"]:
    """Weighted mean of the scores of neighbouring frames: ẑ_t = Σ_i w_{i−t} z_i / Σ_i w_{i−t}.

    w_d = exp(−d²/2σ²) for |d| ≤ radius. Eq. 6 is misindexed as printed; this is what it means.

    Args:
        scores: One an image of the pool; NaN only where unscored.
        videos: Name of the video each image belongs to; None for a still, which keeps its score.
        frames: Frame number, or time stamp with `unit="seconds"`; of stills it is ignored.
        radius: How far neighbours reach, in `unit`, 0 or more.
        sigma: Standard deviation of the weights, in `unit`, above 0.
        ends: `renormalise`: the sums run over the frames that exist and are scored. `zero`: what
            does not exist or is unscored counts as a score of 0, and the denominator is that of a
            full window, so scores fall off at the ends (the authors' code).
        unit: `pool_frames`: distances are counted in ranks of the video's frames that are in the
            pool, so pass the whole pool, labelled images too. `seconds`: in seconds.
        across_videos: Take the pool for one video in the order of the arrays, whatever `videos`
            and `frames` say (the authors' code).
        unscored: Images without a score, such as labelled ones: they lend their neighbours
            nothing, and come out as NaN.

    Returns:
        Smoothed scores, in the order and unit of `scores`. Takes time in proportion to the number
        of pairs of frames within `radius`.

    Raises:
        ArgumentError: Arrays of different lengths, scores that are not finite, a frame of a video
            without a number, two with the same one, or options outside their domain.
    """
    function = "select.smooth"
    n = check_vector(scores, function)
    without = check_mask(unscored, n, function, "unscored")
    values = check_scores(scores, without, function)
    _check_options(radius, sigma, ends, unit, function)
    line = timeline(videos, frames, n, function, unit=unit, across_videos=across_videos)
    weighted, weights = _sums(values[line.order], ~without[line.order], line, radius, sigma, unit)
    if ends == "zero":
        reach = np.arange(-int(radius), int(radius) + 1)
        weights[:] = np.exp(-0.5 * (reach / sigma) ** 2).sum()
    smoothed = np.empty(n)
    with np.errstate(invalid="ignore"):  # 0/0 where a frame and all its neighbours are unscored
        smoothed[line.order] = weighted / weights
    smoothed[without] = np.nan
    return smoothed


def _sums(
    values: Float64[np.ndarray, "n"],
    scored: Mask,
    line: Timeline,
    radius: float,
    sigma: float,
    unit: Unit,
) -> tuple[Float64[np.ndarray, "n"], Float64[np.ndarray, "n"]]:
    """Numerator and denominator of Eq. 6 at each place of the sorted pool."""
    reach = radius + (SECONDS_TOLERANCE if unit == "seconds" else 0)
    weighted, weights = np.where(scored, values, 0.0), scored.astype(np.float64)
    early = np.arange(len(values))
    lag = 0
    while len(early):
        lag += 1
        # Once a frame's neighbour at some lag is too far or of another video, so are all beyond.
        early = early[early + lag < line.stop[early]]
        late = early + lag
        distance = line.position[late] - line.position[early]
        near = distance <= reach
        early, late = early[near], late[near]
        weight = np.exp(-0.5 * (distance[near] / sigma) ** 2)
        for here, there in ((early, late), (late, early)):
            weighted[here] += weight * np.where(scored[there], values[there], 0.0)
            weights[here] += weight * scored[there]
    return weighted, weights


def _check_options(radius: float, sigma: float, ends: str, unit: str, function: str) -> None:
    whole = unit != "seconds"
    if not (0 <= radius < np.inf) or (whole and radius != int(radius)):
        expected = "a whole number of 0 or more" if whole else "finite seconds, 0 or more"
        raise ArgumentError(function, "radius", expected=expected, got=radius)
    if not (0 < sigma < np.inf):
        raise ArgumentError(
            function, "sigma", expected="finite and above 0", got=sigma,
            remedy="For no smoothing, pass radius=0.",
        )  # fmt: skip
    if ends not in ("renormalise", "zero"):
        raise ArgumentError(function, "ends", expected="'renormalise' or 'zero'", got=repr(ends))
    if ends == "zero" and not whole:
        raise ArgumentError(
            function, "ends", expected="'renormalise' with unit='seconds'", got=repr(ends),
            remedy="A full window in seconds has no fixed number of frames.",
        )  # fmt: skip
