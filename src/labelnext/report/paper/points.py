"""What a figure of the paper shows, as numbers: curves and series, mean and spread over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from labelnext.audit.judge.facts import Spread, spread, whole_pool
from labelnext.audit.paper import Figure, Line, Panel, shown_cycles
from labelnext.evaluate.miss_rate import miss_rate_at
from labelnext.report.curves import mean_curve
from labelnext.rounds.results import CycleResult, Study
from labelnext.types import Metrics


@dataclass(frozen=True, slots=True)
class Curve:
    """Miss rate against FPPI of one line at one cycle, over seeds.

    Attributes:
        words: Name of the line; empty for the whole pool.
        cycle: From 1; 0 for the whole pool.
        images: Labelled so far, mean over seeds.
        share: Of the pool.
        fppi: False positives per image.
        miss_rate: Mean over seeds.
        sd: Sample standard deviation over seeds; NaN for one seed.
        at_1: Miss rate at FPPI 1.
        at_01: Miss rate at FPPI 0.1.
        last: Whether it is there to compare with, at its last cycle alone.
        chance: Whether its images were selected at random.
    """

    words: str
    cycle: int
    images: float
    share: float
    fppi: Float64[np.ndarray, "points"]
    miss_rate: Float64[np.ndarray, "points"]
    sd: Float64[np.ndarray, "points"]
    at_1: Spread
    at_01: Spread
    last: bool = False
    chance: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """A figure of one line, cycle by cycle.

    Attributes:
        words: Name of the line.
        cycles: From 1.
        images: Labelled so far, mean over seeds.
        values: Miss rate at FPPI 1, or objects on the images that the cycle selected.
        total: Objects on all images selected up to the last cycle; None for miss rates.
        chance: Whether its images were selected at random.
    """

    words: str
    cycles: tuple[int, ...]
    images: tuple[float, ...]
    values: tuple[Spread, ...]
    total: Spread | None = None
    chance: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel with its numbers; `whole` is the detector trained on the whole pool."""

    panel: Panel
    curves: tuple[Curve, ...] = ()
    series: tuple[Series, ...] = ()
    whole: Curve | None = None


def points(figure: Figure, study: Study, *, cycles: int) -> tuple[Shown, ...]:
    """The numbers of a figure, panel by panel; what has not run is left out.

    Args:
        figure: From `audit.paper.figure`.
        study: From `audit.paper.gather`.
        cycles: Of the study's own budget.
    """
    return tuple(
        (_curves if panel.shows == "curves" else _series)(panel, study, cycles)
        for panel in figure.panels
    )


def _curves(panel: Panel, study: Study, cycles: int) -> Shown:
    wanted = [(line, k, False) for line in panel.lines for k in shown_cycles(line.cycles(cycles))]
    wanted += [(line, line.cycles(cycles), True) for line in panel.last]
    found = (_curve(study, *one) for one in wanted)
    whole = _averaged("", 0, study.pool_images, 1.0, whole_pool(study))
    return Shown(panel, curves=tuple(c for c in found if c is not None), whole=whole)


def _curve(study: Study, line: Line, cycle: int, last: bool) -> Curve | None:
    mine = [r for r in _of(study, line) if r.cycle == cycle and r.metrics is not None]
    if not mine:
        return None
    images = float(np.mean([r.images for r in mine]))
    share = images / study.pool_images if study.pool_images else float("nan")
    metrics = [r.metrics for r in mine if r.metrics is not None]
    found = _averaged(line.words, cycle, images, share, metrics)
    return None if found is None else replace(found, last=last, chance=line.chance)


def _averaged(
    words: str, cycle: int, images: float, share: float, metrics: Sequence[Metrics]
) -> Curve | None:
    whole = [m.curve for m in metrics if np.isfinite(m.miss_rate_at_fppi_1)]
    mean = mean_curve(whole)
    if mean is None:
        return None
    rates = np.array([[miss_rate_at(curve, fppi) for fppi in mean.fppi] for curve in whole])
    sd = rates.std(axis=0, ddof=1) if len(whole) > 1 else np.full(len(mean.fppi), np.nan)
    return Curve(
        words, cycle, images, share, mean.fppi, mean.miss_rate, sd,
        spread(m.miss_rate_at_fppi_1 for m in metrics),
        spread(m.miss_rate_at_fppi_01 for m in metrics),
    )  # fmt: skip


def _series(panel: Panel, study: Study, cycles: int) -> Shown:
    found = (_one_series(study, line, cycles, panel.shows == "objects") for line in panel.lines)
    return Shown(panel, series=tuple(s for s in found if s is not None))


def _one_series(study: Study, line: Line, most: int, counts: bool) -> Series | None:
    value = _selected if counts else _miss_rate
    by_place = {(r.seed, r.cycle): r for r in _of(study, line) if r.cycle <= line.cycles(most)}
    cycles, images, values = [], [], []
    for cycle in sorted({cycle for _, cycle in by_place} - {0}):
        mine = [(seed, r) for (seed, c), r in by_place.items() if c == cycle]
        seen = spread(value(r, by_place.get((seed, cycle - 1))) for seed, r in mine)
        if seen.n:
            cycles.append(cycle)
            images.append(float(np.mean([r.images for _, r in mine])))
            values.append(seen)
    if not cycles:
        return None
    total = None
    if counts:
        total = spread(float(r.instances) for (_, c), r in by_place.items() if c == cycles[-1])
    return Series(
        line.words, tuple(cycles), tuple(images), tuple(values), total, chance=line.chance
    )


def _miss_rate(result: CycleResult, before: CycleResult | None) -> float:
    return float("nan") if result.metrics is None else result.metrics.miss_rate_at_fppi_1


def _selected(result: CycleResult, before: CycleResult | None) -> float:
    """Objects on the images of one cycle, X_s; results count all up to it."""
    return float(result.instances - (0 if before is None else before.instances))


def _of(study: Study, line: Line) -> list[CycleResult]:
    mine = [r for r in study.results if r.arm == line.arm.name]
    return sorted(mine, key=lambda r: (r.seed, r.cycle))
