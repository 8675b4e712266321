"""Read a loop's figures, and the frames it picked, out of its ledger."""

from collections.abc import Iterable, Sequence

import numpy as np

from labelnext import engine
from labelnext.cost import LabellingCost
from labelnext.errors import DataError, LabelnextError
from labelnext.rounds.frames import exported, picked, with_files
from labelnext.rounds.project import Project, load_pixels
from labelnext.rounds.results import CycleResult, PickedFrame
from labelnext.rounds.steps.testing import metrics_of, outcomes_of
from labelnext.types import ImageRecord


def cycle_results(
    project: Project, arm: str, seed: int, *, cost: LabellingCost | None = None
) -> list[CycleResult]:
    """One result a finished cycle, cycle 0 being the initial detector.

    Args:
        project: Its ledger is read.
        arm: Name in the results.
        seed: Seed in the results.
        cost: What labelling costs; by default `LabellingCost()`. A replay does not know which
            pre-labels a person would have kept, so every object counts as a box drawn by hand.
    """
    ledger, prices = project.ledger, cost or LabellingCost()
    results = []
    for number in range(len(ledger.rounds()) + 1):
        seen = ledger.labels(up_to=number)
        evaluated = ledger.step(number, "evaluate")
        if evaluated is None:
            break
        objects = [int((~truth.ignore).sum()) for truth in seen.values()]
        seconds = {
            name: done.seconds
            for name in ("score", "train", "evaluate")
            if (done := ledger.step(number, name)) is not None
        }
        results.append(
            CycleResult(
                arm, seed, number, len(seen), sum(objects), sum(n > 0 for n in objects),
                metrics_of(evaluated), seconds, float(prices.seconds(len(seen), sum(objects))),
                outcomes_of(project, number),
            )
        )  # fmt: skip
    return results


def picked_frames(
    project: Project, arm: str, seed: int, cycles: Iterable[int], *, top: int = 3
) -> list[PickedFrame]:
    """The best-ranked picks of some cycles with their pixel scores, computed anew."""
    frames: list[PickedFrame] = []
    for number in cycles:
        if project.ledger.step(number, "select") is not None:
            frames += _frames_of(project, arm, seed, number, top)
    return frames


def _frames_of(project: Project, arm: str, seed: int, number: int, top: int) -> list[PickedFrame]:
    detector, strategy = project.detector(number - 1), project.strategy()
    members = project.members(number, strategy.needs)
    records: Sequence[ImageRecord] = picked(project, number)[:top]
    records = with_files(records, exported(project, records))
    picks = project.ledger.picks(number)[:top]
    truths = project.index.truth([record.key for record in records])
    labels = project.ledger.labels()
    frames = []
    for record, pick in zip(records, picks, strict=True):
        pixels = detections = None
        try:
            image = load_pixels(record)
            prediction = detector.predict([image])[0]
            detections = prediction.detections
            rng = project.rng("sample", number, record.key)
            item = engine.Decoded(record, image)
            others = [member.predict([image])[0] for member in members]
            seen = engine.gather(item, prediction, detector, strategy.needs, rng, others)
            pixels = strategy.pixel_scores(seen)
        except (DataError, LabelnextError):
            pass  # the page shows the frame without its heatmap and says that it is unreadable
        frames.append(
            PickedFrame(
                arm, seed, number, pick.rank, pick.score, pick.reason, record.key, record.path,
                record.video, record.frame,
                None if pixels is None else np.asarray(pixels, np.float32),
                detections, labels.get(record.key, truths.get(record.key)),
            )
        )  # fmt: skip
    return frames
