"""What a study holds and lacks: its arms in order, the arm to beat, what was not finished."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from labelnext.errors import ArgumentError
from labelnext.rounds.results import Study
from labelnext.types import Metrics
from labelnext.wording import listing, plain, plural

BASELINES = ("guided random", "random")


class Spread(NamedTuple):
    """Mean over seeds, sample standard deviation (NaN below two seeds), seeds that count."""

    mean: float
    sd: float
    n: int


def arms(study: Study) -> tuple[str, ...]:
    """Arms that have results: the planned ones in their order, then others by name."""
    present = {r.arm for r in study.results}
    planned = [a for a in dict.fromkeys(study.planned_arms) if a in present]
    return (*planned, *sorted(present - set(planned)))


def baselines(names: Sequence[str]) -> tuple[str, ...]:
    """The arms to beat: guided random, then random, as far as they ran."""
    found = (next((n for n in names if normal(n) == wanted), None) for wanted in BASELINES)
    return tuple(name for name in found if name is not None)


def whole_pool(study: Study) -> tuple[Metrics, ...]:
    """Metrics of the reference called 'whole pool' (any case, dash or underscore); () without."""
    for name, metrics in study.references.items():
        if normal(name) == "whole pool":
            return metrics
    return ()


def usual_metric(study: Study) -> str:
    """The figure to judge by: mean IoU of detectors that segment, else miss rate at FPPI 1."""
    pixels = any(r.metrics is not None and math.isfinite(r.metrics.mean_iou) for r in study.results)
    return "mean_iou" if pixels else "miss_rate_at_fppi_1"


def lacking(study: Study) -> tuple[str, ...]:
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
        expected, got = "a Study with cycles from 0", f"cycle {negative[0].cycle}"
        raise ArgumentError("judge", "study", expected=expected, got=got)
    times = Counter((r.arm, r.seed, r.cycle) for r in study.results)
    for (arm, seed, cycle), n in times.items():
        if n > 1:
            raise ArgumentError(
                "judge",
                "study",
                expected="a Study with one result for each arm, seed and cycle",
                got=f"{n} for arm {arm!r}, seed {seed}, cycle {cycle}",
                remedy="Drop the older ones.",
            )
    runs: dict[tuple[str, int], tuple[int, int]] = {}
    for r in sorted(study.results, key=lambda r: r.cycle):
        before = runs.get((r.arm, r.seed), (0, 0))
        if r.images < before[0] or r.instances < before[1]:
            raise ArgumentError(
                "judge",
                "study",
                expected="a Study whose images and objects never become fewer from cycle to cycle",
                got=f"fewer for arm {r.arm!r}, seed {r.seed}, cycle {r.cycle}",
            )
        runs[r.arm, r.seed] = (r.images, r.instances)


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
