"""Projects whose figures are planted in the ledger: no detector runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from labelnext.rounds import setup
from labelnext.rounds.overview import opened
from labelnext.rounds.pooled import shards
from labelnext.rounds.project import Project
from labelnext.store.as_json import encode_metrics
from labelnext.store.ledger import PickRow, RoundRow
from labelnext.store.shards import ScoreRow
from labelnext.types import Detections, GroundTruth, Metrics, MissRateCurve
from tests.rounds.scenes import draw

INITIAL, POOL, BUDGET = 6, 80, 4


def planted(folder: Path, data: Path, miss_rates: Sequence[float | None], **values: object) -> Path:
    """A project of 6 initial and 80 pool images; one cycle a miss rate, None for no test set.

    Every image that was labelled holds two objects, so by the default prices it took 25 seconds.
    """
    sources = {}
    for role, count, seed in (("initial", INITIAL, 1), ("pool", POOL, 2)):
        path = data / role / "instances.json"
        sources[role] = [f"coco:{path if path.exists() else draw(data / role, count, seed=seed)}"]
    settings = {
        "budget": BUDGET, "oracle": "simulated", "seed": 5, "train_on": "all", **values,
    }  # fmt: skip
    setup.set_up(folder, setup.configure(settings), sources)
    with opened(folder, writing=True) as project:
        for number, miss_rate in enumerate(miss_rates):
            cycle(project, number, miss_rate)
    return folder


def cycle(project: Project, number: int, miss_rate: float | None) -> None:
    """Record a whole round as if it had been run; 0 is the initial detector."""
    ledger = project.ledger
    if number:
        keys = sorted({r.key for r in project.index.records("pool")} - ledger.blocked())[:BUDGET]
        strategy = project.config.strategy
        if ledger.step(number, "score") is None:
            ledger.finish(number, "score", 1.0, {"images": 0})
        row = RoundRow(number, {"name": strategy.name}, 5, BUDGET, "p", "l", f"weights {number}")
        picks = [PickRow(number, i + 1, key, None, "planted") for i, key in enumerate(keys)]
        ledger.propose(row, picks, keys, 1.0)
        ledger.finish(number, "label", 0.0)
        truth = GroundTruth.from_boxes([[0, 0, 9, 20], [30, 0, 39, 20]])
        ledger.receive(number, dict.fromkeys(keys, truth))
        ledger.finish(number, "ingest", 0.0)
    ledger.finish(number, "train", 1.0, {"weights": f"weights {number}"})
    ledger.finish(number, "evaluate", 1.0, {} if miss_rate is None else _metrics(miss_rate))


def scored(project: Project, number: int, found: Mapping[str, Detections | None]) -> None:
    """Record a scoring pass and what it detected; before the round's cycle is."""
    project.ledger.finish(number, "score", 1.0, {"images": len(found)})
    rows = [ScoreRow(key, 0.5, boxes) for key, boxes in sorted(found.items())]
    shards(project, number).write(0, rows)


def one_box(left: float) -> Detections:
    """A sure detection of 10 × 20 pixels."""
    box = np.array([[left, 0, left + 10, 20]], np.float32)
    return Detections(box, np.array([0.9], np.float32), np.array([0], np.int64))


def _metrics(miss_rate: float) -> dict[str, object]:
    point = np.array([1.0])
    curve = MissRateCurve(point, np.array([miss_rate]), point)
    values = Metrics(9, 20, miss_rate, miss_rate, miss_rate, 0.5, 0.5, curve)
    return {"images": 9, "metrics": encode_metrics(values)}
