"""The same figures over parts of a test set: by image, by size, by visibility (PAPER §7)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from labelnext.errors import ArgumentError
from labelnext.evaluate.metrics import evaluate
from labelnext.evaluate.reasonable import keep_heights
from labelnext.types import Detections, GroundTruth, Metrics

HEIGHTS: Mapping[str, tuple[float, float]] = {
    "near": (80, np.inf),
    "medium": (30, 80),
    "far": (0, 30),
}
VISIBILITIES: Mapping[str, tuple[float, float]] = {
    "unoccluded": (1, np.inf),
    "partial": (0.65, 1),
    "heavy": (0.2, 0.65),
}


def by_image(
    truths: Sequence[GroundTruth],
    detections: Sequence[Detections],
    masks: Mapping[str, Bool[np.ndarray, "images"]],
    *,
    classes: Sequence[str],
    iou: float | None = None,
    protocol: str = "standard",
) -> dict[str, Metrics]:
    """Figures over the images of each mask; masks may overlap and leave images out.

    Args:
        truths: One an image.
        detections: One an image, in the same order.
        masks: Name of a slice to the images in it, for example from `tag_masks`.
        classes: Class names.
        iou: See `evaluate`.
        protocol: See `evaluate`.

    Returns:
        Metrics by name of slice; NaN figures where a slice holds no truth.

    Raises:
        ArgumentError: A mask has not one entry an image; see also `evaluate`.
    """
    figures = {}
    for name, mask in masks.items():
        if len(mask) != len(truths):
            expected = f"{len(truths)} entries in mask {name!r}"
            raise ArgumentError("by_image", "masks", expected=expected, got=f"{len(mask)}")
        rows = np.flatnonzero(mask).tolist()
        figures[name] = evaluate(
            [truths[i] for i in rows],
            [detections[i] for i in rows],
            classes=classes,
            iou=iou,
            protocol=protocol,
        )
    return figures


def tag_masks(tags: Sequence[Collection[str]]) -> dict[str, Bool[np.ndarray, "images"]]:
    """Masks for `by_image` from the tags of each image ("night", "rain"), sorted by name."""
    names = sorted({tag for of_image in tags for tag in of_image})
    return {name: np.array([name in of_image for of_image in tags], bool) for name in names}


def by_height(
    truths: Sequence[GroundTruth],
    detections: Sequence[Detections],
    *,
    classes: Sequence[str],
    heights: Mapping[str, tuple[float, float]] = HEIGHTS,
    slack: float = 1.25,
    iou: float | None = None,
    protocol: str = "standard",
) -> dict[str, Metrics]:
    """Figures by height of truth in pixels; the default bounds are Caltech's far, medium, near.

    Truth of other heights is ignored, and detections are kept for heights in
    [low / slack, high · slack), as in the Reasonable subset.

    Args:
        truths: One an image.
        detections: One an image, in the same order.
        classes: Class names.
        heights: Name of a slice to its heights [low, high).
        slack: At least 1.
        iou: See `evaluate`.
        protocol: See `evaluate`.
    """
    if not slack >= 1:
        raise ArgumentError("by_height", "slack", expected="at least 1", got=slack)
    measured = [t.xyxy[:, 3] - t.xyxy[:, 1] for t in truths]
    return {
        name: evaluate(
            _only(truths, measured, low, high),
            [keep_heights(d, low / slack, high * slack) for d in detections],
            classes=classes,
            iou=iou,
            protocol=protocol,
        )
        for name, (low, high) in _checked("by_height", "heights", heights).items()
    }


def by_visibility(
    truths: Sequence[GroundTruth],
    detections: Sequence[Detections],
    *,
    classes: Sequence[str],
    visibilities: Mapping[str, tuple[float, float]] = VISIBILITIES,
    iou: float | None = None,
    protocol: str = "standard",
) -> dict[str, Metrics]:
    """Figures by visible fraction of truth; the default bounds are Caltech's degrees of occlusion.

    Truth of other visibility is ignored; all detections are kept. `authors-code` knows no ignore
    regions, so there detections on other truth count as false.

    Args:
        truths: One an image.
        detections: One an image, in the same order.
        classes: Class names.
        visibilities: Name of a slice to its visible fractions [low, high).
        iou: See `evaluate`.
        protocol: See `evaluate`.
    """
    measured = [t.visible for t in truths]
    return {
        name: evaluate(
            _only(truths, measured, low, high),
            detections,
            classes=classes,
            iou=iou,
            protocol=protocol,
        )
        for name, (low, high) in _checked("by_visibility", "visibilities", visibilities).items()
    }


def _checked(
    function: str, argument: str, slices: Mapping[str, tuple[float, float]]
) -> Mapping[str, tuple[float, float]]:
    for name, (low, high) in slices.items():
        if not low < high:
            raise ArgumentError(
                function,
                argument,
                expected="(low, high) with low < high",
                got=f"{name}: {low, high}",
            )
    return slices


def _only(
    truths: Sequence[GroundTruth], measured: Sequence[np.ndarray], low: float, high: float
) -> list[GroundTruth]:
    """The truths with all others turned into ignore regions."""
    return [
        replace(truth, ignore=truth.ignore | (value < low) | (value >= high))
        for truth, value in zip(truths, measured, strict=True)
    ]
