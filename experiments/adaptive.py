"""How much of a video adaptive scoring leaves out, and how many of the exhaustive picks it finds.

    python experiments/adaptive.py PROJECT [PROJECT …]
    python experiments/adaptive.py --simulate 8

Each project's newest round must be scored exhaustively (`labelnext score`). Adaptive scoring is
then asked pass by pass, with the scores that are there, for several budgets, strides and coverages,
and its picks are held against those of the whole. `--simulate` does the same with made-up series.
"""

import argparse
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from labelnext import select
from labelnext.evidence import Pool
from labelnext.machine import hardware
from labelnext.protocols import Strategy
from labelnext.rounds import overview
from labelnext.rounds.pooled import gathered
from labelnext.rounds.steps import scoring
from labelnext.strategies import paper
from labelnext.types import Timeline

SHARES, STRIDES, COVERAGES = (0.005, 0.01, 0.02, 0.05), (4, 8, 16), (0.9, 0.99)


class Whole(NamedTuple):
    """A pool with every score, and what cannot be chosen from it."""

    name: str
    pool: Pool
    closed: np.ndarray
    strategy: Strategy


class Outcome(NamedTuple):
    """Share of the exhaustive picks found, share of the pool scored, number of passes."""

    found: float
    scored: float
    passes: int


def main() -> None:
    """Print one table a project, or one of means over made-up pools."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("projects", nargs="*", type=Path)
    parser.add_argument("--simulate", type=int, default=0, metavar="POOLS")
    given = parser.parse_args()
    print(hardware())
    for project in given.projects:
        whole = read(project)
        print(f"\n{whole.name}: {len(whole.pool)} images, {whole.strategy.name}")
        table([whole])
    if given.simulate:
        print(f"\n{given.simulate} made-up pools of 10 videos of 1,500 frames")
        table([simulated(seed) for seed in range(given.simulate)])


def read(project: Path) -> Whole:
    """The newest scored round of a project."""
    with overview.opened(project) as opened:
        number = max(n for n in range(1, 1000) if opened.ledger.step(n, "score") is not None)
        records = scoring.ordered(opened)
        found = gathered(opened, number, records)
        closed = scoring.picked_before(opened, records) | np.isnan(found.pool.scores)
        return Whole(project.name, found.pool, closed, opened.strategy())


def simulated(seed: int, videos: int = 10, frames: int = 1500) -> Whole:
    """Slow drift, an event every 80 frames, and noise."""
    rng = np.random.default_rng(seed)
    scores = np.concatenate([series(rng, frames) for _ in range(videos)])
    names = [f"v{i}" for i in range(videos) for _ in range(frames)]
    numbers = np.tile(np.arange(frames), videos)
    line = Timeline(tuple(names), numbers, numbers / 25.0)
    return Whole(
        f"made-up {seed}", Pool(line, scores), np.zeros(len(scores), bool),
        paper.divergence(),
    )  # fmt: skip


def series(rng: np.random.Generator, n: int) -> np.ndarray:
    """A made-up score along a video."""
    drift = np.cumsum(rng.normal(0, 0.005, n))
    place = np.arange(n)
    for _ in range(n // 80):
        width = rng.uniform(3, 25)
        drift = drift + rng.exponential(0.3) * np.exp(
            -0.5 * ((place - rng.integers(n)) / width) ** 2
        )
    return np.asarray(drift + rng.normal(0, 0.02, n))


def table(wholes: list[Whole]) -> None:
    """A line for every budget, stride and coverage, as Markdown."""
    print("| budget | every | coverage | picks found | frames scored | passes |")
    print("|---|---|---|---|---|---|")
    for share, stride, coverage in itertools.product(SHARES, STRIDES, COVERAGES):
        rows = np.array([adaptive(whole, share, stride, coverage) for whole in wholes])
        found, scored, passes = rows.mean(0)
        cells = (f"{share:.1%}", stride, coverage, f"{found:.1%}", f"{scored:.1%}", round(passes))
        print("|", " | ".join(map(str, cells)), "|", flush=True)


def adaptive(whole: Whole, share: float, stride: int, coverage: float) -> Outcome:
    """Adaptive scoring of one pool, as a project does it."""
    budget = max(1, round(share * len(whole.pool)))
    choose = chooser(whole, budget)
    given = {**scoring.line(whole.strategy, whole.pool.timeline), "coverage": coverage,
             "without": whole.closed}  # fmt: skip
    reach = scoring.reach(whole.strategy)
    known, passes = np.full(len(whole.pool), np.nan), 0
    while len(todo := select.to_score(known, choose=choose, stride=stride, reach=reach, **given)):
        known[todo] = whole.pool.scores[todo]
        passes += 1
    chosen = set(choose(select.likely_upper(known, **given)).tolist())
    everything = set(choose(np.where(whole.closed, np.nan, whole.pool.scores)).tolist())
    scored = (~np.isnan(known)).sum() / (~whole.closed).sum()
    return Outcome(len(chosen & everything) / len(everything), float(scored), passes)


def chooser(whole: Whole, budget: int) -> Callable[[np.ndarray], np.ndarray]:
    """The strategy's selection as a function of the scores."""

    def choose(scores: np.ndarray) -> np.ndarray:
        picks = whole.strategy.select(
            replace(whole.pool, scores=scores), budget=budget, blocked=whole.closed,
            rng=np.random.default_rng(0),
        ).picks  # fmt: skip
        return np.array([pick.index for pick in picks], np.int64)

    return choose


if __name__ == "__main__":
    main()
