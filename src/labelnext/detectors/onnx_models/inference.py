"""Images in, predictions out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from labelnext.detectors.common.checks import require_image
from labelnext.detectors.onnx_models import end_to_end, heads, letterbox, readout
from labelnext.detectors.onnx_models.decode import Found, decode
from labelnext.detectors.onnx_models.file import Input
from labelnext.detectors.onnx_models.layout import Layout
from labelnext.detectors.onnx_models.letterbox import Normalisation
from labelnext.detectors.onnx_models.options import Arguments
from labelnext.detectors.onnx_models.session import Session
from labelnext.errors import LabelnextError
from labelnext.types import Detections, Image, Prediction


@dataclass(frozen=True, slots=True)
class Inference:
    """A model with all that its predictions depend on.

    Attributes:
        session: Runs it.
        input: What it is fed.
        layout: Where its rows are and what they hold.
        boxes: What the first four numbers of a row are.
        activated: Whether scores are probabilities.
        kept: Place among the model's classes of each of the project's.
        normal: What becomes of pixels.
        inner: The tensor that the embedding is made of, and its stride.
        arguments: Of decoding and batching.
    """

    session: Session
    input: Input
    layout: Layout
    boxes: str
    activated: bool
    kept: tuple[int, ...]
    normal: Normalisation
    inner: tuple[str, int] | None
    arguments: Arguments

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """See `OnnxDetector.predict`."""
        for i, image in enumerate(images):
            require_image("onnx", image, f"image {i}")
        out = []
        for group in self._batches(images):
            outputs, features = self._run(group)
            if self.layout.form == "end2end":
                out += self._boxes_alone(group, outputs[0], features)
                continue
            rows = heads.rows(outputs, self.layout)
            if not np.isfinite(rows).all():
                raise LabelnextError(
                    "onnx: the model's output holds NaN or infinity. Half precision may overflow: "
                    "export it in single precision."
                )
            inner = [None] * len(group) if features is None else features
            out += [self._one(*each) for each in zip(group, rows, inner, strict=False)]
        return out

    def _batches(self, images: Sequence[np.ndarray]) -> Iterator[list[np.ndarray]]:
        many = (
            self.input.batch or self.arguments.predict_batch or (16 if self.session.on_gpu else 1)
        )
        for start in range(0, len(images), many):
            yield list(images[start : start + many])

    def _run(self, group: list[np.ndarray]) -> tuple[list[np.ndarray], np.ndarray | None]:
        """Outputs for a batch; a model of a fixed batch gets the last image as often as needed."""
        full = group + [group[-1]] * ((self.input.batch or 0) - len(group))
        size = self.layout.grid.size
        x = letterbox.to_input(full, size, self.normal, self.input.kind)
        names = [self.session.outputs[i] for i in self.layout.outputs]
        found = self.session.run(x, [*names, *([self.inner[0]] if self.inner else [])])
        return found[: len(names)], found[-1] if self.inner else None

    def _one(
        self,
        image: Image,
        rows: Float32[np.ndarray, "rows numbers"],
        inner: Float32[np.ndarray, "d h w"] | None,
    ) -> Prediction:
        a, grid = self.arguments, self.layout.grid
        p = heads.probabilities(rows, self.kept, self.layout.objectness, self.activated)
        found = decode(
            heads.boxes(rows, grid, self.boxes, a.anchor_sizes),
            p,
            threshold=a.threshold,
            nms=a.nms,
            multi_label=a.multi_label,
            max_detections=a.max_detections,
        )
        maps = readout.maps(p, grid, letterbox.content(image.shape, grid.size))
        return Prediction(maps, *self._detections(image, found, inner, p))

    def _boxes_alone(
        self, group: list[np.ndarray], output: np.ndarray, features: np.ndarray | None
    ) -> list[Prediction]:
        a = self.arguments
        found = end_to_end.decode(
            output, self.kept, threshold=a.threshold, max_detections=a.max_detections
        )
        inner = [None] * len(group) if features is None else features
        return [
            Prediction(None, *self._detections(image, boxes, seen, None))
            for image, boxes, seen in zip(group, found, inner, strict=False)
        ]

    def _detections(
        self,
        image: Image,
        found: Found,
        inner: Float32[np.ndarray, "d h w"] | None,
        p: Float64[np.ndarray, "rows classes"] | None,
    ) -> tuple[Detections, Float32[np.ndarray, "d2"] | None]:
        """Boxes in the image, without those that lie beside it; and the embedding."""
        grid = self.layout.grid
        xyxy = letterbox.to_image(found.xyxy, image.shape, grid.size).astype(np.float32)
        seen = (xyxy[:, 2:] > xyxy[:, :2]).all(1)
        features = embedding = None
        if inner is not None and self.inner is not None:
            stride = self.inner[1]
            features = readout.box_features(inner, stride, found.xyxy[seen])
            size = letterbox.content(image.shape, grid.size)
            embedding = readout.embedding(inner, stride, p, grid, size)
        vectors = None
        if found.probabilities is not None:
            vectors = found.probabilities[seen].astype(np.float32)
        scores = found.scores[seen].astype(np.float32)
        return Detections(xyxy[seen], scores, found.classes[seen], vectors, features), embedding
