"""Mean learning curves over seeds, with bootstrap bands, in any unit of labour."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from labelnext.audit.judge.curves import Run, hours
from labelnext.audit.judge.facts import arms
from labelnext.audit.judge.values import Unit
from labelnext.rounds.results import Study

_DRAWS = 2000


class Band(NamedTuple):
    """Mean over seeds and the ends of its 95 % interval; NaN ends where there is one seed."""

    x: Float64[np.ndarray, "points"]
    mean: Float64[np.ndarray, "points"]
    low: Float64[np.ndarray, "points"]
    high: Float64[np.ndarray, "points"]


class Line(NamedTuple):
    """One seed's figures against what it had labelled."""

    x: Float64[np.ndarray, "points"]
    y: Float64[np.ndarray, "points"]


def metric_bands(runs: Mapping[str, Mapping[int, Run]], unit: Unit) -> dict[str, Band]:
    """A band for each arm whose labour in this unit is known."""
    lines = {
        arm: [Line(r.labels[unit], r.values) for r in by_seed.values()]
        for arm, by_seed in runs.items()
    }
    return _bands(lines)


def count_bands(study: Study, what: str, unit: Unit = "images") -> dict[str, Band]:
    """A band for each arm of a count (`instances`, `images_with_instances`)."""
    lines: dict[str, list[Line]] = {arm: [] for arm in arms(study)}
    for arm, seed in sorted({(r.arm, r.seed) for r in study.results}):
        mine = sorted(
            (r for r in study.results if (r.arm, r.seed) == (arm, seed)), key=lambda r: r.cycle
        )
        labour = {
            "images": [float(r.images) for r in mine],
            "boxes": [float(r.instances) for r in mine],
            "hours": [hours(study, r) for r in mine],
        }
        y = np.array([getattr(r, what) for r in mine], np.float64)
        lines[arm].append(Line(np.array(labour[unit]), y))
    return _bands(lines)


def band(lines: Sequence[Line]) -> Band:
    """Average seeds at the mean place of each of their points.

    Seeds label different numbers of boxes by the same cycle, so each is read between its points. A
    seed that stops early counts as far as it goes; the average ends where the shortest of the seeds
    with most points ends.

    Args:
        lines: One a seed, with rising or equal x.
    """
    most = max(len(line.x) for line in lines)
    whole = [line for line in lines if len(line.x) == most]
    grid = np.mean([line.x for line in whole], axis=0)
    grid = np.unique(np.minimum(grid, min(float(line.x[-1]) for line in whole)))
    read = np.array([np.interp(grid, *_settled(line), left=np.nan, right=np.nan) for line in lines])
    rng = np.random.default_rng(0)
    rows = [_point(column[np.isfinite(column)], rng) for column in read.T]
    mean, low, high = (np.array(part) for part in zip(*rows, strict=True))
    return Band(grid, mean, low, high)


def _bands(lines: Mapping[str, Sequence[Line]]) -> dict[str, Band]:
    return {
        arm: band(of)
        for arm, of in lines.items()
        if of and all(np.isfinite(line.x).all() and len(line.x) for line in of)
    }


def _point(values: Float64[np.ndarray, "seeds"], rng: np.random.Generator) -> Iterable[float]:
    n = len(values)
    if n < 2:
        return (float(values.mean()) if n else np.nan, np.nan, np.nan)
    drawn = values[rng.integers(0, n, (_DRAWS, n))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return (float(values.mean()), float(low), float(high))


def _settled(line: Line) -> Line:
    """Without points that another at the same place replaces."""
    last = np.append(line.x[1:] > line.x[:-1], True)
    return Line(line.x[last], line.y[last])
