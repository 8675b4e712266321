"""`OnnxDetector`: a model in an ONNX file behind labelnext's protocols."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from labelnext.detectors.common import checks
from labelnext.detectors.common.arguments import build
from labelnext.detectors.common.class_names import places
from labelnext.detectors.onnx_models import coco_names, embedding, file, layout, letterbox, probe
from labelnext.detectors.onnx_models import session as sessions
from labelnext.detectors.onnx_models.file import ModelFile
from labelnext.detectors.onnx_models.heads import rows as rows_of
from labelnext.detectors.onnx_models.inference import Inference
from labelnext.detectors.onnx_models.layout import FAMILIES, Layout
from labelnext.detectors.onnx_models.letterbox import Normalisation
from labelnext.detectors.onnx_models.options import EXECUTION, Arguments
from labelnext.errors import ArgumentError
from labelnext.types import Prediction


class OnnxDetector:
    """An exported detector; it predicts and is not trained.

    Made by `create` or `load`.

    Attributes:
        classes: Class names; class k is map k of every level.
        arguments: The flat arguments it was made with.
        description: What was read from the model, in a line.
    """

    def __init__(
        self, classes: tuple[str, ...], arguments: Arguments, inference: Inference, digest: str
    ) -> None:
        self.classes = classes
        self.arguments = arguments
        self.description = _describe(inference)
        self._inference, self._digest = inference, digest

    @classmethod
    def create(
        cls,
        classes: Sequence[str],
        *,
        seed: int = 0,
        path: str | Path | None = None,
        **arguments: Any,
    ) -> "OnnxDetector":
        """The model of a file, for the classes of a project.

        Args:
            classes: Class names to keep, in this order; the model must have them.
            seed: Not used; nothing is drawn.
            path: The ONNX file.
            arguments: See `options.Arguments`.

        Raises:
            CheckpointError: The file is missing, damaged or not read as a detector; the message
                shows its shapes and says what to set.
            ArgumentError: No path, a class that the model lacks, or an argument outside its domain.
        """
        names = checks.require_class_names("onnx", classes)
        checks.require_seed("onnx", seed)
        if path is None:
            raise ArgumentError(
                "onnx", "path", expected="an ONNX file of a detector", got="nothing",
                remedy="Set path under [detector] in labelnext.toml.",
            )  # fmt: skip
        return cls._make(Path(path), names, arguments)

    @classmethod
    def load(
        cls, path: Path, /, *, classes: Sequence[str] | None = None, **arguments: Any
    ) -> "OnnxDetector":
        """`create` with, by default, all classes of the model; this path goes before another."""
        names = None if classes is None else checks.require_class_names("onnx", classes)
        return cls._make(Path(path), names, {k: v for k, v in arguments.items() if k != "path"})

    @staticmethod
    def runtime(**arguments: Any) -> str:
        """What it would compute on with these arguments, in a line.

        Raises:
            ArgumentError: A device that is none of this machine's.
        """
        return sessions.describe(
            str(arguments.get("device", "auto")), int(arguments.get("threads", 0))
        )

    def fingerprint(self) -> str:
        """SHA-256 of the model's files, classes, and every argument that changes predictions."""
        shown = {k: v for k, v in asdict(self.arguments).items() if k not in EXECUTION}
        facts = {"model": self._digest, "classes": list(self.classes), "arguments": shown,
                 "places": list(self._inference.kept)}  # fmt: skip
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """Maps, boxes and an embedding of each image, all from one forward pass.

        The image is resized with its aspect and put at the top left of the network's input; the
        maps cover that part of it, and the boxes are in pixels of the image itself. A map is the
        logit of objectness × class probability (of the class probability where there is no
        objectness), boxes of one cell pooled to the highest. `probabilities` are those of the
        project's classes, each between 0 and 1 by itself. The embedding is the mean of an inner
        feature map, then its mean weighted by the highest probability at each place, each of length
        1; a detection's features are what that map holds at its centre. Models with suppression
        inside give neither maps nor class vectors.

        Args:
            images: RGB, uint8, `[height, width, 3]`, of any sizes.

        Raises:
            ArgumentError: An image of another type or shape.
            LabelnextError: The model gives NaN, or fails.
        """
        return self._inference.predict(images)

    @classmethod
    def _make(
        cls, path: Path, classes: tuple[str, ...] | None, given: dict[str, Any]
    ) -> "OnnxDetector":
        arguments = build(Arguments, given, "onnx")
        model = file.read(path)
        named = file.read_names(arguments.names) if arguments.names is not None else model.names
        size = _size(model, arguments)
        inner = embedding.candidates(model.proto, arguments.embedding)
        session = sessions.Session(model, inner, device=arguments.device, threads=arguments.threads)
        found, seen, inner_shapes = _look(model, session, size, inner, named, arguments)
        names = named or coco_names.NAMES
        classes = classes or checks.require_class_names("onnx", names)
        kept = tuple(places(classes, names, function="onnx", model=path.name))
        boxes, activated = "xyxy", True
        if seen is not None:
            probe.require_finite(seen, path)
            scores = seen[:, 4 : 4 + found.objectness + found.classes]
            activated = probe.activated(scores, arguments.activated, path)
            boxes = probe.boxes(seen, found.grid, found.family, arguments, path)
        inference = Inference(
            session, model.input, found, boxes, activated, kept,
            _normalisation(found.family, arguments),
            embedding.choose(inner_shapes, size, arguments.embedding), arguments,
        )  # fmt: skip
        return cls(classes, arguments, inference, model.digest)


def _size(model: ModelFile, arguments: Arguments) -> tuple[int, int]:
    """(height, width) of the network's input."""
    fixed, asked = (model.input.height, model.input.width), arguments.sides
    usual = asked or model.size
    sides = [side or (usual[i] if usual else None) for i, side in enumerate(fixed)]
    if asked is not None and tuple(sides) != asked:
        raise ArgumentError(
            "onnx", "input_size", expected=f"left out, as {model.path} takes {fixed[0]}×{fixed[1]} "
            "only", got=f"{asked[0]}×{asked[1]}",
        )  # fmt: skip
    if sides[0] is None or sides[1] is None:
        raise ArgumentError(
            "onnx", "input_size", expected=f"the size that {model.path} was trained on, as the "
            "file leaves it open", got="nothing",
        )  # fmt: skip
    return (sides[0], sides[1])


def _look(
    model: ModelFile,
    session: sessions.Session,
    size: tuple[int, int],
    inner: list[str],
    names: Sequence[str] | None,
    arguments: Arguments,
) -> tuple[Layout, np.ndarray | None, dict[str, tuple[int, ...]]]:
    """The layout, the rows of a test image, and the shapes of the inner tensors.

    The model is run as YOLOv8 would be, and once more if its shapes say that its input is another.
    """

    def run(family: str, names: list[str]) -> list[np.ndarray]:
        x = letterbox.to_input(
            [probe.image(size)] * (model.input.batch or 1), size,
            _normalisation(family, arguments), model.input.kind,
        )  # fmt: skip
        return session.run(x, names)

    first = arguments.layout if arguments.layout in FAMILIES else "yolov8"
    found, own = run(first, [*session.outputs, *inner]), len(session.outputs)
    read = layout.find([output.shape for output in found[:own]], size, names, model, arguments)
    shapes = {name: a.shape for name, a in zip(inner, found[own:], strict=True)}
    if read.form == "end2end":
        return read, None, shapes
    seen = rows_of([found[i] for i in read.outputs], read)[0]
    if arguments.layout == "auto" and read.family == "yolox" and probe.filled_in(seen):
        read = replace(read, family="yolov6")
    if _normalisation(read.family, arguments) != _normalisation(first, arguments):
        again = run(read.family, [session.outputs[i] for i in read.outputs])
        seen = rows_of(again, read)[0]
    return read, seen, shapes


def _normalisation(family: str, arguments: Arguments) -> Normalisation:
    usual = FAMILIES.get(family, FAMILIES["yolov8"])
    return Normalisation(
        arguments.channels or usual.channels,
        usual.scale if arguments.scale is None else arguments.scale,
        tuple(arguments.mean or (0.0, 0.0, 0.0)),
        tuple(arguments.std or (1.0, 1.0, 1.0)),
        arguments.pad,
    )


def _describe(of: Inference) -> str:
    found, normal = of.layout, of.normal
    height, width = found.grid.size
    parts = [
        f"{found.family}, input {height}×{width} {normal.channels.upper()} × {normal.scale:.4g}"
    ]
    if any(normal.mean) or any(value != 1 for value in normal.std):
        parts.append(f"mean {list(normal.mean)}, std {list(normal.std)}")
    parts.append(f"{found.classes} classes" + (" and objectness" if found.objectness else ""))
    if found.form != "end2end":
        parts.append(f"strides {list(found.grid.strides)}, {found.grid.anchors} boxes a cell")
        parts.append(f"boxes {of.boxes}, scores {'probabilities' if of.activated else 'logits'}")
    parts.append("no embedding" if of.inner is None else f"embedding {of.inner[0]}")
    return "; ".join(parts)
