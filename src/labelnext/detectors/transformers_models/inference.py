"""Images in, predictions out: grouping by size, one forward pass, maps, boxes, embedding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from labelnext.detectors.common.batches import by_size
from labelnext.detectors.transformers_models import readout
from labelnext.detectors.transformers_models.decode import decode, probabilities
from labelnext.detectors.transformers_models.families import NAME, Family
from labelnext.detectors.transformers_models.options import Arguments
from labelnext.detectors.transformers_models.pixels import Inputs, Pixels
from labelnext.types import Image, Prediction


@dataclass(frozen=True, slots=True)
class Inference:
    """A model with all that its predictions depend on.

    Attributes:
        model: Of transformers, in evaluation mode, on `device`.
        family: Of the model.
        pixels: Its image processor.
        places: Of the wanted classes among the model's.
        arguments: Of decoding and batching.
        device: Where it computes.
    """

    model: Any
    family: Family
    pixels: Pixels
    places: list[int]
    arguments: Arguments
    device: torch.device

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """See `TransformersDetector.predict`."""
        out: list[Prediction | None] = [None] * len(images)
        for chosen, resized in self.groups(images):
            inputs = self.pixels.inputs(resized, self.device)
            with torch.no_grad():
                output = self.model(**inputs, output_hidden_states=self._hidden)
            originals = [images[i].shape[:2] for i in chosen]
            for i, prediction in zip(chosen, self._read(output, inputs, originals), strict=True):
                out[i] = prediction
        return [prediction for prediction in out if prediction is not None]

    def groups(self, images: Sequence[np.ndarray]) -> Iterator[tuple[list[int], list[Image]]]:
        """Indices and resized pixels of images of one size, a forward pass's worth at a time."""
        many = self.arguments.predict_batch or (1 if self.device.type == "cpu" else 8)
        for chosen in by_size(NAME, images, many):
            yield chosen, [self.pixels.resized(images[i]) for i in chosen]

    @property
    def _hidden(self) -> bool:
        return bool(self.model.config.model_type == "dab-detr")  # else it keeps the encoder's

    def _read(
        self, output: Any, inputs: Inputs, originals: list[tuple[int, int]]
    ) -> list[Prediction]:
        padded, size = sizes(inputs)
        logits, boxes, features = (
            value.float().cpu().numpy()
            for value in (output.logits, output.pred_boxes, output.last_hidden_state)
        )
        vectors = [probabilities(each, self.places, self.family) for each in logits]
        best = np.stack([each[:, : len(self.places)].max(1) for each in vectors])
        deep = readout.deepest(output, self.model.config, padded)
        embeddings = readout.embedding(deep, boxes, best, size, padded)
        strides = self.pixels.strides
        found = (
            readout.levels(output.enc_outputs_class, strides, padded, self.places)
            if strides else []
        )  # fmt: skip
        a = self.arguments
        return [
            Prediction(
                readout.maps([level[k] for level in found], strides, size) if found else None,
                decode(
                    vectors[k], boxes[k], features[k], family=self.family, size=original,
                    threshold=a.threshold, nms=a.nms, max_detections=a.max_detections,
                ),
                embeddings[k],
            )
            for k, original in enumerate(originals)
        ]  # fmt: skip


def sizes(inputs: Inputs) -> tuple[tuple[int, int], tuple[int, int]]:
    """(height, width) of the input, and of the part that an image covers, at its top left."""
    height, width = inputs["pixel_values"].shape[-2:]
    mask = inputs.get("pixel_mask")
    if mask is None:
        return (height, width), (height, width)
    return (height, width), (int(mask[0, :, 0].sum()), int(mask[0, 0].sum()))
