"""Images in, predictions out: grouping by size, heads to maps and boxes, and draws of dropout."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn
from torch.nn.functional import adaptive_max_pool2d, dropout2d
from torchvision.models.detection import FCOS, FasterRCNN, RetinaNet
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.ssd import SSD

from labelnext.detectors.common.batches import by_size
from labelnext.detectors.common.draws import seeded
from labelnext.detectors.common.embedding import pooled
from labelnext.detectors.torchvision_models import (
    backbones,
    faster_rcnn,
    fcos,
    grids,
    retinanet,
    ssd,
)
from labelnext.detectors.torchvision_models.options import NAME, Arguments
from labelnext.detectors.torchvision_models.reading import Found, Reading
from labelnext.types import DenseMaps, Detections, Prediction

Levels = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Inference:
    """A network with all that its predictions depend on.

    Attributes:
        network: Of torchvision, in evaluation mode, on `device`.
        arguments: Of dropout and batching.
        device: Where it computes.
    """

    network: nn.Module
    arguments: Arguments
    device: torch.device

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """See `TorchvisionDetector.predict`."""
        out: list[Prediction | None] = [None] * len(images)
        for chosen, inputs in self._groups(images):
            size = (int(inputs.image_sizes[0][0]), int(inputs.image_sizes[0][1]))
            with torch.no_grad():
                levels, deepest = self._features(inputs)
                reading = self._read(levels, inputs)
                found = reading.found()
            maps = grids.maps(reading.levels, size, reading.activation)
            vectors = _embedding(reading, deepest, inputs)
            for k, i in enumerate(chosen):
                boxes = _detections(found[k], size, images[i].shape[:2])
                out[i] = Prediction(maps[k], boxes, vectors[k])
        return [prediction for prediction in out if prediction is not None]

    @property
    def random(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.arguments.dropout or _droppers(self.network))

    def sample(
        self,
        images: Sequence[np.ndarray],
        *,
        samples: int,
        rng: np.random.Generator,
        dropout: float | None = None,
    ) -> list[list[DenseMaps]]:
        """See `TorchvisionDetector.sample`."""
        seeds = rng.integers(2**62, size=(len(images), samples))
        share = self.arguments.dropout
        if dropout is not None and share:
            share = dropout
        out: list[list[DenseMaps]] = []
        for image, mine in zip(images, seeds, strict=True):
            _, inputs = next(self._groups([image]))
            size = (int(inputs.image_sizes[0][0]), int(inputs.image_sizes[0][1]))
            with torch.no_grad(), _dropping(self.network, dropout):
                again = bool(_droppers(self.network.backbone))  # type: ignore[arg-type]
                once = None if again else self._features(inputs)[0]
                draws = []
                for seed in mine:
                    with seeded(int(seed), self.device):
                        levels = self._features(inputs)[0] if once is None else once
                        reading = self._read(dropped(levels, share), inputs)
                    draws += grids.maps(reading.levels, size, reading.activation)
            out.append(draws)
        return out

    def _groups(self, images: Sequence[np.ndarray]) -> Iterator[tuple[list[int], ImageList]]:
        """Indices and network input of images of one size, a forward pass's worth at a time."""
        many = self.arguments.predict_batch or (1 if self.device.type == "cpu" else 8)
        for chosen in by_size(NAME, images, many):
            inputs, _ = self.network.transform(  # type: ignore[operator]
                [to_tensor(images[i], self.device) for i in chosen]
            )
            yield chosen, inputs

    def _features(self, inputs: ImageList) -> tuple[Levels, Float[Tensor, "n d h w"]]:
        """The maps for the heads, and the deepest of the classification network."""
        levels, deepest = backbones.spread(self.network.backbone, inputs.tensors)  # type: ignore[arg-type]
        return levels, levels["1"] if isinstance(self.network, SSD) else deepest

    def _read(self, levels: Levels, inputs: ImageList) -> Reading:
        if isinstance(self.network, FasterRCNN):
            return faster_rcnn.read(self.network, levels, inputs)
        kinds: dict[type, Callable[..., Reading]] = {
            FCOS: fcos.read, RetinaNet: retinanet.read, SSD: ssd.read,
        }  # fmt: skip
        return kinds[type(self.network)](self.network, list(levels.values()), inputs)


def to_tensor(image: np.ndarray, device: torch.device) -> Float[Tensor, "3 h w"]:
    """Red, green and blue from 0 to 1, as torchvision's models take them."""
    x = torch.from_numpy(np.array(image)).to(device)  # a copy: torch warns of arrays kept read-only
    return x.permute(2, 0, 1).float() / 255


def dropped(levels: Levels, share: float) -> Levels:
    """The maps without a share of their channels, drawn from torch's generator."""
    return {name: dropout2d(level, share, training=share > 0) for name, level in levels.items()}


@contextmanager
def _dropping(network: nn.Module, share: float | None) -> Iterator[None]:
    """Turn on the dropout that a network has of its own, perhaps with another share."""
    layers = _droppers(network)
    own = [layer.p for layer in layers]
    try:
        for layer in layers:
            layer.train()
            layer.p = layer.p if share is None else share
        yield
    finally:
        for layer, p in zip(layers, own, strict=True):
            layer.eval()
            layer.p = p


def _droppers(network: nn.Module) -> list[nn.modules.dropout._DropoutNd]:
    kinds = nn.modules.dropout._DropoutNd
    return [layer for layer in network.modules() if isinstance(layer, kinds) and layer.p]


def _detections(found: Found, size: tuple[int, int], original: tuple[int, ...]) -> Detections:
    """Boxes of the network's input in pixels of the image, as torchvision's `postprocess` has them.

    It scales each axis by the ratio of the sides in single precision.
    """
    ratio = np.array(original[::-1], np.float32) / np.array(size[::-1], np.float32)
    return Detections(
        found.xyxy.cpu().numpy() * np.tile(ratio, 2),
        found.scores.cpu().numpy(),
        found.classes.cpu().numpy(),
        found.vectors.cpu().numpy(),
        found.features.cpu().numpy(),
    )


def _embedding(
    reading: Reading, deepest: Float[Tensor, "n d h w"], inputs: ImageList
) -> Float32[np.ndarray, "n d2"]:
    """Of the deepest map, weighted by the highest probability of any class at each place."""
    cells = (int(deepest.shape[2]), int(deepest.shape[3]))
    likely = torch.stack(
        [adaptive_max_pool2d(_anything(level.logits, reading), cells) for level in reading.levels]
    ).amax(0)[:, 0]
    height, width = (
        -(-int(side) * cell // whole)
        for side, cell, whole in zip(
            inputs.image_sizes[0], cells, inputs.tensors.shape[2:], strict=True
        )
    )
    features = deepest[:, :, :height, :width].float().cpu().numpy()
    return pooled(features, likely[:, :height, :width].double().cpu().numpy())


def _anything(logits: Float[Tensor, "n k h w"], reading: Reading) -> Float[Tensor, "n 1 h w"]:
    if reading.activation == "sigmoid":
        return torch.sigmoid(logits.amax(1, keepdim=True))
    return 1 - torch.softmax(logits, 1)[:, -1:].clamp(max=1 - 1e-6)
