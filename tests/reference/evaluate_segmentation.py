"""Mean IoU and pixel accuracy by counting pixels one at a time, class by class."""

import math
from collections.abc import Sequence

import numpy as np


def figures(
    truths: Sequence[np.ndarray], found: Sequence[np.ndarray], classes: int
) -> tuple[float, float, list[float]]:
    """Of maps of classes; negative truth is left out, the last class is the background."""
    right = asked = 0
    inside, outside = [0] * classes, [0] * classes
    labelled = [0] * classes
    for truth, map_ in zip(truths, found, strict=True):
        for t, f in zip(truth.ravel().tolist(), map_.ravel().tolist(), strict=True):
            if t < 0:
                continue
            asked += 1
            right += t == f
            labelled[t] += 1
            for c in range(classes):
                inside[c] += t == c and f == c
                outside[c] += (t == c) != (f == c)
    if not any(labelled[:-1]):
        return math.nan, math.nan, [math.nan] * classes
    each = [
        inside[c] / (inside[c] + outside[c]) if labelled[c] else math.nan for c in range(classes)
    ]
    there = [iou for iou in each if not math.isnan(iou)]
    return sum(there) / len(there), right / asked, each
