"""Label: ask the oracle for a round's images, and take back whatever it has answered so far."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from labelnext import engine
from labelnext.oracles.files import FileOracle
from labelnext.oracles.simulated import SimulatedOracle
from labelnext.protocols import Oracle, Progress, Segmenter, quiet
from labelnext.rounds import frames
from labelnext.rounds.accounts import costs, timing
from labelnext.rounds.frames import picked
from labelnext.rounds.pooled import offer, shards
from labelnext.rounds.project import Project, load_pixels
from labelnext.store.ledger import StepRow
from labelnext.types import Detections, GroundTruth, ImageRecord


class Taken(NamedTuple):
    """What an ingestion took in.

    Attributes:
        new: Images answered for the first time.
        changed: Images whose answer changed.
        missing: Keys of the round's images that are still without an answer.
        complete: Whether the round goes on to training.
        remarks: What was not taken for an answer, and boxes that were cut to their image.
        timed: Tasks of any round that this ingestion timed, newly or anew.
    """

    new: int
    changed: int
    missing: tuple[str, ...]
    complete: bool
    remarks: tuple[str, ...] = ()
    timed: int = 0


def request(project: Project, number: int, progress: Progress = quiet) -> StepRow:
    """Send a round's picks to the oracle, with the detector's boxes as pre-labels."""

    def work() -> Mapping[str, object]:
        frames.publish(project, number, progress)  # where select was stopped before it had
        images = picked(project, number)
        found = prelabels(project, number, images, progress)
        offer(project, number, found)
        asked = oracle(project, number)
        if isinstance(asked, FileOracle):
            images = frames.for_people(project, number, images, progress)
        asked.request(images, [found[image.key] for image in images])
        return {"images": len(images)}

    return project.once(number, "label", work)


def ingest(
    project: Project,
    number: int,
    *,
    partial: bool = False,
    accept_empty: bool = False,
    timings: Path | None = None,
) -> Taken:
    """Take in the answers to a round.

    Answers that come after the round was ingested are kept too; the next training sees them.

    Args:
        project: The project.
        number: The round.
        partial: Go on with the answers there are; the missing images stay picked and unlabelled.
        accept_empty: Take images that came back without boxes for empty ones.
        timings: How long people took, for any round; see `oracles.timings.read_timings`.
    """
    return _ingest(project, [number], partial, accept_empty, timings)[number]


def ingest_all(
    project: Project,
    *,
    partial: bool = False,
    accept_empty: bool = False,
    timings: Path | None = None,
) -> dict[int, Taken]:
    """`ingest` for every round that was asked for, by number; late answers are not lost."""
    asked = [
        row.number
        for row in project.ledger.rounds()
        if project.ledger.step(row.number, "label") is not None
    ]
    return _ingest(project, asked, partial, accept_empty, timings)


def _ingest(
    project: Project,
    numbers: Sequence[int],
    partial: bool,
    accept_empty: bool,
    timings: Path | None,
) -> dict[int, Taken]:
    """Labels of all rounds, then their times, then whether each round goes on."""
    taken = {number: _receive(project, number, accept_empty) for number in numbers}
    times = timing.Timed() if timings is None or not taken else timing.take(project, timings)
    for number in taken:
        taken[number] = _complete(project, number, taken[number], partial)
    if times.new or times.changed or times.remarks:  # said once, with the last round
        last = max(taken)
        taken[last] = taken[last]._replace(
            timed=times.new + times.changed, remarks=(*taken[last].remarks, *times.remarks)
        )
    return taken


def _receive(project: Project, number: int, accept_empty: bool) -> Taken:
    answers, remarks = _answers(oracle(project, number), accept_empty)
    wanted = {pick.key for pick in project.ledger.picks(number)}
    new, changed = project.ledger.receive(
        number,
        {key: truth for key, truth in answers.items() if key in wanted},
        known_from=_next_training(project),
    )
    return Taken(new, changed, (), False, remarks)


def _complete(project: Project, number: int, taken: Taken, partial: bool) -> Taken:
    """Finish the round's ingestion if its answers suffice."""
    keys = [pick.key for pick in project.ledger.picks(number)]
    labelled = project.ledger.labels()
    missing = tuple(key for key in keys if key not in labelled)
    complete = not missing or (partial and len(missing) < len(keys))
    complete = complete or project.ledger.step(number, "ingest") is not None

    def work() -> Mapping[str, object]:
        came = costs.received(project, costs.prices(project), number)
        return {"images": len(keys) - len(missing), "received": came.as_dict()}

    if complete:
        project.once(number, "ingest", work)
    return taken._replace(missing=missing, complete=complete)


def _next_training(project: Project) -> int:
    """The first round that is not ingested yet: answers taken in now are known from there."""
    rounds = project.ledger.rounds()
    open_rounds = [r.number for r in rounds if project.ledger.step(r.number, "ingest") is None]
    return open_rounds[0] if open_rounds else len(rounds) + 1


def oracle(project: Project, number: int) -> Oracle:
    """The configured oracle, as it is for one round."""
    keys = [pick.key for pick in project.ledger.picks(number)]
    if project.config.oracle == "simulated":
        return SimulatedOracle(lambda wanted: _known(project.index.truth(wanted)), keys)
    return FileOracle(
        frames.round_folder(project, number), project.config.classes, masks=_masks(project)
    )


def _masks(project: Project) -> bool:
    """Whether answers have masks: as the sources do, or, without labels, as the detector needs.

    Many tools write outlines of boxes as segmentations, which mean nothing where boxes are learnt.
    """
    known = project.index.masked()
    return isinstance(project.fresh_detector(), Segmenter) if known is None else known


def _answers(
    asked: Oracle, accept_empty: bool
) -> tuple[Mapping[str, GroundTruth], tuple[str, ...]]:
    if not isinstance(asked, FileOracle):
        return asked.collect(), ()
    found = FileOracle(
        asked.folder, asked.classes, accept_empty=accept_empty, masks=asked.masks
    ).answers()
    remarks = [f"no boxes, so not taken for labelled: {key}" for key in sorted(found.empty)]
    remarks += [f"not confirmed by a person: {key}" for key in sorted(found.unconfirmed)]
    return found.truths, (*remarks, *found.problems)


def prelabels(
    project: Project, number: int, images: list[ImageRecord], progress: Progress = quiet
) -> dict[str, Detections]:
    """Detections on images by key: from the round's scoring pass, else from a pass made now."""
    keys = {image.key for image in images}
    found = {row.key: row.detections for row in shards(project, number).rows(keys)}
    rest = [image for image in images if found.get(image.key) is None]
    if rest:
        detector = project.detector(number - 1)
        stream = engine.predict(
            rest, detector, load_pixels, batch_size=project.config.batch_size,
            task="pre-label", progress=progress,
        )  # fmt: skip
        for item, prediction in stream:
            found[item.record.key] = None if prediction is None else prediction.detections
    return {key: boxes or _no_detections() for key, boxes in found.items()}


def _known(truths: Mapping[str, GroundTruth | None]) -> dict[str, GroundTruth]:
    return {key: truth for key, truth in truths.items() if truth is not None}


def _no_detections() -> Detections:
    return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
