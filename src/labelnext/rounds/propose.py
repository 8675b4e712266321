"""Propose: score what is left of the pool, then select by the strategy (PAPER §1.1–4)."""

import time

import numpy as np
from jaxtyping import Bool, Float64

from labelnext import engine
from labelnext.errors import ProjectError
from labelnext.protocols import Progress, quiet
from labelnext.rounds import frames
from labelnext.rounds.project import Project, load_pixels
from labelnext.store.ledger import PickRow, RoundRow, StepRow
from labelnext.store.shards import ScoreShards
from labelnext.types import ImageRecord, Timeline


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
    pool = sorted(project.index.records("pool"), key=_place)
    blocked = project.ledger.blocked()
    mask = np.array([record.key in blocked for record in pool], bool)
    strategy = project.strategy()
    scores, unreadable = _scores(project, number, pool)
    chosen = strategy.select(
        scores,
        timeline=Timeline.of(pool),
        budget=project.config.budget,
        blocked=mask | unreadable,
        rng=project.rng("select", number),
    )
    picks = [
        PickRow(number, pick.rank, pool[pick.index].key, pick.score, pick.reason)
        for pick in chosen.picks
    ]
    if not picks:
        raise ProjectError(
            f"No image of the pool can be picked any more: {len(pool)} images, {mask.sum()} of "
            "them picked before or blocked as near neighbours. Add some: `labelnext add --pool "
            "SOURCE`."
        )
    new = np.flatnonzero(chosen.blocked & ~mask & ~unreadable)
    row = RoundRow(
        number,
        {"name": strategy.name, **strategy.arguments},
        project.config.seed,
        project.config.budget,
        project.index.digest("pool"),
        project.ledger.labels_digest(up_to=number - 1),
        weights_digest(project, number - 1),
    )
    project.ledger.propose(row, picks, [pool[i].key for i in new], time.perf_counter() - start)
    return StepRow(number, "select", 0.0, {"images": len(picks)})


def shards(project: Project, number: int) -> ScoreShards:
    """The score shards of a round."""
    strategy = project.strategy()
    made_from = (strategy.name, sorted(strategy.arguments.items()), project.config.seed)
    fingerprint = f"{weights_digest(project, number - 1)} {made_from}"
    return ScoreShards(project.path("scores", f"round-{number:04d}"), fingerprint)


def weights_digest(project: Project, number: int) -> str:
    """Hash of the detector of a round, as recorded when it was trained."""
    done = project.ledger.step(number, "train")
    if done is None:
        raise ProjectError(f"The detector of round {number} is not trained yet.")
    return str(done.details["weights"])


def _score(project: Project, number: int, progress: Progress) -> dict[str, object]:
    strategy = project.strategy()
    left = candidates(project)
    if not strategy.needs_forward:
        return {"images": 0, "unreadable": 0}
    into = shards(project, number)
    engine.score(
        left,
        project.detector(number - 1),
        strategy,
        load_pixels,
        into,
        rng_of=lambda key: project.rng("sample", number, key),
        batch_size=project.config.batch_size,
        progress=progress,
    )
    problems = {row.key: row.problem for row in into.rows() if row.problem}
    return {"images": len(left), "unreadable": len(problems), "problems": problems}


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


def _scores(
    project: Project, number: int, pool: list[ImageRecord]
) -> tuple[Float64[np.ndarray, "n"], Bool[np.ndarray, "n"]]:
    """Scores by place in the pool, NaN where there is none; and which images were unreadable."""
    scores, unreadable = np.full(len(pool), np.nan), np.zeros(len(pool), bool)
    if project.strategy().needs_forward:
        at = {record.key: i for i, record in enumerate(pool)}
        for row in shards(project, number).rows():
            unreadable[at[row.key]] = row.problem is not None
            scores[at[row.key]] = np.nan if row.score is None else row.score
    return scores, unreadable
