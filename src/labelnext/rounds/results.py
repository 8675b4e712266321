"""What a loop leaves to be shown: figures per cycle, and the frames it picked with the reason."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32, Int64

from labelnext.cost import LabellingCost, LabourRate
from labelnext.evaluate.outcomes import Outcomes
from labelnext.types import Detections, GroundTruth, Metrics


@dataclass(frozen=True, slots=True)
class CycleResult:
    """One cycle of one arm under one seed; cycle 0 is the initial detector, before any labelling.

    Attributes:
        arm: Name of the strategy or of its variant.
        seed: Paired arms share it.
        cycle: From 0.
        images: Images labelled from the pool so far.
        instances: Objects on them.
        images_with_instances: How many of them hold an object.
        metrics: On the test set; None when there is none.
        seconds: Wall time by step (`score`, `train`, `evaluate`).
        labelling_seconds: What labelling the images so far cost a person, by the study's cost
            model; NaN where it is not known.
        outcomes: What became of each detection on the test set; None where it was not kept.
    """

    arm: str
    seed: int
    cycle: int
    images: int
    instances: int
    images_with_instances: int
    metrics: Metrics | None
    seconds: Mapping[str, float] = field(default_factory=dict)
    labelling_seconds: float = math.nan
    outcomes: Outcomes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PickedFrame:
    """A selected frame and why: pixel scores, what the detector saw, what was there."""

    arm: str
    seed: int
    cycle: int
    rank: int
    score: float | None
    reason: str
    key: str
    path: str
    video: str | None
    frame: int | None
    pixel_scores: Float32[np.ndarray, "h w"] | None
    detections: Detections | None
    truth: GroundTruth | None


@dataclass(frozen=True, slots=True)
class Study:
    """Everything a report shows.

    Attributes:
        title: Heading.
        settings: Every setting needed to repeat it, as shown; values are JSON-able.
        command: The exact command.
        hardware: Machine and versions.
        classes: Class names.
        results: In any order.
        references: Horizontal lines, such as the detector trained on the whole pool; one Metrics a
            seed.
        frames: Picked frames worth showing.
        pool_images: Size of the pool.
        pool_instances: Objects in the pool, where known.
        planned_arms: Arms in the order to show them; with the two below, an interrupted study can
            say what is missing. Empty: the arms in `results`.
        planned_seeds: Seeds every arm was to run. Empty: the seeds in `results`.
        planned_cycles: Last cycle every arm was to reach. None: the last in `results`.
        cost: Seconds that labelling takes, by which hours are counted.
        rate: What an hour of it is paid; None where that is not known.
        clips: Clip of each test image, for intervals; None where outcomes were not kept.
        initial_images: Images labelled before the first cycle, where every round trains on them too
            and they count on a learning curve; None where not known.
        outlook: What the next batch will bring a running project, in sentences; empty for a replay.
        unfair: What the check of the ledgers found to differ between arms that must be alike; empty
            where nothing did, None where nothing was checked.
    """

    title: str
    settings: Mapping[str, object]
    command: str
    hardware: str
    classes: tuple[str, ...]
    results: tuple[CycleResult, ...]
    references: Mapping[str, tuple[Metrics, ...]] = field(default_factory=dict)
    frames: tuple[PickedFrame, ...] = ()
    pool_images: int = 0
    pool_instances: int | None = None
    planned_arms: tuple[str, ...] = ()
    planned_seeds: tuple[int, ...] = ()
    planned_cycles: int | None = None
    cost: LabellingCost | None = None
    rate: LabourRate | None = None
    clips: Int64[np.ndarray, "images"] | None = field(default=None, repr=False)
    initial_images: int | None = None
    outlook: tuple[str, ...] = ()
    unfair: tuple[str, ...] | None = None
