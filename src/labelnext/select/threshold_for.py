"""Which cosine says that two frames look alike, from the video itself (STRATEGIES §10)."""

import math

import numpy as np

from labelnext.errors import ArgumentError
from labelnext.select.distinct import unit
from labelnext.select.embeddings import Vectors, blocks, check_vectors
from labelnext.select.timeline import Frames, Videos, timeline

_PAIRS = 4096  # in one block


def threshold_for(
    vectors: Vectors, *, videos: Videos, frames: Frames, lag: int, share: float
) -> float:
    """The cosine at which `share` of the neighbours at `lag` look alike.

    It makes `distinct` as strict as a temporal window of ±`lag`, but for the content: a window
    keeps all neighbours within out, this only those that show the same.

    Args:
        vectors: One embedding an image of the pool; NaN throughout where there is none.
        videos: Name of the video each image belongs to; None for a still, which has no neighbours.
        frames: Frame number; of stills it is ignored.
        lag: How far apart neighbours are, in the video's frames that are in the pool; 1 or more.
        share: Of them, how many shall be kept out at least; above 0, at most 1.

    Returns:
        A cosine, −1 to 1: the largest one that as many pairs reach as asked for.

    Raises:
        ArgumentError: Arrays of different lengths, a frame of a video without a number, two with
            the same one, options outside their domain, or no two such neighbours with embeddings.
    """
    function = "select.threshold_for"
    check_vectors(vectors, function, "vectors")
    if isinstance(lag, bool) or not isinstance(lag, int | np.integer) or lag < 1:
        raise ArgumentError(function, "lag", expected="a whole number of 1 or more", got=lag)
    if not 0 < share <= 1:
        raise ArgumentError(function, "share", expected="above 0 and at most 1", got=share)
    line = timeline(videos, frames, len(vectors), function, unit="pool_frames", across_videos=False)
    early = np.flatnonzero(np.arange(len(vectors)) + lag < line.stop)
    cosines = np.zeros(len(early))
    for part in blocks(len(early), _PAIRS):
        here, there = line.order[early[part]], line.order[early[part] + lag]
        cosines[part] = np.einsum("kd,kd->k", unit(vectors[here]), unit(vectors[there]))
    cosines = np.sort(cosines[~np.isnan(cosines)])[::-1]
    if not len(cosines):
        raise ArgumentError(
            function, "lag", expected="one that some two frames with embeddings are apart",
            got=lag, remedy="Give a smaller lag, or set the threshold by hand.",
        )  # fmt: skip
    # The share of a count is a whole number but for rounding: 0.9 of 10 is 9 pairs, not 10.
    reached = float(cosines[math.ceil(share * len(cosines) - 1e-9) - 1])
    return min(max(reached, -1.0), 1.0)
