"""Boxes that are to be written: finite, and of known classes."""

import numpy as np

from labelnext.errors import ArgumentError
from labelnext.types import Detections, GroundTruth


def check_boxes(
    function: str, argument: str, found: GroundTruth | Detections, classes: int, key: str
) -> None:
    """Refuse boxes that no format can hold.

    Args:
        function: Who was asked to write them, for the error.
        argument: The name of its argument, for the error.
        found: The boxes of one image.
        classes: How many classes there are.
        key: Of the image, for the error.

    Raises:
        ArgumentError: A box or score is not finite, or a class index is not below `classes`.
    """
    scores = found.scores if isinstance(found, Detections) else found.xyxy
    if not (np.isfinite(found.xyxy).all() and np.isfinite(scores).all()):
        raise ArgumentError(function, argument, expected="of finite boxes", got=f"NaN on {key}")
    if len(found) and not 0 <= found.classes.min() <= found.classes.max() < classes:
        raise ArgumentError(
            function,
            argument,
            expected=f"of classes 0 to {classes - 1}",
            got=f"class {found.classes.max()} on {key}",
        )
