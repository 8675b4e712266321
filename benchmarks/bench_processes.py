"""What scoring in several processes gains over one with as many threads.

    python benchmarks/bench_processes.py [--width .25] [--size 216 270] [--images 2048]

fire-fpn with fresh weights, local divergence, over a folder of JPEG files, into shards. In one run,
in turn, `--repeats` times: one process, whose network has all threads of torch's default, and
`--workers` processes with a share each, their start and the reading of weights included. Medians of
images a second, and of the ratio pass by pass; rows are compared.
"""

import argparse
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from bench_pipeline import BATCH, folder_of, pictures

from labelnext import engine
from labelnext.data import images
from labelnext.detectors.fire_fpn import FireFPN
from labelnext.machine import hardware
from labelnext.store.shards import ScoreShards
from labelnext.strategies import paper


def scorer(weights: Path) -> engine.Scorer:
    """The detector from its file, as each process reads it."""
    return engine.Scorer(
        FireFPN.load(weights), paper.divergence(), images.read,
        lambda key: np.random.default_rng(0), batch_size=BATCH,
    )  # fmt: skip


def rows(shards: ScoreShards) -> np.ndarray:
    """The scores, in order."""
    return np.array([row.score for row in shards.rows()])


def main() -> None:
    """Print rates, their ratio, and the greatest relative difference between scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--size", type=int, nargs=2, default=(216, 270))
    parser.add_argument("--images", type=int, default=2048)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        weights = folder / "weights.safetensors"
        FireFPN.create(["person"], seed=0, width=given.width, threshold=0.3).save(weights)
        files = folder_of(pictures(given.images, tuple(given.size)), folder / "jpeg")
        took: dict[str, list[float]] = {"one process": [], f"{given.workers} processes": []}
        differ = 0.0
        for turn in range(given.repeats):
            made = [ScoreShards(folder / f"{turn}-{i}", "") for i in range(2)]
            start = time.perf_counter()
            engine.score(files, scorer(weights), made[0])
            middle = time.perf_counter()
            engine.score_side_by_side(
                files, partial(scorer, weights), made[1], workers=given.workers
            )
            for name, seconds in zip(
                took, (middle - start, time.perf_counter() - middle), strict=True
            ):
                took[name].append(seconds)
            one, many = (rows(shards) for shards in made)
            differ = max(differ, float(np.max(np.abs(one - many) / np.abs(one))))
    print(hardware())
    print(f"width {given.width:g}, {given.size[0]}x{given.size[1]}, {given.images} images")
    for name, seconds in took.items():
        print(f"{given.images / statistics.median(seconds):8.2f}/s  {name}")
    one, many = took.values()
    ratio = statistics.median(a / b for a, b in zip(one, many, strict=True))
    print(f"{ratio:8.2f}    times as fast; scores differ by a share of {differ:.1e} at most")


if __name__ == "__main__":
    main()
