"""Time of selection as the pool grows: it should grow hardly faster than the pool.

python benchmarks/bench_select.py [--images 1000000]
pytest benchmarks/bench_select.py
"""

import argparse
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


def main() -> None:
    """Print times for two sizes of pool and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1_000_000)
    largest = parser.parse_args().images
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
