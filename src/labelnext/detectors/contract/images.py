"""Images to check detectors on: drawn ones, of sizes that go wrong easily."""

from collections.abc import Sequence

import numpy as np

from labelnext.masks import pack
from labelnext.types import Example, GroundTruth, Image

SIZES = (
    (96, 128), (96, 128), (97, 129), (95, 127), (64, 200), (200, 63), (33, 17), (5, 7), (1, 1),
)  # fmt: skip
"""(height, width); the first two are alike, so that they can be predicted on together."""


def drawn() -> list[Image]:
    """One image of each of `SIZES`, and one that is all black, of the first size."""
    images = [picture(size, seed=i)[0] for i, size in enumerate(SIZES)]
    return [*images, np.zeros((*SIZES[0], 3), np.uint8)]


def picture(size: tuple[int, int], *, seed: int, objects: int = 2) -> tuple[Image, np.ndarray]:
    """Bright upright bars before a dark, coarse background, and their boxes `[n, 4]`."""
    rng = np.random.default_rng([seed, *size])
    height, width = size
    coarse = rng.integers(0, 90, (-(-height // 4), -(-width // 4), 3), np.uint8)
    image = np.repeat(np.repeat(coarse, 4, 0), 4, 1)[:height, :width].copy()
    boxes = []
    for _ in range(objects if min(size) >= 24 else 0):
        h = int(rng.integers(height // 3, int(height * 0.8)))
        w = int(min(width * 0.8, max(4, h * 0.45)))
        x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
        image[y : y + h, x : x + w] = rng.integers(150, 255, 3)
        boxes.append([x, y, x + w, y + h])
    return image, np.array(boxes, np.float64).reshape(-1, 4)


def examples(
    classes: Sequence[str], count: int = 4, *, objects: int = 2, masks: bool = False
) -> list[Example]:
    """Labelled images of two sizes; the last of several has nothing on it.

    With `masks`, an object's mask is its box.
    """
    found = []
    for i in range(count):
        empty = count > 1 and i == count - 1
        image, boxes = picture(
            ((96, 128), (64, 96))[i % 2], seed=100 + i, objects=0 if empty else objects
        )
        labels = np.arange(len(boxes)) % len(classes)
        drawn = _masks(boxes, image) if masks and len(boxes) else None
        truth = GroundTruth.from_boxes(boxes, labels, masks=drawn)
        found.append(Example(f"drawn/{i}.png", lambda image=image: image, truth))  # type: ignore[misc]
    return found


def _masks(boxes: np.ndarray, image: Image) -> list[bytes]:
    planes = np.zeros((len(boxes), *image.shape[:2]), bool)
    for plane, (x1, y1, x2, y2) in zip(planes, boxes.astype(int).tolist(), strict=True):
        plane[y1:y2, x1:x2] = True
    return list(pack(planes))
