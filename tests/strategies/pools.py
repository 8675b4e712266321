"""Pools with everything a strategy can ask for, from a detector that is quick and never learned."""

from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from typing import Any

import numpy as np

from labelnext import plugins
from labelnext.engine.gather import gather
from labelnext.engine.stream import Decoded
from labelnext.evidence import Evidence, Labelled, Pool, Scored
from labelnext.types import (
    DenseMaps,
    Detections,
    GroundTruth,
    ImageRecord,
    MapLevel,
    Prediction,
    Timeline,
)

SIZE = 64  # of the images; the maps' is a quarter, as with a detector that shrinks them
BLACK = 5  # this image of a pool shows nothing, and nothing is detected on it
NAMES = plugins.names("strategies")


class Fake:
    """Predicts from a hash of the pixels, so an image's prediction depends on nothing else."""

    def __init__(self, classes: int = 1, seed: int = 0):
        self.classes = tuple(f"class {k}" for k in range(classes))
        self._seed = seed

    def fingerprint(self) -> str:
        return f"fake {self._seed}"

    def predict(self, images: Any) -> list[Prediction]:
        assert len({image.shape for image in images}) <= 1, "images of one size come together"
        return [self._one(image) for image in images]

    def sample(self, images: Any, *, samples: int, rng: Any, dropout: Any = None) -> list[Any]:
        return [[self._maps(rng) for _ in range(samples)] for _ in images]

    def fit(self, examples: Any, **options: Any) -> "Fake":
        return self

    def save(self, path: Any) -> None:
        raise AssertionError("nothing is saved here")

    def _one(self, image: np.ndarray) -> Prediction:
        digest = blake2b(image.tobytes() + bytes([self._seed]), digest_size=8).digest()
        rng = np.random.default_rng(int.from_bytes(digest, "big"))
        count = 0 if not image.any() else int(rng.integers(1, 6))
        vectors = rng.uniform(0.02, 0.98, (count, len(self.classes))).astype(np.float32)
        vectors = vectors[np.argsort(-vectors.max(axis=1, initial=0))]  # best first
        corner = rng.uniform(0, 30, (count, 2))
        found = Detections(
            np.concatenate([corner, corner + rng.uniform(8, 34, (count, 2))], 1).astype(np.float32),
            vectors.max(axis=1, initial=0),
            vectors.argmax(axis=1).astype(np.int64) if count else np.zeros(0, np.int64),
            vectors,
            rng.normal(size=(count, 4)).astype(np.float32),
        )
        return Prediction(self._maps(rng), found, rng.normal(size=5).astype(np.float32))

    def _maps(self, rng: np.random.Generator) -> DenseMaps:
        side, classes = SIZE // 4, len(self.classes)
        levels = tuple(
            MapLevel(rng.normal(-1, 2, (classes, side // s, side // s)).astype(np.float32), s)
            for s in (4, 2)
        )
        return DenseMaps(levels, (side, side))


def image(number: int, seed: int) -> np.ndarray:
    """Noise; black for one number."""
    if number == BLACK:
        return np.zeros((SIZE, SIZE, 3), np.uint8)
    return np.random.default_rng([seed, number]).integers(1, 256, (SIZE, SIZE, 3), np.uint8)


def evidence(strategy: Any, number: int, seed: int, classes: int) -> Evidence:
    """What the engine gathers of one image for a strategy."""
    pixels, detector = image(number, seed), Fake(classes)
    prediction = detector.predict([pixels])[0] if strategy.needs.forward else None
    members = [Fake(classes, k).predict([pixels])[0] for k in (1, 2)]
    item = Decoded(ImageRecord(f"{number}", "", SIZE, SIZE), pixels)
    rng = np.random.default_rng([seed, number, 1])
    return gather(item, prediction, detector, strategy.needs, rng, members)


def timeline(n: int, video: bool) -> Timeline:
    """Stills, or three videos whose frames take turns, with gaps in time."""
    if not video:
        return Timeline((None,) * n, np.zeros(n, np.int64), np.full(n, np.nan))
    frames = np.arange(n, dtype=np.int64) // 3
    return Timeline(tuple(f"v{i % 3}" for i in range(n)), frames, frames * 0.5 + frames**2 / 40)


def truth(found: Detections, rng: np.random.Generator) -> GroundTruth:
    """Most of what was found, moved a little, and one object that was not."""
    kept = rng.random(len(found)) < 0.7
    moved = found.xyxy[kept] + rng.normal(0, 1, (int(kept.sum()), 4))
    return GroundTruth.from_boxes(
        np.concatenate([moved, [[1.0, 1, 12, 14]]]), [*found.classes[kept], 0],
        ignore=[*(rng.random(int(kept.sum())) < 0.2), False],
    )  # fmt: skip


def _stacked(scored: list[Scored]) -> dict[str, np.ndarray]:
    names = {name for one in scored for name in one.vectors}
    return {name: np.stack([one.vectors[name] for one in scored]) for name in sorted(names)}


def pool_for(
    strategy: Any, *, n: int = 18, classes: int = 3, video: bool = True, seed: int = 0
) -> Pool:
    """A pool as a round would give it to the strategy, with what was labelled before."""
    needs, rng = strategy.needs, np.random.default_rng([seed, 99])
    seen = [evidence(strategy, i, seed, classes) for i in range(n)]
    scored = [strategy.score(one) for one in seen]
    boxes = needs.detections
    labelled = Labelled()
    if needs.labelled or needs.counts:
        before = [evidence(strategy, i, seed + 1000, classes) for i in range(8)]
        found = [Fake(classes).predict([image(i, seed + 1000)])[0].detections for i in range(8)]
        labelled = Labelled(tuple(truth(one, rng) for one in found))
        if needs.labelled:
            kept = [strategy.score(one) for one in before]
            labelled = replace(
                labelled, detections=found, vectors=_stacked(kept),
                boxes=[one.boxes for one in kept],
            )  # fmt: skip
    return Pool(
        timeline(n, video),
        np.array([np.nan if one.score is None else one.score for one in scored], np.float64),
        classes,
        _stacked(scored) if n else {},
        [one.prediction.detections for one in seen if one.prediction] if boxes else [],
        [one.boxes for one in scored] if boxes else [],
        labelled,
        rng.uniform(5, 50, n),
    )


@dataclass(frozen=True)
class Case:
    """A strategy with a pool."""

    strategy: Any
    pool: Pool

    def select(self, budget: int, *, blocked: Any = None, seed: int = 0, pool: Any = None) -> Any:
        used = self.pool if pool is None else pool
        shut = np.zeros(len(used), bool) if blocked is None else blocked
        return self.strategy.select(
            used, budget=budget, blocked=shut, rng=np.random.default_rng(seed)
        )


def build(name: str, **arguments: object) -> Any:
    """A strategy with windows and numbers of passes that fit so small a pool."""
    maker = plugins.load("strategies", name)
    known = maker().arguments
    small = {"within_cycle": 1, "region": 8, "radius": 2, "across_cycles": 1, "samples": 2}
    own = {key: value for key, value in small.items() if key in known}
    return maker(**{**own, **arguments})


@cache
def case(name: str, classes: int = 3, video: bool = True, preset: str = "corrected") -> Case:
    """A strategy by name and its pool, made once."""
    strategy, pool = _scored(name, classes, preset)
    return Case(strategy, replace(pool, timeline=timeline(len(pool), video)))


@cache
def _scored(name: str, classes: int, preset: str) -> tuple[Any, Pool]:
    strategy = build(name, preset=preset)
    return strategy, pool_for(strategy, classes=classes)


def turned(pool: Pool, order: np.ndarray) -> Pool:
    """The same pool in another order."""
    line = pool.timeline
    return replace(
        pool,
        timeline=Timeline(
            tuple(line.videos[i] for i in order), line.frames[order], line.seconds[order]
        ),
        scores=pool.scores[order],
        vectors={name: rows[order] for name, rows in pool.vectors.items()},
        detections=[pool.detections[i] for i in order] if len(pool.detections) else [],
        boxes=[pool.boxes[i] for i in order] if len(pool.boxes) else [],
        seconds=None if pool.seconds is None else pool.seconds[order],
    )


def only(pool: Pool, n: int) -> Pool:
    """The first images of a pool."""
    return turned(pool, np.arange(n))
