"""The few methods by which rooms and third parties meet. All are structural: nothing to inherit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float32, Int16

from labelnext.evidence import Evidence, Needs, Pool, Scored
from labelnext.types import (
    DenseMaps,
    Detections,
    Example,
    GroundTruth,
    Image,
    ImageRecord,
    Prediction,
    Sample,
    Selection,
)


@runtime_checkable
class Progress(Protocol):
    """Told how far a long job is; a command line draws it, a test records it, `quiet` drops it."""

    def __call__(self, task: str, done: int, total: int, **figures: float) -> None:
        """`task` has done `done` of `total` steps, 0 where that is not known; `figures` are worth
        showing beside the bar.
        """


def quiet(task: str, done: int, total: int, **figures: float) -> None:
    """A `Progress` that shows nothing."""


@runtime_checkable
class Detector(Protocol):
    """A model that predicts on images; one forward pass feeds every score and the pre-labels."""

    classes: tuple[str, ...]

    def predict(self, images: Sequence[Image]) -> list[Prediction]:
        """One Prediction an image, in order; the same whether images come singly or together."""
        ...

    def fingerprint(self) -> str:
        """A hash of everything that changes predictions: architecture, options and weights."""
        ...


@runtime_checkable
class Precomputed(Protocol):
    """Predictions made elsewhere, looked up by image key instead of computed from pixels."""

    def lookup(self, keys: Sequence[str]) -> list[Prediction | None]:
        """One Prediction a key, in order; None for an image the source says nothing about."""
        ...


@runtime_checkable
class Stochastic(Protocol):
    """A detector whose forward pass can be drawn at random (dropout left on)."""

    def sample(
        self,
        images: Sequence[Image],
        *,
        samples: int,
        rng: np.random.Generator,
        dropout: float | None = None,
    ) -> list[list[DenseMaps]]:
        """For each image, `samples` dense maps from independent draws.

        `dropout` is the share that a draw drops, 0 to below 1; None is the detector's own. It is
        handed over only where a strategy asks for one.
        """
        ...


@runtime_checkable
class Segmenter(Detector, Protocol):
    """A detector that says of every pixel what it is: its maps are softmax, the background last.

    It learns from masks, and mean IoU is measured of it beside the figures of its boxes.
    """

    def segment(self, maps: DenseMaps, size: tuple[int, int]) -> Int16[np.ndarray, "height width"]:
        """The likeliest class of every pixel of the image, of that size; `len(classes)` is none."""
        ...


@runtime_checkable
class Trainable(Detector, Protocol):
    """A detector that can be trained. Training never changes the detector it starts from."""

    def fit(
        self,
        examples: Sequence[Example],
        *,
        seed: int,
        workdir: Path | None = None,
        progress: Progress = quiet,
        **options: Any,
    ) -> "Trainable":
        """A new detector, trained from this one's weights on `examples`.

        With `workdir`, an interrupted call leaves its state there, and the same call made again
        goes on from it and ends with the same weights as an undisturbed one.
        """
        ...

    def save(self, path: Path) -> None:
        """Write the weights as safetensors, whole or not at all."""
        ...


@runtime_checkable
class Strategy(Protocol):
    """A score, an aggregation and a selection, recorded with every argument.

    Attributes:
        name: As registered.
        arguments: Every argument, JSON-able, so that the strategy can be rebuilt from a record.
        needs: What it has to be given.
    """

    name: str
    arguments: Mapping[str, object]
    needs: Needs

    def pixel_scores(self, evidence: Evidence) -> Float32[np.ndarray, "h w"] | None:
        """The score of every pixel, where the strategy has one: why a frame was picked."""
        ...

    def score(self, evidence: Evidence) -> Scored:
        """One number an image, and what else of it selection will need."""
        ...

    def select(
        self,
        pool: Pool,
        *,
        budget: int,
        blocked: Bool[np.ndarray, "n"],
        rng: np.random.Generator,
    ) -> Selection:
        """Choose up to `budget` images of the pool that are not `blocked`, best first."""
        ...


@runtime_checkable
class DetectorFactory(Protocol):
    """What the entry-point group `labelnext.detectors` names: how to make or load a detector."""

    def create(self, classes: Sequence[str], *, seed: int, **arguments: Any) -> Detector:
        """A detector with fresh weights (or none, for detectors that are not trained)."""
        ...

    def load(self, path: Path, **arguments: Any) -> Detector:
        """A detector from a file that `save` wrote; `arguments` must agree with the file."""
        ...


@runtime_checkable
class DatasetReader(Protocol):
    """What the entry-point group `labelnext.readers` names: a location becomes samples.

    A reader that also takes globs and URLs has an attribute `patterns = True`, and gets them as
    text.
    """

    def __call__(self, location: Path, **options: Any) -> "Dataset":
        """Read what lies at `location`; a DataError names the file and the record at fault."""
        ...


@runtime_checkable
class DatasetWriter(Protocol):
    """What the entry-point group `labelnext.writers` names: samples become label files."""

    def __call__(
        self,
        location: Path,
        samples: Iterable[Sample],
        classes: Sequence[str],
        *,
        place: Callable[[ImageRecord, Path], None],
        predictions: Mapping[str, Detections] | None = None,
        **options: Any,
    ) -> Any:
        """Write label files to `location`, whole or not at all.

        Args:
            location: A file or a folder, as the format has it.
            samples: Drawn once; not held in memory where the format allows that.
            classes: What class indices mean.
            place: Called with every image and the path where the format expects it.
            predictions: Boxes with scores by image key, for formats that hold pre-labels.
            options: The format's own.

        Returns:
            `images`, `objects`, and `lost`: what the format cannot hold, in words, with counts.
        """
        ...


@runtime_checkable
class Dataset(Protocol):
    """A data set as a reader gives it: class names, and samples that may be read once each."""

    classes: tuple[str, ...]

    def samples(self) -> Iterable[Sample]:
        """Images in the source's order, with truth where the source labels them."""
        ...


@runtime_checkable
class Oracle(Protocol):
    """Who labels. A person may answer days later, so `collect` may return less than was asked."""

    def request(self, images: Sequence[ImageRecord], prelabels: Sequence[Detections]) -> None:
        """Ask for labels; asking twice for the same images changes nothing."""
        ...

    def collect(self) -> Mapping[str, GroundTruth]:
        """Every answer so far, by image key. An image without objects is an answer too."""
        ...
