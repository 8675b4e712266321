"""The flat arguments of `create` and the options of `fit`, checked once, then frozen."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar, get_args

from labelnext.detectors.fire_fpn.boxes import BoxSet, LevelOrder
from labelnext.detectors.fire_fpn.network import Norm
from labelnext.errors import ArgumentError

T = TypeVar("T")

# What a weights file fixes; the other arguments may differ from one `load` to the next.
ARCHITECTURE = (
    "width", "box_scale", "image_scale", "box_offsets", "norm", "level_order", "box_set",
)  # fmt: skip
# What may differ without changing a prediction.
EXECUTION = ("device", "predict_batch")


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments of `FireFPN.create` and `FireFPN.load`.

    Attributes:
        width: Factor on the channels; 1 is the paper's network.
        box_scale: Factor on the default boxes.
        image_scale: Network input = image × scale; boxes are given in the stored image's pixels.
        box_offsets: Predict a shift and a size for each box (not in the paper).
        norm: `instance`, `running` or `batch` statistics (see `network.FireNetwork`). `batch` is
            the authors' program, which at batch size 1 equals `instance`.
        level_order: `corrected` or `reversed` (see `boxes.default_boxes`).
        box_set: `paper` or `authors-code` (see `boxes.default_boxes`).
        device: `auto` takes CUDA where there is one; `cpu`, `cuda`, `cuda:1`, …
        predict_batch: Images of one size per forward pass; 0 takes 1 on a CPU, where it is
            fastest, and 16 elsewhere.
        threshold: Least probability of a detection.
        nms: IoU above which the worse of two boxes is dropped across levels; None or 1 keeps all.
        smoothing: Side of the mean filter on the probabilities.
        window: Side of the window in which a detection is the maximum.
        min_pixels: Least number of pixels above the threshold in that window.
        rank_by: `peak` or `support` (see `decode.decode`).
        max_detections: Most boxes per image.
        mirror: Average the maps with those of the mirrored image, mirrored back.
        mirror_axis: `width` is right; `height` mirrors back along the wrong axis, as the authors'
            program does.
        sample_keep: Keep probability of the channel dropout that `sample` draws.
    """

    width: float = 1.0
    box_scale: float = 1.0
    image_scale: float = 1.0
    box_offsets: bool = False
    norm: str = "instance"
    level_order: str = "corrected"
    box_set: str = "paper"
    device: str = "auto"
    predict_batch: int = 0
    threshold: float = 0.05
    nms: float | None = 0.5
    smoothing: int = 3
    window: int = 19
    min_pixels: int = 100
    rank_by: str = "peak"
    max_detections: int = 300
    mirror: bool = False
    mirror_axis: str = "width"
    sample_keep: float = 0.9

    def __post_init__(self) -> None:
        check = _Checker("fire-fpn", self)
        check.number("width", 0.05, 63)
        check.number("box_scale", 0.05, 20)
        check.number("image_scale", 0.01, 16)
        check.number("threshold", 0, 1)
        if self.nms is not None:
            check.number("nms", 0, 1)
        check.number("sample_keep", 0.01, 1)
        check.integer("predict_batch", 0)
        check.integer("max_detections", 1)
        check.integer("smoothing", 1, odd=True)
        check.integer("window", 1, odd=True)
        check.integer("min_pixels", 1, self.window**2)
        check.choice("norm", get_args(Norm))
        check.choice("level_order", get_args(LevelOrder))
        check.choice("box_set", get_args(BoxSet))
        check.choice("rank_by", ("peak", "support"))
        check.choice("mirror_axis", ("width", "height"))


@dataclass(frozen=True, slots=True)
class FitOptions:
    """Options of `FireFPN.fit`; the defaults are the paper's.

    Attributes:
        epochs: Passes over the examples.
        batch_size: Images per step, of any sizes.
        optimiser: `rmsprop` or `adamw`.
        learning_rate: At the first step.
        final_learning_rate: At the last step.
        schedule: `exponential` or `cosine` from the one to the other.
        warmup: Share of all steps over which the rate rises from 0.
        decay: Of RMSProp's mean square.
        momentum: Of RMSProp at the first step; the authors' program ran 0.01 → 1e-4.
        final_momentum: Annealed to by the last step, exponentially; None keeps `momentum`.
        n2p: Negatives asked per positive.
        weight_decay: λ of Eq. 7, on convolution kernels; AdamW decouples it.
        augment: Chance that an image is changed by one operation.
        flip_share: Share of flips among the operations.
        scale_jitter: Zoom by up to this factor, in or out; 1 is off.
        ignore_regions: Exclude the area of `ignore` objects from the loss. False treats them as
            background, as the authors' program does.
        shared_levels: See `targets.assign`; None is off.
        offset_weight: Weight of the box offsets' loss, where that branch exists.
        average: Decay of the moving average of the weights that is returned; 0 is off.
        pad_to: Images are edge-padded to multiples of so many pixels of the network's input, itself
            a multiple of 8. Fewer sizes train faster on a CPU, which prepares its kernels anew for
            every size; the padding is not asked.
        cache_megabytes: Memory for rescaled images, so that they are decoded once.
    """

    epochs: int = 50
    batch_size: int = 1
    optimiser: str = "rmsprop"
    learning_rate: float = 1e-3
    final_learning_rate: float = 1e-4
    schedule: str = "exponential"
    warmup: float = 0.0
    decay: float = 0.9
    momentum: float = 0.0
    final_momentum: float | None = None
    n2p: float = 15.0
    weight_decay: float = 2e-6
    augment: float = 0.6
    flip_share: float = 1 / 3
    scale_jitter: float = 1.0
    ignore_regions: bool = True
    shared_levels: float | None = None
    offset_weight: float = 0.1
    average: float = 0.0
    pad_to: int = 8
    cache_megabytes: float = 512.0

    def __post_init__(self) -> None:
        check = _Checker("fire-fpn's fit", self)
        check.integer("epochs", 0)
        check.integer("batch_size", 1)
        check.integer("pad_to", 8)
        if self.pad_to % 8:
            raise ArgumentError(
                "fire-fpn's fit", "pad_to", expected="a multiple of 8", got=self.pad_to
            )
        check.number("learning_rate", 1e-12, 10)
        check.number("final_learning_rate", 1e-12, 10)
        for name in ("warmup", "decay", "momentum", "augment", "flip_share", "average"):
            check.number(name, 0, 1)
        for name in ("n2p", "weight_decay", "offset_weight", "cache_megabytes"):
            check.number(name, 0, 1e9)
        check.number("scale_jitter", 1, 8)
        if self.final_momentum is not None:
            check.number("final_momentum", 1e-12, 1)
            check.number("momentum", 1e-12, 1)
        if self.shared_levels is not None:
            check.number("shared_levels", 0, 1)
        check.choice("optimiser", ("rmsprop", "adamw"))
        check.choice("schedule", ("exponential", "cosine"))


def build(kind: type[T], given: Mapping[str, Any], function: str) -> T:
    """`kind(**given)`, with an error that lists the known names where one is unknown."""
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            raise ArgumentError(
                function,
                name,
                expected=f"one of the known arguments ({', '.join(known)})",
                got=name,
            )
    return kind(**given)


class _Checker:
    def __init__(self, function: str, values: object) -> None:
        self.function, self.values = function, values

    def number(self, name: str, low: float, high: float) -> None:
        value = getattr(self.values, name)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and math.isfinite(value) and low <= value <= high):
            self._refuse(name, f"a number from {low} to {high}")

    def integer(self, name: str, low: int, high: int | None = None, *, odd: bool = False) -> None:
        value = getattr(self.values, name)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if (
            not whole
            or value < low
            or (high is not None and value > high)
            or (odd and not value % 2)
        ):
            kind = "an odd whole number" if odd else "a whole number"
            self._refuse(name, f"{kind} ≥ {low}" + ("" if high is None else f" and ≤ {high}"))

    def choice(self, name: str, known: tuple[str, ...]) -> None:
        if getattr(self.values, name) not in known:
            self._refuse(name, f"one of {', '.join(known)}")

    def _refuse(self, name: str, expected: str) -> None:
        raise ArgumentError(
            self.function, name, expected=expected, got=repr(getattr(self.values, name))
        )
