"""Small ONNX detectors whose outputs are a known function of their input.

Cell (i, j) of a level sees the mean colour of its own pixels; a fixed matrix makes the numbers of a
row of it. `tests/reference/onnx_heads.py` computes the same in plain loops.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


@dataclass
class Toy:
    """A detector to be written.

    Attributes:
        size: (height, width) of its input.
        strides: Of its levels.
        anchors: Boxes a cell.
        classes: How many.
        objectness: Whether rows have one.
        boxes: `cxcywh`, `xyxy` (decoded inside), `yolox` or `yolov5` (raw).
        activated: Whether scores go through a logistic function inside.
        form: `rows`, `columns`, `levels4` or `levels5`.
        batch: Fixed, or "n".
        sizes_open: Leave height and width open (raw boxes only).
        scale: Of the pixels that it is made for.
        constant_objectness: Fill in 1.
        masks: So many further numbers a row, and a second output of as many planes.
        half: In half precision.
        enlarge: Put an enlarged map inside, as feature pyramids do.
        metadata: Written to the file.
        seed: Of the matrices.
    """

    size: tuple[int, int] = (64, 96)
    strides: tuple[int, ...] = (8, 16, 32)
    anchors: int = 1
    classes: int = 3
    objectness: bool = True
    boxes: str = "yolox"
    activated: bool = True
    form: str = "rows"
    batch: int | str = 1
    sizes_open: bool = False
    scale: float = 1.0
    constant_objectness: bool = False
    masks: int = 0
    half: bool = False
    enlarge: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    seed: int = 0

    @property
    def numbers(self) -> int:
        """Of a row."""
        return 4 + self.objectness + self.classes + self.masks

    def matrices(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each level the matrix [anchors, numbers, 3] for pixels of 0 to 255, and the bias."""
        rng = np.random.default_rng(self.seed)
        out = []
        for _ in self.strides:
            matrix = rng.normal(0, 0.015, (self.anchors, self.numbers, 3))
            bias = rng.normal(0, 0.3, (self.anchors, self.numbers))
            matrix[:, :4] /= 10
            if self.boxes == "yolox":
                bias[:, :2] += 0.5
            centre = matrix.sum(2) * 127  # so that scores are low here and high there
            bias[:, 4:] -= centre[:, 4:]
            out.append((matrix.astype(np.float32), bias.astype(np.float32)))
        return out

    def anchor_sizes(self) -> list[list[list[float]]]:
        """For raw boxes of the `yolov5` kind."""
        return [
            [[s * (1.0 + a), s * (2.0 - a / 2)] for a in range(self.anchors)] for s in self.strides
        ]

    def write(self, path: Path) -> Path:
        """Write the model."""
        onnx.save(_model(self), str(path))
        return path


def _model(toy: Toy) -> onnx.ModelProto:
    graph = _Graph()
    source = graph.add("Cast", ["images"], to=TensorProto.FLOAT) if toy.half else "images"
    parts, pooled = [], {}
    for stride in toy.strides:
        pooled[stride] = graph.add(
            "AveragePool",
            [source],
            f"cells_{stride}",
            kernel_shape=[stride] * 2,
            strides=[stride] * 2,
        )
    for k, stride in enumerate(toy.strides):
        x = pooled[stride]
        if toy.enlarge and 2 * stride in pooled:
            scales = graph.constant(np.array([1, 1, 2, 2], np.float32))
            up = graph.add("Resize", [pooled[2 * stride], "", scales], mode="nearest")
            x = graph.add("Add", [x, graph.add("Mul", [up, graph.constant(np.float32(0))])])
        matrix, bias = toy.matrices()[k]
        weight = graph.constant((matrix / toy.scale).reshape(-1, 3, 1, 1).astype(np.float32))
        level = graph.add("Conv", [x, weight, graph.constant(bias.reshape(-1))])
        parts.append(_level(graph, toy, k, level))
    if toy.form.startswith("levels"):
        outputs = [graph.add("Identity", [part], f"level_{k}") for k, part in enumerate(parts)]
    else:
        rows = graph.add("Concat", parts, axis=1)
        outputs = [_form(graph, toy, rows)]
    if toy.masks:
        planes = graph.constant(np.ones((toy.masks, 3, 1, 1), np.float32))
        outputs.append(graph.add("Conv", [pooled[toy.strides[0]], planes], "planes"))
    return graph.model(toy, outputs)


def _level(graph: "_Graph", toy: Toy, k: int, level: str) -> str:
    """One level [n, anchors·numbers, h, w] as rows, or in the form in which it is put out."""
    stride = toy.strides[k]
    h, w = (side // stride for side in toy.size)
    if toy.form == "levels4":
        return level
    shape = (
        [0, toy.anchors, toy.numbers, -1]
        if toy.form != "levels5"
        else [0, toy.anchors, toy.numbers, h, w]
    )
    split = graph.add("Reshape", [level, graph.constant(np.array(shape, np.int64))])
    if toy.form == "levels5":
        return graph.add("Transpose", [split], perm=[0, 1, 3, 4, 2])
    last = graph.add("Transpose", [split], perm=[0, 1, 3, 2])
    rows = graph.add("Reshape", [last, graph.constant(np.array([0, -1, toy.numbers], np.int64))])
    return _finish(graph, toy, rows, k)


def _finish(graph: "_Graph", toy: Toy, rows: str, k: int) -> str:
    """Decode boxes and scores inside the model, where it does that."""
    stride = toy.strides[k]
    h, w = (side // stride for side in toy.size)
    y, x = np.mgrid[:h, :w]
    grid = np.tile(np.stack([x.ravel(), y.ravel()], 1), (toy.anchors, 1)).astype(np.float32)
    ends = [0, 2, 4, 4 + toy.objectness, 4 + toy.objectness + toy.classes, toy.numbers]
    xy, wh, objectness, classes, masks = (
        graph.cut(rows, a, b) if b > a else "" for a, b in pairwise(ends)
    )
    if toy.boxes in ("cxcywh", "xyxy"):
        step = graph.constant(np.float32(stride))
        xy = graph.add("Mul", [graph.add("Add", [xy, graph.constant(grid + 0.5)]), step])
        wh = graph.add("Mul", [graph.add("Exp", [wh]), graph.constant(np.float32(2 * stride))])
    if toy.boxes == "xyxy":
        half = graph.add("Mul", [wh, graph.constant(np.float32(0.5))])
        xy, wh = graph.add("Sub", [xy, half]), graph.add("Add", [xy, half])
    if toy.activated:
        classes = graph.add("Sigmoid", [classes])
        objectness = objectness and graph.add("Sigmoid", [objectness])
    if toy.constant_objectness:
        zero = graph.add("Mul", [objectness, graph.constant(np.float32(0))])
        objectness = graph.add("Add", [zero, graph.constant(np.float32(1))])
    parts = [part for part in (xy, wh, objectness, classes, masks) if part]
    return graph.add("Concat", parts, axis=2)


def _form(graph: "_Graph", toy: Toy, rows: str) -> str:
    if toy.form == "columns":
        rows = graph.add("Transpose", [rows], perm=[0, 2, 1])
    if toy.half:
        rows = graph.add("Cast", [rows], to=TensorProto.FLOAT16)
    return graph.add("Identity", [rows], "output0")


class _Graph:
    """Nodes and constants, named as they come."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: list[str], name: str = "", **attributes: object) -> str:
        name = name or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, value: np.ndarray) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def cut(self, rows: str, start: int, end: int) -> str:
        sides = [self.constant(np.array([side], np.int64)) for side in (start, end, 2)]
        return self.add("Slice", [rows, *sides])

    def model(self, toy: Toy, outputs: list[str]) -> onnx.ModelProto:
        kind = TensorProto.FLOAT16 if toy.half else TensorProto.FLOAT
        sides: list[int | str] = ["height", "width"] if toy.sizes_open else list(toy.size)
        graph = helper.make_graph(
            self.nodes,
            "toy",
            [helper.make_tensor_value_info("images", kind, [toy.batch, 3, *sides])],
            [helper.make_tensor_value_info(name, kind, None) for name in outputs],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 9
        helper.set_model_props(model, toy.metadata)
        return model
