"""Evaluate: the detector of a round on the project's test set."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from labelnext import engine, presets
from labelnext.errors import ProjectError
from labelnext.evaluate import evaluate as evaluate_boxes
from labelnext.evaluate.outcomes import Outcomes, outcomes
from labelnext.evaluate.reasonable import reasonable
from labelnext.protocols import Progress, Segmenter, quiet
from labelnext.rounds.project import Project, load_pixels
from labelnext.rounds.steps.segmentation import Pixels
from labelnext.store import outcomes as outcome_files
from labelnext.store.as_json import decode_metrics, encode_metrics
from labelnext.store.ledger import StepRow
from labelnext.types import Detections, GroundTruth, Metrics, MissRateCurve


def evaluate(project: Project, number: int, progress: Progress = quiet) -> StepRow:
    """Predict on the test set and record the metrics; without a test set, record that.

    What became of each detection is kept in a file beside, where the protocol allows that. Of a
    detector that is not trained, the round before has it all already.
    """

    def work() -> Mapping[str, object]:
        if not project.index.counts()["test"].labelled:
            return {"images": 0}
        return _as_before(project, number) or _measured(project, number, progress)

    return project.once(number, "evaluate", work)


def _measured(project: Project, number: int, progress: Progress) -> dict[str, object]:
    records = project.index.records("test", labelled=True)
    truths = project.index.truth([record.key for record in records])
    detector = project.detector(number)
    classes = project.config.classes
    pixels = Pixels(detector, len(classes)) if isinstance(detector, Segmenter) else None
    stream = engine.predict(
        records, detector, load_pixels,
        batch_size=project.config.batch_size, task="evaluate", progress=progress,
    )  # fmt: skip
    seen = []
    for item, found in stream:
        if found is not None and (truth := truths[item.record.key]) is not None:
            seen.append((item.record, truth, found.detections))
            if pixels is not None:
                pixels.see(item.record, truth, found)
    settings = evaluation(project)
    labelled, detections = [truth for _, truth, _ in seen], [found for *_, found in seen]
    sizes = [(record.height, record.width) for record, *_ in seen]
    metrics = evaluate_boxes(labelled, detections, classes=classes, image_sizes=sizes, **settings)
    if pixels is not None:
        metrics = pixels.added_to(metrics)
    done = {record.key for record, *_ in seen}
    return {
        "images": len(seen), "unreadable": len(records) - len(seen),
        "left_out": [record.key for record in records if record.key not in done],
        "test_digest": project.index.digest("test"), "settings": settings,
        "metrics": encode_metrics(_thinned(metrics)),
        **_kept(project, number, labelled, detections, settings),
        **({} if pixels is None else pixels.note()),
    }  # fmt: skip


def _as_before(project: Project, number: int) -> dict[str, object] | None:
    """What the round before measured, if detector, test set and settings are the same."""
    before = project.ledger.step(number - 1, "evaluate") if number else None
    trained = [project.ledger.step(n, "train") for n in (number - 1, number)]
    weights = {None if step is None else step.details.get("weights") for step in trained}
    if before is None or len(weights) > 1 or None in weights:
        return None
    same = before.details.get("test_digest") == project.index.digest("test")
    if not same or before.details.get("settings") != evaluation(project):
        return None
    details = {**before.details, "as_in_round": before.details.get("as_in_round", number - 1)}
    try:
        kept = outcomes_of(project, number - 1)
    except ProjectError:  # gone, or changed: measured anew
        return None
    if kept is not None:
        details["outcomes"] = outcome_files.save(outcomes_path(project, number), kept)
    return details


def evaluation(project: Project) -> dict[str, Any]:
    """Arguments of the evaluation: the preset's, and the project's over them."""
    own = project.config.evaluation.model_dump(exclude_none=True)
    return {**presets.get(project.config.preset).evaluate, **own}


def metrics_of(step: StepRow | None) -> Metrics | None:
    """The metrics that an evaluation recorded; None without a test set."""
    if step is None or "metrics" not in step.details:
        return None
    return decode_metrics(step.details["metrics"])  # type: ignore[arg-type]


def outcomes_of(project: Project, number: int) -> Outcomes | None:
    """What became of each detection of a round; None where it was not kept.

    Images are those of the test set in order of their keys, less the step's `left_out`.

    Raises:
        ProjectError: The file is gone, or not the one that was recorded.
    """
    step = project.ledger.step(number, "evaluate")
    if step is None or "outcomes" not in step.details:
        return None
    return outcome_files.load(outcomes_path(project, number), str(step.details["outcomes"]))


def outcomes_path(project: Project, number: int) -> Path:
    """Where the outcomes of a round are."""
    return project.path("outcomes", f"round-{number:04d}.npz")


def _kept(
    project: Project,
    number: int,
    truths: Sequence[GroundTruth],
    detections: Sequence[Detections],
    settings: Mapping[str, Any],
) -> dict[str, object]:
    """Keep the outcomes that the miss rate came from, and say under which digest.

    The authors' metric does not count matched detections, so nothing is kept for it.
    """
    if settings.get("protocol", "standard") != "standard":
        return {}
    if settings.get("subset") == "reasonable":
        truths, detections = reasonable(truths, detections)
    found = outcomes(truths, detections, iou=float(settings.get("iou") or 0.5))
    return {"outcomes": outcome_files.save(outcomes_path(project, number), found)}


def _thinned(metrics: Metrics) -> Metrics:
    """Keep the points of the curve at which the miss rate changes, and the last one.

    Reading the miss rate at any FPPI (the last point not beyond it) gives the same.
    """
    curve = metrics.curve
    if len(curve.fppi) == 0:
        return metrics
    keep = np.r_[True, np.diff(curve.miss_rate) != 0]
    keep[-1] = True
    thin = MissRateCurve(curve.fppi[keep], curve.miss_rate[keep], curve.threshold[keep])
    return replace(metrics, curve=thin)
