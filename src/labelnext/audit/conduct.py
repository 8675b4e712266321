"""An audit from beginning to end: what can run, how long it takes, the runs, their check."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from labelnext.audit.estimate import Estimate, estimate
from labelnext.audit.fairness import Checked, check
from labelnext.audit.plan import Replay
from labelnext.audit.quick import quick
from labelnext.audit.replay import Failure, RunsFailedError, replay
from labelnext.audit.sources import unlabelled
from labelnext.audit.study import study
from labelnext.engine.workers import default_workers
from labelnext.errors import LabelnextError
from labelnext.protocols import Progress, quiet
from labelnext.rounds.results import Study


@dataclass(frozen=True, slots=True)
class Prepared:
    """An audit that can begin.

    Attributes:
        plan: What will run.
        estimate: How long that takes.
        left_out: Why arms that nobody named are not part of it.
        doubtful: Why arms that were named will probably fail.
        settings: What the report has to say beside the plan's own settings.
    """

    plan: Replay
    estimate: Estimate
    left_out: Mapping[str, str]
    doubtful: Mapping[str, str]
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conducted:
    """What came of it.

    Attributes:
        study: Everything that is finished.
        failures: Runs that could not be finished.
        checked: What the ledgers say about fairness.
    """

    study: Study
    failures: tuple[Failure, ...]
    checked: Checked

    @property
    def problems(self) -> tuple[str, ...]:
        """What keeps the study from being complete and fair, in sentences."""
        failed = (f"{failure.run} failed: {failure.reason}" for failure in self.failures)
        return (*failed, *self.checked.problems)


def workers_for(plan: Replay) -> int:
    """How many processes suit this machine and plan."""
    many = len(plan.seeds) * (len(plan.arms) + plan.ceiling)
    return default_workers(many, device=plan.config.detector.arguments.get("device", "auto"))


def buildable(plan: Replay, optional: frozenset[str]) -> tuple[Replay, dict[str, str]]:
    """The plan without the optional arms that cannot even be built, and why.

    Args:
        plan: What is wanted.
        optional: Names of arms that may be left out.

    Raises:
        LabelnextError: An arm that was named has an unknown strategy, argument or value.
    """
    left_out: dict[str, str] = {}
    for arm in plan.arms:
        try:
            plan.identity(arm)
        except LabelnextError as error:
            if arm.name not in optional:
                raise
            left_out[arm.name] = str(error)
    arms = tuple(arm for arm in plan.arms if arm.name not in left_out)
    return replace(plan, arms=arms), left_out


def prepare(
    plan: Replay,
    *,
    workers: int,
    optional: frozenset[str] = frozenset(),
    minutes: float | None = None,
) -> Prepared:
    """Try what is to run and say how long it takes; nothing of the study is run yet.

    Args:
        plan: Its index must be filled.
        workers: Processes that will run.
        optional: Names of arms that may be left out where they cannot run.
        minutes: Cut the audit down to about so many; None runs it in full.

    Raises:
        LabelnextError: An unknown strategy or argument; or the detector cannot be run at all.
    """
    plan, left_out = buildable(plan, optional)
    settings: Mapping[str, object] = {}
    if minutes is None:
        found = estimate(plan, workers=workers)
    else:
        cut = quick(plan, workers=workers, minutes=minutes)
        plan, settings, found = cut.plan, cut.settings, cut.estimate
    refused = found.rates.refused
    out = {name: why for name, why in refused.items() if name in optional}
    if out:
        plan = replace(plan, arms=tuple(arm for arm in plan.arms if arm.name not in out))
        found = estimate(plan, workers=workers, measured=found.rates)
        left_out |= out
    if not plan.arms:
        reasons = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise LabelnextError(f"No arm can run here. {reasons}")
    doubtful = {name: why for name, why in refused.items() if name not in optional}
    if left_out:
        settings = {**settings, "left out": left_out}
    if words := unlabelled(plan):
        settings = {**settings, "unlabelled": words}
    return Prepared(plan, found, left_out, doubtful, settings)


def conduct(
    prepared: Prepared, *, workers: int, title: str, command: str, progress: Progress = quiet
) -> Conducted:
    """Run whatever is not finished, check it, and gather the study, whole or partial.

    Args:
        prepared: From `prepare`.
        workers: Processes side by side.
        title: Heading of the report.
        command: The command that made it.
        progress: Told as cycles finish.
    """
    plan = prepared.plan
    failures: tuple[Failure, ...] = ()
    try:
        replay(plan, workers=workers, progress=progress, left=prepared.estimate.left)
    except RunsFailedError as error:
        failures = error.failures
    checked = check(plan)
    settings: dict[str, object] = {**prepared.settings, "workers": workers}
    settings["checked"] = checked.words
    if failures:
        settings["failed"] = {failure.run: failure.reason for failure in failures}
    made = study(plan, title=title, command=command, settings=settings)
    return Conducted(replace(made, unfair=checked.problems), failures, checked)
