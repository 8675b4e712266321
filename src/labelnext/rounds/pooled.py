"""What a round's scoring pass left, put together as the pool that a strategy chooses from."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float32

from labelnext.errors import ProjectError
from labelnext.evidence import Labelled, Needs, Pool
from labelnext.rounds.project import Project
from labelnext.store.shards import ScoreRow, ScoreShards
from labelnext.types import GroundTruth, ImageRecord, Timeline

LABELLED = "labelled"


def shards(project: Project, number: int, part: str = "") -> ScoreShards:
    """The score shards of a round: of its pool, or of the images labelled before it."""
    strategy = project.strategy()
    made_from = (strategy.name, sorted(strategy.arguments.items()), project.config.seed)
    fingerprint = f"{weights_digest(project, number - 1)} {made_from}"
    name = f"round-{number:04d}" + (f"-{part}" if part else "")
    return ScoreShards(project.path("scores", name), fingerprint)


def weights_digest(project: Project, number: int) -> str:
    """Hash of the detector of a round, as recorded when it was trained."""
    done = project.ledger.step(number, "train")
    if done is None:
        raise ProjectError(f"The detector of round {number} is not trained yet.")
    return str(done.details["weights"])


def labelled_records(project: Project, number: int) -> list[ImageRecord]:
    """Images labelled before a round: the initial set, then the picks, each in order of key."""
    known = project.ledger.labels(up_to=number - 1)
    picks = [record for record in project.index.records("pool") if record.key in known]
    return [*project.index.records("initial"), *picks]


def gathered(
    project: Project, number: int, records: Sequence[ImageRecord]
) -> tuple[Pool, Bool[np.ndarray, "n"]]:
    """The pool of a round, in the order of `records`; and which images were unreadable."""
    needs = project.strategy().needs
    places = {record.key: i for i, record in enumerate(records)}
    scores, unreadable = np.full(len(records), np.nan), np.zeros(len(records), bool)
    seen: list[ScoreRow | None] = [None] * len(records) if needs.detections else []
    order: list[int] = []
    into = shards(project, number)
    for row in into.rows() if needs.images else ():
        at = places[row.key]
        order.append(at)
        unreadable[at] = row.problem is not None
        scores[at] = np.nan if row.score is None else row.score
        if seen:
            seen[at] = row
    pool = Pool(
        Timeline.of(records),
        scores,
        len(project.config.classes),
        _placed(into.vectors(), order, len(records)) if needs.images else {},
        [None if row is None else row.detections for row in seen],
        [None if row is None else row.boxes for row in seen],
        labelled(project, number, needs),
    )
    return pool, unreadable


def labelled(project: Project, number: int, needs: Needs) -> Labelled:
    """What is known of the images labelled before a round; nothing where nothing is needed."""
    if not needs.labelled:
        return Labelled(_truths(project, number)) if needs.counts else Labelled()
    into = shards(project, number, LABELLED)
    rows = list(into.rows())
    keys = [row.key for row in rows]
    truths = {**project.index.truth(keys), **project.ledger.labels(up_to=number - 1)}
    known = np.array([truths.get(key) is not None for key in keys], bool)
    kept = [row for row, there in zip(rows, known, strict=True) if there]
    return Labelled(
        tuple(truth for key in keys if (truth := truths.get(key)) is not None),
        [row.detections for row in kept],
        {name: rows_[known] for name, rows_ in into.vectors().items()},
        [row.boxes for row in kept],
    )


def _truths(project: Project, number: int) -> tuple[GroundTruth, ...]:
    known = project.index.truth([record.key for record in project.index.records("initial")])
    truths = [*known.values(), *project.ledger.labels(up_to=number - 1).values()]
    return tuple(truth for truth in truths if truth is not None)


def _placed(
    vectors: dict[str, Float32[np.ndarray, "_m _d"]], order: list[int], n: int
) -> dict[str, Float32[np.ndarray, "_n _d"]]:
    """Rows of the scored images at their places in the pool."""
    out = {}
    for name, rows in vectors.items():
        out[name] = np.full((n, rows.shape[1]), np.nan, np.float32)
        out[name][order] = rows
    return out
