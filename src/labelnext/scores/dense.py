"""Dense maps to probabilities at every pixel of the image (PAPER §2): the input of every score."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from labelnext.errors import ArgumentError
from labelnext.numerics import Plane, Stack, opencv, sigmoid, softmax
from labelnext.types import Activation, DenseMaps, MapLevel

Maps = DenseMaps | Float[np.ndarray, "levels height width"]


class Levels(NamedTuple):
    """Checked probabilities, one level at a time so that only one is in memory.

    `shape` is (levels, classes, height, width).
    """

    planes: Iterator[Stack]
    activation: Activation
    shape: tuple[int, int, int, int]


def probabilities(maps: Maps) -> Float32[np.ndarray, "levels classes height width"]:
    """Probability of every class at every pixel of the image, level by level.

    Logits are resized bilinearly to the image and then turned into probabilities, in this order
    (PAPER §2). Pixel (y, x) lies at cell ((y+½)/stride − ½, (x+½)/stride − ½) of a level; outside
    the outermost cell centres the nearest edge value holds, also where a level falls short of the
    image. What a level covers beyond the image is cut off.

    Args:
        maps: Dense logits, or `[levels, height, width]` probabilities of one class, which are
            returned unchanged but for their shape and type.

    Returns:
        `[levels, classes, height, width]` in [0, 1].

    Raises:
        ArgumentError: No levels, unequal numbers of classes, a logit that is not finite, or a
            probability outside [0, 1].
    """
    return np.stack(list(levels_of(maps, "scores.probabilities").planes))


def levels_of(maps: Maps, function: str, argument: str = "maps") -> Levels:
    """What a score iterates over; the whole of `maps` is checked before this returns.

    An array holds the probabilities of one class and counts as `sigmoid`.
    """
    if isinstance(maps, DenseMaps):
        _check_maps(maps, function, argument)
        resized = (_resized(level, maps) for level in maps.levels)
        shape = (len(maps.levels), len(maps.levels[0].logits), *maps.image_size)
        return Levels(resized, maps.activation, shape)
    array = checked_probabilities(maps, function, argument, ndim=3)
    count, height, width = array.shape
    return Levels((plane[None] for plane in array), "sigmoid", (count, 1, height, width))


def checked_probabilities(
    array: Float[np.ndarray, "..."], function: str, argument: str, *, ndim: int
) -> Float32[np.ndarray, "..."]:
    """The array as float32, once it is known to hold probabilities in `ndim` non-empty axes."""
    axes = {3: "[levels, height, width]", 4: "[samples, levels, height, width]"}[ndim]
    floating = isinstance(array, np.ndarray) and np.issubdtype(array.dtype, np.floating)
    if not floating or array.ndim != ndim or array.size == 0:
        got = (
            f"{array.dtype} of shape {array.shape}"
            if isinstance(array, np.ndarray)
            else type(array).__name__
        )
        raise ArgumentError(
            function,
            argument,
            expected=f"DenseMaps, or a non-empty floating-point array {axes}",
            got=got,
        )
    low, high = float(array.min()), float(array.max())
    if not (low >= 0.0 and high <= 1.0):  # also false for NaN, which min and max hand on
        raise ArgumentError(
            function,
            argument,
            expected="probabilities in [0, 1]",
            got=f"values from {low:g} to {high:g}",
            remedy="Pass logits as DenseMaps; NaN usually means that training diverged.",
        )
    return np.ascontiguousarray(array, np.float32)


def _check_maps(maps: DenseMaps, function: str, argument: str) -> None:
    def fail(expected: str, got: object, remedy: str = "") -> ArgumentError:
        return ArgumentError(function, argument, expected=expected, got=got, remedy=remedy)

    if not maps.levels:
        raise fail("dense maps with at least one level", "no levels")
    if maps.activation not in ("sigmoid", "softmax"):
        raise fail("dense maps whose activation is 'sigmoid' or 'softmax'", repr(maps.activation))
    if min(maps.image_size) < 1:
        raise fail("dense maps of a non-empty image", f"image_size {maps.image_size}")
    shapes = [level.logits.shape for level in maps.levels]
    if any(len(shape) != 3 or min(shape) < 1 for shape in shapes):
        raise fail("levels of non-empty logits [classes, h, w]", f"shapes {shapes}")
    classes = {shape[0] for shape in shapes}
    if len(classes) > 1:
        raise fail("levels with the same number of classes", f"{sorted(classes)} classes")
    if maps.activation == "softmax" and classes == {1}:
        raise fail(
            "softmax maps of two or more classes",
            "1 class",
            "Include the background as a class, or use 'sigmoid'.",
        )
    for k, level in enumerate(maps.levels):
        if level.stride < 1:
            raise fail("levels with a stride of 1 or more", f"stride {level.stride} at level {k}")
        if not np.isfinite(level.logits).all():
            raise fail(
                "finite logits",
                f"NaN or infinity at level {k}",
                "This usually means that training diverged.",
            )


def _resized(level: MapLevel, maps: DenseMaps) -> Stack:
    logits = np.stack([_to_image(plane, level.stride, maps.image_size) for plane in level.logits])
    return softmax(logits) if maps.activation == "softmax" else sigmoid(logits)


def _to_image(plane: Float32[np.ndarray, "h w"], stride: int, image_size: tuple[int, int]) -> Plane:
    cv2 = opencv()
    h, w = plane.shape[0] * stride, plane.shape[1] * stride
    # Both axes scale by exactly the stride, whatever the image's size: cv2 has half-pixel centres.
    full = cv2.resize(np.ascontiguousarray(plane, np.float32), (w, h))
    short = [max(0, size - have) for size, have in zip(image_size, (h, w), strict=True)]
    if any(short):
        full = cv2.copyMakeBorder(full, 0, short[0], 0, short[1], cv2.BORDER_REPLICATE)
    cut: Plane = full[: image_size[0], : image_size[1]]
    return cut
