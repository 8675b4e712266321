"""How much faster the scores are than their obvious form, in one run and on one thread each.

    python benchmarks/bench_scores.py [--threads 1] [--repeats 7]
    pytest benchmarks/bench_scores.py

The obvious form of local divergence is `avg_pool2d` with a 19×19 window and stride 1 in torch; its
input is 5 levels of 480×640. Ratios are of the best times; the fast form must agree with a float64
form to 1e-5.
"""

import argparse
import math
import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from labelnext import aggregate, scores
from labelnext.types import DenseMaps, MapLevel

torch = pytest.importorskip("torch", reason="the obvious form needs torch")
SHAPE, RADIUS = (5, 480, 640), 9


def probabilities() -> np.ndarray:
    """Hills on flat ground, as a detector has them."""
    rng = np.random.default_rng(0)
    coarse = rng.normal(-4, 3, (SHAPE[0], 60, 80)).astype(np.float32)
    return scores.probabilities(
        DenseMaps(tuple(MapLevel(level[None], 8) for level in coarse), SHAPE[1:])
    )[:, 0]


def obvious(p: torch.Tensor) -> torch.Tensor:
    """Eq. 1 to 4 as one writes them down."""

    def mean(x: torch.Tensor) -> torch.Tensor:
        side = 2 * RADIUS + 1
        return torch.nn.functional.avg_pool2d(x, side, 1, RADIUS, count_include_pad=False)

    def h(x: torch.Tensor) -> torch.Tensor:
        return -torch.xlogy(x, x) - torch.xlogy(1 - x, 1 - x)

    return (h(mean(p)) - mean(h(p))).sum(0)


def set_threads(count: int) -> None:
    """The same number for both."""
    cv2.setNumThreads(count)
    torch.set_num_threads(count)


def test_local_divergence(benchmark: Callable[..., np.ndarray]) -> None:
    """The fast form, with its error against float64."""
    set_threads(1)
    p = probabilities()
    fast = benchmark(scores.local_divergence, p, radius=RADIUS)
    exact = obvious(torch.from_numpy(p).double()).numpy()
    np.testing.assert_allclose(fast, exact, rtol=0, atol=1e-5)


def test_obvious(benchmark: Callable[..., object]) -> None:
    """The obvious form."""
    set_threads(1)
    benchmark.pedantic(obvious, (torch.from_numpy(probabilities()),), rounds=3)


def best(call: Callable[[], object], repeats: int) -> float:
    """Least of several times, in milliseconds."""
    least = math.inf
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        least = min(least, time.perf_counter() - start)
    return 1e3 * least


def main() -> None:
    """Print times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1, help="for torch and OpenCV alike")
    parser.add_argument("--repeats", type=int, default=7)
    given = parser.parse_args()
    set_threads(given.threads)
    p = probabilities()
    tensor = torch.from_numpy(p)
    fast = scores.local_divergence(p, radius=RADIUS)
    exact = obvious(tensor.double()).numpy()
    slow = best(lambda: obvious(tensor), given.repeats)
    logits = np.random.default_rng(1).normal(-4, 3, (5, 1, 60, 80)).astype(np.float32)
    maps = DenseMaps(tuple(MapLevel(level, 8) for level in logits), SHAPE[1:])
    passes = np.stack([p**k for k in np.linspace(0.5, 2, 15)])
    calls = {
        "local_divergence": lambda: scores.local_divergence(p, radius=RADIUS),
        "local_divergence from logits at stride 8": lambda: scores.local_divergence(maps),
        "entropy": lambda: scores.entropy(p),
        "dropout_divergence of 15 passes": lambda: scores.dropout_divergence(passes),
        "region_max_mean": lambda: aggregate.region_max_mean(fast),
    }
    print(f"{SHAPE[0]}x{SHAPE[1]}x{SHAPE[2]}, {given.threads} thread(s) each")
    print(f"greatest error of local_divergence against float64: {np.abs(fast - exact).max():.1e}")
    print(f"{slow:9.2f} ms          obvious form (avg_pool2d 19x19)")
    for name, call in calls.items():
        took = best(call, given.repeats)
        ratio = f"{slow / took:6.1f}x" if name.startswith("local") else " " * 7
        print(f"{took:9.2f} ms  {ratio}  {name}")


if __name__ == "__main__":
    main()
