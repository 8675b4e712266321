"""The Reasonable subset: what an evaluation of pedestrian detectors fairly asks for (PAPER §7)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from labelnext.errors import ArgumentError
from labelnext.types import Detections, GroundTruth


def reasonable(
    truths: Sequence[GroundTruth],
    detections: Sequence[Detections],
    *,
    min_height: float = 50,
    min_visible: float = 0.65,
    slack: float = 1.25,
    border: float | None = None,
    image_sizes: Sequence[tuple[int, int]] | None = None,
    aspect: float | None = None,
) -> tuple[list[GroundTruth], list[Detections]]:
    """Turn unreasonable truth into ignore regions and drop detections that are much too small.

    Args:
        truths: One an image.
        detections: One an image.
        min_height: Truth lower than this, in pixels, is ignored.
        min_visible: Truth with a smaller visible fraction is ignored.
        slack: Detections of height `min_height / slack` and more are kept, at least 1.
        border: Truth that is not wholly inside the image less this margin is ignored; Caltech has
            5 pixels, which on 640×480 is [5, 635] × [5, 475]. Needs `image_sizes`.
        image_sizes: (height, width) of each image.
        aspect: Width over height that truth is set to, about its centre; Caltech .41. Regions
            ignored beforehand keep their shape.

    Returns:
        New truths and detections, in the same order.

    Raises:
        ArgumentError: `slack` is below 1, `aspect` not above 0, or `border` comes without sizes.
    """
    if not slack >= 1:
        raise ArgumentError("reasonable", "slack", expected="at least 1", got=slack)
    if aspect is not None and not aspect > 0:
        raise ArgumentError("reasonable", "aspect", expected="above 0", got=aspect)
    if border is not None and (image_sizes is None or len(image_sizes) != len(truths)):
        raise ArgumentError(
            "reasonable",
            "image_sizes",
            expected=f"one (height, width) per truth ({len(truths)}), as `border` is given",
            got="None" if image_sizes is None else f"{len(image_sizes)}",
        )
    kept_truths = []
    for index, truth in enumerate(truths):
        size = image_sizes[index] if border is not None and image_sizes is not None else None
        kept_truths.append(_truth(truth, min_height, min_visible, border, size, aspect))
    return kept_truths, [keep_heights(d, min_height / slack, np.inf) for d in detections]


def keep_heights(detections: Detections, least: float, below: float) -> Detections:
    """The detections whose height is in [least, below)."""
    height = detections.xyxy[:, 3] - detections.xyxy[:, 1]
    keep = (height >= least) & (height < below)
    full = detections.probabilities
    return Detections(
        detections.xyxy[keep],
        detections.scores[keep],
        detections.classes[keep],
        None if full is None else full[keep],
    )


def _truth(
    truth: GroundTruth,
    min_height: float,
    min_visible: float,
    border: float | None,
    size: tuple[int, int] | None,
    aspect: float | None,
) -> GroundTruth:
    xyxy = truth.xyxy
    ignore = truth.ignore | (xyxy[:, 3] - xyxy[:, 1] < min_height) | (truth.visible < min_visible)
    if border is not None and size is not None:
        height, width = size
        inside = (xyxy >= border).all(1) & (xyxy <= np.tile([width, height], 2) - border).all(1)
        ignore = ignore | ~inside
    if aspect is not None:
        half = (xyxy[:, 3] - xyxy[:, 1]) * aspect / 2
        centre = (xyxy[:, 0] + xyxy[:, 2]) / 2
        narrow = np.stack([centre - half, xyxy[:, 1], centre + half, xyxy[:, 3]], axis=1)
        xyxy = np.where(truth.ignore[:, None], xyxy, narrow)
    return replace(truth, xyxy=xyxy, ignore=ignore)
