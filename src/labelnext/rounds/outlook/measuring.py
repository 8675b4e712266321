"""How fast this machine goes round a project's loop: a few real passes, and a few training steps.

Nothing of the project changes: scores go to a folder that is thrown away, and the training is
broken off.
"""

import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from labelnext import engine
from labelnext.cost import Machine
from labelnext.errors import ProjectError
from labelnext.protocols import Detector, Progress, Trainable, quiet
from labelnext.rounds.outlook import planning
from labelnext.rounds.project import Project, load_pixels
from labelnext.store.index import Role
from labelnext.store.shards import ScoreShards
from labelnext.types import Example, ImageRecord

IMAGES = 16  # of the pool, and to train on
_SECONDS = 5.0  # of training, after which it is broken off
_STEPS = 4  # of training, at least, where it has as many


def measure(project: Project, progress: Progress = quiet) -> Machine:
    """Score a few images of the pool as a round would, and begin a training.

    The newest detector of the project is taken, or a fresh one where none is trained yet. The first
    batch and the first step, which warm up, do not count. What a cycle takes whatever its size is
    known only where an evaluation was recorded.

    Raises:
        ProjectError: The pool is empty.
        LabelnextError: The detector cannot score or train at all.
    """
    records = project.pool()[:IMAGES]
    if not records:
        raise ProjectError("The pool is empty. Add images: `labelnext add --pool SOURCE`.")
    detector = newest(project)
    epochs = planning.epochs(project)
    return Machine(
        score_seconds=_scoring(project, detector, records, progress),
        train_seconds=_training(project, detector, epochs, progress),
        epochs=epochs,
        warm_epochs=planning.warm_epochs(project),
        start_seconds=planning.evaluation_seconds(project),
    )


def newest(project: Project) -> Detector:
    """The newest trained detector, or a fresh one."""
    trained = [row.round for row in project.ledger.steps() if row.step == "train"]
    return project.detector(max(trained)) if trained else project.fresh_detector()


def _scoring(
    project: Project, detector: Detector, records: Sequence[ImageRecord], progress: Progress
) -> float:
    """Seconds an image; 0 for a strategy that does not look at images."""
    strategy = project.strategy()
    if not strategy.needs.images:
        return 0.0
    batch = project.config.batch_size
    trained = [row.round for row in project.ledger.steps() if row.step == "train"]
    members = project.members(1 + max(trained, default=0), strategy.needs)
    scorer = engine.Scorer(
        detector, strategy, load_pixels, lambda key: project.rng("measure", key), members, batch
    )

    def seconds(some: Sequence[ImageRecord], told: Progress) -> float:
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            engine.score(
                some, scorer, ScoreShards(Path(folder), ""), task="measure scoring", progress=told
            )
            return time.perf_counter() - begun

    seconds(records[:batch], quiet)
    return seconds(records, progress) / len(records)


def _training(project: Project, detector: Detector, epochs: int, progress: Progress) -> float:
    """Seconds an image and epoch; 0 for a detector that is not trained here.

    A command is not run to be timed: what it took in earlier rounds counts, nothing before.
    """
    if project.config.detector.train is not None:
        return planning.trained_seconds(project) or 0.0
    if not isinstance(detector, Trainable):
        return 0.0
    examples = labelled(project, "initial")[:IMAGES]
    if not examples:
        raise ProjectError(
            "There are no labelled images to time training on. Add some: `labelnext add --labels "
            "SOURCE`, or plan without --measure."
        )
    found = time_training(
        detector, examples, seed=project.seed("measure"), options=project.train_options(1),
        steps=_STEPS, seconds=_SECONDS, progress=progress,
    )  # fmt: skip
    return found.whole / (len(examples) * epochs)


class Training(NamedTuple):
    """How long a training takes.

    Attributes:
        step: Seconds a step, the first one, which warms up, left out; NaN for a single step.
        whole: Seconds of all steps.
    """

    step: float
    whole: float


class _EnoughError(Exception):
    """Breaks a training off."""


def time_training(
    detector: Trainable,
    examples: Sequence[Example],
    *,
    seed: int,
    options: Mapping[str, Any],
    steps: int,
    seconds: float,
    progress: Progress = quiet,
) -> Training:
    """Begin a training, and break it off after at least so many steps and seconds."""
    marks: list[tuple[float, int, int]] = []

    def told(task: str, done: int, total: int, **figures: float) -> None:
        marks.append((time.perf_counter(), done, total))
        progress("measure training", min(done, steps), steps)
        if done > steps and marks[-1][0] - marks[0][0] > seconds:
            raise _EnoughError

    begun = time.perf_counter()
    with suppress(_EnoughError):
        detector.fit(examples, seed=seed, progress=told, **options)
    if len(marks) < 2 or marks[-1][1] <= marks[0][1]:
        return Training(math.nan, time.perf_counter() - begun)
    (first, before, _), (last, done, total) = marks[0], marks[-1]
    step = (last - first) / (done - before)
    return Training(step, step * total)


def labelled(project: Project, role: Role) -> list[Example]:
    """The labelled images of a role, ready to train on."""
    records = project.index.records(role)
    known = project.index.truth([record.key for record in records])
    return [
        Example(record.key, lambda record=record: load_pixels(record), truth)  # type: ignore[misc]
        for record in records
        if (truth := known[record.key]) is not None
    ]
