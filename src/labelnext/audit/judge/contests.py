"""Every arm against a baseline, in each unit of labour."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from labelnext.audit.judge.curves import Run, Shared
from labelnext.audit.judge.power import smallest_gap
from labelnext.audit.judge.values import UNITS, Comparison, Contest, Ratio, Unit, UnitContest
from labelnext.errors import ArgumentError
from labelnext.evaluate import (
    LabelSaving,
    NestedDifference,
    Outcomes,
    area_between,
    joint_p_values,
    label_saving,
    nested_difference,
    paired_difference,
    quality_at,
)
from labelnext.evaluate.label_saving import Curve
from labelnext.evaluate.verdict import verdict
from labelnext.rounds.results import Study

_SEED = 0  # of every bootstrap: the same study gives the same judgement
_DRAWS = 500  # where a draw is dear: label saving, clips
METRIC_OF_OUTCOMES = "miss_rate_at_fppi_1"


def contests(
    study: Study, common: Shared, baseline: str, *, metric: str, lower_is_better: bool
) -> tuple[Contest, ...]:
    """Each other arm against `baseline`, in the order of the study.

    Args:
        study: Has the outcomes on test images, where they were kept.
        common: From `shared`.
        baseline: One of its arms.
        metric: Name of the field of `Metrics`.
        lower_is_better: True for miss rates.
    """
    rivals = [a for a in common.runs if a != baseline]
    units = [u for u in UNITS if u in common.ranges]
    areas = {u: _compare(common, rivals, baseline, u, True, lower_is_better) for u in units}
    ends = {u: _compare(common, rivals, baseline, u, False, lower_is_better) for u in units}
    made = []
    for i, arm in enumerate(rivals):
        parts = tuple(
            UnitContest(
                u, areas[u][i], ends[u][i], _saving(common, arm, baseline, u, lower_is_better)
            )
            for u in units
        )
        clips = _over_clips(study, common, arm, baseline, metric, ends["images"][i])
        p = ends["images"][i].p
        word = verdict(clips, p, lower_is_better=lower_is_better) if clips else None
        objects = ratio(objects_found(common, arm), objects_found(common, baseline))
        made.append(Contest(arm, baseline, parts, objects, clips, word))
    return tuple(made)


def area(run: Run, unit: Unit, span: tuple[float, float]) -> float:
    """Mean height of a run's learning curve over a range of the unit."""
    return area_between(run.labels[unit].tolist(), run.values.tolist(), *span)


def end(run: Run, unit: Unit, span: tuple[float, float]) -> float:
    """The metric at the end of the range."""
    return quality_at(run.labels[unit].tolist(), run.values.tolist(), span[1])


def objects_found(common: Shared, arm: str) -> list[float]:
    """Objects on the images labelled up to the end of the shared range, one figure a seed."""
    last = common.ranges["images"][1]
    return [
        quality_at(run.labels["images"].tolist(), run.labels["boxes"].tolist(), last)
        for run in common.runs[arm].values()
    ]


def ratio(
    arm: Sequence[float], baseline: Sequence[float], *, draws: int = 10_000, level: float = 0.95
) -> Ratio:
    """Ratio of two means, with a percentile interval over paired seeds.

    Args:
        arm: One figure a seed, from 0.
        baseline: One figure a seed, same seeds in the same order.
        draws: Samples of seeds; those in which the baseline has nothing are left out.
        level: Coverage.

    Raises:
        ArgumentError: No seed, lengths that differ, a figure below 0 or not finite.
    """
    a, b = np.asarray(arm, np.float64), np.asarray(baseline, np.float64)
    if a.shape != b.shape or a.ndim != 1 or len(a) == 0:
        expected = f"one figure a seed, as in `arm` ({a.size})"
        raise ArgumentError("ratio", "baseline", expected=expected, got=f"{b.size}")
    both = np.concatenate([a, b])
    if not (np.isfinite(both) & (both >= 0)).all():
        raise ArgumentError("ratio", "arm", expected="finite figures from 0", got=f"{both}")
    nan = float("nan")
    value = float(a.mean() / b.mean()) if b.any() else nan
    low, high = nan, nan
    if len(a) > 1 and b.any():
        rows = np.random.default_rng(_SEED).integers(0, len(a), (draws, len(a)))
        top, bottom = a[rows].mean(axis=1), b[rows].mean(axis=1)
        drawn = top[bottom > 0] / bottom[bottom > 0]
        low, high = map(float, np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]))
    return Ratio(float(a.mean()), float(b.mean()), value, low, high)


def _compare(
    common: Shared, rivals: Sequence[str], baseline: str, unit: Unit, whole: bool, lower: bool
) -> list[Comparison]:
    """Area (`whole`) or end of each rival against the baseline, p corrected over all of them."""
    span, read = common.ranges[unit], area if whole else end
    figures = {
        a: [read(run, unit, span) for run in common.runs[a].values()] for a in (*rivals, baseline)
    }
    base = figures[baseline]
    found = [paired_difference(figures[a], base, rng=np.random.default_rng(_SEED)) for a in rivals]
    differences = np.array([np.subtract(figures[a], base) for a in rivals]).reshape(-1, len(base))
    corrected = joint_p_values(differences, rng=np.random.default_rng(_SEED))
    gap = smallest_gap(len(base), len(rivals)) if rivals else float("nan")
    return [
        Comparison(
            float(np.mean(figures[a])),
            float(np.mean(base)),
            d,
            p,
            gap if np.isinf(gap) else gap * d.deviation,
            verdict(d, p, lower_is_better=lower),
        )
        for a, d, p in zip(rivals, found, corrected, strict=True)
    ]


def _saving(common: Shared, arm: str, baseline: str, unit: Unit, lower: bool) -> LabelSaving:
    ours, theirs = (_curves(common, name, unit) for name in (arm, baseline))
    rng = np.random.default_rng(_SEED)
    return label_saving(ours, theirs, lower_is_better=lower, rng=rng, draws=_DRAWS)


def _curves(common: Shared, arm: str, unit: Unit) -> list[Curve]:
    runs = common.runs[arm].values()
    return [(run.labels[unit].tolist(), run.values.tolist()) for run in runs]


def _over_clips(
    study: Study, common: Shared, arm: str, baseline: str, metric: str, at_end: Comparison
) -> NestedDifference | None:
    """Over seeds and clips; None where outcomes are absent or measure something else."""
    if study.clips is None or metric != METRIC_OF_OUTCOMES:
        return None
    ours, theirs = (_outcomes(study, common, name) for name in (arm, baseline))
    if ours is None or theirs is None or not _same_test_set(study.clips, [*ours, *theirs]):
        return None
    rng = np.random.default_rng(_SEED)
    found = nested_difference(ours, theirs, study.clips, rng=rng, draws=_DRAWS)
    # Another overlap, subset or protocol in the evaluation's settings gives another miss rate.
    return found if abs(found.mean - at_end.difference.mean) < 1e-6 else None


def _outcomes(study: Study, common: Shared, arm: str) -> list[Outcomes] | None:
    """Outcomes at the end of the shared range, one a seed; None unless every seed has them."""
    last = common.ranges["images"][1]
    found = {
        r.seed: r.outcomes
        for r in sorted(study.results, key=lambda r: r.cycle)
        if r.arm == arm and r.images == last and r.outcomes is not None
    }
    kept = [found.get(seed) for seed in common.seeds]
    return None if any(o is None for o in kept) else [o for o in kept if o is not None]


def _same_test_set(clips: Int64[np.ndarray, "images"], runs: Sequence[Outcomes]) -> bool:
    first = runs[0].instances
    return (
        len(clips) == len(first)
        and first.sum() > 0
        and all(np.array_equal(run.instances, first) for run in runs)
    )
