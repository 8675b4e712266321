"""All figures of one evaluation in one call (PAPER §7)."""

from collections.abc import Sequence

import numpy as np

from labelnext.errors import ArgumentError
from labelnext.evaluate.ap import average_precision_pooled
from labelnext.evaluate.authors import authors_curve_pooled
from labelnext.evaluate.matching import check_iou, match_pooled
from labelnext.evaluate.miss_rate import log_average_miss_rate, miss_rate_at, miss_rate_curve
from labelnext.evaluate.pooled import Pooled, pool
from labelnext.evaluate.reasonable import reasonable
from labelnext.types import Detections, GroundTruth, Metrics

SUBSETS = ("all", "reasonable")
PROTOCOLS = ("standard", "authors-code")


def evaluate(
    truths: Sequence[GroundTruth],
    detections: Sequence[Detections],
    *,
    classes: Sequence[str],
    image_sizes: Sequence[tuple[int, int]] | None = None,
    iou: float | None = None,
    subset: str = "all",
    protocol: str = "standard",
    border: float | None = None,
    aspect: float | None = None,
) -> Metrics:
    """Miss rates, log-average miss rate and average precision of detections against truth.

    Detections match within an image and a class. Miss rate and false positives pool the classes at
    one common threshold; average precision is the mean over classes.

    Args:
        truths: One an image.
        detections: One an image, in the same order; sorted or not.
        classes: Class names; truth and detections index into them.
        image_sizes: (height, width) of each image; needed for `border` only.
        iou: Overlap of a match in the miss rates; by default .5 (`standard`), .3 (`authors-code`).
            Average precision has its own thresholds.
        subset: `all` takes the truth as it is; `reasonable` filters first (see `reasonable`).
        protocol: `standard` is Dollár et al.'s; `authors-code` takes the three miss rates from
            `authors_curve` (PAPER §7 ⚑). Average precision is the same in both.
        border: Margin in pixels outside which truth is ignored; with `reasonable` only.
        aspect: Width over height that truth is set to; with `reasonable` only.

    Returns:
        The figures; NaN where there is no truth to find, or no images.

    Raises:
        ArgumentError: An argument is out of its domain; a score or a box is not finite.
    """
    _check(truths, classes, image_sizes, iou, subset, protocol, border, aspect)
    if subset == "reasonable":
        truths, detections = reasonable(
            truths, detections, border=border, image_sizes=image_sizes, aspect=aspect
        )
    pooled = pool(truths, detections, function="evaluate")
    _check_classes(pooled, classes)
    if protocol == "standard":
        curve = miss_rate_curve(match_pooled(pooled, iou=0.5 if iou is None else iou))
    else:
        levels = np.linspace(1, 0, 11)
        curve = authors_curve_pooled(pooled, iou=0.3 if iou is None else iou, thresholds=levels)
    instances = int((~pooled.truth.ignore).sum())
    precision = average_precision_pooled(pooled)
    return Metrics(
        images=pooled.images,
        instances=instances,
        miss_rate_at_fppi_1=miss_rate_at(curve, 1),
        miss_rate_at_fppi_01=miss_rate_at(curve, 0.1),
        log_average_miss_rate=log_average_miss_rate(curve),
        ap=precision.ap,
        ap50=precision.ap50,
        curve=curve,
    )


def _check(
    truths: Sequence[GroundTruth],
    classes: Sequence[str],
    image_sizes: Sequence[tuple[int, int]] | None,
    iou: float | None,
    subset: str,
    protocol: str,
    border: float | None,
    aspect: float | None,
) -> None:
    for argument, value, known in (
        ("subset", subset, SUBSETS),
        ("protocol", protocol, PROTOCOLS),
    ):
        if value not in known:
            expected = " or ".join(repr(name) for name in known)
            raise ArgumentError("evaluate", argument, expected=expected, got=repr(value))
    if iou is not None:
        check_iou("evaluate", iou)
    if len(classes) == 0:
        raise ArgumentError("evaluate", "classes", expected="at least one name", got="none")
    if image_sizes is not None and len(image_sizes) != len(truths):
        raise ArgumentError(
            "evaluate",
            "image_sizes",
            expected=f"one (height, width) per truth ({len(truths)})",
            got=f"{len(image_sizes)}",
        )
    for argument, given in (("border", border), ("aspect", aspect)):
        if given is not None and subset != "reasonable":
            raise ArgumentError(
                "evaluate",
                argument,
                expected="None unless subset is 'reasonable'",
                got=given,
                remedy="Pass subset='reasonable'.",
            )


def _check_classes(pooled: Pooled, classes: Sequence[str]) -> None:
    for argument, index in (
        ("truths", pooled.truth.classes),
        ("detections", pooled.detections.classes),
    ):
        largest = int(index.max(initial=0))
        if largest >= len(classes):
            raise ArgumentError(
                "evaluate",
                argument,
                expected=f"of classes 0 to {len(classes) - 1} ({', '.join(classes)})",
                got=f"class {largest}",
                remedy="Pass the class names of the data set that the indices belong to.",
            )
