"""Propose: score what is left of the pool, then select by the strategy (PAPER §1.1–4)."""

import time
from dataclasses import replace

import numpy as np

from labelnext.cost import parse
from labelnext.errors import ProjectError
from labelnext.protocols import Progress, quiet
from labelnext.rounds import frames
from labelnext.rounds.accounts import budgeting
from labelnext.rounds.accounts.budgeting import Task
from labelnext.rounds.pooled import gathered, weights_digest
from labelnext.rounds.project import Project
from labelnext.rounds.steps import scoring
from labelnext.store.ledger import PickRow, RoundRow, StepRow


def score(project: Project, number: int, progress: Progress = quiet) -> StepRow:
    """Score every pool image that may still be picked, with the detector of the round before.

    Raises:
        ProjectError: The pool is empty.
    """
    return project.once(number, "score", lambda: scoring.score(project, number, progress))


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
    records = scoring.ordered(project)
    mask = scoring.picked_before(project, records)
    strategy = project.strategy()
    found = gathered(project, number, records)
    unreadable, closed = found.unreadable, mask | found.unreadable
    asked = budgeting.asked(project, number)
    estimate = budgeting.expected(project, number, found.boxes, closed)
    pool = scoring.bounded(project, number, found, closed)
    if strategy.needs.seconds:
        pool = replace(pool, seconds=estimate.seconds)
    task = Task(pool, parse(str(asked)), closed, estimate)
    chosen, places = budgeting.choose(strategy, task, project, number)
    scoring.require_scored(places.tolist(), found.looked, records)
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
