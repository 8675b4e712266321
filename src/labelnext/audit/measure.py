"""A taste of a replay before it starts: which arms can run here, and what a unit of work takes.

Every arm scores and selects once on a few images of the pool with the plan's own detector, and a
training is begun and broken off; all in projects of their own that are thrown away.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labelnext.audit.arms import Arm
from labelnext.errors import LabelnextError
from labelnext.protocols import Precomputed, Trainable
from labelnext.rounds.config import Config, Named
from labelnext.rounds.outlook import measuring
from labelnext.rounds.project import Project, load_pixels
from labelnext.rounds.steps import propose, testing, training
from labelnext.store.index import Role

IMAGES = 6  # of each role
_BUDGET = 2
_TRAINING = 3.0  # seconds after which a training is broken off
_STEPS = 3  # of a training, at least


@dataclass(frozen=True, slots=True)
class Rates:
    """Seconds a unit of work; NaN where not known.

    Attributes:
        initial: To train on one image of the initial set, all its steps.
        train: To train on one image of the pool, all its steps.
        evaluate: An image of the test set.
        score: An image of the pool scored, by name of the arm.
        step: A step of training.
        refused: Why an arm cannot run, by its name.
        untimed: Whether training is left out: a command does it, which is not tried.
    """

    initial: float = math.nan
    train: float = math.nan
    evaluate: float = math.nan
    score: Mapping[str, float] = field(default_factory=dict)
    step: float = math.nan
    refused: Mapping[str, str] = field(default_factory=dict)
    untimed: bool = False


@dataclass(frozen=True, slots=True)
class Taste:
    """What a worker is to measure.

    Attributes:
        folder: Its own, empty; the index lies beside it as `index.sqlite`.
        config: Settings of the replay.
        arms: To be tried.
        weights: A finished initial detector, which finds as much as a trained one does; None takes
            fresh weights.
    """

    folder: Path
    config: Config
    arms: tuple[Arm, ...]
    weights: Path | None


def measure(taste: Taste) -> Rates:
    """Try every arm, and time what takes time (in a worker).

    A command that trains is not run, and counts nothing until a cycle has shown what it takes.

    Raises:
        LabelnextError: The detector cannot be made, or cannot be run or trained at all.
    """
    project = _project(taste, "start", Named(name="random"), taste.weights)
    try:
        start = project.fresh_detector()
        initial, train, step = 0.0, 0.0, math.nan
        weights = taste.weights
        if isinstance(start, Trainable):
            if taste.config.detector.train is None:
                initial, _ = _training(project, start, 0, "initial")
                train, step = _training(project, start, 1, "pool")
            if weights is None:
                weights = taste.folder / f"fresh{project.weights(1).suffix}"
                start.save(weights)
    finally:
        project.close()
    score, refused = {}, {}
    evaluate = _evaluation(taste, weights)
    for number, arm in enumerate(taste.arms):
        try:
            score[arm.name] = _scoring(taste, f"arm-{number}", arm, weights)
        except LabelnextError as error:
            refused[arm.name] = str(error)
        except Exception as error:  # of a plug-in: it would fail in the replay as well
            refused[arm.name] = f"{type(error).__name__}: {error}"
    untimed = taste.config.detector.train is not None
    return Rates(initial, train, evaluate, score, step, refused, untimed)


def _project(taste: Taste, name: str, strategy: Named, weights: Path | None) -> Project:
    changes: dict[str, object] = {
        "strategy": strategy,
        "budget": _BUDGET,
        "oracle": "simulated",
        "index": str(taste.folder.parent / "index.sqlite"),
        "initial_weights": None if weights is None else str(weights.resolve()),
    }
    return Project.create(taste.folder / name, taste.config.model_copy(update=changes))


def _evaluation(taste: Taste, weights: Path | None) -> float:
    """Seconds to test on an image, when the detector is warm."""
    project = _project(taste, "evaluate", Named(name="random"), weights)
    try:
        training.train_initial(project)
        records = project.index.records("test", labelled=True)
        if not records:
            return 0.0
        detector = project.detector(0)
        if not isinstance(detector, Precomputed):
            detector.predict([load_pixels(records[0])])
        done = testing.evaluate(project, 0)
        return done.seconds / len(records)
    finally:
        project.close()


def _scoring(taste: Taste, name: str, arm: Arm, weights: Path | None) -> float:
    """Seconds to score an image, once the arm has shown that it can score and select."""
    named = Named(name=arm.strategy, **arm.arguments)
    project = _project(taste, name, named, weights)
    try:
        training.train_initial(project)
        done = propose.score(project, 1)
        propose.select(project, 1)
        looked = int(done.details["images"])  # type: ignore[call-overload]
        if project.strategy().needs.labelled:
            looked += len(project.index.records("initial"))
        return done.seconds / looked if looked else 0.0
    finally:
        project.close()


def _training(project: Project, start: Trainable, number: int, role: Role) -> tuple[float, float]:
    """Seconds to train on one image, all its steps, and seconds a step; from a few steps."""
    examples = measuring.labelled(project, role)
    if not examples:
        return 0.0, math.nan
    found = measuring.time_training(
        start, examples, seed=project.seed("train", number), options=project.train_options(number),
        steps=_STEPS, seconds=_TRAINING,
    )  # fmt: skip
    return found.whole / len(examples), found.step
