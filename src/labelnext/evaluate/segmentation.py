"""Mean IoU and pixel accuracy of segmentations, from one confusion matrix over all images."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int16, Int64

from labelnext.errors import ArgumentError

Confusion = Int64[np.ndarray, "classes classes"]


class Segmented(NamedTuple):
    """How well classes were told apart, pixel by pixel; NaN where no object's pixel is labelled.

    Attributes:
        mean_iou: Mean of `class_iou` over the classes that the labels have, the background among
            them.
        pixel_accuracy: Share of the pixels that have the right class.
        class_iou: Of every class, the background last: right pixels over those that either the
            labels or the detector give to it. NaN for a class that the labels lack.
    """

    mean_iou: float
    pixel_accuracy: float
    class_iou: tuple[float, ...]


def confusion(
    truth: Int16[np.ndarray, "h w"], found: Int16[np.ndarray, "h w"], classes: int
) -> Confusion:
    """Pixels by class of the labels (rows) and of the detector (columns); those of images add up.

    Args:
        truth: Class of every pixel; negative ones are left out.
        found: Class of every pixel.
        classes: How many, the background among them.

    Raises:
        ArgumentError: Maps of different sizes, or a class that is not among those known.
    """
    if truth.shape != found.shape:
        raise ArgumentError(
            "evaluate.confusion", "found", expected=f"of the labels' size {truth.shape}",
            got=found.shape,
        )  # fmt: skip
    for name, map_, least in (("truth", truth, -(2**15)), ("found", found, 0)):
        if map_.size and not least <= map_.min() <= map_.max() < classes:
            raise ArgumentError(
                "evaluate.confusion", name, expected=f"of classes below {classes}",
                got=f"{map_.min()} to {map_.max()}",
            )  # fmt: skip
    asked = truth >= 0
    pairs = truth[asked].astype(np.int64) * classes + found[asked]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def segmented(counts: Confusion) -> Segmented:
    """The figures of a confusion matrix whose last class is the background."""
    right, labelled = counts.diagonal(), counts.sum(1)
    if not labelled[:-1].any():
        nan = float("nan")
        return Segmented(nan, nan, (nan,) * len(counts))
    either = labelled + counts.sum(0) - right
    there = labelled > 0
    each = np.where(there, right / np.maximum(either, 1), np.nan)
    accuracy = float(right.sum() / counts.sum())
    return Segmented(float(each[there].mean()), accuracy, tuple(each.tolist()))
