"""Images on disk to ask for, and the answers of an imagined labelling tool."""

import json

import numpy as np
from PIL import Image

from labelnext.types import Detections, ImageRecord

KEYS = ("prw/frames/0001.png", "prw/frames/0002.png", "other/frames/0001.png")


def no_boxes():
    return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


def one_box(xyxy=(1, 2, 11, 22), score=0.5, kind=0):
    return Detections(
        np.array([xyxy], np.float32), np.array([score], np.float32), np.array([kind], np.int64)
    )


def records(folder, keys=KEYS):
    """An image file of 40×30 pixels for each key, all of different content."""
    made = []
    for shade, key in enumerate(keys):
        path = folder / "source" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), (shade, 0, 0)).save(path)
        made.append(ImageRecord(key, str(path), 40, 30, "cam 1", shade))
    return made


def names(folder):
    """File names in a request by key, as a person sees them in the pre-labels."""
    document = json.loads((folder / "prelabels.json").read_text(encoding="utf-8"))
    return {entry["key"]: entry["file_name"] for entry in document["images"]}


def answer(path, images, boxes=(), classes=("person", "car")):
    """Write COCO: images are (file name, extra fields); boxes (image, class, xywh, extra)."""
    entries = [
        {"id": 70 + i, "file_name": name, "width": 40, "height": 30, **extra}
        for i, (name, extra) in enumerate(images)
    ]
    annotations = [
        {"id": 9 + i, "image_id": 70 + image, "category_id": kind, "bbox": list(xywh), **extra}
        for i, (image, kind, xywh, extra) in enumerate(boxes)
    ]
    categories = [{"id": i, "name": name} for i, name in enumerate(classes)]
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"images": entries, "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(document), encoding="utf-8")
