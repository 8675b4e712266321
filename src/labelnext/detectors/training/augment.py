"""Random changes of a training image and its boxes and masks (PAPER §5: 60 % get one operation)."""

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64

from labelnext.masks import moved
from labelnext.types import GroundTruth, Image

_VISIBLE_LEAST = 0.4  # an object cut to less of its area is ignored, not learnt


def augment(
    image: Image,
    truth: GroundTruth,
    *,
    rng: np.random.Generator,
    probability: float,
    flip_share: float,
    scale_jitter: float,
) -> tuple[Image, GroundTruth]:
    """Change the image with `probability` by one operation, and zoom it by `scale_jitter`.

    The paper names flips; the other operations are ours: brightness, contrast, saturation, gamma,
    blur and noise, equally likely.

    Args:
        image: Any size; it is kept.
        truth: Boxes, and perhaps masks, in pixels of `image`.
        rng: Source of all draws.
        probability: Chance of one operation.
        flip_share: Chance that the operation is a horizontal flip.
        scale_jitter: j > 1 zooms by a factor drawn log-uniformly from 1/j to j about a random
            point; 1 turns it off. Objects cut to less than 40 % of their area become `ignore`.
    """
    if scale_jitter > 1:
        image, truth = zoom(image, truth, rng=rng, jitter=scale_jitter)
    if rng.random() >= probability:
        return image, truth
    if rng.random() < flip_share:
        return flip(image, truth)
    operation = _PHOTOMETRIC[int(rng.integers(len(_PHOTOMETRIC)))]
    changed = operation(image.astype(np.float32), rng)
    return np.clip(np.rint(changed), 0, 255).astype(np.uint8), truth


def flip(image: Image, truth: GroundTruth) -> tuple[Image, GroundTruth]:
    """Mirror left and right."""
    height, width = image.shape[:2]
    xyxy = truth.xyxy.copy()
    xyxy[:, [0, 2]] = width - truth.xyxy[:, [2, 0]]
    mirrored = np.ascontiguousarray(image[:, ::-1])
    masks = truth.masks
    if masks is not None:
        masks = moved(masks, (height, width), lambda plane: plane[:, ::-1])
    return mirrored, GroundTruth(xyxy, truth.classes, truth.ignore, truth.visible, masks=masks)


def zoom(
    image: Image, truth: GroundTruth, *, rng: np.random.Generator, jitter: float
) -> tuple[Image, GroundTruth]:
    """Zoom about a random point, keeping the size; what comes into view repeats the edge.

    Masks do not: there they end, as boxes do.
    """
    height, width = image.shape[:2]
    factor = float(np.exp(rng.uniform(-1, 1) * np.log(jitter)))
    fixed = rng.random(2) * [width, height]
    shift = fixed * (1 - factor)
    # Pixel centres are at half-integers, while warpAffine's are at integers.
    matrix = np.array([[factor, 0, shift[0]], [0, factor, shift[1]]])
    matrix[:, 2] += (factor - 1) / 2
    shown = cv2.warpAffine(
        image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    zoomed = truth.xyxy * factor + np.tile(shift, 2)
    masks = truth.masks
    if masks is not None:
        masks = moved(masks, (height, width), lambda plane: _warped(plane, matrix))
    return shown, _cut(zoomed, truth, masks, width, height)


def _warped(plane: Bool[np.ndarray, "h w"], matrix: Float64[np.ndarray, "2 3"]) -> np.ndarray:
    size = (plane.shape[1], plane.shape[0])
    share = cv2.warpAffine(plane.astype(np.float32), matrix, size, flags=cv2.INTER_LINEAR)
    covered: np.ndarray = np.asarray(share) >= 0.5
    return covered


def _cut(
    xyxy: Float64[np.ndarray, "n 4"],
    truth: GroundTruth,
    masks: np.ndarray | None,
    width: int,
    height: int,
) -> GroundTruth:
    cut = np.clip(xyxy, 0, [width, height] * 2)
    sides = cut[:, 2:] - cut[:, :2]
    left = sides.prod(1) / np.maximum((xyxy[:, 2:] - xyxy[:, :2]).prod(1), 1e-9)
    stay = (sides > 1).all(1)
    ignore = truth.ignore | (left < _VISIBLE_LEAST)
    return GroundTruth(
        cut[stay],
        truth.classes[stay],
        ignore[stay],
        truth.visible[stay],
        masks=None if masks is None else masks[stay],
    )


Pixels = Float32[np.ndarray, "h w 3"]


def _brightness(image: Pixels, rng: np.random.Generator) -> Pixels:
    changed: Pixels = image + np.float32(rng.uniform(-40, 40))
    return changed


def _contrast(image: Pixels, rng: np.random.Generator) -> Pixels:
    mean = image.mean()
    changed: Pixels = (image - mean) * np.float32(rng.uniform(0.6, 1.5)) + mean
    return changed


def _saturation(image: Pixels, rng: np.random.Generator) -> Pixels:
    grey = image.mean(-1, keepdims=True)
    changed: Pixels = grey + (image - grey) * np.float32(rng.uniform(0.0, 1.6))
    return changed


def _gamma(image: Pixels, rng: np.random.Generator) -> Pixels:
    changed: Pixels = 255 * (image / 255) ** np.float32(np.exp(rng.uniform(-0.5, 0.5)))
    return changed


def _blur(image: Pixels, rng: np.random.Generator) -> Pixels:
    changed: Pixels = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.2))
    return changed


def _noise(image: Pixels, rng: np.random.Generator) -> Pixels:
    spread = np.float32(rng.uniform(2, 12))
    changed: Pixels = image + rng.standard_normal(image.shape, np.float32) * spread
    return changed


_PHOTOMETRIC: tuple[Callable[[Pixels, np.random.Generator], Pixels], ...] = (
    _brightness, _contrast, _saturation, _gamma, _blur, _noise,
)  # fmt: skip
