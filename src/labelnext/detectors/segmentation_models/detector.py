"""`TorchvisionSegmentation`: torchvision's segmentation models behind labelnext's protocols."""

import copy
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int16

from labelnext import masks
from labelnext.detectors.common import checkpoint, checks, devices, state_dict
from labelnext.detectors.common.arguments import build
from labelnext.detectors.segmentation_models import components, weights
from labelnext.detectors.segmentation_models.inference import Inference
from labelnext.detectors.segmentation_models.network import Network
from labelnext.detectors.segmentation_models.options import (
    ARCHITECTURE,
    EXECUTION,
    NAME,
    ORIGIN,
    Arguments,
    FitOptions,
)
from labelnext.detectors.segmentation_models.pixels import rescale
from labelnext.detectors.segmentation_models.step import step
from labelnext.detectors.training.examples import Cache
from labelnext.detectors.training.loop import train
from labelnext.detectors.training.norms import held
from labelnext.errors import ArgumentError, CheckpointError
from labelnext.protocols import Progress, quiet
from labelnext.types import DenseMaps, Example, Prediction


class TorchvisionSegmentation:
    """A semantic-segmentation model of torchvision: a class for every pixel.

    Made by `create` or `load`; training returns a new one. Satisfies `protocols.Segmenter`.

    Attributes:
        classes: Class names; class k is map k, and the background is the last map.
        arguments: The flat arguments it was made with.
    """

    def __init__(self, classes: tuple[str, ...], arguments: Arguments, network: Network) -> None:
        self.classes = classes
        self.arguments = arguments
        self._device = devices.find(arguments.device, NAME)
        self._network = network.to(self._device).eval()
        self._inference = Inference(self._network, arguments, self._device)

    @classmethod
    def create(
        cls, classes: Sequence[str], *, seed: int, **arguments: Any
    ) -> "TorchvisionSegmentation":
        """A detector with the weights that are named, or fresh ones drawn from `seed`.

        `arguments` as in `options.Arguments`.

        Raises:
            ArgumentError: No classes, a class twice, or an argument outside its domain.
            CheckpointError: Weights that are missing, damaged or of another architecture.
        """
        names = checks.require_class_names(NAME, classes)
        checks.require_seed(NAME, seed)
        values = build(Arguments, arguments, NAME)
        return cls(names, values, weights.build(names, values, int(seed)))

    @classmethod
    def load(cls, path: Path, **arguments: Any) -> "TorchvisionSegmentation":
        """A detector from a file that `save` wrote.

        The model must agree with the file; where weights first came from is the file's; the other
        arguments replace the file's.

        Raises:
            CheckpointError: The file is missing, damaged, not safetensors, or of another model.
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
        network = Network(values.model, tuple(facts["fold"]))
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
            "fold": list(self._network.fold),
            "arguments": {**asdict(self.arguments), "device": "auto"},
        }
        checkpoint.write(path, self._network.state_dict(), facts)

    def fingerprint(self) -> str:
        """SHA-256 of classes, weights and every argument that changes predictions."""
        without = (*EXECUTION, *ORIGIN)
        shown = {k: v for k, v in asdict(self.arguments).items() if k not in without}
        facts = {"classes": list(self.classes), "fold": self._network.fold, "arguments": shown}
        return checkpoint.digest(self._network.state_dict(), facts)

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """Maps, boxes and an embedding of each image, all from one forward pass.

        The maps are the head's outputs before they are resized to the image, softmax, the
        background last; they cover the network's input (`image_size`). Boxes are those of connected
        areas of one class, in pixels of the image itself (see `components.boxes`). The embedding is
        the mean of the backbone's last map followed by its mean weighted by the probability of any
        class, each of length 1.

        Args:
            images: RGB, uint8, `[height, width, 3]`, of any sizes.

        Raises:
            ArgumentError: An image of another type or shape.
        """
        return self._inference.predict(images)

    def segment(self, maps: DenseMaps, size: tuple[int, int]) -> Int16[np.ndarray, "height width"]:
        """The likeliest class of every pixel of the image; `len(classes)` is the background.

        Args:
            maps: From `predict`.
            size: (height, width) of the image; probabilities are resized to it bilinearly.
        """
        return components.class_map(components.at_every_pixel(maps, size))

    def sample(
        self,
        images: Sequence[np.ndarray],
        *,
        samples: int,
        rng: np.random.Generator,
        dropout: float | None = None,
    ) -> list[list[DenseMaps]]:
        """For each image, maps from `samples` draws of channel dropout before the last layer.

        Only the last layer is repeated. The draws of an image do not depend on which other images
        come with it. It is not torchvision's own dropout, which LRASPP lacks.

        Args:
            images: As for `predict`.
            samples: Number of draws, at least 1.
            rng: Drawn from in the order of the images.
            dropout: Share of the channels to drop, 0 to .99; None drops the argument `dropout`.

        Raises:
            ArgumentError: An unfit image or share, or fewer than one draw.
        """
        checks.require_draws(NAME, samples, dropout)
        return self._inference.sample(images, samples=samples, rng=rng, dropout=dropout)

    def fit(
        self,
        examples: Sequence[Example],
        *,
        seed: int,
        workdir: Path | None = None,
        progress: Progress = quiet,
        **options: Any,
    ) -> "TorchvisionSegmentation":
        """A new detector, trained from this one's weights; `options` as in `options.FitOptions`.

        Every object that counts needs a mask. With `workdir`, every epoch is kept in it
        (`fit.safetensors`) with the losses (`loss.jsonl`). The same call made again goes on from
        there; on a CPU, with the same number of threads, it ends with the same weights bit for bit.

        Raises:
            ArgumentError: No examples, an unfit option, image or class, an object without a mask.
            CheckpointError: `workdir` holds another fit's state, or a damaged one.
        """
        chosen = build(FitOptions, options, FitOptions.FUNCTION)
        checks.require_seed(FitOptions.FUNCTION, seed)
        checks.require_examples(FitOptions.FUNCTION, examples, len(self.classes))
        _require_masks(examples)
        network = copy.deepcopy(self._network)
        kept = held(network, chosen.norm_statistics)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = chosen.norm_momentum
        train(
            network,
            examples,
            partial(step, network, classes=len(self.classes), held=kept, device=self._device,
                    options=chosen),
            seed=seed,
            workdir=None if workdir is None else Path(workdir),
            progress=progress,
            start=self.fingerprint(),
            cache=Cache(
                FitOptions.FUNCTION, lambda image: rescale(image, self.arguments.min_size),
                megabytes=chosen.cache_megabytes, masks=True,
            ),
            options=chosen,
        )  # fmt: skip
        return type(self)(self.classes, self.arguments, network)


def _require_masks(examples: Sequence[Example]) -> None:
    for example in examples:
        without = masks.lacking(example.truth)
        if without:
            raise ArgumentError(
                FitOptions.FUNCTION, "examples", expected="with a mask for every object",
                got=f"{without} of {len(example.truth)} without one on {example.key!r}",
                remedy="Read masks too, with masks=true: coco[masks=true]:labels.json; draw those "
                "that are missing, or mark their objects as `ignore`.",
            )  # fmt: skip
