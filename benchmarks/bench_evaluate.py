"""Evaluation at the size of a real test set: 10,000 images with 20 detections each.

Run: pytest benchmarks/bench_evaluate.py --benchmark-only
The loop-written matching takes part for the ratio; nothing here asserts on time.
"""

import numpy as np
import pytest

from labelnext.evaluate import average_precision, evaluate, match
from labelnext.types import Detections, GroundTruth
from tests.reference.evaluate_matching import match_image

IMAGES, FOUND = 10_000, 20


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    truths, detections = [], []
    for _ in range(IMAGES):
        n = int(rng.integers(0, 6))
        boxes = _boxes(rng, n)
        clutter = _boxes(rng, FOUND - n)
        truths.append(GroundTruth.from_boxes(boxes, ignore=rng.random(n) < 0.1))
        near = boxes + rng.uniform(-6, 6, boxes.shape)
        detections.append(
            Detections(
                np.concatenate([near, clutter]).astype(np.float32),
                rng.random(FOUND).astype(np.float32),
                np.zeros(FOUND, np.int64),
            )
        )
    return truths, detections


def _boxes(rng, n):
    corner, size = rng.uniform(0, 500, (n, 2)), rng.uniform(20, 120, (n, 2))
    return np.concatenate([corner, corner + size], axis=1)


def test_matching(benchmark, drawn):
    benchmark.pedantic(match, drawn, rounds=3)


def test_matching_by_loops(benchmark, drawn):
    plain = [
        (
            [(tuple(b), 0, bool(i)) for b, i in zip(t.xyxy.tolist(), t.ignore, strict=True)],
            [(tuple(b), 0, s) for b, s in zip(d.xyxy.tolist(), d.scores.tolist(), strict=True)],
        )
        for t, d in zip(*drawn, strict=True)
    ]

    def loops():
        return [match_image(truths, found, 0.5) for truths, found in plain]

    benchmark.pedantic(loops, rounds=1)


def test_average_precision(benchmark, drawn):
    benchmark.pedantic(average_precision, drawn, rounds=1)


@pytest.mark.parametrize("protocol", ["standard", "authors-code"])
def test_everything(benchmark, drawn, protocol):
    metrics = benchmark.pedantic(
        evaluate, drawn, {"classes": ("person",), "protocol": protocol}, rounds=1
    )
    assert metrics.images == IMAGES
