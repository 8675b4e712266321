"""Run every (arm, seed) as a project of its own that shares index, initial weights and test set.

A run is an ordinary project with the simulated oracle, so whatever is finished is never computed
again, and a study that was stopped goes on where it was.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from labelnext.audit.ledgers import Course
from labelnext.audit.plan import CEILING, Replay, Run, chains
from labelnext.engine.workers import told, worker_pool
from labelnext.errors import LabelnextError
from labelnext.files import write_bytes
from labelnext.protocols import Progress, quiet
from labelnext.rounds import loop
from labelnext.rounds.project import Project, build_strategy
from labelnext.rounds.steps import testing, training

__all__ = ["CEILING", "Failure", "Replay", "RunsFailedError", "replay"]

Left = Callable[[Course], float]
"""Seconds that are left, from how far each run has come."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that could not be finished, and why."""

    run: str
    reason: str


class RunsFailedError(LabelnextError):
    """Some runs could not be finished; all others were, and are kept."""

    def __init__(self, failures: tuple[Failure, ...]) -> None:
        self.failures = failures
        lines = [f"  {failure.run}: {failure.reason}" for failure in failures]
        super().__init__(
            "\n".join([f"{len(failures)} runs could not be finished:", *lines])
            + "\nThe others are kept. Give the command again to try these anew."
        )


def replay(
    plan: Replay, *, workers: int = 1, progress: Progress = quiet, left: Left | None = None
) -> None:
    """Run whatever is not finished yet.

    Args:
        plan: What to run; its index must be filled.
        workers: Processes side by side; each gets its share of the processor's cores. 0 runs all in
            this process, one after the other.
        progress: Told as cycles finish; with `left`, of `minutes left` too.
        left: Seconds left; see `Estimate.left`.

    Raises:
        LabelnextError: An unknown strategy or argument: nothing has run.
        RunsFailedError: Some runs failed, after all others were finished. The call can be repeated.
    """
    for arm in plan.arms:
        build_strategy(arm.strategy, plan.config.preset, arm.arguments)
    planned = chains(plan)
    course = Course([run for first, followers in planned for run in (first, *followers)])
    state = _State({}, lambda: _tell(progress, course, left))
    with worker_pool(workers) as pool:
        try:
            for first, followers in planned:
                state.start(pool, first, followers)
            while state.waiting:
                finished, _ = wait(state.waiting, timeout=2.0, return_when=FIRST_COMPLETED)
                for future in finished:
                    state.take(pool, future)
                state.tell()
        except BaseException:
            for future in state.waiting:
                future.cancel()
            raise
    state.tell()
    if state.failures:
        order = {run.name: place for place, run in enumerate(course.runs)}
        raise RunsFailedError(tuple(sorted(state.failures, key=lambda f: order[f.run])))


@dataclass(slots=True)
class _State:
    """Runs that are not finished, each with those that start after it, and those that failed."""

    waiting: dict[Future[None], tuple[Run, tuple[Run, ...]]]
    tell: Callable[[], None]
    failures: list[Failure] = field(default_factory=list)

    def start(self, pool: Executor, run: Run, followers: tuple[Run, ...] = ()) -> None:
        self.waiting[pool.submit(told, _finish, run)] = (run, followers)

    def take(self, pool: Executor, future: Future[None]) -> None:
        run, followers = self.waiting.pop(future)
        try:
            future.result()
        except BrokenProcessPool as error:
            raise LabelnextError(
                "A worker process was ended from outside; most often the memory was full. What is "
                "finished is kept: give the command again, with fewer --workers."
            ) from error
        except LabelnextError as error:
            self.failures.append(Failure(run.name, str(error)))
            failed = f"the initial detector of seed {run.seed} could not be made"
            self.failures += [Failure(follower.name, failed) for follower in followers]
            return
        for follower in followers:
            self.start(pool, follower)


def _tell(progress: Progress, course: Course, left: Left | None) -> None:
    course.look()
    figures = {} if left is None else {"minutes left": left(course) / 60}
    progress("replay", course.done, course.total, **figures)


def _finish(run: Run) -> None:
    """Run one project to its last cycle (in a worker)."""
    project = Project.create(run.folder, run.config)
    try:
        with project.writing():
            if run.initial is not None:
                _adopt(project, run)
            training.train_initial(project)
            testing.evaluate(project, 0)
            if run.cycles:
                stand = loop.run(project, run.cycles)
                if stand.waiting:
                    raise LabelnextError(loop.advice(project, stand))
    finally:
        project.close()


def _adopt(project: Project, run: Run) -> None:
    """Take over what a seed's initial project has trained and measured."""
    assert run.initial is not None
    source = Project.open(run.initial)
    try:
        kept, target = testing.outcomes_path(source, 0), testing.outcomes_path(project, 0)
        if kept.exists() and not target.exists():
            write_bytes(target, kept.read_bytes())
        for step in ("train", "evaluate"):
            done = source.ledger.step(0, step)
            if done is not None:
                project.once(0, step, lambda done=done: done.details)  # type: ignore[misc]
    finally:
        source.close()
