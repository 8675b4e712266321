"""Images in, predictions out: grouping by size, mirroring, decoding, and draws of dropout."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64
from torch import Tensor

from labelnext.detectors.common.batches import by_size
from labelnext.detectors.fire_fpn import readout
from labelnext.detectors.fire_fpn.boxes import STRIDES
from labelnext.detectors.fire_fpn.decode import decode
from labelnext.detectors.fire_fpn.network import Features, FireNetwork
from labelnext.detectors.fire_fpn.options import Arguments
from labelnext.detectors.fire_fpn.pixels import rescale, to_input
from labelnext.types import DenseMaps, Image, Prediction


@dataclass(frozen=True, slots=True)
class Inference:
    """A network with all that its predictions depend on.

    Attributes:
        network: In evaluation mode, on `device`.
        arguments: Of decoding, mirroring and batching.
        boxes: Default boxes by level.
        device: Where it computes.
        classes: How many.
    """

    network: FireNetwork
    arguments: Arguments
    boxes: Float64[np.ndarray, "5 2"]
    device: torch.device
    classes: int

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """See `FireFPN.predict`."""
        out: list[Prediction | None] = [None] * len(images)
        for chosen, inputs in self._groups(images):
            size = (inputs[0].shape[0], inputs[0].shape[1])
            with torch.no_grad():
                views = self._views(inputs)
                logits = [self.network.logits(view.decoder) for view in views]
                levels = readout.merge(logits, size, self.arguments.mirror_axis)
                moves = [self.network.offsets(view.decoder) for view in views]
                there = [move for move in moves if move is not None]
                axis = self.arguments.mirror_axis
                offsets = readout.merge(there, size, axis, signed=True) if there else None
                vectors = readout.embedding(views[0].deepest, levels, size)
                seen = [level.cpu().numpy() for level in views[0].decoder]
            for k, i in enumerate(chosen):
                mine = [level[k] for level in levels]
                shift = None if offsets is None else [level[k] for level in offsets]
                features = [level[k] for level in seen]
                original = images[i].shape[:2]
                out[i] = self._prediction(mine, shift, features, size, original, vectors[k])
        return [prediction for prediction in out if prediction is not None]

    def sample(
        self,
        images: Sequence[np.ndarray],
        *,
        samples: int,
        rng: np.random.Generator,
        dropout: float | None = None,
    ) -> list[list[DenseMaps]]:
        """See `FireFPN.sample`."""
        channels = self.network.predict.in_channels
        keep = self.arguments.sample_keep if dropout is None else 1 - dropout
        shape = (len(images), samples, len(STRIDES), channels)
        masks = (rng.random(shape) < keep).astype(np.float32) / np.float32(keep)
        out: list[list[DenseMaps]] = [[] for _ in images]
        for chosen, inputs in self._groups(images):
            size = (inputs[0].shape[0], inputs[0].shape[1])
            mask = torch.from_numpy(masks[chosen]).to(self.device)
            with torch.no_grad():
                drawn = [self._draw(view.decoder, mask) for view in self._views(inputs)]
                levels = readout.merge(drawn, size, self.arguments.mirror_axis)
            for k, i in enumerate(chosen):
                each = [
                    level[k].reshape(samples, self.classes, *level.shape[2:]) for level in levels
                ]
                out[i] = [readout.maps([level[t] for level in each], size) for t in range(samples)]
        return out

    def _groups(self, images: Sequence[np.ndarray]) -> Iterator[tuple[list[int], list[Image]]]:
        """Indices and rescaled pixels of images of one size, a forward pass's worth at a time."""
        many = self.arguments.predict_batch or (1 if self.device.type == "cpu" else 16)
        if self.arguments.norm == "batch":
            many = 1  # statistics are the batch's: keep images independent of each other
        for chosen in by_size("fire-fpn", images, many):
            yield chosen, [rescale(images[i], self.arguments.image_scale) for i in chosen]

    def _views(self, inputs: list[Image]) -> list[Features]:
        """Features of the images and, with `mirror`, of their mirror images (not mirrored back)."""
        x = to_input(inputs, self.device)
        views = [self.network.features(x)]
        if self.arguments.mirror:
            views.append(self.network.features(x.flip(3)))
        return views

    def _draw(
        self,
        decoder: list[Float[Tensor, "n c _h _w"]],
        mask: Float[Tensor, "n samples 5 c"],
    ) -> list[Float[Tensor, "n drawn _h _w"]]:
        """Logits under each mask: dropping a channel is dropping its weight."""
        weight = self.network.get_parameter("predict.weight")[:, :, 0, 0]
        bias = self.network.get_parameter("predict.bias")
        out = []
        for level, features in enumerate(decoder):
            masked = mask[:, :, level, None, :] * weight
            logits = torch.einsum("ntkc,nchw->ntkhw", masked, features)
            out.append((logits + bias[:, None, None]).flatten(1, 2))
        return out

    def _prediction(
        self,
        logits: list[Float32[np.ndarray, "classes _h _w"]],
        offsets: list[Float32[np.ndarray, "4 _h _w"]] | None,
        features: list[Float32[np.ndarray, "d2 _h _w"]],
        size: tuple[int, int],
        original: tuple[int, ...],
        embedding: Float32[np.ndarray, "d"],
    ) -> Prediction:
        a = self.arguments
        detections = decode(
            logits,
            offsets,
            size=size,
            original=(original[0], original[1]),
            boxes=self.boxes,
            threshold=a.threshold,
            min_pixels=a.min_pixels,
            window=a.window,
            smoothing=a.smoothing,
            rank_by=a.rank_by,
            nms=a.nms,
            max_detections=a.max_detections,
            features=features,
        )
        return Prediction(readout.maps(logits, size), detections, embedding)
