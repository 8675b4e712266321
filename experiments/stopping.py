"""Would a project's forecast have served? `stopping.py AUDIT_FOLDER` or `stopping.py --simulate N`.

For docs/results/stopping.md. At every cycle with five points or more, what the project would have
said (labelnext.rounds.outlook.expected) is held against what the next cycle measured, and the rule
of the price against what the rest of the run brought. An audit's ledgers are copied, never opened
in place. `--simulate N` does the same with N made-up curves of each kind, whose truth is known.
"""

import argparse
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from labelnext.evaluate import learning_curve
from labelnext.evaluate.returns import suggest_stop
from labelnext.rounds.collect import cycle_results
from labelnext.rounds.outlook.expected import Expected, expected, miss_rate, usable
from labelnext.rounds.outlook.returns import counted
from labelnext.rounds.overview import opened
from labelnext.rounds.results import CycleResult
from labelnext.rounds.seeds import generator
from labelnext.types import Metrics, MissRateCurve

Truth = Callable[[float], float]


@dataclass(frozen=True)
class Run:
    """One learning curve; `truth` is the miss rate by images without noise, where it is known."""

    kind: str
    seed: int
    initial: int
    results: Sequence[CycleResult]
    truth: Truth | None = None


@dataclass(frozen=True)
class Prediction:
    """What was said after a cycle, and what the next one brought."""

    kind: str
    points: int
    said: Expected
    came: float
    true: float | None


def runs_of(folder: Path, count_initial: bool, least: int) -> Iterator[Run]:
    """Every run of an audit with a cycle after `least` points, from copies of its ledgers."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for file in folder.glob("index.sqlite*"):
            shutil.copy2(file, copy / file.name)
        for run in sorted(folder.glob("runs/*/seed-*")):
            if not (run / ".labelnext/ledger.sqlite").exists():
                continue
            into = copy / run.relative_to(folder)
            (into / ".labelnext").mkdir(parents=True)
            shutil.copy2(run / "labelnext.toml", into)
            for file in run.glob(".labelnext/ledger.sqlite*"):
                shutil.copy2(file, into / ".labelnext")
            if (run / ".labelnext/outcomes").exists():
                shutil.copytree(run / ".labelnext/outcomes", into / ".labelnext/outcomes")
            _as_now(into / ".labelnext/ledger.sqlite")
            with opened(into) as project:
                seed = project.config.seed
                initial = counted(project)
                if count_initial:
                    initial = project.index.counts()["initial"].images
                results = usable(cycle_results(project, run.parent.name, seed), initial)
            if len(results) > least:
                yield Run(run.parent.name, seed, initial, results)


def _as_now(ledger: Path) -> None:
    """Ledgers of before late answers: every label was known in its own round."""
    with closing(sqlite3.connect(ledger)) as db:
        if "known_from" not in {row[1] for row in db.execute("PRAGMA table_info(labels)")}:
            db.execute("ALTER TABLE labels ADD COLUMN known_from INTEGER NOT NULL DEFAULT 0")
            db.execute("UPDATE labels SET known_from = round")
            db.commit()


def simulated(count: int, cycles: int) -> Iterator[Run]:
    """Curves of four shapes with the noise of a test set: 100 initial images, 50 a cycle."""
    for kind in ("power", "exponential", "two drops", "flat"):
        for noise in (0.01, 0.03):
            for seed in range(count):
                rng = generator(seed, kind, str(noise))
                truth = _shape(kind, rng)
                measured = [
                    float(np.clip(truth(100 + 50 * k) + rng.normal(0, noise), 0, 1))
                    for k in range(cycles + 1)
                ]
                results = [_result(kind, seed, k, value) for k, value in enumerate(measured)]
                yield Run(f"{kind}, noise {noise:g}", seed, 100, results, truth)


def _shape(kind: str, rng: np.random.Generator) -> Truth:
    floor, height = rng.uniform(0.1, 0.4), rng.uniform(0.2, 0.5)
    if kind == "power":
        fall = rng.uniform(0.3, 1.5)
        return lambda n: float(floor + height * (n / 100) ** -fall)
    if kind == "exponential":
        speed = rng.uniform(100, 400)
        return lambda n: float(floor + height * np.exp(-(n - 100) / speed))
    if kind == "two drops":  # none of the fitted families
        second = rng.uniform(300, 600)
        return lambda n: float(
            floor + height * (np.exp(-(n - 100) / 60) + 1 / (1 + np.exp((n - second) / 30))) / 2
        )
    return lambda _: float(floor + height)


def _result(arm: str, seed: int, cycle: int, value: float) -> CycleResult:
    """A cycle in which every image took 30 seconds."""
    one = np.array([1.0])
    metrics = Metrics(1, 1, value, value, value, 0.0, 0.0, MissRateCurve(one, one, one))
    return CycleResult(arm, seed, cycle, 50 * cycle, 0, 0, metrics, {}, 1500.0 * cycle)


def predictions(run: Run) -> list[Prediction]:
    """What would have been said after each cycle but the last."""
    found = []
    for k, (now, then) in enumerate(pairwise(run.results)):
        batch = then.images - now.images
        if not batch:
            continue
        rng = generator(run.seed, "forecast", now.cycle)
        said = expected(run.results[: k + 1], initial=run.initial, batch=batch, rng=rng)
        if said is None:
            continue
        came = (miss_rate(now) or 0.0) - (miss_rate(then) or 0.0)
        at = run.initial + now.images
        true = None if run.truth is None else run.truth(at) - run.truth(at + said.images)
        found.append(Prediction(run.kind, k + 1, said, came, true))
    return found


def table(title: str, groups: dict[str, list[Prediction]]) -> None:
    """Print how predictions turned out, a row a group."""
    print(f"\n| {title} | predictions | measured inside 90 % | true inside 90 % | said | came | "
          "mean error | mean size of error | mean width |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for name, of in groups.items():
        said, came = np.array([p.said.gain.gain for p in of]), np.array([p.came for p in of])
        inside = np.mean([p.said.measured.low <= p.came <= p.said.measured.high for p in of])
        known = [p for p in of if p.true is not None]
        true = [p.said.gain.low - 1e-9 <= (p.true or 0.0) <= p.said.gain.high + 1e-9 for p in known]
        width = np.mean([p.said.measured.high - p.said.measured.low for p in of])
        share = f"{np.mean(true):.0%}" if true else "–"
        print(f"| {name} | {len(of)} | {inside:.0%} | {share} | {said.mean():+.4f} | "
              f"{came.mean():+.4f} | {np.mean(said - came):+.4f} | "
              f"{np.abs(said - came).mean():.4f} | {width:.3f} |")  # fmt: skip


def stops(runs: Sequence[tuple[Run, list[Prediction]]], prices: Sequence[float]) -> None:
    """Print when the rule would have stopped, and what that saved and lost, a row a price."""
    print("\n| price (miss rate an hour) | runs | stopped | mean cycle | images saved | "
          "hours saved | miss rate lost | worst | lost an hour saved |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for price in prices:
        rows = []
        for run, said in runs:
            history = [p.said.per_hour for p in said]
            told = [suggest_stop(history[: k + 1], price).stop for k in range(len(said))]
            if any(told):
                at, end = run.results[said[told.index(True)].points - 1], run.results[-1]
                hours = (end.labelling_seconds - at.labelling_seconds) / 3600
                here, there = miss_rate(at) or 0.0, miss_rate(end) or 0.0
                if run.truth is not None:
                    here, there = (run.truth(run.initial + r.images) for r in (at, end))
                rows.append((at.cycle, end.images - at.images, hours, here - there))
        if not rows:
            print(f"| {price:g} | {len(runs)} | 0 | – | – | – | – | – | – |")
            continue
        cycle, images, hours, lost = np.mean(rows, axis=0)
        worst, each = max(r[3] for r in rows), lost / hours if hours else 0.0
        print(f"| {price:g} | {len(runs)} | {len(rows)} | {cycle:.1f} | {images:.0f} | "
              f"{hours:.2f} | {lost:+.4f} | {worst:+.4f} | {each:+.4f} |")  # fmt: skip


def chances(found: Sequence[Prediction], price: float) -> None:
    """Print how often the truth brought the price where the forecast gave it such a chance."""
    print(f"\n| chance of {price:g} an hour, as said | predictions | true |\n|---|---|---|")
    rows = []
    for p in found:
        assert p.said.hours is not None
        assert p.true is not None
        least = price * p.said.hours
        last = p.said.curve.last
        rows.append((p.said.curve.chance(last, last + p.said.images, least), p.true >= least))
    for low, high in pairwise((0.0, 0.1, 0.3, 0.7, 0.9, 1.001)):
        of = [yes for said, yes in rows if low <= said < high]
        if of:
            print(f"| {low:.0%} to {min(high, 1):.0%} | {len(of)} | {np.mean(of):.0%} |")


def main() -> None:
    """Read the arguments and print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="an audit's folder")
    parser.add_argument("--simulate", type=int, default=0, help="curves of each kind")
    parser.add_argument("--cycles", type=int, default=12, help="cycles of a simulated curve")
    parser.add_argument("--price", type=float, action="append", help="miss rate an hour")
    parser.add_argument(
        "--count-initial", action="store_true", help="even where training leaves them out"
    )
    parser.add_argument("--least", type=int, default=5, help="points to fit a curve to")
    given = parser.parse_args()
    learning_curve.LEAST_POINTS = given.least  # a project never fits fewer than five
    count, least = given.count_initial, given.least
    runs = list(runs_of(given.folder, count, least)) if given.folder else []
    runs += simulated(given.simulate, given.cycles) if given.simulate else []
    both = [(run, predictions(run)) for run in runs]
    every = [p for _, said in both for p in said]
    if not every:
        parser.error("no run has a cycle after enough points")
    kinds = dict.fromkeys(p.kind for p in every)
    table("runs", {"all": every, **{k: [p for p in every if p.kind == k] for k in kinds}})
    points = sorted({p.points for p in every})
    table("points", {str(n): [p for p in every if p.points == n] for n in points})
    prices = given.price or [0.1, 0.05, 0.02, 0.01]
    stops([pair for pair in both if len(pair[1]) > 1] or both, prices)
    if all(p.true is not None for p in every):
        chances(every, prices[len(prices) // 2])


if __name__ == "__main__":
    main()
