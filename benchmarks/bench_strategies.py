"""What every strategy costs: to score an image, and to select from what was scored.

    python benchmarks/bench_strategies.py [--images 6] [--pool 1000] [--budget 50]
    pytest benchmarks/bench_strategies.py

Scoring is one thread's CPU time, forward passes included, by a fire-fpn of width 0.25 on images of
270×216; ten boxes an image are put in place of an untrained network's. Selecting is from a pool of
stills and of one video, with a tenth as many images labelled.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelnext import plugins
from labelnext.engine.gather import gather
from labelnext.engine.stream import Decoded
from labelnext.evidence import Evidence, Labelled, Pool, Scored
from labelnext.types import Detections, GroundTruth, ImageRecord, Prediction, Timeline

torch = pytest.importorskip("torch", reason="fire-fpn needs torch")

HEIGHT, WIDTH, BOXES = 216, 270, 10
CLASSES = ("person", "car", "bicycle")


class Boxed:
    """A fire-fpn whose boxes are drawn, as an untrained one has none worth the name."""

    classes = CLASSES

    def __init__(self, seed: int) -> None:
        from labelnext.detectors.fire_fpn import FireFPN

        self._inner = FireFPN.create(CLASSES, seed=seed, width=0.25)

    def predict(self, images: Any) -> list[Prediction]:
        return [
            replace(found, detections=boxes(found, int(image.sum())))
            for image, found in zip(images, self._inner.predict(images), strict=True)
        ]

    def sample(self, images: Any, **options: Any) -> Any:
        return self._inner.sample(images, **options)

    def fingerprint(self) -> str:
        return self._inner.fingerprint()


def boxes(found: Prediction, seed: int) -> Detections:
    """Boxes with features as wide as the detector's."""
    rng = np.random.default_rng(seed)
    features = found.detections.features
    width = 64 if features is None else features.shape[1]
    corner = rng.uniform(0, 150, (BOXES, 2))
    vectors = -np.sort(-rng.uniform(0.05, 0.9, (BOXES, len(CLASSES))).astype(np.float32), axis=0)
    return Detections(
        np.concatenate([corner, corner + rng.uniform(20, 60, (BOXES, 2))], 1).astype(np.float32),
        vectors.max(axis=1), vectors.argmax(axis=1), vectors,
        rng.normal(size=(BOXES, width)).astype(np.float32),
    )  # fmt: skip


def scoring(
    strategy: Any, detector: Boxed, members: list[Boxed], images: list[np.ndarray]
) -> tuple[float, list[Scored], list[Evidence]]:
    """CPU seconds an image, and what came of it; the first image warms up and does not count."""
    scored, evidence = [], []
    start = 0.0
    for i, image in enumerate([images[0], *images]):
        if i == 1:
            start = time.process_time()
        item = Decoded(ImageRecord(str(i), "", WIDTH, HEIGHT), image)
        wanted = strategy.needs
        found = detector.predict([image])[0] if wanted.forward else None
        asked = wanted.rounds or wanted.checkpoints
        others = [member.predict([image])[0] for member in members] if asked else []
        seen = gather(item, found, detector, wanted, np.random.default_rng(i), others)  # type: ignore[arg-type]
        evidence.append(seen)
        scored.append(strategy.score(seen))
    return (time.process_time() - start) / len(images), scored[1:], evidence[1:]


def pool(
    scored: list[Scored], evidence: list[Evidence], n: int, *, video: bool, seed: int = 0
) -> Pool:
    """`n` images like those scored, with a tenth as many labelled."""
    rng = np.random.default_rng(seed)

    def part(count: int) -> tuple[dict[str, np.ndarray], list[Any], list[Any]]:
        like = rng.integers(0, len(scored), count)
        vectors = {}
        for name in scored[0].vectors:
            rows = np.stack([scored[i].vectors[name] for i in like])
            rows = rows + rng.normal(0, 0.05, rows.shape)
            if name == "classes":
                rows = np.abs(rows) / np.abs(rows).sum(axis=1, keepdims=True)
            vectors[name] = rows.astype(np.float32)
        found = [p.detections if (p := evidence[i].prediction) else None for i in like]
        kept = []
        for i in like:
            rows = scored[i].boxes
            noise = 1 if rows is None else rng.uniform(0.9, 1.1, rows.shape).astype(np.float32)
            kept.append(None if rows is None else rows * noise)
        return vectors, found, kept

    vectors, found, kept = part(n)
    before, seen, rows = part(n // 10)
    truths = tuple(
        GroundTruth.from_boxes([]) if one is None
        else GroundTruth.from_boxes(one.xyxy[::2] + 1.0, one.classes[::2])
        for one in seen
    )  # fmt: skip
    scores = rng.random(n) if scored[0].score is not None else np.full(n, np.nan)
    name = "drive" if video else None
    return Pool(
        Timeline((name,) * n, np.arange(n), np.arange(n) / 25), scores, len(CLASSES), vectors,
        found, kept, Labelled(truths, seen, before, rows),
    )  # fmt: skip


def selecting(strategy: Any, given: Pool, budget: int) -> float:
    """CPU seconds."""
    start = time.process_time()
    chosen = strategy.select(
        given, budget=budget, blocked=np.zeros(len(given), bool), rng=np.random.default_rng(0)
    )
    assert len(chosen.picks) == budget
    return time.process_time() - start


def pictures(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(count)]


@pytest.mark.parametrize("name", ["hybrid", "k-center", "ppal", "pal"])
def test_select(benchmark: Callable[..., Any], name: str) -> None:
    """Fifty of a thousand stills."""
    torch.set_num_threads(1)
    strategy = plugins.load("strategies", name)()
    _, scored, evidence = scoring(strategy, Boxed(0), [], pictures(2))
    given = pool(scored, evidence, 1000, video=False)
    benchmark.pedantic(selecting, (strategy, given, 50), rounds=3)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=6)
    parser.add_argument("--pool", type=int, default=1000)
    parser.add_argument("--budget", type=int, default=50)
    given = parser.parse_args()
    torch.set_num_threads(1)
    images, detector, members = pictures(given.images), Boxed(0), [Boxed(1), Boxed(2)]
    names = plugins.names("strategies")
    names.insert(0, names.pop(names.index("divergence")))
    unit = 0.0
    print("| strategy | score, ms an image | divergence = 1 | select stills, s | a video, s |")
    print("|---|---|---|---|---|")
    for name in names:
        strategy = plugins.load("strategies", name)()
        took, scored, evidence = scoring(strategy, detector, members, images)
        took = took if strategy.needs.images else 0.0
        unit = unit or took
        selecting(strategy, pool(scored, evidence, 100, video=False), 10)  # warms up
        select = [
            selecting(strategy, pool(scored, evidence, given.pool, video=video), given.budget)
            for video in (False, True)
        ]
        print(
            f"| `{name}` | {1e3 * took:.0f} | {took / unit:.2f} | {select[0]:.3f} | "
            f"{select[1]:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
