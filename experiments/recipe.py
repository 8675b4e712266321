"""Which parts of the preset `plus` lift fire-fpn where labels are few: leave one out, over seeds.

    python experiments/recipe.py --data ../shared/data --out runs/recipe --seeds 4

Every variant is trained on Penn-Fudan (15 epochs), then on 50 random frames of PRW's pool (12
epochs), and tested on every other one of the frames after it. A seed sets the fresh weights, the
order of training and the 50 frames, which all its variants share. Finished runs are kept in `--out`
and never done again; the table of what is there is printed at the end.
"""

import argparse
import itertools
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from detector_ceiling import example, split, test_on

from labelnext import presets
from labelnext.data.formats.penn_fudan import read as read_penn_fudan
from labelnext.detectors.fire_fpn import FireFPN
from labelnext.detectors.fire_fpn.options import FitOptions
from labelnext.evaluate import paired_difference
from labelnext.files import write_text

SHAPE = {"width": 0.25, "box_scale": 0.5, "image_scale": 0.5}
ORIGINAL = {**asdict(FitOptions()), **presets.get("corrected").fit}
OPTIMISER = ("optimiser", "learning_rate", "schedule", "warmup", "weight_decay")
WITHOUT: dict[str, Mapping[str, Any]] = {  # options of fit that differ from the preset's
    "plus": {},
    "rmsprop": {name: ORIGINAL[name] for name in OPTIMISER},
    "no-zoom": {"scale_jitter": 1.0},
    "augment-0.6": {"augment": 0.6, "flip_share": 1 / 3},
    "shared-0.5": {"shared_levels": 0.5},
    "shared-none": {"shared_levels": None},
    "first-plus": {**ORIGINAL, "shared_levels": 0.5, "average": 0.98},
}
FIGURES = ("miss_rate_at_fppi_1", "ap50")


def main() -> None:
    """Train what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("variants", nargs="*", default=list(WITHOUT), choices=list(WITHOUT))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/recipe"))
    parser.add_argument("--seeds", type=int, default=4)
    given = parser.parse_args()
    torch.set_num_threads(1)
    for seed, variant in itertools.product(range(given.seeds), given.variants):
        place = given.out / f"{variant}-{seed}.json"
        if not place.exists():
            given.out.mkdir(parents=True, exist_ok=True)
            write_text(place, json.dumps(run(variant, seed, given.data)))
        print(seed, variant, place.read_text(), flush=True)
    print(table(given.out, given.variants, range(given.seeds)))


def run(variant: str, seed: int, data: Path) -> dict[str, dict[str, float]]:
    """Figures of one variant on one seed, decoded as `plus` does and as the paper does."""
    preset = presets.get("plus")
    first = [example(s) for s in read_penn_fudan(data / "pennfudan").samples()]
    pool, test = split(data, 1, 2)
    few = np.random.default_rng([seed, 50]).choice(len(pool), 50, replace=False)
    arguments = {**preset.detector, **preset.decode, **SHAPE}
    options = {**preset.fit, **WITHOUT[variant]}
    detector = FireFPN.create(["person"], seed=seed, **arguments)
    detector = detector.fit(first, seed=seed, **{**options, "epochs": 15})
    detector = detector.fit(
        [example(pool[i]) for i in few], seed=seed + 1000, **{**options, "epochs": 12}
    )
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "detector.safetensors"
        detector.save(weights)
        wide = FireFPN.load(weights, window=19, min_pixels=100)
    return {"decoded": test_on(detector, test), "decoded-19-100": test_on(wide, test)}


def table(out: Path, variants: list[str], seeds: range) -> str:
    """Means over seeds, and paired differences to `plus` with bootstrap intervals, as Markdown."""
    found = {}
    for variant in variants:
        runs = [json.loads((out / f"{variant}-{seed}.json").read_text()) for seed in seeds]
        for decoding in runs[0] if variant == "plus" else ["decoded"]:
            name = variant if decoding == "decoded" else f"{variant}, window 19, 100 pixels"
            found[name] = [[run[decoding][figure] for figure in FIGURES] for run in runs]
    lines = [
        "| variant | miss rate at FPPI 1 | AP50 | miss rate less that of plus (95 %) |",
        "|---|---|---|---|",
    ]
    for name, rows in found.items():
        miss, ap = np.mean(rows, axis=0)
        gap = "–"
        if name != "plus" and "plus" in found:
            mine, best = [row[0] for row in rows], [row[0] for row in found["plus"]]
            d = paired_difference(mine, best, rng=np.random.default_rng(0))
            gap = f"{d.mean:+.3f} ({d.low:+.3f} to {d.high:+.3f})"
        lines.append(f"| {name} | {miss:.3f} | {ap:.3f} | {gap} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
