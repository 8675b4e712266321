"""Which images go through a network together."""

from collections.abc import Iterator, Sequence

import numpy as np

from labelnext.detectors.common.checks import require_image


def by_size(function: str, images: Sequence[np.ndarray], many: int) -> Iterator[list[int]]:
    """Indices of images of one size, at most `many` at a time: none is padded for another's sake.

    Args:
        function: What users know the detector as.
        images: Of any sizes.
        many: A forward pass's worth.

    Raises:
        ArgumentError: One is not an RGB image of uint8.
    """
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for i, image in enumerate(images):
        require_image(function, image, f"image {i}")
        by_shape.setdefault(image.shape, []).append(i)
    for members in by_shape.values():
        for start in range(0, len(members), many):
            yield members[start : start + many]
