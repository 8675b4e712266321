"""What every detector refuses: images, labels, seeds and class names outside their domain.

The first argument is the name under which the detector, or its method, is known to users.
"""

from collections.abc import Sequence

import numpy as np

from labelnext.errors import ArgumentError
from labelnext.types import Example


def require_image(function: str, image: object, name: str) -> None:
    """Refuse what is not an RGB image of uint8."""
    good = isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3
    if not good or image.shape[2] != 3 or min(image.shape) < 1:  # type: ignore[attr-defined]
        shape, kind = getattr(image, "shape", None), getattr(image, "dtype", type(image).__name__)
        raise ArgumentError(
            function, "images", expected="RGB images, uint8 [height, width, 3]",
            got=f"{name} with shape {shape} and type {kind}",
            remedy="Convert it first, for example with PIL's convert('RGB').",
        )  # fmt: skip


def require_examples(function: str, examples: Sequence[Example], n_classes: int) -> None:
    """Refuse no examples, classes out of range, and boxes that are not finite or have no area."""
    if not examples:
        raise ArgumentError(function, "examples", expected="at least one", got="none")
    for example in examples:
        xyxy, classes = example.truth.xyxy, example.truth.classes
        if len(classes) and not (classes.min() >= 0 and classes.max() < n_classes):
            raise ArgumentError(
                function, "examples", expected=f"of classes 0 to {n_classes - 1}",
                got=f"classes {sorted(set(classes.tolist()))} in {example.key!r}",
            )  # fmt: skip
        if not (np.isfinite(xyxy).all() and (xyxy[:, 2:] > xyxy[:, :2]).all()):
            raise ArgumentError(
                function, "examples", expected="with finite boxes of positive size",
                got=f"another box in {example.key!r}", remedy="Drop or correct that label.",
            )  # fmt: skip


def require_draws(function: str, samples: int, dropout: float | None) -> None:
    """Refuse fewer than one draw, and a share to drop that is not from 0 to .99."""
    if samples < 1:
        raise ArgumentError(function, "samples", expected="≥ 1", got=samples)
    if dropout is not None and not 0 <= dropout <= 0.99:
        raise ArgumentError(function, "dropout", expected="from 0 to .99", got=dropout)


def require_seed(function: str, seed: int) -> None:
    """Refuse negative seeds."""
    if seed < 0:
        raise ArgumentError(function, "seed", expected="a whole number ≥ 0", got=seed)


def require_class_names(function: str, classes: Sequence[str]) -> tuple[str, ...]:
    """The names as a tuple; refuse none, repeated ones, and one string."""
    names = tuple(classes)
    if isinstance(classes, str) or not names or len(set(names)) != len(names):
        raise ArgumentError(
            function, "classes", expected="at least one class name, each once", got=classes
        )
    return names
