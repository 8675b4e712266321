"""`TorchvisionDetector`: torchvision's detectors behind labelnext's protocols."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from torch import nn

from labelnext.detectors.common import checkpoint, checks, devices, state_dict
from labelnext.detectors.common.arguments import build
from labelnext.detectors.torchvision_models import networks, weights
from labelnext.detectors.torchvision_models.freezing import freeze
from labelnext.detectors.torchvision_models.inference import Inference, to_tensor
from labelnext.detectors.torchvision_models.options import (
    ARCHITECTURE,
    EXECUTION,
    NAME,
    ORIGIN,
    Arguments,
    FitOptions,
)
from labelnext.detectors.torchvision_models.step import step
from labelnext.detectors.training.examples import Cache
from labelnext.detectors.training.loop import train
from labelnext.detectors.training.norms import held
from labelnext.errors import ArgumentError, CheckpointError
from labelnext.protocols import Progress, quiet
from labelnext.types import DenseMaps, Example, Image, Prediction


class TorchvisionDetector:
    """FCOS, RetinaNet, SSD, SSDLite or Faster R-CNN, of torchvision or over one's own backbone.

    Made by `create` or `load`; training returns a new one. It satisfies `protocols.Stochastic`
    (has `sample`) where there is dropout: in the backbone, or by the argument `dropout`.

    Attributes:
        classes: Class names; class k is map k of every level, but for Faster R-CNN, whose maps are
            of any object.
        arguments: The flat arguments it was made with.
        sample: See `draw`.
    """

    sample: Callable[..., list[list[DenseMaps]]]

    def __init__(self, classes: tuple[str, ...], arguments: Arguments, network: nn.Module) -> None:
        self.classes = classes
        self.arguments = arguments
        self._device = devices.find(arguments.device, NAME)
        self._network: Any = network.to(self._device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self._inference = Inference(self._network, arguments, self._device)
        if self._inference.random:
            self.sample = self.draw

    @classmethod
    def create(
        cls, classes: Sequence[str], *, seed: int, **arguments: Any
    ) -> "TorchvisionDetector":
        """A detector with the weights that are named, the rest drawn from `seed`.

        `arguments` as in `options.Arguments`.

        Raises:
            ArgumentError: No classes, a class twice, or an argument outside its domain.
            CheckpointError: Weights that are missing, damaged, of another architecture, or cannot
                be downloaded.
            MissingExtraError: A backbone of timm, without timm.
        """
        names = checks.require_class_names(NAME, classes)
        checks.require_seed(NAME, seed)
        values = build(Arguments, arguments, NAME)
        network = networks.build(values, len(names), seed=int(seed))
        values = weights.fill(network, values, names)
        networks.settle(network, values)
        return cls(names, values, network)

    @classmethod
    def load(cls, path: Path, **arguments: Any) -> "TorchvisionDetector":
        """A detector from a file that `save` wrote.

        `arguments` of the architecture must agree with the file; where weights first came from is
        the file's; the others (sizes, dropout, what becomes a box, device) replace the file's.

        Raises:
            CheckpointError: The file is missing, damaged, not safetensors, or of another
                architecture; the message names the difference.
        """
        tensors, facts = checkpoint.read(path)
        if facts.get("detector") != NAME:
            raise CheckpointError(
                f"{path}: not weights of {NAME}. Load a file that its `save` wrote."
            )
        stored = facts["arguments"]
        checkpoint.require_same(path, stored, arguments, ARCHITECTURE)
        own = {name: value for name, value in arguments.items() if name not in ORIGIN}
        values = build(Arguments, {**stored, **own}, NAME)
        names = checks.require_class_names(NAME, facts["classes"])
        network = networks.build(values, len(names), seed=0)
        state_dict.fill(network, tensors, str(path))
        return cls(names, values, network)

    @staticmethod
    def runtime(**arguments: Any) -> str:
        """What it would compute on with these arguments, in a line.

        Raises:
            ArgumentError: A device that is none of this machine's.
        """
        return devices.describe(str(arguments.get("device", "auto")), NAME)

    def save(self, path: Path) -> None:
        """Write weights and arguments as safetensors, whole or not at all."""
        facts = {
            "detector": NAME,
            "classes": list(self.classes),
            "arguments": {**asdict(self.arguments), "device": "auto"},
        }
        checkpoint.write(path, self._network.state_dict(), facts)

    def fingerprint(self) -> str:
        """SHA-256 of classes, weights and every argument that changes predictions."""
        without = (*EXECUTION, *ORIGIN)
        shown = {k: v for k, v in asdict(self.arguments).items() if k not in without}
        facts = {"detector": NAME, "classes": list(self.classes), "arguments": shown}
        return checkpoint.digest(self._network.state_dict(), facts)

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """Maps, boxes and an embedding of each image, all from one forward pass.

        Images are resized as torchvision does. The maps cover the network's input (`image_size`)
        and say what the scores of boxes say, before any threshold: see `fcos.read`,
        `retinanet.read`, `ssd.read` and `faster_rcnn.read`, and `grids` for their strides. Boxes
        are in pixels of the image itself, with what the class head saw there as features. The
        embedding is the mean of the classification network's last map followed by its mean weighted
        by the highest probability at each place, each of length 1; a backbone of one's own without
        `body` and `fpn` gives its last map.

        Args:
            images: RGB, uint8, `[height, width, 3]`, of any sizes.

        Raises:
            ArgumentError: An image of another type or shape.
        """
        return self._inference.predict(images)

    def draw(
        self,
        images: Sequence[np.ndarray],
        *,
        samples: int,
        rng: np.random.Generator,
        dropout: float | None = None,
    ) -> list[list[DenseMaps]]:
        """For each image, maps from `samples` draws of dropout; `sample`, where there is any.

        Dropped are channels before the heads (the argument `dropout`), and whatever the backbone's
        own dropout layers drop. Only what lies behind dropout is computed anew. The draws of an
        image do not depend on which other images come with it.

        Args:
            images: As for `predict`.
            samples: Number of draws, at least 1.
            rng: Drawn from in the order of the images.
            dropout: Share to drop, 0 to .99, in place of the detector's own.

        Raises:
            ArgumentError: An unfit image or share, fewer than one draw, or nothing to drop.
        """
        checks.require_draws(NAME, samples, dropout)
        if not self._inference.random:
            raise ArgumentError(
                NAME, "dropout", expected="above 0 for random passes, as the model has none itself",
                got=self.arguments.dropout, remedy="Set detector.dropout=0.1.",
            )  # fmt: skip
        return self._inference.sample(images, samples=samples, rng=rng, dropout=dropout)

    def fit(
        self,
        examples: Sequence[Example],
        *,
        seed: int,
        workdir: Path | None = None,
        progress: Progress = quiet,
        **options: Any,
    ) -> "TorchvisionDetector":
        """A new detector, trained from this one's weights; `options` as in `options.FitOptions`.

        With `workdir`, every epoch is kept in it (`fit.safetensors`) with the losses
        (`loss.jsonl`). The same call made again goes on from there; on a CPU, with the same number
        of threads, it ends with the same weights bit for bit. A state of another fit is refused.

        Raises:
            ArgumentError: No examples, an unfit option, image or class.
            CheckpointError: `workdir` holds another fit's state, or a damaged one.
            LabelnextError: The loss is no longer finite.
        """
        chosen = build(FitOptions, options, FitOptions.FUNCTION)
        checks.require_seed(FitOptions.FUNCTION, seed)
        checks.require_examples(FitOptions.FUNCTION, examples, len(self.classes))
        network = copy.deepcopy(self._network)
        trained = [weight.requires_grad for weight in network.parameters()]
        freeze(network, chosen)
        train(
            network,
            examples,
            partial(
                step, network, held=held(network, chosen.norm_statistics),
                dropout=self.arguments.dropout, device=self._device, options=chosen,
            ),
            seed=seed,
            workdir=None if workdir is None else Path(workdir),
            progress=progress,
            start=self.fingerprint(),
            cache=Cache(
                FitOptions.FUNCTION, partial(_resized, copy.deepcopy(network.transform)),
                megabytes=chosen.cache_megabytes,
            ),
            options=chosen,
        )  # fmt: skip
        for weight, free in zip(network.parameters(), trained, strict=True):
            weight.requires_grad_(free)
        return type(self)(self.classes, self.arguments, network)


def _resized(transform: Any, image: Image) -> UInt8[np.ndarray, "height2 width2 3"]:
    """The image at the size at which the network sees it, as torchvision brings it there."""
    x, _ = transform.resize(to_tensor(image, torch.device("cpu")), None)
    small: np.ndarray = (x * 255).round().clamp(0, 255).byte().permute(1, 2, 0).contiguous().numpy()
    return small
