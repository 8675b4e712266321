"""Is a replay fair? Read from its ledgers, not from what the program meant to do.

STRATEGIES §12, pairing: arms that share a seed share the initial detector, the training order, the
pool and the test set, and nothing differs between them but the strategy.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labelnext.audit.ledgers import steps
from labelnext.audit.plan import CEILING, Replay, Run, chains
from labelnext.errors import LabelnextError
from labelnext.rounds.config import Config
from labelnext.rounds.project import Project, build_strategy
from labelnext.store.as_json import encode_truth
from labelnext.store.index import Index
from labelnext.store.ledger import RoundRow

_OWN = {"strategy", "budget", "seed", "initial_weights", "index"}  # what may differ between runs


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a replay's ledgers found.

    Attributes:
        runs: How many runs were looked at.
        problems: What is not as it must be, one sentence each; empty where all is well.
    """

    runs: int
    problems: tuple[str, ...]

    @property
    def words(self) -> str:
        """For the report."""
        if self.problems:
            return f"{len(self.problems)} problems: {' '.join(self.problems)}"
        return (
            f"{self.runs} runs, read from their ledgers: within a seed the same initial weights; "
            "everywhere the same pool, test set, evaluation and training settings; every budget "
            "kept, every pick from the pool and made once, labels of picks alone and as indexed."
        )


@dataclass(frozen=True, slots=True)
class _Shared:
    """What every run is held against."""

    index: Index
    pool: frozenset[str]
    pool_digest: str
    test_digest: str
    initial_images: int


def check(plan: Replay) -> Checked:
    """Hold every run that was begun against what pairing asks for.

    Args:
        plan: What was run, finished or not.
    """
    problems: list[str] = []
    looked = 0
    if not plan.index.exists():
        return Checked(0, ())
    with Index.open(plan.index) as index:
        pool = frozenset(record.key for record in index.records("pool", labelled=True))
        digests = index.digest("pool"), index.digest("test")
        shared = _Shared(index, pool, *digests, index.counts()["initial"].labelled)
        for first, followers in chains(plan):
            done = {row.step: row.details for row in steps(first) if row.round == 0}
            for run in followers:
                if not steps(run):
                    continue
                looked += 1
                try:
                    found = _of_run(plan, run, done, shared)
                    problems += [f"{run.name}: {problem}." for problem in found]
                except LabelnextError as error:
                    problems.append(f"{run.name}: {error}")
    return Checked(looked, tuple(problems))


def _of_run(
    plan: Replay, run: Run, initial: Mapping[str, Mapping[str, object]], shared: _Shared
) -> list[str]:
    project = Project.open(run.folder)
    try:
        return [
            *_settings(plan, run, project),
            *_start(project, initial),
            *_rounds(run, project, shared),
            *_picks(run, project, shared),
            *_labels(project, shared),
            *_training(project, shared),
            *_tests(project, initial, shared),
        ]
    finally:
        project.close()


def _settings(plan: Replay, run: Run, project: Project) -> Iterator[str]:
    """Detector, training and evaluation are the plan's; seed and strategy the run's."""
    wanted, own = _common(plan.config), _common(project.config)
    for name in wanted:
        if name != "oracle" and own[name] != wanted[name]:
            yield f"its setting {name} is {own[name]!r}, the study's is {wanted[name]!r}"
    if project.config.seed != run.seed:
        yield f"its seed is {project.config.seed}"
    if project.config.oracle != "simulated":
        yield f"its oracle is {project.config.oracle!r}, not the labels of the pool"


def _start(project: Project, initial: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    trained = project.ledger.step(0, "train")
    if trained is None or "train" not in initial:
        return
    if trained.details.get("weights") != initial["train"].get("weights"):
        yield "its initial weights are not those of its seed"
    rounds = project.ledger.rounds()
    if rounds and rounds[0].weights_digest != trained.details.get("weights"):
        yield "its first round was not scored by the initial detector"


def _rounds(run: Run, project: Project, shared: _Shared) -> Iterator[str]:
    strategy = build_strategy(
        run.config.strategy.name, run.config.preset, run.config.strategy.arguments
    )
    meant = json.loads(json.dumps({"name": strategy.name, **strategy.arguments}))
    for row in project.ledger.rounds():
        yield from (f"round {row.number} {what}" for what in _round(row, run, meant, shared))


def _round(row: RoundRow, run: Run, meant: Mapping[str, object], shared: _Shared) -> Iterator[str]:
    if row.pool_digest != shared.pool_digest:
        yield "chose from another pool"
    if row.seed != run.seed:
        yield f"drew from seed {row.seed}"
    if row.budget != run.config.budget_in_images:
        yield f"had a budget of {row.budget}, not {run.config.budget_in_images}"
    for name in row.strategy:  # an older ledger does not know arguments that came later
        if name not in meant or row.strategy[name] != meant[name]:
            yield f"was chosen with {name}={row.strategy[name]!r}, not {meant.get(name)!r}"


def _picks(run: Run, project: Project, shared: _Shared) -> Iterator[str]:
    picks = project.ledger.picks()
    times = Counter(pick.key for pick in picks)
    twice = [key for key, many in times.items() if many > 1]
    foreign = set(times) - shared.pool
    if twice:
        yield f"{len(twice)} images were picked twice, such as {min(twice)}"
    if foreign:
        yield f"{len(foreign)} picks are not of the pool, such as {min(foreign)}"
    counts = Counter(pick.round for pick in picks)
    for number, many in sorted(counts.items()):
        last = number == max(counts)  # the pool may end there
        budget = run.config.budget_in_images
        if many > budget or (many < budget and not last and run.arm != (CEILING.name,)):
            yield f"round {number} picked {many} images, with a budget of {budget}"


def _labels(project: Project, shared: _Shared) -> Iterator[str]:
    labels = project.ledger.labels()
    strange = set(labels) - {pick.key for pick in project.ledger.picks()}
    if strange:
        yield f"{len(strange)} images were labelled without being picked, such as {min(strange)}"
    known = shared.index.truth(sorted(set(labels) & shared.pool))
    other = [
        key for key, truth in known.items()
        if truth is None or encode_truth(truth) != encode_truth(labels[key])
    ]  # fmt: skip
    if other:
        yield f"{len(other)} labels are not those of the index, such as that of {other[0]}"


def _training(project: Project, shared: _Shared) -> Iterator[str]:
    beside = shared.initial_images if project.config.train_on == "all" else 0
    for row in project.ledger.rounds():
        done = project.ledger.step(row.number, "train")
        if done is None or not done.details.get("trained"):
            continue
        wanted = len(project.ledger.labels(up_to=row.number)) + beside
        if done.details.get("images") != wanted:
            images = done.details.get("images")
            yield f"round {row.number} was trained on {images} images, with {wanted} labelled"


def _tests(
    project: Project, initial: Mapping[str, Mapping[str, object]], shared: _Shared
) -> Iterator[str]:
    """Every cycle was measured on the same images; older ledgers tell no more than their number."""
    first = initial.get("evaluate", {})
    for row in project.ledger.steps():
        if row.step != "evaluate":
            continue
        found: Mapping[str, Any] = row.details
        if found.get("images") != first.get("images", found.get("images")):
            yield f"cycle {row.round} was tested on {found.get('images')} images"
        elif found.get("test_digest", shared.test_digest) != shared.test_digest:
            yield f"cycle {row.round} was tested on another test set"
        elif _objects(found) != _objects(first or found):
            yield f"cycle {row.round} was tested on {_objects(found)} objects"
        both = "settings" in found and "settings" in first
        if both and found["settings"] != first["settings"]:
            yield f"cycle {row.round} was evaluated by other settings"


def _objects(details: Mapping[str, Any]) -> int | None:
    metrics = details.get("metrics")
    return None if metrics is None else int(metrics["instances"])


def _common(config: Config) -> dict[str, object]:
    values = config.model_dump(mode="json")
    return {name: value for name, value in values.items() if name not in _OWN}
