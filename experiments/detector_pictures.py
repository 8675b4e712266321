"""See what a trained fire-fpn does on PRW's test frames: boxes, and its false positives.

    python experiments/detector_pictures.py runs/ceiling/plus-3-4-3-0/final.safetensors out/

Writes `boxes.png` (truth green, detections red) and `false.png` (detections above 0.3 that overlap
no labelled person by an IoU of 0.2, best first), and counts the kinds of false positives.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from detector_ceiling import load, split
from PIL import Image as Pillow
from PIL import ImageDraw

from labelnext.detectors.fire_fpn import FireFPN
from labelnext.types import Image


def main() -> None:
    """Draw both pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--test-every", type=int, default=4)
    given = parser.parse_args()
    torch.set_num_threads(1)
    given.out.mkdir(parents=True, exist_ok=True)
    detector = FireFPN.load(given.weights, threshold=0.3)
    _, test = split(given.data, 1, given.test_every)
    drawn, crops, kinds = [], [], Counter[str]()
    for i, sample in enumerate(test):
        assert sample.truth is not None
        image = load(sample)
        found = detector.predict([image])[0].detections
        if i % max(1, len(test) // 6) == 5:
            drawn.append(_draw(image, sample.truth.xyxy, found.xyxy))
        taken: set[int] = set()
        for box in found.xyxy:
            best, overlap = _best(box, sample.truth.xyxy)
            if overlap >= 0.5 and best not in taken:
                taken.add(best)
                continue
            kind = "double" if overlap >= 0.5 else "misplaced" if overlap >= 0.2 else "background"
            kinds[kind] += 1
            if kind == "background":
                x1, y1, x2, y2 = (int(v) for v in box)
                crop = image[max(0, y1 - 10) : y2 + 10, max(0, x1 - 15) : x2 + 15]
                crops.append(np.asarray(Pillow.fromarray(crop).resize((70, 140))))
    print(dict(kinds))
    for name, parts in {"boxes": drawn[:6], "false": crops[:40]}.items():
        if parts:
            Pillow.fromarray(np.concatenate(parts, 1)).save(given.out / f"{name}.png")


def _draw(image: Image, truth: np.ndarray, found: np.ndarray) -> Image:
    canvas = Pillow.fromarray(image)
    pen = ImageDraw.Draw(canvas)
    for boxes, colour, width in ((truth, (0, 255, 0), 2), (found, (255, 0, 0), 1)):
        for box in boxes.tolist():
            pen.rectangle(box, outline=colour, width=width)
    return np.asarray(canvas)


def _best(box: np.ndarray, truth: np.ndarray) -> tuple[int, float]:
    if not len(truth):
        return 0, 0.0
    sides = np.minimum(box[2:], truth[:, 2:]) - np.maximum(box[:2], truth[:, :2])
    inter = sides.clip(0).prod(1)
    union = (box[2:] - box[:2]).prod() + (truth[:, 2:] - truth[:, :2]).prod(1) - inter
    return int((inter / union).argmax()), float((inter / union).max())


if __name__ == "__main__":
    main()
