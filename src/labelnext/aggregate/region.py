"""Mean over regions of the region's maximum (PAPER Eq. 5)."""

from typing import Literal

import numpy as np
from jaxtyping import Int64

from labelnext.aggregate.pixels import Pixels, check_pixels
from labelnext.errors import ArgumentError

Tiling = Literal["tiles", "centred"]


def region_max_mean(pixels: Pixels, *, region: int = 30, tiling: Tiling = "tiles") -> float:
    """One number an image: how high the scores peak, region by region (PAPER Eq. 5).

    Args:
        pixels: `[height, width]` pixel scores.
        region: Side of the square regions in pixels, 1 or more.
        tiling: `tiles`: regions start at multiples of `region`; what is left at the right and
            bottom edge counts as regions of its own, so there are ⌈h/region⌉·⌈w/region⌉.
            `centred`: the authors' code, a maximum filter sampled at multiples of `region`, that
            is windows [i − region//2, i + (region−1)//2] cut to the image. The number of windows
            is the same, but the edges at the right and bottom may lie in none.

    Returns:
        The mean of the regions' maxima, in the unit of the scores.

    Raises:
        ArgumentError: Empty or non-finite pixels, a region below 1, or an unknown tiling.
    """
    function = "aggregate.region_max_mean"
    check_pixels(pixels, function)
    if isinstance(region, bool) or not isinstance(region, int | np.integer) or region < 1:
        raise ArgumentError(function, "region", expected="an integer of 1 or more", got=region)
    if tiling not in ("tiles", "centred"):
        raise ArgumentError(function, "tiling", expected="'tiles' or 'centred'", got=repr(tiling))
    side = int(region)
    if tiling == "centred":
        height, width = (
            min(size, (size - 1) // side * side + (side - 1) // 2 + 1) for size in pixels.shape
        )
        pixels = pixels[:height, :width]
    rows, columns = (_starts(size, side, tiling) for size in pixels.shape)
    peaks = np.maximum.reduceat(np.maximum.reduceat(pixels, rows, axis=0), columns, axis=1)
    return float(peaks.mean(dtype=np.float64))


def _starts(size: int, side: int, tiling: Tiling) -> Int64[np.ndarray, "regions"]:
    """First row of each region. Windows of one side about multiples of it tile the axis too."""
    starts = np.arange(0, size, side, dtype=np.int64)
    return starts if tiling == "tiles" else np.maximum(starts - side // 2, 0)
