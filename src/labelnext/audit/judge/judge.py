"""The one source of verdicts: what a replay shows, in images, boxes and annotator hours.

STRATEGIES §12, comparison. Everything is paired over seeds; the figure judged is the area under the
learning curve over the range that all arms share, which all cycles have a part in.
"""

import math
from collections.abc import Mapping
from dataclasses import fields

import numpy as np

from labelnext.audit.judge import facts
from labelnext.audit.judge.contests import area, contests, end
from labelnext.audit.judge.curves import Runs, Shared, all_runs, shared
from labelnext.audit.judge.values import UNITS, Judgement, Nothing, Standing
from labelnext.cost import LabourRate
from labelnext.errors import ArgumentError
from labelnext.evaluate.paired import minimal_seeds
from labelnext.rounds.results import Study

METRICS: Mapping[str, bool] = {  # True where lower is better
    "miss_rate_at_fppi_1": True,
    "miss_rate_at_fppi_01": True,
    "log_average_miss_rate": True,
    "ap": False,
    "ap50": False,
    "mean_iou": False,
    "pixel_accuracy": False,
}


def judge(study: Study, *, metric: str | None = None, rate: LabourRate | None = None) -> Judgement:
    """Hold every arm against guided random and random.

    Args:
        study: Complete or interrupted; metrics may be absent or NaN.
        metric: Field of `Metrics`: a miss rate, `ap`, `ap50`, `mean_iou` or `pixel_accuracy`. By
            default mean IoU where it was measured, else the miss rate at FPPI 1.
        rate: Price of an hour of labelling, to say in money what an arm saves; by default the
            study's own.

    Returns:
        The same for the same study: every bootstrap starts from the same seed.

    Raises:
        ArgumentError: An unknown metric, or results that contradict each other: a negative cycle,
            two results for one arm, seed and cycle, or labels that become fewer.
    """
    metric = facts.usual_metric(study) if metric is None else metric
    if metric not in METRICS:
        raise ArgumentError(
            "judge", "metric", expected=f"one of {', '.join(METRICS)}", got=repr(metric)
        )
    facts.check(study)
    rate = rate or study.rate
    runs = all_runs(study, facts.arms(study), metric)
    common = shared(runs)
    if common is None:
        return Judgement(
            metric, METRICS[metric], _nothing(study, runs), arms=facts.arms(study),
            lacking=facts.lacking(study), rate=rate,
        )  # fmt: skip
    return _judge(study, common, metric, rate)


def _judge(study: Study, common: Shared, metric: str, rate: LabourRate | None) -> Judgement:
    lower, names = METRICS[metric], tuple(common.runs)
    baselines = facts.baselines(names) if len(names) > 1 else ()
    started = (
        run.values[0]
        for by_seed in common.runs.values()
        for run in by_seed.values()
        if run.cycles[0] == 0
    )
    return Judgement(
        metric,
        lower,
        "",
        arms=names,
        behind=common.behind,
        seeds=common.seeds,
        all_seeds=set(common.seeds) == {r.seed for r in study.results},
        ends={unit: span[1] for unit, span in common.ranges.items()},
        start=facts.spread(started).mean,
        ceiling=facts.spread(getattr(m, metric) for m in facts.whole_pool(study)).mean,
        standings=_standings(common, lower),
        baselines=baselines,
        contests=tuple(
            contest
            for baseline in baselines
            for contest in contests(study, common, baseline, metric=metric, lower_is_better=lower)
        ),
        least_seeds=minimal_seeds(1) if baselines else 0,
        lacking=facts.lacking(study),
        rate=rate,
    )


def _standings(common: Shared, lower: bool) -> tuple[Standing, ...]:
    span = common.ranges["images"]
    made = []
    for arm, by_seed in common.runs.items():
        runs = list(by_seed.values())
        spent = {
            unit: float(np.mean([np.interp(span[1], r.labels["images"], r.labels[unit])
                                 for r in runs]))
            for unit in UNITS if unit in common.ranges
        }  # fmt: skip
        made.append(
            Standing(
                arm,
                float(np.mean([area(r, "images", span) for r in runs])),
                float(np.mean([end(r, "images", span) for r in runs])),
                spent,
            )
        )
    sign = 1 if lower else -1
    return tuple(sorted(made, key=lambda s: (sign * s.area, s.arm)))


def _nothing(study: Study, runs: Runs) -> Nothing:
    """Why there is nothing to compare."""
    if not study.results:
        return "no cycle"
    if all(r.metrics is None for r in study.results):
        return "no test set"
    measured = [run for by_seed in runs.values() for run in by_seed.values()]
    if not measured:
        return "no truth"
    if all(run.reach == 0 for run in measured):
        return "only the start"
    return "nothing shared"


def as_json(judgement: Judgement) -> dict[str, object]:
    """The judgement as values that JSON has: NaN and infinities become null."""
    found = _plain(judgement)
    assert isinstance(found, dict)
    return found


def _plain(value: object) -> object:
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}  # type: ignore[arg-type]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
