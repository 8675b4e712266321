"""What caps fire-fpn, and what lifts it: Penn-Fudan first, then PRW's pool, tested on PRW's rest.

    python experiments/detector_ceiling.py paper plus --data ../shared/data --out runs/ceiling

Each named variant is trained on all of Penn-Fudan, then on the pool (the first 70 % of PRW's frames
by number; `--every 4` takes every fourth of them), at half size, half width and half boxes, and
tested on the other frames under several decodings of the same weights. Weights and figures are kept
in `--out`; a run goes on where it was interrupted.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image as Pillow

from labelnext.data.formats.coco.reader import read as read_coco
from labelnext.data.formats.penn_fudan import read as read_penn_fudan
from labelnext.detectors.fire_fpn import FireFPN
from labelnext.detectors.fire_fpn.boxes import default_boxes
from labelnext.evaluate import evaluate
from labelnext.types import Example, Image, Sample

SHAPE = {"width": 0.5, "box_scale": 0.5, "image_scale": 0.5}

# name: (arguments of create, options of fit). `plus` is the first recipe of that preset; the next
# three take one part of it away. What the preset became is measured by recipe.py.
PLUS: dict[str, Any] = {"shared_levels": 0.5, "average": 0.995}
VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "paper": ({}, {}),
    "plus": ({"box_offsets": True}, PLUS),
    "plus-without-offsets": ({}, PLUS),
    "plus-without-shared": ({"box_offsets": True}, {"average": 0.995}),
    "plus-without-average": ({"box_offsets": True}, {"shared_levels": 0.5}),
    "plus-running": ({"box_offsets": True, "norm": "running"}, PLUS),
}
DECODINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "support": {"rank_by": "support"},
    "window-9": {"window": 9, "min_pixels": 1},
    "nms-0.35": {"nms": 0.35},
    "no-nms": {"nms": None},
}


def main() -> None:
    """Train and test the variants named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("variants", nargs="+", choices=sorted(VARIANTS))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/ceiling"))
    parser.add_argument("--first-epochs", type=int, default=25)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--every", type=int, default=1, help="every n-th pool frame")
    parser.add_argument("--test-every", type=int, default=1, help="every n-th test frame")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    torch.set_num_threads(1)

    first = list(read_penn_fudan(given.data / "pennfudan").samples())
    pool, test = split(given.data, given.every, given.test_every)
    for shift in (0, 2, 4, 6):
        print(
            f"fixed boxes {shift} pixels off each way: at most {reachable(test, shift):.3f} found"
        )
    for name in given.variants:
        arguments, options = VARIANTS[name]
        out = given.out / f"{name}-{given.first_epochs}-{given.epochs}-{given.every}-{given.seed}"
        start = FireFPN.create(["person"], seed=given.seed, **SHAPE, **arguments)
        began = time.process_time()
        initial = start.fit(
            [example(s) for s in first], seed=given.seed, workdir=out / "first",
            epochs=given.first_epochs, **options,
        )  # fmt: skip
        middle = time.process_time()
        final = initial.fit(
            [example(s) for s in pool], seed=given.seed, workdir=out / "pool",
            epochs=given.epochs, **options,
        )  # fmt: skip
        ended = time.process_time()
        steps = given.first_epochs * len(first), given.epochs * len(pool)
        initial.save(out / "initial.safetensors")
        final.save(out / "final.safetensors")
        print(f"{name}: {len(pool)} pool, {len(test)} test; CPU s per image and step "
              f"{(middle - began) / max(1, steps[0]):.3f}, {(ended - middle) / steps[1]:.3f}",
              flush=True)  # fmt: skip
        rows = {}
        for decoding, extra in DECODINGS.items():
            decoded = FireFPN.load(out / "final.safetensors", threshold=0.01, **extra)
            rows[decoding] = test_on(decoded, test)
            show(f"{name:16} {decoding:10}", rows[decoding])
        rows["initial"] = test_on(FireFPN.load(out / "initial.safetensors", threshold=0.01), test)
        show(f"{name:16} (initial) ", rows["initial"])
        (out / "figures.json").write_text(json.dumps(rows, indent=1))


def split(data: Path, every: int, test_every: int) -> tuple[list[Sample], list[Sample]]:
    """Every n-th frame of PRW's pool (the first 70 % by number) and of its test set (the rest)."""
    frames = sorted(
        read_coco(data / "prw_c6s1" / "instances.json").samples(),
        key=lambda sample: sample.record.frame or 0,
    )
    cut = round(0.7 * len(frames))
    return frames[:cut:every], frames[cut::test_every]


def reachable(samples: list[Sample], shift: float) -> float:
    """Share of objects that their best default box overlaps by IoU ≥ 0.5.

    The box is placed `shift` pixels of the network's input beside the object's centre on each axis.
    """
    truths = [sample.truth.xyxy for sample in samples if sample.truth is not None]
    sides = np.concatenate([xyxy[:, 2:] - xyxy[:, :2] for xyxy in truths]) * SHAPE["image_scale"]
    boxes = default_boxes(box_scale=SHAPE["box_scale"])
    best = np.array([np.argmax(_overlap(side, boxes, 0)) for side in sides])
    return float(np.mean(_overlap(sides, boxes[best], shift) >= 0.5))


def _overlap(a: np.ndarray, b: np.ndarray, shift: float) -> np.ndarray:
    """IoU of boxes of these sides whose centres are `shift` apart on each axis."""
    common = np.minimum(np.minimum(a, b), (a + b) / 2 - shift).clip(0).prod(-1)
    return np.asarray(common / (a.prod(-1) + b.prod(-1) - common))


def example(sample: Sample) -> Example:
    """A training example of a labelled sample."""
    assert sample.truth is not None
    return Example(sample.record.key, lambda: load(sample), sample.truth)


def load(sample: Sample) -> Image:
    """Decode one image."""
    with Pillow.open(sample.record.path) as image:
        return np.asarray(image.convert("RGB"))


def test_on(detector: FireFPN, samples: list[Sample]) -> dict[str, float]:
    """Figures of a detector on labelled samples."""
    found = [detector.predict([load(sample)])[0].detections for sample in samples]
    truths = [sample.truth for sample in samples if sample.truth is not None]
    m = evaluate(truths, found, classes=["person"])
    return {
        "miss_rate_at_fppi_1": m.miss_rate_at_fppi_1,
        "miss_rate_at_fppi_0.1": m.miss_rate_at_fppi_01,
        "log_average_miss_rate": m.log_average_miss_rate,
        "ap50": m.ap50,
    }


def show(title: str, figures: dict[str, float]) -> None:
    """One line of figures."""
    print(title, " ".join(f"{name} {value:.3f}" for name, value in figures.items()), flush=True)


if __name__ == "__main__":
    main()
