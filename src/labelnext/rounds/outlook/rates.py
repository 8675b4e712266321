"""What each stage of scoring takes on this machine, one after the other and as a whole."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelnext import engine
from labelnext.errors import ArgumentError
from labelnext.protocols import Detector, Precomputed, Progress, Strategy, quiet
from labelnext.rounds.outlook import measuring
from labelnext.rounds.project import Project, load_pixels
from labelnext.types import Prediction


@dataclass(frozen=True, slots=True)
class Rates:
    """Seconds an image, the warm-up left out; None for a stage that the project has not.

    Attributes:
        decode: Read and decoded, in one thread.
        predict: Detected on, with boxes and embedding, in batches as a round has them.
        score: Scored by the strategy from that prediction, its further passes included.
        whole: All of it as `labelnext score` does it, stages side by side.
        train: Trained on, one epoch.
        epochs: Of a training.
    """

    decode: float | None
    predict: float | None
    score: float | None
    whole: float | None
    train: float | None
    epochs: int

    @property
    def beside(self) -> float | None:
        """What scoring takes beyond running the detector, as a share of running it."""
        if not self.predict or self.whole is None:
            return None
        return self.whole / self.predict - 1


def rates(project: Project, progress: Progress = quiet) -> Rates:
    """Measure a project on the first images of its pool; nothing of it changes.

    Raises:
        ProjectError: The pool is empty.
        LabelnextError: The detector cannot score or train at all.
    """
    machine = measuring.measure(project, progress)
    whole, train = machine.score_seconds or None, machine.train_seconds or None
    detector, strategy = measuring.newest(project), project.strategy()
    if not strategy.needs.images:
        return Rates(None, None, None, None, train, machine.epochs)
    begun = time.perf_counter()
    records = project.pool()[: measuring.IMAGES]
    items = list(engine.decode_ahead(records, load_pixels, threads=1))
    decode = (time.perf_counter() - begun) / len(items)
    found: list[Prediction] = []
    predict = score = None
    readable = [item for item in items if item.image is not None]
    if readable and strategy.needs.forward and not isinstance(detector, Precomputed):
        found, predict = _predict(detector, readable, project.config.batch_size)
        score = _score(project, detector, strategy, readable, found)
    return Rates(decode, predict, score, whole, train, machine.epochs)


def _predict(
    detector: Detector, items: Sequence[engine.Decoded], size: int
) -> tuple[list[Prediction], float]:
    """Predictions, and seconds an image; the first batch is done twice and counted once."""
    groups = [
        [item.image for item in group if item.image is not None]
        for group in engine.batches(iter(items), size)
    ]
    detector.predict(groups[0])
    begun = time.perf_counter()
    found = [one for group in groups for one in detector.predict(group)]
    return found, (time.perf_counter() - begun) / len(items)


def _score(
    project: Project,
    detector: Detector,
    strategy: Strategy,
    items: Sequence[engine.Decoded],
    found: Sequence[Prediction],
) -> float | None:
    """Seconds an image; None where the strategy refuses what this detector gives."""
    if strategy.needs.checkpoints or strategy.needs.rounds:
        return None
    begun = time.perf_counter()
    try:
        for item, prediction in zip(items, found, strict=True):
            rng: np.random.Generator = project.rng("measure", item.record.key)
            strategy.score(engine.gather(item, prediction, detector, strategy.needs, rng))
    except ArgumentError:
        return None
    return (time.perf_counter() - begun) / len(items)
