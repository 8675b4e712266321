"""A training command for tests: trains a narrow fire-fpn on the COCO file that it gets.

Usage: train_fire_fpn.py COCO INIT OUT WORKDIR SEED EPOCHS. It goes on from its own state in WORKDIR
and, told to by the file `stop-after` beside this project's data, waits there to be killed.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from labelnext.detectors.fire_fpn import FireFPN
from labelnext.types import Example, GroundTruth

coco, init, out, workdir = map(Path, sys.argv[1:5])
seed, epochs = int(sys.argv[5]), int(sys.argv[6])
document = json.loads(coco.read_text())


def example(image):
    file = coco.parent / image["file_name"]
    mine = [a for a in document["annotations"] if a["image_id"] == image["id"]]
    boxes = [[a["bbox"][0], a["bbox"][1], a["bbox"][0] + a["bbox"][2], a["bbox"][1] + a["bbox"][3]]
             for a in mine]  # fmt: skip
    truth = GroundTruth.from_boxes(boxes, [a["category_id"] - 1 for a in mine])
    return Example(image["key"], lambda: np.asarray(Image.open(file).convert("RGB")), truth)


def told(task, done, total, **figures):
    print(f"labelnext-progress {done}/{total} loss={figures['loss']}")
    if done == total // 2 + 1 and (mark := Path(sys.argv[7])).exists():
        mark.unlink()
        time.sleep(60)


made = FireFPN.load(init).fit(
    [example(image) for image in document["images"]],
    seed=seed, workdir=workdir, progress=told, epochs=epochs,
)  # fmt: skip
made.save(out)
