"""Train: w_l on the initial set once, then from w_l on everything labelled so far (PAPER §1.6).

Or from the round before instead of w_l (`train_from`), which departs from the paper.
"""

import shutil
from collections.abc import Mapping

from labelnext import engine
from labelnext.data import images
from labelnext.data.pool.remote import is_url
from labelnext.errors import ProjectError
from labelnext.protocols import Progress, Trainable, quiet
from labelnext.rounds import frames
from labelnext.rounds.project import Project, load_pixels
from labelnext.store.ledger import StepRow
from labelnext.types import Example, GroundTruth, ImageRecord


def train_initial(project: Project, progress: Progress = quiet) -> StepRow:
    """Train the initial detector on the initial set, or take the weights that were given.

    Raises:
        ProjectError: Nothing to train on and no weights given.
        LabelnextError: The strategy asks for what this detector cannot give, however trained.
    """

    def work() -> Mapping[str, object]:
        start, strategy = project.fresh_detector(), project.strategy()
        engine.require(strategy.needs, start, strategy.name)
        if not isinstance(start, Trainable):
            return {"trained": False, "weights": start.fingerprint()}
        if project.given:
            return _given(project)
        examples = _examples(project, project.index.records("initial"), progress)
        if not examples:
            raise ProjectError(
                "There are no initial labels to train the first detector on. Give some with "
                "`labelnext init FOLDER --labels SOURCE`, or weights with `--weights FILE`."
            )
        return _fit(project, 0, start, examples, progress)

    return _done(project, 0, project.once(0, "train", work))


def retrain(project: Project, number: int, progress: Progress = quiet) -> StepRow:
    """Train on every label that was in when the round was ingested.

    It starts from the initial weights, or, where the project says so, from those of the round
    before.
    """

    def work() -> Mapping[str, object]:
        start = project.detector(number - 1 if project.config.train_from == "last" else 0)
        if not isinstance(start, Trainable):
            return {"trained": False, "weights": start.fingerprint()}
        labels = project.ledger.labels(up_to=number)
        records = [record for record in project.index.records("pool") if record.key in labels]
        examples = _examples(project, records, progress, labels)
        if project.config.train_on == "all":
            examples += _examples(project, project.index.records("initial"), progress)
        return _fit(project, number, start, examples, progress)

    return _done(project, number, project.once(number, "train", work))


def _given(project: Project) -> dict[str, object]:
    detector = project.load_weights(0)
    return {"trained": True, "images": 0, "weights": detector.fingerprint()}


def _done(project: Project, number: int, step: StepRow) -> StepRow:
    """Clear a finished training's working state, but keep its loss log."""
    workdir, logs = project.path("work", f"round-{number:04d}"), project.path("logs")
    for log in [*workdir.glob("*.csv"), *workdir.glob("*.jsonl")]:
        logs.mkdir(parents=True, exist_ok=True)
        log.replace(logs / f"round-{number:04d}-{log.name}")
    shutil.rmtree(workdir, ignore_errors=True)
    return step


def _fit(
    project: Project, number: int, start: Trainable, examples: list[Example], progress: Progress
) -> dict[str, object]:
    trained = start.fit(
        examples,
        seed=project.seed("train", number),
        workdir=project.path("work", f"round-{number:04d}"),
        progress=progress,
        **project.train_options(number),
    )
    trained.save(project.weights(number))
    by = project.config.detector.train
    return {
        "trained": True, "images": len(examples), "weights": trained.fingerprint(),
        **({} if by is None else {"command": by}),
    }  # fmt: skip


def _examples(
    project: Project,
    records: list[ImageRecord],
    progress: Progress,
    truths: Mapping[str, GroundTruth] | None = None,
) -> list[Example]:
    """Labelled images to train on; frames of videos are read from the files they are exported to,
    as training draws them in random order.
    """
    known = (
        truths if truths is not None else project.index.truth([record.key for record in records])
    )
    labelled = [record for record in records if known.get(record.key) is not None]
    labelled = frames.with_files(labelled, frames.materialise(project, labelled, progress))
    return [
        Example(record.key, lambda record=record: load_pixels(record), truth, _file(record))  # type: ignore[misc]
        for record in labelled
        if (truth := known.get(record.key)) is not None
    ]


def _file(record: ImageRecord) -> str | None:
    """The image file of a record, if it is one on this machine."""
    return None if is_url(record.path) or images.in_video(record) else record.path
