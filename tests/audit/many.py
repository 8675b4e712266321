"""Many replays of a little world, judged six seeds at a time: how often is the verdict right?"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from labelnext import audit
from labelnext.audit.judge import judge
from labelnext.rounds import setup
from labelnext.rounds.results import Study
from tests.audit import bars

BASELINE = "random"


def replayed(
    folder: Path, arms: Sequence[str], *, replays: int, seeds: int = 6, cycles: int = 2,
    budget: int = 6, test: int = 12,
) -> tuple[audit.Replay, Study]:  # fmt: skip
    """Run `replays` × `seeds` seeds of every arm and of random, in this process."""
    config = setup.configure({"detector": {"name": "bars"}, "budget": budget})
    plan = audit.Replay(
        folder / "out", config, tuple(map(audit.parse, (BASELINE, *arms))),
        tuple(range(replays * seeds)), cycles,
    )  # fmt: skip
    audit.index_sources(plan, bars.sources(folder / "data", pool=60, test=test))
    audit.replay(plan, workers=0)
    return plan, audit.study(plan, title="t", command="c", settings={}, top=0)


def verdicts(study: Study, arm: str, *, seeds: int = 6, bootstrap: bool = True) -> list[str]:
    """The verdict on an arm against random in images, for each six seeds taken apart.

    Args:
        study: From `replayed`.
        arm: Name of the arm.
        seeds: Seeds of a replay.
        bootstrap: Draw test images anew too, as an audit does; it takes most of the time.
    """
    numbers = sorted({result.seed for result in study.results})
    found = []
    for start in range(0, len(numbers) - seeds + 1, seeds):
        mine = set(numbers[start : start + seeds])
        results = tuple(
            result if bootstrap else replace(result, outcomes=None)
            for result in study.results
            if result.seed in mine and result.arm in (arm, BASELINE)
        )
        part = replace(
            study, results=results, planned_arms=(BASELINE, arm), planned_seeds=tuple(sorted(mine))
        )
        (contest,) = judge(part).contests
        unit = contest.unit("images")
        assert unit is not None
        found.append(unit.area.verdict)
    return found
