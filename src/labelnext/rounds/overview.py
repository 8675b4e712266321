"""A project at a glance: the table of its cycles, what a step came to, and its study."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelnext.machine import hardware
from labelnext.rounds import frames, loop
from labelnext.rounds.accounts.costs import Amount, prices
from labelnext.rounds.collect import cycle_results, picked_frames
from labelnext.rounds.outlook import returns
from labelnext.rounds.project import Project
from labelnext.rounds.results import CycleResult, Study

HEADS = (
    "cycle", "images", "objects", "miss rate @ FPPI 1", "log-avg miss rate", "AP50", "hours",
)  # fmt: skip
_OF_PIXELS = ("mean IoU", "pixel accuracy")


@dataclass(frozen=True)
class Overview:
    """Where a project stands, and a row of `heads` a finished cycle.

    `heads` are `HEADS`, and the figures of pixels where the detector segments.
    """

    headline: str
    rows: list[tuple[object, ...]]
    stand: loop.Stand
    results: list[CycleResult]
    counts: Mapping[str, int]
    heads: tuple[str, ...] = HEADS


@contextmanager
def opened(
    folder: Path,
    *,
    writing: bool = False,
    budget: int | str | None = None,
    scoring: str | None = None,
    workers: int | None = None,
) -> Iterator[Project]:
    """A project, open for the block; with `writing`, held against other processes.

    `budget`, `scoring` and `workers` hold for the rounds of this block in place of the configured
    ones.
    """
    project = Project.open(folder, budget=budget, scoring=scoring, workers=workers)
    try:
        if writing:
            with project.writing():
                yield project
        else:
            yield project
    finally:
        project.close()


def overview(project: Project) -> Overview:
    """Read everything worth showing from index and ledger."""
    counts = {role: len(project.index.records(role)) for role in ("initial", "pool", "test")}
    blocked = len(project.ledger.blocked())
    labelled = len(project.ledger.labels())
    results = cycle_results(project, project.config.strategy.name, project.config.seed)
    headline = (
        f"{project.config.strategy.name} on {counts['pool']} pool images: {labelled} labelled, "
        f"{counts['pool'] - blocked} may still be picked; {counts['initial']} initial, "
        f"{counts['test']} test images"
    )
    heads = _heads(results)
    rows = [_row(r, heads) for r in results]
    return Overview(headline, rows, loop.where(project), results, counts, heads)


def as_dict(seen: Overview) -> dict[str, object]:
    """The same for machines."""
    return {
        "round": seen.stand.number,
        "next": seen.stand.next_step,
        "waiting": seen.stand.waiting,
        "images": dict(seen.counts),
        "cycles": [dict(zip(seen.heads, row, strict=True)) for row in seen.rows],
    }


def outcome(project: Project, number: int, step: str) -> dict[str, object]:
    """What a finished step left, with `lines` for people."""
    done = project.ledger.step(number, step)
    assert done is not None
    details = {k: v for k, v in done.details.items() if k != "metrics"}
    found: dict[str, object] = {"round": number, "step": step, "seconds": done.seconds, **details}
    lines = [f"Round {number}, {step}: {done.seconds:.1f} s"]
    if step == "select":
        picks = project.ledger.picks(number)
        found["picks"] = [
            {"rank": p.rank, "key": p.key, "score": p.score, "reason": p.reason} for p in picks
        ]
        lines += _expected(done.details)
        lines += [f"{p.rank:5d}  {p.key}  ({p.reason})" for p in picks[:20]]
        if len(picks) > 20:
            lines.append(f"       … and {len(picks) - 20} more; --json lists them all")
        lines.append(f"The list is {frames.round_folder(project, number) / frames.PICKS}")
    if step == "label" and project.config.oracle == "files":
        lines.append(f"The images to label are in {project.folder / 'rounds' / f'{number:04d}'}")
    if step == "score":
        lines += _scored(done.details)
    problems = done.details.get("problems") or {}
    lines += [f"skipped {key}: {problem}" for key, problem in dict(problems).items()]  # type: ignore[call-overload]
    if step == "evaluate":
        results = cycle_results(project, project.config.strategy.name, project.config.seed)
        heads = _heads(results)
        row = next((_row(r, heads) for r in results if r.cycle == number), None)
        if row is not None:  # `images` alone are those of the test set
            names = [f"labelled {h}" if h in ("images", "objects") else h for h in heads]
            found |= dict(zip(names, row, strict=True))
            lines += [f"{name}: {value}" for name, value in zip(names, row, strict=True)]
        lines += _by_class(project, next((r for r in results if r.cycle == number), None))
    return {**found, "lines": lines}


def _scored(details: Mapping[str, Any]) -> list[str]:
    """How much of the pool was scored, where that was to be as little as can be."""
    how = details.get("scoring", {})
    if "passes" in how:
        share = details["images"] / max(1, how["of"])
        passes = "1 pass" if how["passes"] == 1 else f"{how['passes']} passes"
        return [f"Scored {details['images']} of {how['of']} images ({share:.0%}) in {passes}."]
    return [f"Scored every image: {how['why_exhaustive']}."] if how else []


def _expected(details: Mapping[str, Any]) -> list[str]:
    """What was asked of a selection and what its picks are expected to take."""
    if "expected" not in details:
        return []
    named = {"hours": "seconds"}
    found = {named.get(name, name): value for name, value in details["expected"].items()}
    amount = Amount(**{**found, "seconds": found["seconds"] * 3600})
    return [f"Asked: {details['asked']}. Expected: {amount.words()}.", *details["notes"]]


def study(project: Project, *, command: str, top: int = 6) -> Study:
    """The project's own loop as a study of one arm and one seed."""
    name, seed = project.config.strategy.name, project.config.seed
    results = cycle_results(project, name, seed, cost=prices(project).cost)
    cycles = [result.cycle for result in results if result.cycle]
    shown = sorted({*cycles[:1], *cycles[len(cycles) // 2 :][:1], *cycles[-1:]})
    return Study(
        title=f"{project.folder.resolve().name}: {name}",
        settings=project.config.model_dump(mode="json"),
        command=command,
        hardware=hardware(),
        classes=tuple(project.config.classes),
        results=tuple(results),
        frames=tuple(picked_frames(project, name, seed, shown, top=top)),
        pool_images=project.pool_size(),
        cost=prices(project).cost,
        outlook=tuple(returns.lines(returns.forecast(project, results=results))),
    )


def _heads(results: list[CycleResult]) -> tuple[str, ...]:
    segments = any(r.metrics is not None and r.metrics.class_iou for r in results)
    return (*HEADS, *_OF_PIXELS) if segments else HEADS


def _by_class(project: Project, result: CycleResult | None) -> list[str]:
    """IoU of every class, where the detector segments."""
    if result is None or result.metrics is None or not result.metrics.class_iou:
        return []
    names = (*project.config.classes, "background")
    pairs = zip(names, result.metrics.class_iou, strict=True)
    return [f"IoU of {name}: {iou:.3f}" for name, iou in pairs]


def _row(result: CycleResult, heads: tuple[str, ...] = HEADS) -> tuple[object, ...]:
    m = result.metrics
    figures = (m.miss_rate_at_fppi_1, m.log_average_miss_rate, m.ap50) if m else (None,) * 3
    hours = sum(result.seconds.values()) / 3600
    row = (result.cycle, result.images, result.instances, *figures, hours)
    if heads == HEADS:
        return row
    return (*row, *((m.mean_iou, m.pixel_accuracy) if m else (None, None)))
