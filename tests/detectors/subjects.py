"""Every detector that can be made here, small: one entry makes it pass through all checks.

An entry makes a `Subject` in an empty folder, and skips where its package is not installed.
"""

import json

import numpy as np
import pytest

from labelnext import plugins
from labelnext.detectors import maps_file
from labelnext.detectors.contract import Subject
from labelnext.errors import MissingExtraError
from labelnext.types import DenseMaps, MapLevel

TWO = ("person", "dog")


def factory(name):
    """The factory that is registered under a name; skips where its extra is not installed."""
    try:
        return plugins.load("detectors", name)
    except MissingExtraError as error:
        pytest.skip(str(error))


def fire_fpn(folder):
    arguments = {"width": 0.1, "box_scale": 0.2, "min_pixels": 1, "device": "cpu"}
    return Subject(factory("fire-fpn"), folder, TWO, arguments, {"epochs": 2})


def none(folder):
    pixels = np.zeros((8, 8, 3), np.uint8)
    return Subject(factory("none"), folder, TWO, more={"a.png": pixels})


def predictions_file(folder, *, maps=True):
    rng = np.random.default_rng(0)
    names = ["a.png", "deep/b.png"]
    more = {name: rng.integers(0, 255, (24, 32, 3), np.uint8) for name in names}
    boxes = [
        {"image_id": i, "category_id": 2 - j % 2, "bbox": [j, 2, 10, 12], "score": 0.9 - j / 10,
         "probabilities": [0.9 - j / 10, 0.05][:: 1 if j % 2 else -1]}
        for i in (1, 2) for j in range(3)
    ]  # fmt: skip
    document = {
        "images": [{"id": i, "file_name": name} for i, name in enumerate(names, start=1)],
        "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "dog"}],
        "annotations": boxes,
    }
    folder.mkdir(exist_ok=True)
    (folder / "predictions.json").write_text(json.dumps(document))
    for name in names if maps else ():
        levels = tuple(MapLevel(np.full((2, 24 // s, 32 // s), 2, np.float32), s) for s in (4, 8))
        maps_file.write(folder / "maps" / f"{name}.safetensors", DenseMaps(levels, (24, 32)))
    return Subject(
        factory("predictions-file"), folder / "out", TWO, {"path": str(folder)}, more=more
    )


def onnx(folder):
    kind = factory("onnx")
    from tests.detectors.onnx_toys import Toy

    path = Toy().write(folder / "toy.onnx")
    return Subject(
        kind, folder / "out", ("c0", "c1", "c2"),
        {"path": str(path), "names": ["c0", "c1", "c2"], "device": "cpu"},
    )  # fmt: skip


def transformers(folder, kind):
    made = factory("transformers")
    from tests.detectors.tiny_transformers import config_file

    arguments = {"config": config_file(folder / "config", kind), "size": [64, 96], "device": "cpu"}
    return Subject(made, folder / "out", TWO, arguments, {"epochs": 2, "learning_rate": 0.01})


def torchvision(folder, model):
    made = factory("torchvision")
    from tests.detectors.tiny_torchvision import own

    arguments = own(model, "dropping", device="cpu")
    return Subject(made, folder, TWO, arguments, {"epochs": 2, "learning_rate": 0.01})


def segmentation(folder):
    factory("torchvision")  # of the same extra
    from labelnext.detectors.segmentation_models import TorchvisionSegmentation

    arguments = {"model": "lraspp_mobilenet_v3_large", "device": "cpu"}
    return Subject(TorchvisionSegmentation, folder, TWO, arguments, {"epochs": 1})


SUBJECTS = {
    "fire-fpn": fire_fpn, "none": none, "onnx": onnx, "predictions-file": predictions_file,
    "torchvision fcos": lambda folder: torchvision(folder, "fcos"),
    "torchvision fasterrcnn": lambda folder: torchvision(folder, "fasterrcnn"),
    "torchvision-segmentation": segmentation,
    "transformers rt_detr": lambda folder: transformers(folder, "rt_detr"),
    "transformers detr": lambda folder: transformers(folder, "detr"),
}  # fmt: skip
"""By the registered name, and a word where one detector has several entries."""
