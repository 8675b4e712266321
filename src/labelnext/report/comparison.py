"""Arms held against a baseline on the cycles and seeds that they share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelnext.evaluate.paired import PairedDifference, holm, paired_difference
from labelnext.report.summary import arms, check, normal, spread
from labelnext.rounds.results import CycleResult, Study
from labelnext.wording import count

BASELINES = ("guided random", "random")
LEVEL = 0.05
MOST_SEEDS = 22  # the exact test takes no more
_PACE = 1.1  # arms whose numbers of images differ by more are compared at equal images, not cycles


@dataclass(frozen=True, slots=True)
class Comparison:
    """One arm less the baseline in miss rate at FPPI 1, by paired seed; negative is better.

    Attributes:
        arm: Name.
        baseline: Name of the arm it is held against.
        end: At the last cycle that all arms share.
        average: Mean over the cycles that all arms share.
        p_end: Two-sided p at the end, corrected over the arms compared (Holm).
        p_average: The same on average.
    """

    arm: str
    baseline: str
    end: PairedDifference
    average: PairedDifference
    p_end: float
    p_average: float


@dataclass(frozen=True, slots=True)
class Overlap:
    """Miss rates at FPPI 1 by arm, seed and position, and what all arms have in common.

    A position is a cycle, or, where arms label at different paces, a number of images. `uneven`
    says that arms are compared at one cycle with unlike numbers of images.
    """

    rates: dict[str, dict[int, dict[int, float]]]
    seeds: tuple[int, ...]
    positions: tuple[int, ...]
    by_images: bool
    uneven: bool

    def end(self, arm: str, seed: int) -> float:
        """Miss rate at the last shared position."""
        return self.rates[arm][seed][self.positions[-1]]

    def average(self, arm: str, seed: int) -> float:
        """Mean miss rate over the shared positions."""
        rates = self.rates[arm][seed]
        return math.fsum(rates[p] for p in self.positions) / len(self.positions)

    def end_mean(self, arm: str) -> float:
        """`end`, mean over the shared seeds."""
        return spread(self.end(arm, s) for s in self.seeds).mean

    def average_mean(self, arm: str) -> float:
        """`average`, mean over the shared seeds."""
        return spread(self.average(arm, s) for s in self.seeds).mean

    def where(self) -> str:
        """The last shared position in words."""
        last = self.positions[-1]
        return f"at {count(last)} images" if self.by_images else f"after cycle {last}"

    def span(self) -> str:
        """All shared positions in words."""
        first, last = self.positions[0], self.positions[-1]
        if first == last:
            return self.where()
        if self.by_images:
            return f"over {len(self.positions)} points from {count(first)} to {count(last)} images"
        return f"over cycles {first} to {last}"


def comparisons(study: Study) -> tuple[Comparison, ...]:
    """Every other arm against the baseline, on the cycles and seeds that all arms share.

    The baseline is the arm called guided random, else random; without one the result is empty.

    Raises:
        ArgumentError: The results contradict each other.
    """
    check(study)
    common = overlap(study)
    baseline = None if common is None else find_baseline(tuple(common.rates))
    if common is None or baseline is None:
        return ()
    return compare(common, [a for a in common.rates if a != baseline], baseline)


def least_p(seeds: int) -> float:
    """Least two-sided p of an exact sign-flip test on `seeds` pairs: 2^(1−S)."""
    return 2.0 ** (1 - seeds)


def overlap(study: Study) -> Overlap | None:
    """The seeds and positions at which every arm has a finite miss rate; None without any."""
    measured = [
        r
        for r in study.results
        if r.cycle > 0 and r.metrics and math.isfinite(r.metrics.miss_rate_at_fppi_1)
    ]
    if not measured:
        return None
    pace = _pace(measured)
    for by_images in (True, False) if pace > _PACE else (False,):
        rates: dict[str, dict[int, dict[int, float]]] = {a: {} for a in arms(study)}
        for r in measured:
            assert r.metrics is not None
            position = r.images if by_images else r.cycle
            rates[r.arm].setdefault(r.seed, {})[position] = r.metrics.miss_rate_at_fppi_1
        shared = _shared(rates)
        if shared:
            return Overlap(rates, *shared, by_images, pace > 1 and not by_images)
    return None


def _pace(results: list[CycleResult]) -> float:
    """Greatest ratio between the numbers of images that two runs had labelled at one cycle."""
    images: dict[int, list[int]] = {}
    for r in results:
        images.setdefault(r.cycle, []).append(max(r.images, 1))
    return max(max(n) / min(n) for n in images.values())


def _shared(
    rates: dict[str, dict[int, dict[int, float]]],
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    seeds = sorted(set.intersection(*(set(by_seed) for by_seed in rates.values())))
    reach = {s: set.intersection(*(set(rates[a][s]) for a in rates)) for s in seeds}
    last = max((max(p) for p in reach.values() if p), default=None)
    if last is None:
        return None
    whole = tuple(s for s in seeds if last in reach[s])
    return whole, tuple(sorted(set.intersection(*(reach[s] for s in whole))))


def compare(common: Overlap, names: Sequence[str], baseline: str) -> tuple[Comparison, ...]:
    """Each of `names` less the baseline, seed by seed, over the first 22 shared seeds at most."""
    seeds = common.seeds[:MOST_SEEDS]
    end = [_paired([common.end(a, s) - common.end(baseline, s) for s in seeds]) for a in names]
    average = [
        _paired([common.average(a, s) - common.average(baseline, s) for s in seeds]) for a in names
    ]
    p_end, p_average = (holm([d.p_value for d in part]) for part in (end, average))
    return tuple(
        Comparison(arm, baseline, end[i], average[i], p_end[i], p_average[i])
        for i, arm in enumerate(names)
    )


def _paired(differences: list[float]) -> PairedDifference:
    zeros = [0.0] * len(differences)
    return paired_difference(differences, zeros, rng=np.random.default_rng(0))


def find_baseline(names: tuple[str, ...]) -> str | None:
    """The arm to beat: guided random where it ran, else random, else None."""
    for wanted in BASELINES:
        for name in names:
            if normal(name) == wanted:
                return name
    return None


def outcome(difference: PairedDifference, p: float) -> str:
    """`lower` or `higher` where the interval excludes 0 and p < 0.05; else what falls short."""
    if not difference.shown:
        return "no difference shown"
    side = "lower" if difference.mean < 0 else "higher"
    return side if p < LEVEL else f"{side}, not proven"
