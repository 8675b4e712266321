"""Learning curves of a study, and what part of them all arms share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from labelnext.audit.judge.values import UNITS, Unit
from labelnext.evaluate.area import shared_range
from labelnext.rounds.results import CycleResult, Study

_BEHIND = 0.5  # an arm that has done less than this share of what others have is left out
_WHOLE = 0.9  # a seed counts if all arms have done this share of what they have in the best seed


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """The learning curve of one arm under one seed; cycles without the metric are left out.

    Attributes:
        cycles: Cycle of each point, rising.
        labels: Images, boxes and hours labelled from the pool so far, by unit. Hours are NaN where
            not known.
        values: The metric.
    """

    cycles: tuple[int, ...]
    labels: Mapping[Unit, Float64[np.ndarray, "points"]]
    values: Float64[np.ndarray, "points"]

    @property
    def reach(self) -> float:
        """Images labelled at the last point."""
        return float(self.labels["images"][-1])


Runs = Mapping[str, Mapping[int, Run]]


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What is compared.

    Attributes:
        runs: By arm, then seed; only arms and seeds compared.
        behind: Arms left out.
        seeds: Seeds that all arms share.
        ranges: Range that all curves cover, by unit; units that are not known are absent.
    """

    runs: Runs
    behind: tuple[str, ...]
    seeds: tuple[int, ...]
    ranges: Mapping[Unit, tuple[float, float]]


def all_runs(study: Study, names: Sequence[str], metric: str) -> Runs:
    """Every arm's learning curves by seed; runs without a measured cycle are left out."""
    groups: dict[str, dict[int, list[CycleResult]]] = {name: {} for name in names}
    for r in sorted(study.results, key=lambda r: (r.seed, r.cycle)):
        if r.metrics is not None and np.isfinite(getattr(r.metrics, metric)):
            groups[r.arm].setdefault(r.seed, []).append(r)
    return {
        name: {seed: _run(study, points, metric) for seed, points in by_seed.items()}
        for name, by_seed in groups.items()
    }


def shared(runs: Runs) -> Shared | None:
    """The arms, seeds and ranges on which like is compared with like; None where there are none.

    An interrupted study is judged on the seeds that all arms share. An arm that failed or has
    hardly begun is left out, so that it does not take the others' cycles away.
    """
    reach = {a: max((r.reach for r in by.values()), default=0.0) for a, by in runs.items()}
    most = max(reach.values(), default=0.0)
    kept = [a for a in runs if reach[a] > 0 and reach[a] >= _BEHIND * most]
    together = set.intersection(*(set(runs[a]) for a in kept)) if kept else set()
    least = {s: min(runs[a][s].reach for a in kept) for s in sorted(together)}
    best = max(least.values(), default=0.0)
    seeds = tuple(s for s, n in least.items() if n > 0 and n >= _WHOLE * best)
    if not seeds:
        return None
    chosen = {a: {s: runs[a][s] for s in seeds} for a in kept}
    ranges = {unit: _range(chosen, unit) for unit in UNITS}
    known = {unit: span for unit, span in ranges.items() if span is not None}
    if "images" not in known:
        return None
    return Shared(chosen, tuple(a for a in runs if a not in kept), seeds, known)


def _range(runs: Runs, unit: Unit) -> tuple[float, float] | None:
    labels = [run.labels[unit] for by_seed in runs.values() for run in by_seed.values()]
    if not all(np.isfinite(n).all() for n in labels):
        return None
    return shared_range([n.tolist() for n in labels])


def _run(study: Study, points: Sequence[CycleResult], metric: str) -> Run:
    return Run(
        tuple(r.cycle for r in points),
        {
            "images": np.array([r.images for r in points], np.float64),
            "boxes": np.array([r.instances for r in points], np.float64),
            "hours": np.array([hours(study, r) for r in points], np.float64),
        },
        np.array([getattr(r.metrics, metric) for r in points], np.float64),
    )


def hours(study: Study, result: CycleResult) -> float:
    """Hours of labelling so far: as recorded, else by the study's prices; NaN without either."""
    seconds = result.labelling_seconds
    if np.isnan(seconds) and study.cost is not None:
        seconds = float(study.cost.seconds(result.images, result.instances))
    return seconds / 3600
