"""Propose: score what is left of the pool, then select by the strategy (PAPER §1.1–4)."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from labelnext import engine
from labelnext.cost import parse
from labelnext.errors import ProjectError
from labelnext.protocols import Progress, quiet
from labelnext.rounds import frames
from labelnext.rounds.accounts import budgeting
from labelnext.rounds.accounts.budgeting import Task
from labelnext.rounds.pooled import LABELLED, gathered, labelled_records, shards, weights_digest
from labelnext.rounds.project import Project, load_pixels
from labelnext.store.ledger import PickRow, RoundRow, StepRow
from labelnext.store.shards import ScoreShards
from labelnext.types import ImageRecord


def score(project: Project, number: int, progress: Progress = quiet) -> StepRow:
    """Score every pool image that may still be picked, with the detector of the round before.

    Raises:
        ProjectError: The pool is empty.
    """
    return project.once(number, "score", lambda: _score(project, number, progress))


def select(project: Project, number: int, progress: Progress = quiet) -> StepRow:
    """Pick the round's images and record them with score, rank and reason.

    The picks are listed in the round's `picks.csv`, and picked frames of videos exported beside it.
    """
    done = project.ledger.step(number, "select")
    if done is None:
        done = _select(project, number)
    frames.publish(project, number, progress)
    return done


def _select(project: Project, number: int) -> StepRow:
    start = time.perf_counter()
    records = sorted(project.index.records("pool"), key=_place)
    blocked = project.ledger.blocked()
    mask = np.array([record.key in blocked for record in records], bool)
    strategy = project.strategy()
    pool, unreadable, boxes = gathered(project, number, records)
    closed, asked = mask | unreadable, budgeting.asked(project, number)
    estimate = budgeting.expected(project, number, boxes, closed)
    if strategy.needs.seconds:
        pool = replace(pool, seconds=estimate.seconds)
    task = Task(pool, parse(str(asked)), closed, estimate)
    chosen, places = budgeting.choose(strategy, task, project, number)
    picks = [
        PickRow(number, pick.rank, records[pick.index].key, pick.score, pick.reason)
        for pick in chosen.picks
    ]
    if not picks:
        raise ProjectError(
            f"No image of the pool can be picked any more: {len(records)} images, {mask.sum()} of "
            "them picked before or blocked as near neighbours. Add some: `labelnext add --pool "
            "SOURCE`."
        )
    new = np.flatnonzero(chosen.blocked & ~mask & ~unreadable)
    row = RoundRow(
        number,
        {"name": strategy.name, **strategy.arguments},
        project.config.seed,
        asked,
        project.index.digest("pool"),
        project.ledger.labels_digest(up_to=number - 1),
        weights_digest(project, number - 1),
    )
    blocks = [records[i].key for i in new]
    project.ledger.propose(
        row, picks, blocks, time.perf_counter() - start,
        {"asked": str(task.budget), "expected": estimate.amount(places).as_dict(),
         "notes": list(estimate.notes)},
    )  # fmt: skip
    done = project.ledger.step(number, "select")
    assert done is not None
    return done


def _score(project: Project, number: int, progress: Progress) -> dict[str, object]:
    strategy = project.strategy()
    left = candidates(project)
    asked = {} if project.asked is None else {"budget": project.asked}
    if not strategy.needs.images:
        return {"images": 0, "unreadable": 0, **asked}
    into = shards(project, number)
    _look(project, number, left, into, "score", progress)
    problems = {row.key: row.problem for row in into.rows() if row.problem}
    if strategy.needs.labelled:
        seen = labelled_records(project, number)
        _look(project, number, seen, shards(project, number, LABELLED), "score labelled", progress)
    return {
        "images": len(left), "unreadable": len(problems), "problems": problems, **asked
    }  # fmt: skip


def _look(
    project: Project,
    number: int,
    records: Sequence[ImageRecord],
    into: ScoreShards,
    task: str,
    progress: Progress,
) -> None:
    """Score images with the detector of the round before, into shards."""
    strategy = project.strategy()
    engine.score(
        records,
        project.detector(number - 1),
        strategy,
        load_pixels,
        into,
        rng_of=lambda key: project.rng("sample", number, key),
        members=project.members(number, strategy.needs),
        batch_size=project.config.batch_size,
        task=task,
        progress=progress,
    )


def candidates(project: Project) -> list[ImageRecord]:
    """Pool images that may still be picked."""
    pool = project.index.records("pool")
    if not pool:
        raise ProjectError("The pool is empty. Add images: `labelnext add --pool SOURCE`.")
    blocked = project.ledger.blocked()
    return [record for record in pool if record.key not in blocked]


def _place(record: ImageRecord) -> tuple[str, int, str]:
    """Frames in order of time, video after video; ties between scores break by this order."""
    return (record.video or "", record.frame or 0, record.key)
