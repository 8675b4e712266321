"""What a round's scoring pass left, put together as the pool that a strategy chooses from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from labelnext.errors import ProjectError
from labelnext.evidence import Labelled, Needs, Pool
from labelnext.rounds.project import Project
from labelnext.store.shards import ScoreRow, ScoreShards
from labelnext.types import Detections, GroundTruth, ImageRecord, Timeline

LABELLED = "labelled"
_OFFERED = "offered"
_Scores = Float64[np.ndarray, "_n"]


class Boxes(NamedTuple):
    """The detector's boxes on a pool, all in one row.

    Attributes:
        scores: Of each box.
        images: Place in the pool of the image that each is on.
        predicted: Whether the detector has seen an image of the pool.
    """

    scores: Float64[np.ndarray, "boxes"]
    images: Int64[np.ndarray, "boxes"]
    predicted: Bool[np.ndarray, "n"]


class Gathered(NamedTuple):
    """The pool of a round, and of its images which were looked at and which were unreadable.

    `boxes` is what was detected on it. Where a strategy looks at no image, all count as looked at.
    """

    pool: Pool
    looked: Bool[np.ndarray, "n"]
    unreadable: Bool[np.ndarray, "n"]
    boxes: Boxes


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


def offer(project: Project, number: int, found: Mapping[str, Detections]) -> None:
    """Keep what the detector proposed on a round's picks, as people got it."""
    rows = [ScoreRow(key, None, boxes) for key, boxes in sorted(found.items())]
    shards(project, number, _OFFERED).write(0, rows)


def offered(project: Project, number: int, keys: Iterable[str]) -> dict[str, Detections]:
    """What the detector proposed on some of a round's picks, where that is known.

    A round of an older version kept it with the scores alone.
    """
    kept = shards(project, number, _OFFERED)
    source = kept if kept.folder.exists() else shards(project, number)
    return {row.key: row.detections for row in source.rows(set(keys)) if row.detections is not None}


def gathered(project: Project, number: int, records: Sequence[ImageRecord]) -> Gathered:
    """The pool of a round, in the order of `records`."""
    needs = project.strategy().needs
    places = {record.key: i for i, record in enumerate(records)}
    scores, unreadable = np.full(len(records), np.nan), np.zeros(len(records), bool)
    seen: list[ScoreRow | None] = [None] * len(records) if needs.detections else []
    order: list[int] = []
    found: dict[int, _Scores] = {}
    into = shards(project, number)
    for row in into.rows() if needs.images else ():
        at = places[row.key]
        order.append(at)
        unreadable[at] = row.problem is not None
        scores[at] = np.nan if row.score is None else row.score
        if row.detections is not None:
            found[at] = row.detections.scores.astype(np.float64)
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
    looked = np.full(len(records), not needs.images)
    looked[order] = True
    return Gathered(pool, looked, unreadable, _boxes(found, len(records)))


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


def _boxes(found: Mapping[int, _Scores], n: int) -> Boxes:
    predicted = np.zeros(n, bool)
    predicted[list(found)] = True
    images = np.repeat(np.array(list(found), np.int64), [len(scores) for scores in found.values()])
    return Boxes(np.concatenate([np.zeros(0), *found.values()]), images, predicted)


def _placed(
    vectors: dict[str, Float32[np.ndarray, "_m _d"]], order: list[int], n: int
) -> dict[str, Float32[np.ndarray, "_n _d"]]:
    """Rows of the scored images at their places in the pool."""
    out = {}
    for name, rows in vectors.items():
        out[name] = np.full((n, rows.shape[1]), np.nan, np.float32)
        out[name][order] = rows
    return out
