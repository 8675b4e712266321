"""Figures of a study over seeds, per cycle and arm."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from labelnext.audit.judge.curves import hours
from labelnext.audit.judge.facts import Spread, arms, check, spread, whole_pool
from labelnext.rounds.results import CycleResult, Study
from labelnext.wording import count, number, plain, signed

METRICS = ("miss_rate_at_fppi_1", "miss_rate_at_fppi_01", "log_average_miss_rate", "ap50")
OF_PIXELS = ("mean_iou", "pixel_accuracy")  # of detectors that segment
_NONE = Spread(math.nan, math.nan, 0)
_COUNTS = ("images", "instances", "images_with_instances")
COLUMNS = (
    "cycle",
    "arm",
    "seeds",
    "images",
    "objects",
    "hours",
    "miss rate at FPPI 1",
    "miss rate at FPPI 0.1",
    "log-average miss rate",
    "AP50",
    "to whole pool",
)
_LABOUR = 6  # columns before the figures
_PIXEL_COLUMNS = ("mean IoU", "pixel accuracy")


@dataclass(frozen=True, slots=True)
class Row:
    """One cycle of one arm over its seeds.

    Attributes:
        cycle: From 0, the initial detector.
        arm: Name.
        seeds: Seeds that finished this cycle.
        images: Images labelled so far.
        instances: Objects on them.
        images_with_instances: How many of them hold an object.
        hours: Of labelling so far; n = 0 where not known.
        miss_rate_at_fppi_1: In [0, 1]; NaN with n = 0 where no seed has the figure.
        miss_rate_at_fppi_01: Likewise at FPPI 0.1.
        log_average_miss_rate: Likewise.
        ap50: Likewise.
        to_ceiling: Mean miss rate at FPPI 1 less that of the 'whole pool' reference; NaN without.
        mean_iou: Of detectors that segment; n = 0 otherwise.
        pixel_accuracy: Likewise.
    """

    cycle: int
    arm: str
    seeds: int
    images: Spread
    instances: Spread
    images_with_instances: Spread
    hours: Spread
    miss_rate_at_fppi_1: Spread
    miss_rate_at_fppi_01: Spread
    log_average_miss_rate: Spread
    ap50: Spread
    to_ceiling: float
    mean_iou: Spread = _NONE
    pixel_accuracy: Spread = _NONE


def table(study: Study) -> tuple[Row, ...]:
    """Figures per cycle and arm, mean and spread over seeds; sorted by cycle, then arm.

    Args:
        study: Complete or interrupted; metrics may be absent or NaN.

    Raises:
        ArgumentError: A cycle is negative, or one arm, seed and cycle has two results.
    """
    check(study)
    groups: dict[tuple[int, int], list[CycleResult]] = {}
    order = {arm: i for i, arm in enumerate(arms(study))}
    for result in sorted(study.results, key=lambda r: r.seed):
        groups.setdefault((result.cycle, order[result.arm]), []).append(result)
    ceiling = _ceiling(study)
    return tuple(_row(study, groups[key], ceiling) for key in sorted(groups))


def columns(rows: Sequence[Row]) -> tuple[str, ...]:
    """Headings of the cells of rows: `COLUMNS`, with the figures of pixels where there are some."""
    if not any(row.mean_iou.n for row in rows):
        return COLUMNS
    return (*COLUMNS[:_LABOUR], *_PIXEL_COLUMNS, *COLUMNS[_LABOUR:])


def cells(row: Row, shown: Sequence[str] = COLUMNS) -> tuple[str, ...]:
    """A row as shown under the headings `shown`; a dash where a figure is undefined."""
    pixels = OF_PIXELS if len(shown) > len(COLUMNS) else ()
    return (
        str(row.cycle),
        plain(row.arm),
        str(row.seeds),
        with_sd(row.images, counts=True),
        with_sd(row.instances, counts=True),
        f"{row.hours.mean:.2f}" if row.hours.n else "–",
        *(with_sd(getattr(row, name)) for name in (*pixels, *METRICS)),
        signed(row.to_ceiling),
    )


def with_sd(spread: Spread, *, counts: bool = False) -> str:
    """`0.467 ± 0.012`; counts lose an sd of 0."""
    if counts:
        sd = f" ± {count(spread.sd)}" if spread.sd > 0 else ""
        return f"{count(spread.mean)}{sd}"
    sd = f" ± {number(spread.sd)}" if math.isfinite(spread.sd) else ""
    return f"{number(spread.mean)}{sd}"


def _row(study: Study, group: list[CycleResult], ceiling: float) -> Row:
    counts = {name: spread(float(getattr(r, name)) for r in group) for name in _COUNTS}
    metrics = {
        name: spread(getattr(r.metrics, name) for r in group if r.metrics)
        for name in (*METRICS, *OF_PIXELS)
    }
    return Row(
        cycle=group[0].cycle,
        arm=group[0].arm,
        seeds=len(group),
        hours=spread(hours(study, r) for r in group),
        to_ceiling=metrics["miss_rate_at_fppi_1"].mean - ceiling,
        **counts,
        **metrics,
    )


def _ceiling(study: Study) -> float:
    return spread(m.miss_rate_at_fppi_1 for m in whole_pool(study)).mean
