"""`FireFPN`: the paper's detector behind labelnext's protocols."""

import copy
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from labelnext.detectors.common import checkpoint, checks, devices
from labelnext.detectors.common.arguments import build
from labelnext.detectors.fire_fpn.boxes import default_boxes
from labelnext.detectors.fire_fpn.inference import Inference
from labelnext.detectors.fire_fpn.network import FireNetwork, initialise
from labelnext.detectors.fire_fpn.options import (
    ARCHITECTURE,
    EXECUTION,
    Arguments,
    FitOptions,
)
from labelnext.detectors.fire_fpn.pixels import rescale
from labelnext.detectors.fire_fpn.step import step
from labelnext.detectors.training.examples import Cache
from labelnext.detectors.training.loop import train
from labelnext.errors import CheckpointError
from labelnext.protocols import Progress, quiet
from labelnext.types import DenseMaps, Example, Prediction


class FireFPN:
    """A fully convolutional feature pyramid with five fixed boxes (PAPER §5).

    Made by `create` or `load`; training returns a new one.

    Attributes:
        classes: Class names; class k is map k of every level.
        arguments: The flat arguments it was made with.
    """

    def __init__(
        self, classes: tuple[str, ...], arguments: Arguments, network: FireNetwork
    ) -> None:
        self.classes = classes
        self.arguments = arguments
        self._device = devices.find(arguments.device, "fire-fpn")
        self._network = network.to(self._device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self._boxes = default_boxes(
            arguments.box_set, level_order=arguments.level_order, box_scale=arguments.box_scale
        )
        self._inference = Inference(
            self._network, arguments, self._boxes, self._device, len(self.classes)
        )

    @classmethod
    def create(cls, classes: Sequence[str], *, seed: int, **arguments: Any) -> "FireFPN":
        """A detector with fresh weights drawn from `seed`; `arguments` as in `options.Arguments`.

        Raises:
            ArgumentError: No classes, a class twice, or an argument outside its domain.
        """
        names = checks.require_class_names("fire-fpn", classes)
        checks.require_seed("fire-fpn", seed)
        values = build(Arguments, arguments, "fire-fpn")
        network = _network(names, values)
        initialise(network, int(seed))
        return cls(names, values, network)

    @classmethod
    def load(cls, path: Path, **arguments: Any) -> "FireFPN":
        """A detector from a file that `save` wrote.

        `arguments` of the architecture must agree with the file; the others (decoding, mirroring,
        device) replace the file's.

        Raises:
            CheckpointError: The file is missing, damaged, not safetensors, or of another
                architecture; the message names the difference.
        """
        tensors, facts = checkpoint.read(path)
        if facts.get("detector") != "fire-fpn":
            raise CheckpointError(
                f"{path}: a training state, not a detector. Load a file that `save` wrote."
            )
        stored = facts["arguments"]
        checkpoint.require_same(path, stored, arguments, ARCHITECTURE)
        values = build(Arguments, {**stored, **arguments}, "fire-fpn")
        names = checks.require_class_names("fire-fpn", facts["classes"])
        network = _network(names, values)
        _fill(network, tensors, path)
        return cls(names, values, network)

    @staticmethod
    def runtime(**arguments: Any) -> str:
        """What it would compute on with these arguments, in a line.

        Raises:
            ArgumentError: A device that is none of this machine's.
        """
        return devices.describe(str(arguments.get("device", "auto")), "fire-fpn")

    def save(self, path: Path) -> None:
        """Write weights and arguments as safetensors, whole or not at all."""
        facts = {
            "detector": "fire-fpn",
            "classes": list(self.classes),
            "arguments": {**asdict(self.arguments), "device": "auto"},
        }
        checkpoint.write(path, self._network.state_dict(), facts)

    def fingerprint(self) -> str:
        """SHA-256 of classes, weights and every argument that changes predictions."""
        shown = {k: v for k, v in asdict(self.arguments).items() if k not in EXECUTION}
        facts = {"classes": list(self.classes), "arguments": shown}
        return checkpoint.digest(self._network.state_dict(), facts)

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """Maps, boxes and an embedding of each image, all from one forward pass.

        The maps cover the network's input (`image_size`), which is the image × `image_scale`; the
        boxes are in pixels of the image itself. The embedding is the mean of the deepest encoder
        map (f42) followed by its mean weighted by the highest probability at each place, each of
        length 1. A detection's features are what the prediction layer reads at its peak.

        Args:
            images: RGB, uint8, `[height, width, 3]`, of any sizes.

        Raises:
            ArgumentError: An image of another type or shape.
        """
        return self._inference.predict(images)

    def sample(
        self,
        images: Sequence[np.ndarray],
        *,
        samples: int,
        rng: np.random.Generator,
        dropout: float | None = None,
    ) -> list[list[DenseMaps]]:
        """For each image, maps from `samples` draws of channel dropout before the logits.

        Encoder and decoder run once; only the prediction layer is repeated, at the cost of a small
        matrix product. The draws of an image do not depend on which other images come with it.

        Args:
            images: As for `predict`.
            samples: Number of draws, at least 1.
            rng: Drawn from in the order of the images.
            dropout: Share of the channels to drop, 0 to .99; None drops 1 − `sample_keep`.

        Raises:
            ArgumentError: An unfit image or share, or fewer than one draw.
        """
        checks.require_draws("fire-fpn", samples, dropout)
        return self._inference.sample(images, samples=samples, rng=rng, dropout=dropout)

    def fit(
        self,
        examples: Sequence[Example],
        *,
        seed: int,
        workdir: Path | None = None,
        progress: Progress = quiet,
        **options: Any,
    ) -> "FireFPN":
        """A new detector, trained from this one's weights; `options` as in `options.FitOptions`.

        With `workdir`, every epoch is kept in it (`fit.safetensors`) with the losses
        (`loss.jsonl`). The same call made again goes on from there; on a CPU, with the same number
        of threads, it ends with the same weights bit for bit. A state of another fit is refused.

        Raises:
            ArgumentError: No examples, an unfit option, image or class.
            CheckpointError: `workdir` holds another fit's state, or a damaged one.
        """
        chosen = build(FitOptions, options, "fire-fpn's fit")
        checks.require_seed("fire-fpn's fit", seed)
        checks.require_examples("fire-fpn's fit", examples, len(self.classes))
        network = copy.deepcopy(self._network)
        network_step = partial(
            step, network, boxes=self._boxes, device=self._device, options=chosen
        )
        scale = self.arguments.image_scale
        train(
            network,
            examples,
            network_step,
            seed=seed,
            workdir=None if workdir is None else Path(workdir),
            progress=progress,
            start=self.fingerprint(),
            cache=Cache(
                "fire-fpn's fit", lambda image: rescale(image, scale),
                megabytes=chosen.cache_megabytes,
            ),
            options=chosen,
        )  # fmt: skip
        return type(self)(self.classes, self.arguments, network)


def _network(classes: tuple[str, ...], values: Arguments) -> FireNetwork:
    return FireNetwork(
        classes=len(classes), width=values.width, box_offsets=values.box_offsets, norm=values.norm
    )


def _fill(network: FireNetwork, tensors: dict[str, Tensor], path: Path) -> None:
    wanted = network.state_dict()
    if sorted(wanted) != sorted(tensors):
        odd = sorted(set(wanted) ^ set(tensors))
        raise CheckpointError(f"{path}: of another architecture: {', '.join(odd[:5])} differ.")
    for name, value in wanted.items():
        if value.shape != tensors[name].shape:
            raise CheckpointError(
                f"{path}: of another architecture: {name} has shape "
                f"{tuple(tensors[name].shape)}, not {tuple(value.shape)}."
            )
    network.load_state_dict(tensors)
