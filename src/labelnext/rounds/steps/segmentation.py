"""Measure a detector that segments while its predictions on the test set go by."""

from dataclasses import replace

import numpy as np

from labelnext import masks
from labelnext.evaluate.segmentation import confusion, segmented
from labelnext.protocols import Segmenter
from labelnext.types import GroundTruth, ImageRecord, Metrics, Prediction


class Pixels:
    """Adds up what every pixel of the test set was taken for; memory is that of one image.

    Images with an object that has no mask are left out.

    Args:
        detector: Whose predictions they are.
        classes: How many, without the background.
    """

    def __init__(self, detector: Segmenter, classes: int) -> None:
        self._detector, self._classes = detector, classes
        self._counts = np.zeros((classes + 1, classes + 1), np.int64)
        self._measured = self._left_out = 0

    def see(self, record: ImageRecord, truth: GroundTruth, prediction: Prediction) -> None:
        """Add an image."""
        if prediction.maps is None or masks.lacking(truth):
            self._left_out += 1
            return
        size = (record.height, record.width)
        wanted = masks.paint(truth, size, self._classes)
        found = self._detector.segment(prediction.maps, size)
        self._counts += confusion(wanted, found, self._classes + 1)
        self._measured += 1

    def added_to(self, metrics: Metrics) -> Metrics:
        """Metrics with the figures of pixels; as they are where no object has a mask."""
        mean_iou, accuracy, each = segmented(self._counts)
        if np.isnan(mean_iou):
            return metrics
        return replace(metrics, mean_iou=mean_iou, pixel_accuracy=accuracy, class_iou=each)

    def note(self) -> dict[str, object]:
        """How many images were measured, for the record."""
        return {"segmented": {"images": self._measured, "without_masks": self._left_out}}
