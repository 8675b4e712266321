"""Images in, predictions out: grouping by size, maps, boxes, and draws of dropout."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor, nn

from labelnext.detectors.common.batches import by_size
from labelnext.detectors.common.embedding import pooled
from labelnext.detectors.segmentation_models import components
from labelnext.detectors.segmentation_models.network import Network
from labelnext.detectors.segmentation_models.options import NAME, Arguments
from labelnext.detectors.segmentation_models.pixels import rescale, to_input
from labelnext.types import DenseMaps, Image, MapLevel, Prediction


@dataclass(frozen=True, slots=True)
class Inference:
    """A network with all that its predictions depend on.

    Attributes:
        network: In evaluation mode, on `device`.
        arguments: Of sizes, boxes and batching.
        device: Where it computes.
    """

    network: Network
    arguments: Arguments
    device: torch.device

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """See `TorchvisionSegmentation.predict`."""
        out: list[Prediction | None] = [None] * len(images)
        for chosen, inputs in self._groups(images):
            size = (inputs[0].shape[0], inputs[0].shape[1])
            with torch.no_grad():
                seen = self.network.see(self._input(inputs))
                logits = self.network.logits(seen.before)
                weight = logits.double().softmax(1)[:, :-1].sum(1, keepdim=True)
                weight = nn.functional.interpolate(
                    weight, size=seen.deepest.shape[-2:], mode="area"
                )
            deepest = seen.deepest.cpu().numpy()
            step = self.network.multiple
            inside = np.s_[:, :, : -(-size[0] // step), : -(-size[1] // step)]
            vectors = pooled(deepest[inside], weight.cpu().numpy()[inside][:, 0])
            maps = self._maps(logits, size)
            for k, i in enumerate(chosen):
                original = (images[i].shape[0], images[i].shape[1])
                found = components.boxes(
                    components.at_every_pixel(maps[k]), deepest[k], stride=step, image=original,
                    min_pixels=self.arguments.min_pixels, limit=self.arguments.max_detections,
                )  # fmt: skip
                out[i] = Prediction(maps[k], found, vectors[k])
        return [prediction for prediction in out if prediction is not None]

    def sample(
        self,
        images: Sequence[np.ndarray],
        *,
        samples: int,
        rng: np.random.Generator,
        dropout: float | None,
    ) -> list[list[DenseMaps]]:
        """See `TorchvisionSegmentation.sample`."""
        channels = sum(layer.in_channels for layer in self.network.last)
        keep = 1 - (self.arguments.dropout if dropout is None else dropout)
        kept = rng.random((len(images), samples, channels)) < keep
        masks = kept.astype(np.float32) / np.float32(keep)
        out: list[list[DenseMaps]] = [[] for _ in images]
        for chosen, inputs in self._groups(images):
            size = (inputs[0].shape[0], inputs[0].shape[1])
            with torch.no_grad():
                before = self.network.see(self._input(inputs)).before
                for t in range(samples):
                    mask = torch.from_numpy(masks[chosen, t]).to(self.device)[:, :, None, None]
                    parts = torch.split(mask, [part.shape[1] for part in before], 1)
                    drawn = tuple(a * b for a, b in zip(before, parts, strict=True))
                    maps = self._maps(self.network.logits(drawn), size)
                    for k, i in enumerate(chosen):
                        out[i].append(maps[k])
        return out

    def _groups(self, images: Sequence[np.ndarray]) -> Iterator[tuple[list[int], list[Image]]]:
        """Indices and rescaled pixels of images of one size, a forward pass's worth at a time."""
        many = self.arguments.predict_batch or (1 if self.device.type == "cpu" else 8)
        for chosen in by_size(NAME, images, many):
            yield chosen, [rescale(images[i], self.arguments.min_size) for i in chosen]

    def _input(self, inputs: list[Image]) -> Tensor:
        return to_input(inputs, self.device, multiple=self.network.multiple)

    def _maps(self, logits: Tensor, size: tuple[int, int]) -> list[DenseMaps]:
        stride = self.network.stride
        cut = logits[:, :, : -(-size[0] // stride), : -(-size[1] // stride)]
        level: Float32[np.ndarray, "n classes h w"] = cut.float().cpu().numpy()
        return [
            DenseMaps((MapLevel(np.ascontiguousarray(one), stride),), size, "softmax")
            for one in level
        ]
