"""Figures of a study over seeds, per cycle and arm."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from labelnext.errors import ArgumentError
from labelnext.rounds.results import CycleResult, Study
from labelnext.types import Metrics
from labelnext.wording import count, listing, number, plain, plural, signed

METRICS = ("miss_rate_at_fppi_1", "miss_rate_at_fppi_01", "log_average_miss_rate", "ap50")
_COUNTS = ("images", "instances", "images_with_instances")
COLUMNS = (
    "cycle",
    "arm",
    "seeds",
    "images",
    "objects",
    "miss rate at FPPI 1",
    "miss rate at FPPI 0.1",
    "log-average miss rate",
    "AP50",
    "to whole pool",
)


class Spread(NamedTuple):
    """Mean over seeds, sample standard deviation (NaN below two seeds), seeds that count."""

    mean: float
    sd: float
    n: int


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
        miss_rate_at_fppi_1: In [0, 1]; NaN with n = 0 where no seed has the figure.
        miss_rate_at_fppi_01: Likewise at FPPI 0.1.
        log_average_miss_rate: Likewise.
        ap50: Likewise.
        to_ceiling: Mean miss rate at FPPI 1 less that of the 'whole pool' reference; NaN without.
    """

    cycle: int
    arm: str
    seeds: int
    images: Spread
    instances: Spread
    images_with_instances: Spread
    miss_rate_at_fppi_1: Spread
    miss_rate_at_fppi_01: Spread
    log_average_miss_rate: Spread
    ap50: Spread
    to_ceiling: float


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
    return tuple(_row(groups[key], ceiling) for key in sorted(groups))


def cells(row: Row) -> tuple[str, ...]:
    """A row as shown, in the order of `COLUMNS`; a dash where a figure is undefined."""
    return (
        str(row.cycle),
        plain(row.arm),
        str(row.seeds),
        with_sd(row.images, counts=True),
        with_sd(row.instances, counts=True),
        *(with_sd(getattr(row, name)) for name in METRICS),
        signed(row.to_ceiling),
    )


def with_sd(spread: Spread, *, counts: bool = False) -> str:
    """`0.467 ± 0.012`; counts lose an sd of 0."""
    if counts:
        sd = f" ± {count(spread.sd)}" if spread.sd > 0 else ""
        return f"{count(spread.mean)}{sd}"
    sd = f" ± {number(spread.sd)}" if math.isfinite(spread.sd) else ""
    return f"{number(spread.mean)}{sd}"


def arms(study: Study) -> tuple[str, ...]:
    """Arms that have results: the planned ones in their order, then others by name."""
    present = {r.arm for r in study.results}
    planned = [a for a in dict.fromkeys(study.planned_arms) if a in present]
    return (*planned, *sorted(present - set(planned)))


def partial(study: Study) -> tuple[str, ...]:
    """What an interrupted study lacks, a sentence an arm; empty when it is whole.

    An arm is held against the planned seeds and cycles, or, without a plan, against the most that
    any arm has.
    """
    check(study)
    seeds = set(study.planned_seeds) | {r.seed for r in study.results}
    cycles = max((r.cycle for r in study.results), default=0)
    cycles = cycles if study.planned_cycles is None else study.planned_cycles
    have: dict[str, dict[int, int]] = {a: {} for a in (*arms(study), *study.planned_arms)}
    for r in study.results:
        have[r.arm][r.seed] = max(r.cycle, have[r.arm].get(r.seed, 0))
    notes = [_lack(arm, last, seeds, cycles) for arm, last in have.items()]
    return tuple(note for note in notes if note)


def whole_pool(study: Study) -> tuple[Metrics, ...]:
    """Metrics of the reference called 'whole pool' (any case, dash or underscore); () without."""
    for name, metrics in study.references.items():
        if normal(name) == "whole pool":
            return metrics
    return ()


def normal(name: str) -> str:
    """A name in lower case with single spaces for dashes, underscores and spaces."""
    return " ".join(name.lower().replace("-", " ").replace("_", " ").split())


def spread(values: Iterable[float]) -> Spread:
    """Mean, sample sd and number of the finite values; NaN, NaN, 0 without any."""
    finite = [float(v) for v in values if math.isfinite(v)]
    n = len(finite)
    if n == 0:
        return Spread(math.nan, math.nan, 0)
    mean = math.fsum(finite) / n
    variance = math.fsum((v - mean) ** 2 for v in finite) / (n - 1) if n > 1 else math.nan
    return Spread(mean, math.sqrt(variance), n)


def check(study: Study) -> None:
    """Raise ArgumentError where results contradict each other."""
    negative = [r for r in study.results if r.cycle < 0]
    if negative:
        raise ArgumentError(
            "report",
            "study",
            expected="a Study with cycles from 0",
            got=f"cycle {negative[0].cycle}",
        )
    times = Counter((r.arm, r.seed, r.cycle) for r in study.results)
    for (arm, seed, cycle), n in times.items():
        if n > 1:
            raise ArgumentError(
                "report",
                "study",
                expected="a Study with one result for each arm, seed and cycle",
                got=f"{n} for arm {arm!r}, seed {seed}, cycle {cycle}",
                remedy="Drop the older ones.",
            )


def _row(group: list[CycleResult], ceiling: float) -> Row:
    counts = {name: spread(float(getattr(r, name)) for r in group) for name in _COUNTS}
    metrics = {
        name: spread(getattr(r.metrics, name) for r in group if r.metrics) for name in METRICS
    }
    return Row(
        cycle=group[0].cycle,
        arm=group[0].arm,
        seeds=len(group),
        to_ceiling=metrics["miss_rate_at_fppi_1"].mean - ceiling,
        **counts,
        **metrics,
    )


def _ceiling(study: Study) -> float:
    return spread(m.miss_rate_at_fppi_1 for m in whole_pool(study)).mean


def _lack(arm: str, last: dict[int, int], seeds: set[int], cycles: int) -> str:
    if not last:
        return f"partial: arm {plain(arm)} has not started"
    short = {seed: cycle for seed, cycle in last.items() if cycle < cycles}
    parts = []
    if len(last) < len(seeds):
        parts.append(f"has {len(last)} of {plural(len(seeds), 'seed')}")
    if short:
        where = listing(f"seed {s} at cycle {c}" for s, c in sorted(short.items()))
        parts.append(f"stops short of cycle {cycles} ({where})")
    return f"partial: arm {plain(arm)} {listing(parts)}" if parts else ""
