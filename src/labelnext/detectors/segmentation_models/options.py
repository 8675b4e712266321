"""The flat arguments of `create` and the options of `fit`, checked once, then frozen."""

from dataclasses import dataclass
from typing import Any, ClassVar

from labelnext.detectors.common.arguments import Checker
from labelnext.detectors.training.norms import STATISTICS
from labelnext.detectors.training.options import Options

NAME = "torchvision-segmentation"
MODELS = (
    "lraspp_mobilenet_v3_large", "deeplabv3_mobilenet_v3_large", "deeplabv3_resnet50",
    "fcn_resnet50",
)  # fmt: skip

# What a weights file fixes; the other arguments may differ from one `load` to the next.
ARCHITECTURE = ("model",)
# What says where weights came from; `load` has them from its file.
ORIGIN = ("weights", "weights_classes", "head", "backbone_weights")
# What may differ without changing a prediction.
EXECUTION = ("device", "predict_batch")


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments of `TorchvisionSegmentation.create` and `TorchvisionSegmentation.load`.

    Attributes:
        model: By torchvision's name.
        weights: None for fresh ones; a state_dict in a file (.safetensors, or .pth read without
            pickle); or `DEFAULT`, torchvision's own, which it downloads.
        weights_classes: Class names of those weights, without the background, which comes first.
            None takes the project's classes where their number fits, and the 20 of Pascal VOC where
            there are 21 outputs.
        head: `match` keeps the class outputs where the weights have all of the project's classes
            (their other classes count as background), and draws them afresh otherwise; `new` always
            draws them afresh.
        backbone_weights: File with the weights of the backbone alone, a classification network of
            torchvision; or `DEFAULT`, those of ImageNet, which torchvision downloads.
        min_size: Pixels to which the shorter side of an image is brought; None takes the image as
            it is. Torchvision's weights were trained at 520.
        dropout: Share of the channels before the last layer that `sample` drops.
        min_pixels: Least size of a connected area that becomes a box, in pixels of the network's
            input.
        max_detections: Most boxes per image.
        device: `auto` takes CUDA where there is one; `cpu`, `cuda`, `cuda:1`, …
        predict_batch: Images of one size per forward pass; 0 takes 1 on a CPU, and 8 elsewhere.
    """

    model: str = "lraspp_mobilenet_v3_large"
    weights: str | None = None
    weights_classes: Any = None
    head: str = "match"
    backbone_weights: str | None = None
    min_size: int | None = None
    dropout: float = 0.1
    min_pixels: int = 20
    max_detections: int = 300
    device: str = "auto"
    predict_batch: int = 0

    def __post_init__(self) -> None:
        check = Checker(NAME, self)
        check.choice("model", MODELS)
        check.choice("head", ("match", "new"))
        check.number("dropout", 0, 0.9)
        check.integer("min_pixels", 1)
        check.integer("max_detections", 1)
        check.integer("predict_batch", 0)
        if self.min_size is not None:
            check.integer("min_size", 16)
        check.text("weights")
        check.text("backbone_weights")
        check.class_names("weights_classes")


@dataclass(frozen=True, slots=True)
class FitOptions(Options):
    """Options of `TorchvisionSegmentation.fit`, beside those of every training.

    Attributes:
        ignore_regions: Leave the pixels of `ignore` objects out of the loss. False treats them as
            background.
        object_weight: Weight of an object's pixel in the loss; the background's is 1.
        norm_statistics: Mean and deviation of batch normalisation: `keep` them, `update` them by
            every mini-batch, or `auto`: keep those that a training left, update those that are
            still at their start.
        norm_momentum: Share of a mini-batch in the updated mean and deviation.
    """

    FUNCTION: ClassVar[str] = "torchvision-segmentation's fit"

    epochs: int = 30
    batch_size: int = 4
    optimiser: str = "adamw"
    learning_rate: float = 1e-3
    final_learning_rate: float = 1e-5
    schedule: str = "cosine"
    warmup: float = 0.05
    weight_decay: float = 1e-4
    augment: float = 1.0
    flip_share: float = 0.5
    scale_jitter: float = 1.5
    object_weight: float = 1.0
    norm_statistics: str = "auto"
    norm_momentum: float = 0.1

    def __post_init__(self) -> None:
        Options.__post_init__(self)
        check = Checker(self.FUNCTION, self)
        check.number("object_weight", 1e-3, 1e3)
        check.choice("norm_statistics", STATISTICS)
        check.number("norm_momentum", 1e-4, 1)
