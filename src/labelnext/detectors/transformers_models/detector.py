"""`TransformersDetector`: object detectors of transformers behind labelnext's protocols."""

import copy
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import transformers

from labelnext.detectors.common import checkpoint, checks, devices
from labelnext.detectors.common.arguments import build
from labelnext.detectors.common.class_names import places
from labelnext.detectors.common.state_dict import fill
from labelnext.detectors.training.examples import Cache
from labelnext.detectors.training.loop import train
from labelnext.detectors.transformers_models import heads, sampling, source
from labelnext.detectors.transformers_models.families import FAMILIES, NAME, family_of, strides_of
from labelnext.detectors.transformers_models.inference import Inference
from labelnext.detectors.transformers_models.options import EXECUTION, Arguments, FitOptions
from labelnext.detectors.transformers_models.pixels import Pixels, sized
from labelnext.detectors.transformers_models.step import step
from labelnext.errors import ArgumentError, CheckpointError
from labelnext.protocols import Progress, quiet
from labelnext.types import DenseMaps, Example, Prediction


class TransformersDetector:
    """RT-DETR, RT-DETRv2, D-FINE, DETR and its kin, with their own image processors.

    Made by `create` or `load`; training returns a new one. Where the encoder scores classes at
    every location (RT-DETR, RT-DETRv2, D-FINE) there are dense maps; the others give boxes alone.
    Models whose encoder has dropout, and dense maps, are `StochasticTransformersDetector`s.

    Attributes:
        classes: Class names of the project; class k is map k of every level.
        arguments: The flat arguments it was made with.
    """

    def __init__(
        self, classes: tuple[str, ...], arguments: Arguments, model: Any, processor: Any
    ) -> None:
        self.classes = classes
        self.arguments = arguments
        self._device = devices.find(arguments.device, NAME)
        self._model, self._processor = model.to(self._device).eval(), processor
        config = model.config
        known = heads.class_names(config)
        self._places = places(
            classes, known, function=NAME, model=str(arguments.path or "the model")
        )
        pixels = Pixels(processor, config.num_queries, strides_of(config))
        pixels.check()
        self._inference = Inference(
            model, family_of(config, ""), pixels, self._places, arguments, self._device
        )

    @classmethod
    def create(
        cls, classes: Sequence[str], *, seed: int, **arguments: Any
    ) -> "TransformersDetector":
        """A detector from `path`, or with fresh weights drawn from `seed` after `config`.

        Size of input and normalisation are those of the image processor saved with the model, or,
        where there is none, of the family's published models. `arguments` as in
        `options.Arguments`.

        Raises:
            ArgumentError: An unfit argument; nothing usable at `path`; or, with heads="match", a
                class that the model does not have, with those that it has.
        """
        names = checks.require_class_names(NAME, classes)
        checks.require_seed(NAME, seed)
        values = build(Arguments, arguments, NAME)
        if (values.path is None) == (values.config is None):
            raise ArgumentError(
                NAME, "path", expected="given, or else config for fresh weights",
                got="neither" if values.path is None else "both",
                remedy="Set path to a folder that `save_pretrained` wrote.",
            )  # fmt: skip
        devices.find(values.device, NAME)
        make = _saved if values.path is not None else _fresh
        model, processor = make(names, values, int(seed))
        return _made(names, values, model, sized(processor, values.size))

    @classmethod
    def load(cls, path: Path, /, **arguments: Any) -> "TransformersDetector":
        """A detector from a file that `save` wrote, which holds all that it needs.

        Of `arguments`, `path`, `config` and `heads` said where the file's weights came from: they
        are not looked at again, but for the type of model that `config` names, which must be the
        file's. The others (size, decoding, device) replace the file's.

        Raises:
            CheckpointError: The file is missing, damaged, not safetensors, or of another model;
                the message names the difference.
        """
        tensors, facts = checkpoint.read(path)
        if facts.get("detector") != NAME:
            raise CheckpointError(
                f"{path}: not a detector that transformers' `save` wrote, but "
                f"{facts.get('detector', 'a training state')}. Load a file of this detector."
            )
        stored, given = facts["arguments"], build(Arguments, arguments, NAME)
        kind = facts["config"]["model_type"]
        if given.config in FAMILIES and given.config != kind:
            raise CheckpointError(
                f"{path}: of another architecture: its model is {kind!r}, but {given.config!r} was "
                "asked for. Leave the argument out, or train anew."
            )
        values = build(Arguments, {**stored, **arguments}, NAME)
        names = checks.require_class_names(NAME, facts["classes"])
        model = source.fresh_model(source.rebuilt(facts["config"], str(path)), 0)
        fill(model, tensors, str(path))
        processor = source.rebuilt_processor(facts["processor"])
        if given.size is not None:
            processor = sized(processor, given.size)
        return _made(names, values, model, processor)

    @staticmethod
    def runtime(**arguments: Any) -> str:
        """What it would compute on with these arguments, in a line.

        Raises:
            ArgumentError: A device that is none of this machine's.
        """
        on = devices.describe(str(arguments.get("device", "auto")), NAME)
        return f"transformers {transformers.__version__}, {on}"

    def save(self, path: Path) -> None:
        """Write weights, configuration, image processor and arguments, whole or not at all."""
        facts = {
            "detector": NAME,
            "classes": list(self.classes),
            "arguments": {**asdict(self.arguments), "device": "auto"},
            "config": source.facts_of(self._model.config),
            "processor": self._processor.to_dict(),
        }
        checkpoint.write(path, self._model.state_dict(), facts)

    def fingerprint(self) -> str:
        """SHA-256 of classes, weights, configuration, processor, and what changes predictions."""
        shown = {k: v for k, v in asdict(self.arguments).items() if k not in EXECUTION}
        facts = {
            "classes": list(self.classes),
            "arguments": shown,
            "config": source.facts_of(self._model.config),
            "processor": self._processor.to_dict(),
        }
        return checkpoint.digest(self._model.state_dict(), facts)

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """Maps, boxes and an embedding of each image, all from one forward pass.

        The maps, where there are any, are what the encoder gives each class at each location, from
        which the decoder's queries are chosen; they cover the model's input (`image_size`), to
        which the image processor may have stretched the image. Locations within 1 % of the border
        are masked by the model, and all get the same logit of each class.

        Boxes are those of the image processor's `post_process_object_detection` for the project's
        classes, cut at the image's border, in pixels of the image itself. `probabilities` are
        sigmoids, class by class, or, for DETR and Table Transformer, a softmax whose last entry is
        that of no object and of classes that are not the project's. `features` are the decoder's
        last hidden state of the box's query. The embedding is the mean of the encoder's deepest
        map, followed by its mean weighted by the best box that covers each place, each of length 1.

        Args:
            images: RGB, uint8, `[height, width, 3]`, of any sizes.

        Raises:
            ArgumentError: An image of another type or shape, or a size the model cannot take.
        """
        return self._inference.predict(images)

    def fit(
        self,
        examples: Sequence[Example],
        *,
        seed: int,
        workdir: Path | None = None,
        progress: Progress = quiet,
        **options: Any,
    ) -> "TransformersDetector":
        """A new detector, trained from this one's weights with the model's own loss.

        Its class heads have the project's classes alone: the rows of the model's heads that were
        theirs. `options` as in `options.FitOptions`.

        With `workdir`, every epoch is kept in it (`fit.safetensors`) with the losses
        (`loss.jsonl`). The same call made again goes on from there; on a CPU, with the same number
        of threads, it ends with the same weights bit for bit. A state of another fit is refused.

        Raises:
            ArgumentError: No examples, an unfit option, image or class.
            CheckpointError: `workdir` holds another fit's state, or a damaged one.
        """
        name = FitOptions.FUNCTION
        chosen = build(FitOptions, options, name)
        checks.require_seed(name, seed)
        checks.require_examples(name, examples, len(self.classes))
        heads.require_one_stage(self._model.config, "training")
        model = heads.keep(self._model, self.classes, self._places).to(self._device)
        pixels = self._inference.pixels
        slow = 0.1 if self.arguments.path is not None else 1.0
        train(
            model,
            examples,
            partial(step, model, pixels=pixels, device=self._device, options=chosen),
            seed=seed,
            workdir=None if workdir is None else Path(workdir),
            progress=progress,
            start=self.fingerprint(),
            cache=Cache(name, pixels.resized, megabytes=chosen.cache_megabytes),
            options=chosen,
            rates={"backbone": slow if chosen.backbone_rate is None else chosen.backbone_rate},
        )
        return type(self)(self.classes, self.arguments, model, copy.deepcopy(self._processor))


class StochasticTransformersDetector(TransformersDetector):
    """One of a family with dense maps whose encoder drops something."""

    def sample(
        self,
        images: Sequence[np.ndarray],
        *,
        samples: int,
        rng: np.random.Generator,
        dropout: float | None = None,
    ) -> list[list[DenseMaps]]:
        """For each image, maps from `samples` draws of dropout in the encoder's attention layers.

        Each draw is a whole pass. The draws of an image do not depend on which other images come
        with it.

        Args:
            images: As for `predict`.
            samples: Number of draws, at least 1.
            rng: Drawn from in the order of the images.
            dropout: Share to drop, 0 to .99; None is `sample_dropout`, or the model's own.

        Raises:
            ArgumentError: An unfit image or share, or fewer than one draw.
        """
        share = self.arguments.sample_dropout if dropout is None else dropout
        checks.require_draws(NAME, samples, share)
        return sampling.sample(self._inference, images, samples=samples, rng=rng, dropout=share)


def _made(
    names: tuple[str, ...], values: Arguments, model: Any, processor: Any
) -> TransformersDetector:
    asked = values.sample_dropout
    drawn = bool(strides_of(model.config)) and model.config.encoder_layers > 0
    if asked and not drawn:
        raise ArgumentError(
            NAME, "sample_dropout", expected="left out with a model whose encoder gives no dense "
            "maps, or has nothing to drop", got=asked,
        )  # fmt: skip
    share = asked if asked is not None or not drawn else sampling.own_share(model.config)
    kind = StochasticTransformersDetector if share else TransformersDetector
    return kind(names, values, model, processor)


def _saved(names: tuple[str, ...], values: Arguments, seed: int) -> tuple[Any, Any]:
    path = str(values.path)
    config = source.config_at(path)
    if values.heads == "match":
        otherwise = (
            'set heads = "new" under [detector] for class heads of their own, which have to be '
            "trained"
        )
        known = heads.class_names(config)
        places(names, known, function=NAME, model=path, otherwise=otherwise)
    model = source.model_at(path, config)
    if values.heads == "new":
        model = heads.replace(model, names, seed)
    return model, source.processor_at(path, family_of(config, path))


def _fresh(names: tuple[str, ...], values: Arguments, seed: int) -> tuple[Any, Any]:
    kind = str(values.config)
    config = heads.named(source.fresh_config(kind), names)
    processor = source.family_processor(family_of(config, ""))
    return source.fresh_model(config, seed), processor
