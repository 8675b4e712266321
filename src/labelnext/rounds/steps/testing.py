"""Evaluate: the detector of a round on the project's test set."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from labelnext import engine, presets
from labelnext.evaluate import evaluate as evaluate_boxes
from labelnext.evaluate.outcomes import Outcomes, outcomes
from labelnext.evaluate.reasonable import reasonable
from labelnext.protocols import Progress, quiet
from labelnext.rounds.project import Project, load_pixels
from labelnext.store import outcomes as outcome_files
from labelnext.store.as_json import decode_metrics, encode_metrics
from labelnext.store.ledger import StepRow
from labelnext.types import Detections, GroundTruth, Metrics, MissRateCurve


def evaluate(project: Project, number: int, progress: Progress = quiet) -> StepRow:
    """Predict on the test set and record the metrics; without a test set, record that.

    What became of each detection is kept in a file beside, where the protocol allows that.
    """

    def work() -> Mapping[str, object]:
        records = project.index.records("test")
        if not records:
            return {"images": 0}
        truths = project.index.truth([record.key for record in records])
        stream = engine.predict(
            records, project.detector(number), load_pixels,
            batch_size=project.config.batch_size, task="evaluate", progress=progress,
        )  # fmt: skip
        seen = [
            (item.record, truth, found.detections)
            for item, found in stream
            if found is not None and (truth := truths[item.record.key]) is not None
        ]
        settings = evaluation(project)
        labelled, detections = [truth for _, truth, _ in seen], [found for *_, found in seen]
        metrics = evaluate_boxes(
            labelled,
            detections,
            classes=project.config.classes,
            image_sizes=[(record.height, record.width) for record, *_ in seen],
            **settings,
        )
        done = {record.key for record, *_ in seen}
        return {
            "images": len(seen), "unreadable": len(records) - len(seen),
            "left_out": [record.key for record in records if record.key not in done],
            "test_digest": project.index.digest("test"), "settings": settings,
            "metrics": encode_metrics(_thinned(metrics)),
            **_kept(project, number, labelled, detections, settings),
        }  # fmt: skip

    return project.once(number, "evaluate", work)


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
