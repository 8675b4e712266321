"""Training images at the size they are trained at, in a bounded memory."""

from collections.abc import Callable

import numpy as np

from labelnext.detectors.common.checks import require_image
from labelnext.masks import resized
from labelnext.types import Example, GroundTruth, Image


class Cache:
    """Rescaled images up to a number of bytes; what no longer fits is read again each epoch.

    Args:
        function: What users know the detector's training as.
        rescale: Brings an image to the size it is trained at; its boxes follow.
        megabytes: How much is kept.
        masks: Whether masks are needed too.
    """

    def __init__(
        self,
        function: str,
        rescale: Callable[[Image], Image],
        *,
        megabytes: float,
        masks: bool = False,
    ) -> None:
        self._masks = masks
        self._function, self._rescale, self._left = function, rescale, int(megabytes * 2**20)
        self._held: dict[int, tuple[Image, GroundTruth]] = {}

    def get(self, index: int, example: Example) -> tuple[Image, GroundTruth]:
        """The rescaled image of an example, and its objects in that image's pixels."""
        if index in self._held:
            return self._held[index]
        full = example.load()
        require_image(self._function, full, f"{example.key!r}")
        image = self._rescale(full)
        zoom = np.array([image.shape[1] / full.shape[1], image.shape[0] / full.shape[0]] * 2)
        truth = example.truth
        pixels = truth.masks if self._masks else None
        if pixels is not None:
            pixels = resized(pixels, full.shape[:2], image.shape[:2])
        truth = GroundTruth(
            truth.xyxy * zoom, truth.classes, truth.ignore, truth.visible, masks=pixels
        )
        if image.nbytes <= self._left:
            self._left -= image.nbytes
            self._held[index] = (image, truth)
        return image, truth
