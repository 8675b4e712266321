"""Score a round's pool: every image that may be picked, or of videos only those that can matter.

Adaptive scoring goes in passes: every so-many-th frame, then whatever the selection would pick by
the scores so far and the bounds of the others (`select.to_score`), until it would pick nothing that
is not scored. It does with strategies that take the best by score again and again; others compare
images with each other, and get every image scored.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64

from labelnext import engine, select
from labelnext.cost import parse
from labelnext.errors import ProjectError
from labelnext.evidence import Pool
from labelnext.machine import visible_gpus
from labelnext.protocols import Progress, Strategy
from labelnext.rounds.accounts import budgeting
from labelnext.rounds.pooled import LABELLED, Gathered, labelled_records, shards
from labelnext.rounds.project import Project, load_pixels
from labelnext.store.shards import ROWS, ScoreShards
from labelnext.types import ImageRecord, Timeline

_Mask = Bool[np.ndarray, "n"]
_Look = Callable[..., int]  # images and shards to how many images were scored


def score(project: Project, number: int, progress: Progress) -> dict[str, object]:
    """Score the pool into the round's shards; how many images were scored, and how.

    Raises:
        ProjectError: The pool is empty.
    """
    strategy, config = project.strategy(), project.config.scoring
    left = candidates(project)
    asked = {} if project.asked is None else {"budget": project.asked}
    if not strategy.needs.images:
        return {"images": 0, "unreadable": 0, **asked}
    into, look = shards(project, number), _looking(project, number)
    how: dict[str, object] = {}
    images = len(left)
    if config.mode == "adaptive":
        why_not = _obstacle(project, number, strategy, left)
        how = {"mode": config.mode, "why_exhaustive": why_not}
        if not why_not:
            images, passes = _adaptively(project, number, look, into, progress)
            how = {**config.model_dump(exclude={"workers"}), "passes": passes, "of": len(left)}
    if "passes" not in how:
        look(left, into, progress=progress)
        into.cut(math.ceil(len(left) / ROWS))
    problems = {row.key: row.problem for row in into.rows() if row.problem}
    if strategy.needs.labelled:
        seen = labelled_records(project, number)
        known = shards(project, number, LABELLED)
        look(seen, known, progress=progress, task="score labelled")
        known.cut(math.ceil(len(seen) / ROWS))
    return {
        "images": images, "unreadable": len(problems), "problems": problems,
        **({"scoring": how} if how else {}), **asked,
    }  # fmt: skip


def candidates(project: Project) -> list[ImageRecord]:
    """Pool images that may still be picked, in the order of the index.

    Raises:
        ProjectError: The pool is empty.
    """
    blocked = project.ledger.blocked()
    return [record for record in _pool(project) if record.key not in blocked]


def ordered(project: Project) -> list[ImageRecord]:
    """The pool by video and frame; ties between scores break by this order.

    Raises:
        ProjectError: It is empty.
    """
    return sorted(
        _pool(project), key=lambda record: (record.video or "", record.frame or 0, record.key)
    )


def picked_before(project: Project, records: Sequence[ImageRecord]) -> _Mask:
    """Images that earlier rounds picked, or blocked as neighbours in time."""
    blocked = project.ledger.blocked()
    return np.array([record.key in blocked for record in records], bool)


def bounded(project: Project, number: int, gathered: Gathered, closed: _Mask) -> Pool:
    """The pool with a bound in place of each score that adaptive scoring left out."""
    done = project.ledger.step(number, "score")
    how: dict[str, Any] = {} if done is None else dict(done.details.get("scoring", {}))  # type: ignore[call-overload]
    if "passes" not in how:
        return gathered.pool
    without = closed | (gathered.looked & np.isnan(gathered.pool.scores))
    upper = select.likely_upper(
        gathered.pool.scores, **line(project.strategy(), gathered.pool.timeline),
        coverage=how["coverage"], without=without,
    )  # fmt: skip
    return replace(gathered.pool, scores=upper)


def require_scored(picks: Sequence[int], looked: _Mask, records: Sequence[ImageRecord]) -> None:
    """Refuse a selection that reaches beyond what adaptive scoring was asked for.

    Raises:
        ProjectError: An image was chosen that has only a bound.
    """
    missing = [records[i].key for i in picks if not looked[i]]
    if missing:
        raise ProjectError(
            f"{len(missing)} of {len(picks)} images to pick were not scored (the first: "
            f"{missing[0]}): the pool was scored adaptively for a smaller budget. Select with that "
            "budget, or give the larger one to `labelnext score` in the first place."
        )


def _pool(project: Project) -> list[ImageRecord]:
    pool = project.pool()
    if not pool and project.index.counts()["pool"].images:
        raise ProjectError(
            'No image of the pool has labels, and oracle = "simulated" answers with labels. Add '
            "labelled images (`labelnext add --pool SOURCE`), or let people label: oracle = "
            '"files".'
        )
    if not pool:
        raise ProjectError("The pool is empty. Add images: `labelnext add --pool SOURCE`.")
    return pool


def _obstacle(
    project: Project, number: int, strategy: Strategy, records: Sequence[ImageRecord]
) -> str | None:
    """Why every image has to be scored after all."""
    budget = parse(str(budgeting.asked(project, number)))
    if not getattr(strategy, "greedy", False):
        return f"{strategy.name} compares images with each other, or ranks them by more than scores"
    if budget.unit != "images":
        return f"a budget of {budget} depends on the boxes of images that would not be looked at"
    if all(record.video is None for record in records):
        return "the pool holds no videos"
    return None


def _adaptively(
    project: Project, number: int, look: _Look, into: ScoreShards, progress: Progress
) -> tuple[int, int]:
    """Pass after pass until the selection is settled; how many images, and how many passes.

    What a pass is asked for follows from the scores of those before it, so a stopped run asks for
    the same again and finds it in the shards.
    """
    strategy, config = project.strategy(), project.config.scoring
    records = ordered(project)
    closed, timeline = picked_before(project, records), Timeline.of(records)
    places = {record.key: i for i, record in enumerate(records)}
    budget = int(parse(str(budgeting.asked(project, number))).amount)

    def choose(upper: Float64[np.ndarray, "n"]) -> np.ndarray:
        pool = Pool(timeline, upper, len(project.config.classes))
        rng = project.rng("select", number)
        shut = closed | undefined
        picks = strategy.select(pool, budget=budget, blocked=shut, rng=rng).picks
        return np.array([pick.index for pick in picks], np.int64)

    scores, undefined = np.full(len(records), np.nan), np.zeros(len(records), bool)
    images = passes = parts = 0
    while True:
        todo = select.to_score(
            scores, **line(strategy, timeline), choose=choose, stride=config.stride,
            reach=reach(strategy), coverage=config.coverage, without=closed | undefined,
        )  # fmt: skip
        if not len(todo):
            into.cut(parts)
            return images, passes
        told = _Further(progress, images)
        look([records[i] for i in todo], into, progress=told, first=parts)
        before, parts = parts, parts + math.ceil(len(todo) / ROWS)
        images, passes = images + len(todo), passes + 1
        for key, value in into.scores(before, parts):
            scores[places[key]] = np.nan if value is None else value
            undefined[places[key]] = value is None


class _Further:
    """Progress of a pass, on top of what the passes before it did."""

    def __init__(self, progress: Progress, before: int) -> None:
        self.progress, self.before = progress, before

    def __call__(self, task: str, done: int, total: int, **figures: float) -> None:
        self.progress(task, self.before + done, self.before + total, **figures)


def line(strategy: Strategy, timeline: Timeline) -> dict[str, Any]:
    """Where images stand in time, as the strategy's rules count it."""
    unit = strategy.arguments.get("unit", "pool_frames")
    return {
        "videos": timeline.videos,
        "frames": timeline.seconds if unit == "seconds" else timeline.frames,
        "unit": unit,
        "across_videos": bool(strategy.arguments.get("across_videos", False)),
    }


def reach(strategy: Strategy) -> float:
    """How far around a pick scores decide on it."""
    radius = strategy.arguments["smooth_radius"] if strategy.arguments.get("smooth") else 0
    return float(radius) + bool(strategy.arguments.get("off_by_one"))  # type: ignore[arg-type]


def scorer(project: Project, number: int) -> engine.Scorer:
    """What scores the pool of a round: the detector of the round before, and the strategy."""
    strategy = project.strategy()
    return engine.Scorer(
        project.detector(number - 1), strategy, load_pixels,
        lambda key: project.rng("sample", number, key),
        project.members(number, strategy.needs), project.config.batch_size,
    )  # fmt: skip


def _scorer_of(folder: Path, number: int) -> engine.Scorer:
    """`scorer`, in a process of its own."""
    return scorer(Project.open(folder), number)


def _looking(project: Project, number: int) -> _Look:
    """Scoring, here or in several processes, with the detector loaded once for all passes."""
    workers = project.config.scoring.workers
    if workers == 1:
        made = scorer(project, number)
        return lambda records, into, **options: engine.score(records, made, into, **options)
    make = partial(_scorer_of, project.folder, number)
    device = project.config.detector.arguments.get("device", "auto")
    gpus = visible_gpus() if device in ("auto", "cuda") else []
    return lambda records, into, **options: engine.score_side_by_side(
        records, make, into, workers=workers, gpus=gpus, **options
    )
