"""How long a replay will take: what was measured × what is not done yet, shared by the workers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from labelnext.audit.ledgers import Course
from labelnext.audit.measure import IMAGES, Rates, Taste, measure
from labelnext.audit.plan import CEILING, Replay, Run, runs
from labelnext.audit.rates import Counts, costs_of, mean, merged, recorded
from labelnext.audit.subset import subset
from labelnext.engine.workers import told, worker_pool
from labelnext.errors import LabelnextError
from labelnext.rounds.project import weights_path


@dataclass(slots=True)
class Estimate:
    """Seconds that a replay takes, and what is known about them.

    Attributes:
        costs: Of each run, seconds of cycle 0, 1, … by the rates.
        course: How far each run has come.
        workers: Processes that share the work.
        rates: What the figures rest on.
        recorded: Whether they come from finished cycles alone, not from a measurement.
    """

    costs: Sequence[Sequence[float]]
    course: Course
    workers: int
    rates: Rates
    recorded: bool
    _begun: tuple[float, float] | None = None

    @property
    def seconds(self) -> float:
        """Seconds until everything is done, from where it stands now."""
        rest = self._rest()
        chains: dict[int, tuple[float, float]] = {}
        for run, seconds in rest:  # an arm waits for its seed's initial detector
            first, longest = chains.get(run.seed, (0.0, 0.0))
            chains[run.seed] = (
                (first + seconds, longest)
                if run.initial is None
                else (first, max(longest, seconds))
            )
        longest = max((sum(chain) for chain in chains.values()), default=0.0)
        return max(sum(seconds for _, seconds in rest) / max(1, self.workers), longest)

    @property
    def words(self) -> str:
        """One sentence for people."""
        done, total = self.course.done, self.course.total
        if done >= total:
            return f"Nothing is left to do: all {total} cycles are done."
        parts = [f"{done} of {total} cycles are done", *_spoken(self.rates)]
        side = f"{self.workers} processes side by side" if self.workers > 1 else "one process"
        source = "as finished cycles took" if self.recorded else "measured on this machine"
        return f"About {duration(self.seconds)}: {', '.join(parts)}; {side}, {source}."

    def left(self, course: Course) -> float:
        """Seconds left while it runs: corrected by how long what was done since has taken."""
        self.course = course
        now = self.seconds
        if self._begun is None:
            self._begun = (monotonic(), now)
            return now
        then, before = self._begun
        passed = before - now
        return now * (monotonic() - then) / passed if passed > 0 else now

    def _rest(self) -> list[tuple[Run, float]]:
        """Seconds that each unfinished run still takes."""
        found = []
        for run, done, costs in zip(self.course.runs, self.course.cycles, self.costs, strict=True):
            skipped = done + (1 if run.cycles else 0)  # costs begin with cycle 0
            if done < max(run.cycles, 1):
                found.append((run, sum(costs[skipped:])))
        return found


def estimate(plan: Replay, *, workers: int, measured: Rates | None = None) -> Estimate:
    """How long the rest of a replay takes.

    Seconds of finished cycles are used where there are some; what no cycle has shown yet is
    measured, in as many processes at a time as will run.

    Args:
        plan: Its index must be filled.
        workers: Processes that will run.
        measured: Use these instead of measuring.

    Raises:
        LabelnextError: An unknown strategy or argument; or the detector cannot be run at all.
    """
    planned = runs(plan)
    counts = Counts.of(plan.index)
    known = recorded(plan, planned, counts)
    missing = _missing(plan, planned, known)
    rates = known
    if missing is not None:
        fresh = measured or taste(plan, missing, workers=workers)
        rates = merged(known, fresh)
    course = Course(planned)
    course.look()
    costs = [costs_of(run, rates, counts) for run in planned]
    return Estimate(costs, course, workers, rates, recorded=missing is None)


def taste(plan: Replay, arms: Sequence[str], *, workers: int, index: Path | None = None) -> Rates:
    """Try arms of a plan on a few images, in as many processes as will run; see `measure`.

    Args:
        plan: What is to run.
        arms: Names of those to try.
        workers: Processes that will run.
        index: Where images are taken from; by default the plan's own.

    Raises:
        LabelnextError: There is no pool, or the detector cannot be run at all.
    """
    chosen = tuple(arm for arm in plan.arms if arm.name in arms)
    weights = [weights_path(plan.initial_folder(seed), plan.config, 0) for seed in plan.seeds]
    finished = next((path for path in weights if path.exists()), None)
    with TemporaryDirectory(prefix="labelnext-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        counts = subset(
            index or plan.index,
            folder / "index.sqlite",
            {"initial": IMAGES, "pool": IMAGES, "test": IMAGES},
        )
        if not counts["pool"]:
            raise LabelnextError("The pool is empty. Give labelled images with --pool.")
        many = max(1, workers)
        tastes = [Taste(folder / f"worker-{i}", plan.config, chosen, finished) for i in range(many)]
        with worker_pool(workers) as pool:
            return mean(list(pool.map(partial(told, measure), tastes)))


def duration(seconds: float) -> str:
    """A time for people: `40 s`, `12 min`, `1 h 40 min`, `3 d 4 h`."""
    if not math.isfinite(seconds):
        return "an unknown time"
    if seconds < 119.5:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"


def _missing(plan: Replay, planned: Sequence[Run], known: Rates) -> list[str] | None:
    """Arms to be measured; None where finished cycles tell everything that is still needed."""
    course = Course(planned)
    course.look()
    open_runs = [
        run for run, done in zip(planned, course.cycles, strict=True) if done < max(run.cycles, 1)
    ]
    arms = {run.arm[0] for run in open_runs if run.arm and run.arm != (CEILING.name,)}
    unknown = [arm.name for arm in plan.arms if arm.name in arms and arm.name not in known.score]
    untimed = [known.evaluate, known.train if any(run.cycles for run in open_runs) else 0.0]
    untimed += [known.initial] if any(not run.cycles for run in open_runs) else []
    if not open_runs or not (unknown or any(map(math.isnan, untimed))):
        return None
    return unknown


def _spoken(rates: Rates) -> list[str]:
    """Rates in words."""
    said = []
    if not math.isnan(rates.step):
        said.append(f"{rates.step:.2g} s a training step")
    elif rates.train > 0:
        said.append(f"{rates.train:.2g} s a training image")
    elif rates.untimed:
        said.append("the training command not counted, as it is not run to be timed")
    scored = sorted(seconds for seconds in rates.score.values() if seconds > 0)
    if scored:
        low, high = f"{scored[0]:.2g}", f"{scored[-1]:.2g}"
        said.append(f"{low} s an image scored" if low == high else
                    f"{low} to {high} s an image scored")  # fmt: skip
    if rates.evaluate > 0:
        said.append(f"{rates.evaluate:.2g} s an image tested")
    return said
