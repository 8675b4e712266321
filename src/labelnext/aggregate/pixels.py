"""Plain reductions of all pixel scores to one number an image (PAPER §3, ablations of Eq. 5)."""

import numpy as np
from jaxtyping import Float

from labelnext.errors import ArgumentError

Pixels = Float[np.ndarray, "height width"]


def mean(pixels: Pixels) -> float:
    """Mean of all pixel scores.

    Args:
        pixels: `[height, width]` pixel scores.

    Raises:
        ArgumentError: Empty or non-finite pixels.
    """
    check_pixels(pixels, "aggregate.mean")
    return float(pixels.mean(dtype=np.float64))


def max(pixels: Pixels) -> float:
    """The highest pixel score. Arguments and errors as for `mean`."""
    check_pixels(pixels, "aggregate.max")
    return float(pixels.max())


def sum(pixels: Pixels) -> float:
    """Sum of all pixel scores; grows with the image's area. Arguments and errors as for `mean`."""
    check_pixels(pixels, "aggregate.sum")
    return float(pixels.sum(dtype=np.float64))


def check_pixels(pixels: Pixels, function: str) -> None:
    """Refuse what has no aggregate: anything but a non-empty, finite, two-dimensional array."""
    if not isinstance(pixels, np.ndarray) or pixels.ndim != 2 or pixels.size == 0:
        raise ArgumentError(
            function,
            "pixels",
            expected="a non-empty array [height, width]",
            got=getattr(pixels, "shape", type(pixels).__name__),
        )
    if not np.isfinite(pixels).all():
        raise ArgumentError(
            function, "pixels", expected="finite", got="NaN or infinity",
            remedy="Scores of labelnext.scores are always finite: look at where these come from.",
        )  # fmt: skip
