"""Time of selection as the pool grows: it should grow hardly faster than the pool.

python benchmarks/bench_select.py [--images 1000000]
python benchmarks/bench_select.py --embeddings 100000   # 1,000 of them by what they show
pytest benchmarks/bench_select.py
"""

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np
import pytest

from labelnext import select


def pool(images: int) -> dict[str, object]:
    """Videos of 5,000 frames at 25 a second."""
    return {
        "videos": [f"video {i // 5000}" for i in range(images)],
        "frames": np.arange(images) % 5000,
    }


@pytest.mark.parametrize("images", [10_000, 100_000])
def test_temporal(benchmark: Callable[..., select.Selection], images: int) -> None:
    """A hundredth of the pool under both rules."""
    scores = np.random.default_rng(0).random(images)
    found = benchmark(lambda: select.temporal(scores, **pool(images), budget=images // 100))
    assert len(found.indices) == images // 100


@pytest.mark.parametrize("images", [10_000, 100_000])
def test_smooth(benchmark: Callable[..., np.ndarray], images: int) -> None:
    """The paper's window."""
    scores = np.random.default_rng(0).random(images)
    assert len(benchmark(lambda: select.smooth(scores, **pool(images)))) == images


def embeddings(kind: str, images: int, width: int = 384) -> np.ndarray:
    """Float32 rows of three sorts: no structure at all, scenes, and videos that drift."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((images, width), np.float32)
    if kind == "scenes":
        rows *= np.float32(0.2)
        centres = rng.standard_normal((1000, width), np.float32)
        rows += centres[rng.integers(0, 1000, images)]
    elif kind == "videos":
        rows *= np.float32(0.1)
        for start in range(0, images, 5000):
            np.cumsum(rows[start : start + 5000], axis=0, out=rows[start : start + 5000])
    return rows


@pytest.mark.parametrize("images", [1_000, 10_000])
def test_k_center(benchmark: Callable[..., np.ndarray], images: int) -> None:
    """A hundredth of the pool."""
    rows = embeddings("scenes", images)
    assert len(benchmark(lambda: select.k_center(rows, budget=images // 100))) == images // 100


def by_embeddings(images: int, budget: int = 1000) -> None:
    """Print time, and peak memory of the process, for each way to choose by what images show."""
    calls: dict[str, Callable[[np.ndarray, np.ndarray], object]] = {
        "k_center": lambda rows, _: select.k_center(rows, budget=budget),
        "k_center, 1,000 labelled": lambda rows, _: select.k_center(
            rows, budget=budget, labelled=rows[:1000]
        ),
        "k_means_plus_plus": lambda rows, _: select.k_means_plus_plus(
            rows, budget=budget, rng=np.random.default_rng(0)
        ),
        "distinct, whole pool": lambda rows, z: select.distinct(
            z, vectors=rows, budget=budget, threshold=0.9
        ),
        "distinct, hashes": lambda rows, z: select.distinct(
            z, hashes=rows[:, :2].copy().view(np.uint64)[:, 0], budget=budget, threshold=10
        ),
    }
    scores = np.random.default_rng(0).random(images)
    for kind in ("gaussian", "scenes", "videos"):
        rows = embeddings(kind, images)
        for name, call in calls.items():
            start, busy = time.perf_counter(), time.process_time()
            call(rows, scores)
            took, busy = time.perf_counter() - start, time.process_time() - busy
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3  # kB on Linux
            print(
                f"{took:7.2f} s ({busy:6.2f} s of CPU), at most {peak:4.0f} MB: "
                f"{budget:,} of {images:,} x {rows.shape[1]}, {kind}: {name}"
            )
        del rows


def main() -> None:
    """Print times for two sizes of pool and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--embeddings", type=int, help="pool of embeddings; nothing else then")
    given = parser.parse_args()
    if given.embeddings:
        by_embeddings(given.embeddings)
        return
    largest = given.images
    calls: dict[str, Callable[..., object]] = {
        "temporal": lambda z, line: select.temporal(z, **line, budget=len(z) // 100),
        "temporal, seconds": lambda z, line: select.temporal(
            z, videos=line["videos"], frames=line["frames"] / 25, unit="seconds",
            within_cycle=0.6, across_cycles=0.08, budget=len(z) // 100,
        ),
        "temporal, all three passes": lambda z, line: select.temporal(
            z, **line, budget=len(z) // 3
        ),
        "smooth": lambda z, line: select.smooth(z, **line),
        "top": lambda z, line: select.top(z, budget=len(z) // 100),
    }  # fmt: skip
    for name, call in calls.items():
        took = []
        for images in (largest // 10, largest):
            scores, line = np.random.default_rng(0).random(images), pool(images)
            start = time.perf_counter()
            call(scores, line)
            took.append(time.perf_counter() - start)
        print(f"{took[1]:7.3f} s for {largest:,} images, {took[1] / took[0]:5.1f}x a tenth: {name}")


if __name__ == "__main__":
    main()
