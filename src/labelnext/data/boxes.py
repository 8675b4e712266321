"""Boxes made to fit their image; what is done to a box is said, with the pixels it concerns."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from labelnext.types import GroundTruth

# x + width is rounded when it is written in decimals; less than this is no fault of the labels.
ROUNDING = 1e-6
_SIDES = ("left", "top", "right", "bottom")


def fit_boxes(
    truth: GroundTruth, width: int, height: int, names: Sequence[str] | None = None
) -> tuple[GroundTruth, tuple[str, ...]]:
    """Clip boxes to the image and drop those without area in it.

    Args:
        truth: Boxes in pixels.
        width: Of the image.
        height: Of the image.
        names: What to call each box; by default `box 0`, `box 1`, …

    Returns:
        The truth, unchanged where every box fits; and one sentence for each box that did not.
    """
    boxes = truth.xyxy
    if _all_fit(boxes, width, height):
        return truth, ()
    limits = np.array([width, height, width, height], np.float64)
    beyond = np.concatenate([-boxes[:, :2], boxes[:, 2:] - limits[2:]], axis=1)
    flat = np.asarray((boxes[:, 2:] <= boxes[:, :2]).any(axis=1))
    clipped = np.clip(boxes, 0, limits)
    size = clipped[:, 2:] - clipped[:, :2]
    keep = (size > 0).all(axis=1) & ~flat
    problems = []
    for i in np.flatnonzero(flat | (beyond > ROUNDING).any(axis=1) | ~keep).tolist():
        name = f"box {i}" if names is None else names[i]
        sentence = _sentence(boxes[i], beyond[i], bool(flat[i]), bool(keep[i]), width, height)
        problems.append(f"{name}: {sentence}")
    visible = None if truth.visible_xyxy is None else np.clip(truth.visible_xyxy, 0, limits)
    fitted = replace(truth, xyxy=clipped, visible_xyxy=visible)
    return fitted.take(keep), tuple(problems)


def _all_fit(boxes: np.ndarray, width: int, height: int) -> bool:
    """Without numpy, which takes longer to begin than most images' boxes take here."""
    return all(
        0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height for x1, y1, x2, y2 in boxes.tolist()
    )


def _sentence(
    box: np.ndarray, beyond: np.ndarray, flat: bool, keep: bool, width: int, height: int
) -> str:
    if flat:
        return f"box is {box[2] - box[0]:.1f} x {box[3] - box[1]:.1f} px: no area; dropped"
    if not keep:
        corners = ", ".join(f"{value:.1f}" for value in box)
        return f"box [{corners}] lies outside the image of {width} x {height} px; dropped"
    parts = [
        f"{amount:.1f} px beyond the {side} edge"
        for amount, side in zip(beyond, _SIDES, strict=True)
        if amount > ROUNDING
    ]
    return f"box reaches {' and '.join(parts)}; clipped"
