"""Run every (arm, seed) as a project of its own that shares index, initial weights and test set.

A run is an ordinary project with the simulated oracle, so whatever is finished is never computed
again, and a study that was stopped goes on where it was.
"""

import os
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from labelnext.audit.arms import Arm
from labelnext.errors import LabelnextError
from labelnext.protocols import Progress, quiet
from labelnext.rounds import loop, testing, training
from labelnext.rounds.config import Config, Named
from labelnext.rounds.project import Project, build_strategy

CEILING = Arm("whole pool", "random")
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Replay:
    """What is to be run.

    Attributes:
        folder: Where everything is kept; its index holds initial set, pool and test set.
        config: Settings that all runs share.
        arms: What is compared.
        seeds: Each seed has its own initial detector, shared by all arms.
        cycles: Rounds of labelling and retraining.
        ceiling: Also train on the whole pool, once a seed: the line that no selection can pass.
    """

    folder: Path
    config: Config
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    cycles: int
    ceiling: bool = False

    def run_folder(self, arm: Arm, seed: int) -> Path:
        """The project of one arm under one seed."""
        return self.folder / "runs" / arm.folder / f"seed-{seed}"

    def initial_folder(self, seed: int) -> Path:
        """The project that trains and evaluates a seed's initial detector."""
        return self.folder / "initial" / f"seed-{seed}"


@dataclass(frozen=True, slots=True)
class _Run:
    """One project to run to the end, in a worker process."""

    folder: Path
    config: Config
    cycles: int
    initial: Path | None


def replay(plan: Replay, *, workers: int = 1, progress: Progress = quiet) -> None:
    """Run whatever is not finished yet.

    Args:
        plan: What to run; its index must be filled.
        workers: Processes side by side; each gets its share of the processor's cores.
        progress: Told as cycles finish.

    Raises:
        LabelnextError: An unknown strategy or argument (before anything runs), or a run failed;
            the others are kept and the call can be repeated.
    """
    for arm in plan.arms:
        build_strategy(arm.strategy, plan.config.preset, arm.arguments)
    chains = [_chain(plan, seed) for seed in plan.seeds]
    runs = [run for first, followers in chains for run in (first, *followers)]
    total = sum(max(run.cycles, 1) for run in runs)
    with _pool(workers) as pool:
        waiting = {pool.submit(_finish, first): followers for first, followers in chains}
        try:
            while waiting:
                finished, _ = wait(waiting, timeout=2.0, return_when=FIRST_COMPLETED)
                for future in finished:
                    followers = waiting.pop(future)
                    future.result()
                    waiting |= {pool.submit(_finish, run): () for run in followers}
                progress("replay", sum(map(_completed, runs)), total)
        except BaseException:
            for future in waiting:
                future.cancel()
            raise


def _chain(plan: Replay, seed: int) -> tuple[_Run, tuple[_Run, ...]]:
    """A seed's initial run, and those that start from its weights."""
    arms = [_arm(plan, arm, seed) for arm in plan.arms]
    return _initial(plan, seed), (*arms, *([_ceiling(plan, seed)] if plan.ceiling else []))


def _finish(run: _Run) -> None:
    """Run one project to its last cycle (in a worker)."""
    project = Project.create(run.folder, run.config)
    try:
        with project.writing():
            if run.initial is not None:
                _adopt(project, run.initial)
            training.train_initial(project)
            testing.evaluate(project, 0)
            if run.cycles:
                loop.run(project, run.cycles)
    except LabelnextError as error:
        raise LabelnextError(f"{run.folder}: {error}") from error
    finally:
        project.close()


def _adopt(project: Project, initial: Path) -> None:
    """Take over what a seed's initial project has trained and measured."""
    source = Project.open(initial)
    try:
        for step in ("train", "evaluate"):
            done = source.ledger.step(0, step)
            if done is not None:
                project.once(0, step, lambda done=done: done.details)  # type: ignore[misc]
    finally:
        source.close()


def _completed(run: _Run) -> int:
    """Finished cycles of a run, read from its ledger."""
    if not (run.folder / ".labelnext" / "ledger.sqlite").exists():
        return 0
    project = Project.open(run.folder)
    try:
        steps = project.ledger.steps()
    finally:
        project.close()
    evaluated = {row.round for row in steps if row.step == "evaluate"}
    return len(evaluated - {0}) if run.cycles else len(evaluated)


def _initial(plan: Replay, seed: int) -> _Run:
    folder = plan.initial_folder(seed)
    unused = {"budget": 1, "strategy": Named(name="random")}  # so that changing them keeps it
    return _Run(folder, _config(plan, folder, seed).model_copy(update=unused), 0, None)


def _arm(plan: Replay, arm: Arm, seed: int) -> _Run:
    folder = plan.run_folder(arm, seed)
    changes: dict[str, object] = {
        "strategy": Named(name=arm.strategy, **arm.arguments),
        "budget": arm.budget or plan.config.budget,
    }
    return _follower(plan, folder, seed, plan.cycles, changes)


def _ceiling(plan: Replay, seed: int) -> _Run:
    """Label the whole pool in one cycle."""
    folder = plan.run_folder(CEILING, seed)
    changes = {"strategy": Named(name=CEILING.strategy), "budget": 1_000_000_000}
    return _follower(plan, folder, seed, 1, changes)


def _follower(
    plan: Replay, folder: Path, seed: int, cycles: int, changes: Mapping[str, object]
) -> _Run:
    initial = plan.initial_folder(seed)
    weights = initial / ".labelnext" / "weights" / "round-0000.safetensors"
    config = _config(plan, folder, seed).model_copy(
        update={**changes, "initial_weights": os.path.relpath(weights, folder)}
    )
    return _Run(folder, config, cycles, initial)


def _config(plan: Replay, folder: Path, seed: int) -> Config:
    index = os.path.relpath(plan.folder / "index.sqlite", folder)
    return plan.config.model_copy(update={"seed": seed, "oracle": "simulated", "index": index})


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes that start fresh, each with its share of the cores."""
    share = str(max(1, (os.cpu_count() or 1) // workers))
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, share))
    try:
        with ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=_end_with, initargs=(os.getpid(),)
        ) as pool:
            yield pool
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _end_with(parent: int) -> None:
    """End this worker soon after its parent, which may be killed without a word."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
