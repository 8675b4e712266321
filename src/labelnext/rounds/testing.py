"""Evaluate: the detector of a round on the project's test set."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from labelnext import engine, presets
from labelnext.evaluate import evaluate as evaluate_boxes
from labelnext.protocols import Progress, quiet
from labelnext.rounds.project import Project, load_pixels
from labelnext.store.as_json import decode_metrics, encode_metrics
from labelnext.store.ledger import StepRow
from labelnext.types import Metrics, MissRateCurve


def evaluate(project: Project, number: int, progress: Progress = quiet) -> StepRow:
    """Predict on the test set and record the metrics; without a test set, record that."""

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
            (truth, found.detections, (item.record.height, item.record.width))
            for item, found in stream
            if found is not None and (truth := truths[item.record.key]) is not None
        ]
        settings = evaluation(project)
        metrics = evaluate_boxes(
            [truth for truth, _, _ in seen],
            [detections for _, detections, _ in seen],
            classes=project.config.classes,
            image_sizes=[size for _, _, size in seen],
            **settings,
        )
        return {"images": len(seen), "unreadable": len(records) - len(seen),
                "metrics": encode_metrics(_thinned(metrics))}  # fmt: skip

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
