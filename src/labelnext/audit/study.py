"""Gather a replay's figures and a few of its picked frames into a Study."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from labelnext.audit.plan import CEILING, Replay
from labelnext.cost import LabellingCost
from labelnext.evaluate import clip_of
from labelnext.machine import hardware
from labelnext.rounds.collect import cycle_results, picked_frames
from labelnext.rounds.project import Project
from labelnext.rounds.results import CycleResult, PickedFrame, Study
from labelnext.types import Metrics


def study(
    plan: Replay,
    *,
    title: str,
    command: str,
    settings: Mapping[str, object],
    top: int = 3,
    cost: LabellingCost | None = None,
) -> Study:
    """Everything the replay has finished so far, ready to be shown.

    Args:
        plan: What was run.
        title: Heading of the report.
        command: The command that made it.
        settings: Further settings to show.
        top: Best-ranked frames to show of the first, middle and last cycle of the first seed.
        cost: Seconds of labelling; by default the settings' own, else `LabellingCost()`. See
            `collect.cycle_results`.
    """
    prices = cost or plan.config.cost.labelling
    results: list[CycleResult] = []
    frames: list[PickedFrame] = []
    for arm in plan.arms:
        for seed in plan.seeds:
            for project in _finished(plan.run_folder(arm, seed)):
                results += cycle_results(project, arm.name, seed, cost=prices)
                if seed == plan.seeds[0] and top:
                    shown = sorted({1, (plan.cycles + 1) // 2, plan.cycles})
                    frames += picked_frames(project, arm.name, seed, shown, top=top)
    ceiling = _ceiling(plan)
    initial, images, instances = _counts(plan)
    return Study(
        title=title,
        settings={**settings, **plan.config.model_dump(mode="json"), "cycles": plan.cycles,
                  "seeds": list(plan.seeds), "arms": [arm.name for arm in plan.arms]},
        command=command,
        hardware=hardware(),
        classes=tuple(plan.config.classes),
        results=tuple(results),
        references={CEILING.name: ceiling} if ceiling else {},
        frames=tuple(frames),
        pool_images=images,
        pool_instances=instances,
        planned_arms=tuple(arm.name for arm in plan.arms),
        planned_seeds=plan.seeds,
        planned_cycles=plan.cycles,
        cost=prices,
        rate=plan.config.cost.labour_rate,
        clips=_clips(plan, results),
        initial_images=initial if plan.config.train_on == "all" else 0,
    )  # fmt: skip


def _finished(folder: Path) -> Iterable[Project]:
    if (folder / ".labelnext" / "ledger.sqlite").exists():
        project = Project.open(folder)
        try:
            yield project
        finally:
            project.close()


def _clips(plan: Replay, results: Iterable[CycleResult]) -> Int64[np.ndarray, "images"] | None:
    """Clips of the images that every cycle was measured on; None where those are not the same."""
    measured = {result.outcomes.images for result in results if result.outcomes is not None}
    for seed in plan.seeds:
        for project in _finished(plan.initial_folder(seed)):
            step = project.ledger.step(0, "evaluate")
            if step is None:
                continue
            out = set(step.details.get("left_out") or ())  # type: ignore[call-overload]
            records = [r for r in project.index.records("test", labelled=True) if r.key not in out]
            if measured != {len(records)}:
                return None
            return clip_of([r.video for r in records], [r.frame or 0 for r in records])
    return None


def _ceiling(plan: Replay) -> tuple[Metrics, ...]:
    found = []
    for seed in plan.seeds if plan.ceiling else ():
        for project in _finished(plan.run_folder(CEILING, seed)):
            found += [
                result.metrics
                for result in cycle_results(project, CEILING.name, seed)
                if result.cycle == 1 and result.metrics is not None
            ]
    return tuple(found)


def _counts(plan: Replay) -> tuple[int | None, int, int | None]:
    """Initial images, images of the pool, and objects in it; None where not known."""
    for seed in plan.seeds:
        for project in _finished(plan.initial_folder(seed)):
            initial = len(project.index.records("initial"))
            pool = project.pool()
            truths = project.index.truth([record.key for record in pool]).values()
            return initial, len(pool), sum(int((~t.ignore).sum()) for t in truths if t)
    return None, 0, None
