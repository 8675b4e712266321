"""Scores at every pixel against scores at the detector's own resolution: same ranks, what cost?

    python experiments/resolution.py PROJECT [PROJECT …] [--images 200]

The newest detector of each project predicts on evenly spread images of its pool. Local divergence
and entropy are taken of the same maps at both resolutions, and aggregated over the same regions.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from labelnext import plugins
from labelnext.evidence import Evidence
from labelnext.machine import hardware
from labelnext.protocols import Precomputed, Strategy
from labelnext.rounds import overview
from labelnext.rounds.project import load_pixels
from labelnext.types import Prediction

TOP = 0.1  # share of the images whose picks are compared


def main() -> None:
    """Print one line a project and score, as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("projects", nargs="+", type=Path)
    parser.add_argument("--images", type=int, default=200)
    given = parser.parse_args()
    print(hardware())
    print(
        "\n| project | score | images | maps | rank correlation | top 10 % in common | "
        "at every pixel | at the detector's own | ratio |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for project in given.projects:
        compare(project, given.images)


def compare(folder: Path, images: int) -> None:
    """The lines of one project."""
    with overview.opened(folder) as project:
        trained = [n for n in range(1000) if project.ledger.step(n, "train") is not None]
        detector = project.detector(trained[-1]) if trained else project.fresh_detector()
        records = project.index.records("pool")
        chosen = [records[i] for i in np.linspace(0, len(records) - 1, images).astype(int)]
        chosen = list(dict.fromkeys(chosen))
        if isinstance(detector, Precomputed):
            found = detector.lookup([record.key for record in chosen])
        else:
            found = [detector.predict([load_pixels(record)])[0] for record in chosen]
    seen = [
        Evidence((record.height, record.width), prediction)
        for record, prediction in zip(chosen, found, strict=True)
        if prediction is not None
    ]
    for name in ("divergence", "entropy"):
        make = plugins.load("strategies", name)
        pixel, native = scored(make(), seen), scored(make(resolution="native"), seen)
        seconds = {r: times(make(resolution=r), seen) for r in ("image", "native")}
        rho = float(spearmanr(pixel, native).statistic)
        k = max(1, round(TOP * len(seen)))
        common = len(set(np.argsort(-pixel)[:k]) & set(np.argsort(-native)[:k])) / k
        cells = (
            folder.name, name, len(seen), shape(seen[0].prediction), f"{rho:.3f}", f"{common:.0%}",
            f"{1e3 * seconds['image']:.1f} ms", f"{1e3 * seconds['native']:.2f} ms",
            f"{seconds['image'] / seconds['native']:.0f}",
        )  # fmt: skip
        print("|", " | ".join(map(str, cells)), "|", flush=True)


def scored(strategy: Strategy, seen: list[Evidence]) -> np.ndarray:
    """Every image's score."""
    return np.array([strategy.score(evidence).score for evidence in seen], np.float64)


def times(strategy: Strategy, seen: list[Evidence], repeats: int = 3) -> float:
    """Seconds an image, the best of a few runs over the first ones."""
    some, taken = seen[:20], []
    for _ in range(repeats):
        start = time.perf_counter()
        scored(strategy, some)
        taken.append((time.perf_counter() - start) / len(some))
    return min(taken)


def shape(prediction: Prediction | None) -> str:
    """Classes × levels, and the image that the maps cover."""
    assert prediction is not None
    assert prediction.maps is not None
    maps = prediction.maps
    strides = "/".join(str(level.stride) for level in maps.levels)
    height, width = maps.image_size
    return f"{len(maps.levels[0].logits)} classes, strides {strides}, {width}×{height}"


if __name__ == "__main__":
    main()
