"""The runs behind the paper's figures: each arm once, whichever figures show it."""

from collections.abc import Sequence
from dataclasses import replace

from labelnext.audit.arms import Arm
from labelnext.audit.paper.figures import Figure
from labelnext.audit.replay import Failure, Replay, RunsFailedError, replay
from labelnext.audit.study import study
from labelnext.protocols import Progress, quiet
from labelnext.rounds.results import Study


def replays(figures: Sequence[Figure], base: Replay) -> tuple[Replay, ...]:
    """What has to be run for some figures.

    Arms that pick more a cycle have fewer cycles, so they are a replay of their own, in the same
    folder: initial detectors are shared. The first replay is that of the study's own budget; with
    it comes the detector trained on the whole pool, where a figure shows it.

    Args:
        figures: Which.
        base: Folder, settings, seeds, cycles; its arms are left out. `ceiling` False leaves the
            whole pool out whatever the figures show.
    """
    lines = [line for figure in figures for line in figure.lines]
    ceiling = base.ceiling and any(figure.bounded for figure in figures)
    found: list[Replay] = []
    for times in sorted({line.times for line in lines}):
        mine = [line for line in lines if line.times == times]
        arms: dict[str, Arm] = {line.arm.name: line.arm for line in mine}
        found.append(
            replace(
                base, arms=tuple(arms.values()), cycles=mine[0].cycles(base.cycles),
                ceiling=ceiling and not found,
            )
        )  # fmt: skip
    return tuple(found)


def run(
    plans: Sequence[Replay], *, workers: int = 1, progress: Progress = quiet
) -> tuple[Failure, ...]:
    """Run whatever of some replays is not finished yet; runs that fail are told, not raised."""
    failures: list[Failure] = []
    for plan in plans:
        try:
            replay(plan, workers=workers, progress=progress)
        except RunsFailedError as error:
            failures += error.failures
    return tuple(failures)


def gather(plans: Sequence[Replay], *, title: str, command: str) -> Study:
    """The figures of several replays of one folder as one Study.

    Args:
        plans: From `replays`, at least one; the first lends its settings.
        title: Heading.
        command: The command that made it.
    """
    first, *others = (
        study(plan, title=title, command=command, settings={}, top=0) for plan in plans
    )
    results = [result for one in (first, *others) for result in one.results]
    return replace(
        first,
        results=tuple(results),
        planned_arms=tuple(arm.name for plan in plans for arm in plan.arms),
    )
