"""The flat arguments of `create` and the options of `fit`, checked once, then frozen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from labelnext.detectors.common.arguments import Checker
from labelnext.detectors.training.options import Options
from labelnext.detectors.transformers_models.families import NAME
from labelnext.errors import ArgumentError

# What only says where weights came from, which a weights file replaces.
ORIGIN = ("path", "config", "heads")
# What may differ without changing a prediction; a size is in the image processor.
EXECUTION = ("device", "predict_batch", "size", *ORIGIN)


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments of `TransformersDetector.create` and `TransformersDetector.load`.

    Attributes:
        path: A folder that `save_pretrained` wrote, or a model's name on the Hugging Face hub,
            which transformers downloads.
        config: Fresh weights instead: a model type (see `families.FAMILIES`), or a config.json.
        heads: `match` takes the project's classes among the model's; `new` gives the model fresh
            class heads for the project's classes, to be trained.
        size: Of the network's input, in place of the image processor's: one number is the side of
            the square, or of the shortest edge where the processor goes by that; or [height,
            width]. RT-DETR, RT-DETRv2 and D-FINE need multiples of 32.
        threshold: A detection's probability is above it.
        nms: IoU above which the worse of two boxes of a class is dropped; None keeps all, as these
            models are trained to give one box an object.
        max_detections: Most boxes per image; None for as many as the image processor gives.
        sample_dropout: Share that `sample` drops in the encoder; None is the model's own.
        device: `auto` takes CUDA where there is one; `cpu`, `cuda`, `cuda:1`, …
        predict_batch: Images of one size per forward pass; 0 takes 1 on a CPU and 8 elsewhere.
    """

    path: str | Path | None = None
    config: str | Path | None = None
    heads: str = "match"
    size: int | Sequence[int] | None = None
    threshold: float = 0.05
    nms: float | None = None
    max_detections: int | None = None
    sample_dropout: float | None = None
    device: str = "auto"
    predict_batch: int = 0

    def __post_init__(self) -> None:
        check = Checker(NAME, self)
        for name in ("path", "config"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _text(name, value))
        object.__setattr__(self, "size", _size(self.size))
        check.choice("heads", ("match", "new"))
        check.number("threshold", 0, 1)
        if self.nms is not None:
            check.number("nms", 0, 1)
        if self.max_detections is not None:
            check.integer("max_detections", 1)
        if self.sample_dropout is not None:
            check.number("sample_dropout", 0, 0.99)
        check.integer("predict_batch", 0)


def _text(name: str, value: object) -> str:
    text = str(value)
    if not text.strip() or isinstance(value, dict | list | bool | int):
        expected = "a folder or the name of a model on the hub" if name == "path" else (
            "a model type or the path of a config.json"
        )  # fmt: skip
        raise ArgumentError(NAME, name, expected=expected, got=repr(value))
    return text


def _size(value: object) -> int | tuple[int, int] | None:
    if value is None or _side(value):
        return value  # type: ignore[return-value]
    if isinstance(value, list | tuple) and len(value) == 2 and all(map(_side, value)):
        return value[0], value[1]
    expected = "a whole number ≥ 32, or [height, width] of such"
    raise ArgumentError(NAME, "size", expected=expected, got=repr(value))


def _side(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 32


@dataclass(frozen=True, slots=True)
class FitOptions(Options):
    """Options of `TransformersDetector.fit`, beside those of every training.

    The defaults are those by which these models are fine-tuned; a model with fresh weights wants a
    higher `learning_rate` and more epochs.

    Attributes:
        backbone_rate: Factor on the learning rate of the backbone; None is 0.1 where weights came
            from `path`, and 1 for fresh ones.
        clip: Largest norm of the gradient; 0 is off.
        ignore_regions: Not possible here: the loss asks queries, not places. Objects to ignore are
            no targets, and their area is background.
    """

    FUNCTION: ClassVar[str] = "transformers' fit"

    batch_size: int = 4
    optimiser: str = "adamw"
    learning_rate: float = 1e-4
    final_learning_rate: float = 1e-6
    schedule: str = "cosine"
    warmup: float = 0.05
    weight_decay: float = 1e-4
    flip_share: float = 0.5
    ignore_regions: bool = False
    backbone_rate: float | None = None
    clip: float = 0.1

    def __post_init__(self) -> None:
        Options.__post_init__(self)
        check = Checker(self.FUNCTION, self)
        if self.backbone_rate is not None:
            check.number("backbone_rate", 0, 100)
        check.number("clip", 0, 1e9)
        if self.ignore_regions:
            raise ArgumentError(
                self.FUNCTION, "ignore_regions", expected="false, as the loss of these models "
                "asks queries and not places", got=True,
            )  # fmt: skip
