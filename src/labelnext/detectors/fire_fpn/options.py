"""The flat arguments of `create` and the options of `fit`, checked once, then frozen."""

from dataclasses import dataclass
from typing import ClassVar, get_args

from labelnext.detectors.common.arguments import Checker
from labelnext.detectors.fire_fpn.boxes import BoxSet, LevelOrder
from labelnext.detectors.fire_fpn.network import Norm
from labelnext.detectors.training.options import Options
from labelnext.errors import ArgumentError

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
        check = Checker("fire-fpn", self)
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
class FitOptions(Options):
    """Options of `FireFPN.fit`, beside those of every training; the defaults are the paper's.

    Attributes:
        n2p: Negatives asked per positive.
        shared_levels: See `targets.assign`; None is off.
        offset_weight: Weight of the box offsets' loss, where that branch exists.
        pad_to: Images are edge-padded to multiples of so many pixels of the network's input, itself
            a multiple of 8. Fewer sizes train faster on a CPU, which prepares its kernels anew for
            every size; the padding is not asked.
    """

    FUNCTION: ClassVar[str] = "fire-fpn's fit"

    n2p: float = 15.0
    shared_levels: float | None = None
    offset_weight: float = 0.1
    pad_to: int = 8

    def __post_init__(self) -> None:
        Options.__post_init__(self)
        check = Checker(self.FUNCTION, self)
        check.integer("pad_to", 8)
        if self.pad_to % 8:
            raise ArgumentError(
                "fire-fpn's fit", "pad_to", expected="a multiple of 8", got=self.pad_to
            )
        for name in ("n2p", "offset_weight"):
            check.number(name, 0, 1e9)
        if self.shared_levels is not None:
            check.number("shared_levels", 0, 1)
