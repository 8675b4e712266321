"""What every pixel is, of detectors that segment."""

import numpy as np

from labelnext.detectors.contract.fault import require
from labelnext.detectors.contract.subject import Subject
from labelnext.protocols import Segmenter


def pixels(subject: Subject) -> None:
    """`segment` gives int16 [height, width] of the image: a class, or `len(classes)` for none."""
    assert isinstance(subject.detector, Segmenter)
    many = len(subject.classes)
    for seen in subject.seen:
        size, maps = seen.image.shape[:2], seen.prediction.maps
        require(
            maps is not None and maps.activation == "softmax", "softmax maps to segment by",
            "none" if maps is None else maps.activation,
            "Give the logits of all classes and of the background, last.",
        )  # fmt: skip
        assert maps is not None
        found = subject.detector.segment(maps, (size[0], size[1]))
        require(
            found.dtype == np.int16 and found.shape == size, f"int16 {list(size)}",
            f"{found.dtype} {list(found.shape)} on {seen.name}",
            "Bring the maps to the size that is asked for, and take the likeliest class.",
        )  # fmt: skip
        require(
            found.min() >= 0 and found.max() <= many, f"classes from 0 to {many}",
            f"{found.min()} to {found.max()} on {seen.name}", "The background is the last.",
        )  # fmt: skip
