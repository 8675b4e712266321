"""A detector under inspection: how to make it, what to show it, and what it made of that."""

import inspect
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from labelnext.detectors.contract import images as pictures
from labelnext.errors import ArgumentError
from labelnext.protocols import (
    Detector,
    DetectorFactory,
    Precomputed,
    Progress,
    Segmenter,
    Stochastic,
    Trainable,
    quiet,
)
from labelnext.types import Example, Image, Prediction

SEED = 1


class Seen(NamedTuple):
    """An image by the name that people know, and what is predicted on it."""

    name: str
    image: Image
    prediction: Prediction


@dataclass
class Subject:
    """A detector under inspection. What it makes is kept, so that checks share the work.

    Attributes:
        factory: Makes it.
        folder: Empty; files are written here.
        classes: To make it for.
        arguments: For `create` and `load`.
        options: Of `fit`; None takes one epoch, where it takes `epochs`.
        more: Further images, by name; for a detector that looks predictions up, its images.
    """

    factory: DetectorFactory
    folder: Path
    classes: tuple[str, ...] = ("person",)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] | None = None
    more: Mapping[str, Image] = field(default_factory=dict)

    @cached_property
    def detector(self) -> Detector:
        """Made once, with the seed 0."""
        return self.make(0)

    def make(self, seed: int) -> Detector:
        """Another one."""
        return self.factory.create(self.classes, seed=seed, **self.arguments)

    @cached_property
    def images(self) -> list[Image]:
        """All that are shown to it: those that are drawn, and those that were given."""
        return [*([] if self.looks_up else pictures.drawn()), *self.more.values()]

    @cached_property
    def names(self) -> list[str]:
        """Of `images`, for people; of those that were given, the keys."""
        drawn = [] if self.looks_up else [*pictures.SIZES, "all black"]
        return [*(f"the drawn image {_size(size)}" for size in drawn), *self.more]

    @cached_property
    def seen(self) -> list[Seen]:
        """What is predicted on each image, one by one.

        Those that are not known are left out, and those that raise an error:
        `predictions.every_size` tells of them.
        """
        found: list[Seen] = []
        for name, image in zip(self.names, self.images, strict=True):
            if isinstance(self.detector, Precomputed):
                one = self.detector.lookup([name])[0]
                found += [] if one is None else [Seen(name, image, one)]
                continue
            with suppress(Exception):
                found.append(Seen(name, image, self.detector.predict([image])[0]))
        return found

    @property
    def looks_up(self) -> bool:
        """Whether predictions are looked up, not made."""
        return isinstance(self.detector, Precomputed)

    @property
    def trains(self) -> bool:
        """Whether it can be trained."""
        return isinstance(self.detector, Trainable)

    @property
    def segments(self) -> bool:
        """Whether it says of every pixel what it is."""
        return isinstance(self.detector, Segmenter)

    @property
    def draws(self) -> bool:
        """Whether its passes can be drawn at random."""
        return isinstance(self.detector, Stochastic)

    @property
    def blind(self) -> bool:
        """Whether it says that it predicts nothing at all."""
        return bool(getattr(self.detector, "blind", False))

    @cached_property
    def examples(self) -> list[Example]:
        """To train on, with masks where it segments."""
        return pictures.examples(self.classes, masks=self.segments)

    @cached_property
    def trained(self) -> Trainable:
        """Trained once with `SEED`, undisturbed."""
        return self.fit()

    def fit(
        self,
        *,
        seed: int = SEED,
        examples: Sequence[Example] | None = None,
        workdir: Path | None = None,
        progress: Progress = quiet,
    ) -> Trainable:
        """A training of the detector."""
        assert isinstance(self.detector, Trainable)
        chosen = self.examples if examples is None else examples
        options = dict(self._options if self.options is None else self.options)
        return self.detector.fit(
            chosen, seed=seed, workdir=workdir, progress=progress, **options
        )  # fmt: skip

    @cached_property
    def _options(self) -> dict[str, Any]:
        """One epoch, of a training that counts in epochs."""
        assert isinstance(self.detector, Trainable)
        takes = inspect.signature(self.detector.fit).parameters
        if "epochs" in takes:
            return {"epochs": 1}
        if not any(one.kind is one.VAR_KEYWORD for one in takes.values()):
            return {}
        try:
            self.detector.fit(self.examples, seed=SEED, progress=_stop, epochs=1)
        except (TypeError, ArgumentError) as error:
            return {} if "epochs" in str(error) else {"epochs": 1}
        except _StoppedError:
            pass
        return {"epochs": 1}


class _StoppedError(BaseException):
    """Ends a training that was only begun to see whether it takes an option."""


def _stop(task: str, done: int, total: int, **figures: float) -> None:
    raise _StoppedError


def _size(size: object) -> str:
    return f"of {size[0]} × {size[1]} px" if isinstance(size, tuple) else f"that is {size}"
