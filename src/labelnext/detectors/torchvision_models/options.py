"""The flat arguments of `create` and the options of `fit`, checked once, then frozen."""

from dataclasses import dataclass
from typing import Any, ClassVar

from labelnext.detectors.common.arguments import Checker
from labelnext.detectors.training.norms import STATISTICS
from labelnext.detectors.training.options import Options
from labelnext.errors import ArgumentError

NAME = "torchvision"
FCOS = ("fcos_resnet50_fpn",)
RETINANET = ("retinanet_resnet50_fpn", "retinanet_resnet50_fpn_v2")
SSD = ("ssd300_vgg16", "ssdlite320_mobilenet_v3_large")
FASTER_RCNN = (
    "fasterrcnn_resnet50_fpn", "fasterrcnn_resnet50_fpn_v2", "fasterrcnn_mobilenet_v3_large_fpn",
    "fasterrcnn_mobilenet_v3_large_320_fpn",
)  # fmt: skip
OWN = ("fcos", "retinanet", "fasterrcnn")

# What a weights file fixes; the other arguments may differ from one `load` to the next.
ARCHITECTURE = ("model", "backbone", "fpn_channels", "anchor_scale", "norm_eps")
# What says where weights came from; `load` has them from its file.
ORIGIN = ("weights", "weights_classes", "head", "backbone_weights")
# What may differ without changing a prediction.
EXECUTION = ("device", "predict_batch")


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments of `TorchvisionDetector.create` and `TorchvisionDetector.load`.

    Attributes:
        model: A detector of torchvision by its own name, or `fcos`, `retinanet` or `fasterrcnn`
            over one's own `backbone`.
        weights: None for fresh ones; a state_dict in a file (.safetensors, or .pth read without
            pickle); or torchvision's own, `DEFAULT` or a name such as `COCO_V1`, which it
            downloads.
        weights_classes: Class names of those weights, without the background. None takes the
            project's classes where their number fits, and COCO's where there are 91 outputs.
        head: `match` keeps the outputs of the project's classes where the weights have all of
            them, and draws the class outputs afresh otherwise; `new` always draws them afresh.
        backbone: `module:function` that returns the backbone (see `backbones.own`), or `timm:NAME`.
        backbone_weights: File with the weights of the backbone alone, or torchvision's own, such as
            `ResNet50_Weights.IMAGENET1K_V2`, which it downloads.
        fpn_channels: Channels of the pyramid over a `timm` backbone, a multiple of 32.
        anchor_scale: Factor on the model's anchors; below 1 for smaller objects. Those of SSD are
            fixed.
        norm_eps: ε of batch normalisation; None is the model's. Some of torchvision's weights need
            another, and set it.
        min_size: Pixels to which the shorter side of an image is brought; None is the model's. SSD
            brings every image to its own square.
        max_size: Pixels that the longer side does not exceed then; None is the model's.
        dropout: Share of the channels of each level that training drops before the heads, and that
            `sample` draws.
        threshold: Least probability of a detection.
        nms: IoU above which the worse of two boxes of a class is dropped; None is the model's.
        max_detections: Most boxes per image; None is the model's.
        device: `auto` takes CUDA where there is one; `cpu`, `cuda`, `cuda:1`, …
        predict_batch: Images of one size per forward pass; 0 takes 1 on a CPU, and 8 elsewhere.
    """

    model: str = "fcos_resnet50_fpn"
    weights: str | None = None
    weights_classes: Any = None
    head: str = "match"
    backbone: str | None = None
    backbone_weights: str | None = None
    fpn_channels: int = 128
    anchor_scale: float = 1.0
    norm_eps: float | None = None
    min_size: int | None = None
    max_size: int | None = None
    dropout: float = 0.0
    threshold: float = 0.05
    nms: float | None = None
    max_detections: int | None = None
    device: str = "auto"
    predict_batch: int = 0

    def __post_init__(self) -> None:
        check = Checker(NAME, self)
        check.choice("model", (*FCOS, *RETINANET, *SSD, *FASTER_RCNN, *OWN))
        check.choice("head", ("match", "new"))
        check.integer("fpn_channels", 64)
        check.number("anchor_scale", 0.05, 20)
        check.number("dropout", 0, 0.9)
        check.number("threshold", 0, 1)
        check.integer("predict_batch", 0)
        for name, low, high in (("norm_eps", 0, 1), ("nms", 0, 1)):
            if getattr(self, name) is not None:
                check.number(name, low, high)
        for name, least in (("min_size", 32), ("max_size", 32), ("max_detections", 1)):
            if getattr(self, name) is not None:
                check.integer(name, least)
        for name in ("weights", "backbone", "backbone_weights"):
            check.text(name)
        check.class_names("weights_classes")
        self._require_agreement()

    def _require_agreement(self) -> None:
        """Refuse arguments that do not go with the model."""
        if self.model in OWN and self.backbone is None:
            _refuse("backbone", f"given with model={self.model!r}", None,
                    "Give module:function or timm:NAME, or another model.")  # fmt: skip
        if self.model not in OWN and self.backbone is not None:
            _refuse("backbone", f"left out with model={self.model!r}", self.backbone,
                    f"One's own backbone goes with {', '.join(OWN)}.")  # fmt: skip
        if (self.backbone or "").startswith("timm:") and self.fpn_channels % 32:
            _refuse("fpn_channels", "a multiple of 32", self.fpn_channels)
        if self.min_size and self.max_size and self.max_size < self.min_size:
            _refuse("max_size", f"min_size ({self.min_size}) or more", self.max_size)
        if self.model in SSD:
            for name, usual in (("min_size", None), ("max_size", None), ("anchor_scale", 1.0)):
                if getattr(self, name) != usual:
                    _refuse(name, f"left out with model={self.model!r}", getattr(self, name),
                            "Its input size and boxes are fixed.")  # fmt: skip


@dataclass(frozen=True, slots=True)
class FitOptions(Options):
    """Options of `TorchvisionDetector.fit`, beside those of every training, with other defaults.

    Attributes:
        ignore_regions: Paint the area of `ignore` objects, where no other object is, in the mean
            colour of images: torchvision's losses know no such area. False leaves it as it is. It
            counts as background either way.
        trainable_layers: How many parts of the backbone are trained, counted from its end; None
            trains all. The parts are what its top level lists (see `freezing.parts`), 5 of a
            ResNet. A feature pyramid is always trained.
        norm_statistics: Mean and deviation of batch normalisation: `keep` them, `update` them by
            every mini-batch, or `auto`: keep those that a training left, update those that are
            still at their start.
    """

    FUNCTION: ClassVar[str] = "torchvision's fit"

    epochs: int = 20
    batch_size: int = 2
    optimiser: str = "adamw"
    learning_rate: float = 2e-4
    final_learning_rate: float = 2e-6
    schedule: str = "cosine"
    warmup: float = 0.05
    weight_decay: float = 1e-4
    augment: float = 1.0
    flip_share: float = 0.5
    scale_jitter: float = 1.25
    trainable_layers: int | None = None
    norm_statistics: str = "auto"

    def __post_init__(self) -> None:
        Options.__post_init__(self)
        check = Checker(self.FUNCTION, self)
        if self.trainable_layers is not None:
            check.integer("trainable_layers", 0)
        check.choice("norm_statistics", STATISTICS)


def _refuse(name: str, expected: str, got: object, remedy: str = "") -> None:
    raise ArgumentError(NAME, name, expected=expected, got=got, remedy=remedy)
