"""What a replay is to run: arms × paired seeds × cycles, and the project that holds each run."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labelnext.audit.arms import Arm
from labelnext.errors import LabelnextError
from labelnext.rounds import config as configuration
from labelnext.rounds.config import Config, Named
from labelnext.rounds.project import build_strategy, weights_path

CEILING = Arm("whole pool", "random")
_EVERYTHING = 1_000_000_000  # a budget that no pool exceeds


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

    @property
    def index(self) -> Path:
        """The index that all runs share."""
        return self.folder / "index.sqlite"

    def run_folder(self, arm: Arm, seed: int) -> Path:
        """The project of one arm under one seed.

        Arms that are the same but for their names (strategy, every argument with its value, budget)
        share one: that of the first of them that has been begun, whichever study began it.
        """
        own = self._own(arm, seed)
        if arm == CEILING or _begun(own):
            return own
        wanted = self.identity(arm)
        same = [self._own(other, seed) for other in self.arms if self.identity(other) == wanted]
        begun = [folder for folder in same if _begun(folder)]
        begun += [
            folder
            for folder in sorted((self.folder / "runs").glob(f"*/seed-{seed}"))
            if _identity_of(folder, self.config.preset) == wanted
        ]
        return next(iter([*begun, *same]), own)

    def initial_folder(self, seed: int) -> Path:
        """The project that trains and evaluates a seed's initial detector."""
        return self.folder / "initial" / f"seed-{seed}"

    def budget(self, arm: Arm) -> int:
        """Images that an arm labels a cycle."""
        return arm.budget or self.config.budget_in_images

    def identity(self, arm: Arm) -> str:
        """What an arm does, whatever it is called: equal texts select alike.

        Raises:
            LabelnextError: An unknown strategy, argument or value.
        """
        return _identity(arm.strategy, self.config.preset, arm.arguments, self.budget(arm))

    def _own(self, arm: Arm, seed: int) -> Path:
        return self.folder / "runs" / arm.folder / f"seed-{seed}"


@dataclass(frozen=True, slots=True)
class Run:
    """One project to run to its last cycle.

    Attributes:
        arm: Names of the arms that it is a run of; empty for a seed's initial detector.
        seed: Its seed.
        folder: Its project.
        config: Its settings.
        cycles: Rounds; 0 for an initial detector.
        initial: The project whose initial detector it takes over; None if it trains its own.
    """

    arm: tuple[str, ...]
    seed: int
    folder: Path
    config: Config
    cycles: int
    initial: Path | None = None

    @property
    def name(self) -> str:
        """The run for people."""
        return f"{' = '.join(self.arm) or 'initial detector'}, seed {self.seed}"


def chains(plan: Replay) -> list[tuple[Run, tuple[Run, ...]]]:
    """For each seed the run of its initial detector, and those that start from it, none twice."""
    return [(_initial(plan, seed), _followers(plan, seed)) for seed in plan.seeds]


def runs(plan: Replay) -> list[Run]:
    """Every run of a plan."""
    return [run for first, followers in chains(plan) for run in (first, *followers)]


def _initial(plan: Replay, seed: int) -> Run:
    folder = plan.initial_folder(seed)
    unused = {"budget": 1, "strategy": Named(name="random")}  # so that changing them keeps it
    return Run((), seed, folder, _config(plan, folder, seed).model_copy(update=unused), 0)


def _followers(plan: Replay, seed: int) -> tuple[Run, ...]:
    named: dict[Path, list[Arm]] = {}
    for arm in plan.arms:
        named.setdefault(plan.run_folder(arm, seed), []).append(arm)
    found = [_follower(plan, folder, seed, arms, plan.cycles) for folder, arms in named.items()]
    if plan.ceiling:
        found.append(_follower(plan, plan.run_folder(CEILING, seed), seed, [CEILING], 1))
    return tuple(found)


def _follower(plan: Replay, folder: Path, seed: int, arms: list[Arm], cycles: int) -> Run:
    initial = plan.initial_folder(seed)
    weights = weights_path(initial, plan.config, 0)
    config = _config(plan, folder, seed)
    whole = arms[0] == CEILING
    changes = {
        "strategy": Named(name=arms[0].strategy, **arms[0].arguments),
        "budget": _EVERYTHING if whole else plan.budget(arms[0]),
        "initial_weights": os.path.relpath(weights, folder),
    }
    if not whole and _identity_of(folder, config.preset) == plan.identity(arms[0]):
        changes["strategy"] = configuration.read(folder).strategy  # perhaps spelt otherwise
    names = tuple(arm.name for arm in arms)
    return Run(names, seed, folder, config.model_copy(update=changes), cycles, initial)


def _config(plan: Replay, folder: Path, seed: int) -> Config:
    index = os.path.relpath(plan.index, folder)
    return plan.config.model_copy(update={"seed": seed, "oracle": "simulated", "index": index})


def _begun(folder: Path) -> bool:
    return (folder / configuration.NAME).exists()


def _identity_of(folder: Path, preset: str) -> str | None:
    """What the run in a folder does; None where there is none that can be read."""
    try:
        config = configuration.read(folder)
        named = config.strategy
        return _identity(named.name, preset, named.arguments, config.budget_in_images)
    except LabelnextError:
        return None


def _identity(strategy: str, preset: str, arguments: Mapping[str, object], budget: int) -> str:
    built = build_strategy(strategy, preset, arguments)
    known = {"strategy": built.name, "arguments": dict(built.arguments), "budget": budget}
    return json.dumps(known, sort_keys=True, default=str)
