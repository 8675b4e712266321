"""The flat arguments of `create` and `load`, checked once, then frozen."""

from dataclasses import dataclass
from typing import Any

from labelnext.detectors.common.arguments import Checker
from labelnext.errors import ArgumentError

# What may differ without changing a prediction.
EXECUTION = ("device", "threads", "predict_batch")
LAYOUTS = ("auto", "yolox", "yolov5", "yolov6", "yolov8", "end2end")
BOXES = ("cxcywh", "xyxy", "yolox", "yolov5")


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments of `OnnxDetector.create` and `OnnxDetector.load`.

    What is None is read from the model: its shapes, its metadata, and its outputs on a test image.
    A `layout` sets what is usual for a family; each argument after it replaces one part of that.

    Attributes:
        layout: `auto`, `yolox`, `yolov5` (also v3 and v7 as their authors export them), `yolov6`,
            `yolov8` (also v9, v11, v12 and others without objectness), or `end2end` (suppression
            inside the model; no maps).
        input_size: Side of the network's input, or [height, width]; needed where the model leaves
            it open and its metadata say nothing.
        names: The model's class names in the order of its outputs, or a text file with one a line.
        strides: Of the levels, in the order of the output's rows.
        anchors: Boxes a cell.
        anchor_sizes: For `boxes = "yolov5"`: for every level its anchors [width, height] in pixels.
        boxes: What a row's first four numbers are: `cxcywh` or `xyxy` in pixels of the input;
            `yolox`: centre from the cell's corner and logarithm of the size, both in strides;
            `yolov5`: before the logistic function, relative to cell and anchor.
        objectness: Whether an objectness comes before the classes.
        activated: Whether scores are probabilities already, not logits.
        channels: `rgb` or `bgr`.
        scale: The network's input is (pixel · scale − mean) / std.
        mean: One number a channel, in the order of `channels`.
        std: The same.
        pad: Grey that fills the input beside the image, 0 to 255.
        threshold: Least probability of a detection.
        nms: IoU above which the worse of two boxes of a class is dropped; None or 1 keeps all.
        multi_label: A row gives a box for every class above the threshold, not for its best alone.
        max_detections: Most boxes per image.
        embedding: `auto`, `none`, or the name of a tensor [n, features, h, w] inside the model.
        device: `auto` takes CUDA where this onnxruntime offers it; `cpu`, `cuda`, `cuda:1`, …
        threads: Of the processor; 0 leaves it to onnxruntime.
        predict_batch: Images per forward pass where the model leaves that open; 0 takes 1 on a CPU
            and 16 elsewhere.
    """

    layout: str = "auto"
    input_size: int | list[int] | None = None
    names: list[str] | str | None = None
    strides: list[int] | None = None
    anchors: int | None = None
    anchor_sizes: list[list[list[float]]] | None = None
    boxes: str | None = None
    objectness: bool | None = None
    activated: bool | None = None
    channels: str | None = None
    scale: float | None = None
    mean: list[float] | None = None
    std: list[float] | None = None
    pad: int = 114
    threshold: float = 0.05
    nms: float | None = 0.65
    multi_label: bool = False
    max_detections: int = 300
    embedding: str = "auto"
    device: str = "auto"
    threads: int = 0
    predict_batch: int = 0

    def __post_init__(self) -> None:
        check = Checker("onnx", self)
        check.choice("layout", LAYOUTS)
        for name, known in (("boxes", BOXES), ("channels", ("rgb", "bgr"))):
            if getattr(self, name) is not None:
                check.choice(name, known)
        for name in ("objectness", "activated"):
            if getattr(self, name) not in (None, True, False):
                raise _error(name, "true or false", getattr(self, name))
        if self.multi_label not in (True, False):
            raise _error("multi_label", "true or false", self.multi_label)
        if self.scale is not None:
            check.number("scale", 1e-6, 1e6)
        if self.nms is not None:
            check.number("nms", 0, 1)
        check.number("threshold", 0, 1)
        check.integer("pad", 0, 255)
        for name in ("threads", "predict_batch"):
            check.integer(name, 0)
        check.integer("max_detections", 1)
        if self.anchors is not None:
            check.integer("anchors", 1)
        for name in ("mean", "std"):
            _three(name, getattr(self, name))
        if self.std is not None and min(self.std) <= 0:
            raise _error("std", "three numbers above 0", self.std)
        if self.strides is not None and not _whole(self.strides):
            raise _error("strides", "whole numbers above 0, such as [8, 16, 32]", self.strides)
        if self.input_size is not None and self.sides is None:
            raise _error("input_size", "a side, or [height, width]", self.input_size)
        if not isinstance(self.embedding, str) or not self.embedding:
            raise _error("embedding", "auto, none or the name of a tensor", self.embedding)
        _anchor_sizes(self)

    @property
    def sides(self) -> tuple[int, int] | None:
        """`input_size` as (height, width)."""
        sides = self.input_size
        if isinstance(sides, int):
            sides = [sides, sides]
        if not _whole(sides) or len(sides) != 2:  # type: ignore[arg-type]
            return None
        return (sides[0], sides[1])  # type: ignore[index]


def _whole(values: Any) -> bool:
    """Whether it is a list of whole numbers above 0, at least one."""
    if not isinstance(values, list | tuple) or not values:
        return False
    return all(isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in values)


def _three(name: str, values: Any) -> None:
    if values is None:
        return
    numbers = isinstance(values, list | tuple) and len(values) == 3
    if not numbers or not all(isinstance(v, int | float) for v in values):
        raise _error(name, "three numbers, one a channel", values)


def _anchor_sizes(values: Arguments) -> None:
    if values.anchor_sizes is None:
        return
    levels = values.anchor_sizes
    good = isinstance(levels, list | tuple) and all(
        isinstance(level, list | tuple)
        and level
        and len(level) == len(levels[0])
        and all(
            isinstance(size, list | tuple) and len(size) == 2 and min(size) > 0 for size in level
        )
        for level in levels
    )
    if not good or not levels:
        raise _error(
            "anchor_sizes",
            "for every level a list of [width, height] in pixels, as many for each",
            levels,
        )


def _error(name: str, expected: str, got: object) -> ArgumentError:
    return ArgumentError("onnx", name, expected=expected, got=repr(got))
