"""Every layout of an ONNX detector against plain loops."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="the onnx detector needs onnxruntime")
pytest.importorskip("onnx", reason="the onnx detector needs onnx")

from labelnext.detectors.onnx_models import OnnxDetector
from labelnext.types import Image
from tests.detectors.onnx_toys import Toy
from tests.reference import onnx_heads as reference

NAMES = ["cat", "dog", "traffic light"]


class Case(NamedTuple):
    """A toy, what is said of it, and what should be found out.

    `family`, `boxes`, `activated`: what the detector should find; `bgr` and `scale`: its input.
    """

    toy: Toy
    arguments: dict[str, Any]
    family: str
    boxes: str
    activated: bool = True
    bgr: bool = False


RGB = 1 / 255
CASES = {
    "yolox raw": Case(Toy(), {}, "yolox", "yolox", bgr=True),
    "yolox raw, columns": Case(Toy(form="columns"), {}, "yolox", "yolox", bgr=True),
    "yolox decoded": Case(Toy(boxes="cxcywh"), {}, "yolox", "cxcywh", bgr=True),
    "yolox logits": Case(Toy(activated=False), {}, "yolox", "yolox", False, bgr=True),
    "yolox, four strides": Case(
        Toy(size=(64, 128), strides=(8, 16, 32, 64)), {}, "yolox", "yolox", bgr=True
    ),
    "yolox, an output a level": Case(
        Toy(form="levels4", activated=False), {}, "yolox", "yolox", False, bgr=True
    ),
    "yolov5 decoded": Case(Toy(anchors=3, boxes="cxcywh", scale=RGB), {}, "yolov5", "cxcywh"),
    "yolov5 raw": Case(Toy(anchors=3, boxes="yolov5", activated=False, scale=RGB),
                       {"sizes": True}, "yolov5", "yolov5", False),
    "yolov5 raw, an output a level": Case(
        Toy(anchors=3, boxes="yolov5", activated=False, scale=RGB, form="levels5"),
        {"sizes": True}, "yolov5", "yolov5", False),
    "yolov5 raw, planes": Case(
        Toy(anchors=3, boxes="yolov5", activated=False, scale=RGB, form="levels4"),
        {"sizes": True}, "yolov5", "yolov5", False),
    "yolov6": Case(Toy(boxes="cxcywh", constant_objectness=True, scale=RGB), {}, "yolov6",
                   "cxcywh"),
    "yolov8": Case(Toy(objectness=False, boxes="cxcywh", form="columns", scale=RGB), {}, "yolov8",
                   "cxcywh"),
    "yolov8, rows, logits": Case(Toy(objectness=False, boxes="cxcywh", activated=False, scale=RGB),
                                 {}, "yolov8", "cxcywh", False),
    "yolov8 corners": Case(Toy(objectness=False, boxes="xyxy", form="columns", scale=RGB), {},
                           "yolov8", "xyxy"),
    "yolov8 with masks": Case(
        Toy(objectness=False, boxes="cxcywh", form="columns", scale=RGB, masks=5), {}, "yolov8",
        "cxcywh"),
    "yolov8, half precision": Case(
        Toy(objectness=False, boxes="cxcywh", form="columns", scale=RGB, half=True), {}, "yolov8",
        "cxcywh"),
    "described by hand": Case(
        Toy(strides=(32, 8), anchors=2, objectness=False, boxes="cxcywh", scale=RGB),
        {"layout": "yolov8", "strides": [32, 8], "anchors": 2, "boxes": "cxcywh",
         "objectness": False, "activated": True, "channels": "bgr", "scale": RGB},
        "yolov8", "cxcywh", bgr=True),
}  # fmt: skip


def blocks(seed: int, size: tuple[int, int]) -> Image:
    """An image of blocks of 8 pixels, each of one colour."""
    rng = np.random.default_rng(seed)
    colours = rng.integers(0, 256, (-(-size[0] // 8), -(-size[1] // 8), 3), dtype=np.uint8)
    return np.ascontiguousarray(colours.repeat(8, 0).repeat(8, 1)[: size[0], : size[1]])


def placed(image: Image, size: tuple[int, int], bgr: bool) -> np.ndarray:
    """In the input of a model as it is, grey beside it."""
    out = np.full((*size, 3), 114, np.uint8)
    out[: image.shape[0], : image.shape[1]] = image
    return out[..., ::-1] if bgr else out


def made(case: Case, path: Path, classes: list[str], **more: Any) -> OnnxDetector:
    arguments = {k: v for k, v in case.arguments.items() if k != "sizes"}
    if case.arguments.get("sizes"):
        arguments["anchor_sizes"] = case.toy.anchor_sizes()
    file = case.toy.write(path / "toy.onnx")
    return OnnxDetector.create(classes, path=file, names=NAMES, threads=1, **{**arguments, **more})


@pytest.mark.parametrize("name", CASES)
def test_a_layout_is_found_and_gives_what_plain_loops_give(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    toy, wanted = case.toy, [2, 0]
    detector = made(case, tmp_path, [NAMES[k] for k in wanted], threshold=0.3, nms=0.5)
    said = detector.description
    assert said.startswith(f"{case.family}, ")
    assert f"boxes {case.boxes}, scores {'probabilities' if case.activated else 'logits'}" in said
    assert f"strides {list(toy.strides)}, {toy.anchors} boxes a cell" in said

    content = (toy.size[0], toy.size[1] - 21)  # fits without resizing, with grey at the right
    image = blocks(1, content)
    rows = reference.toy_rows(toy, placed(image, toy.size, case.bgr))
    chance = [reference.chances(row, wanted, toy.objectness, case.activated) for row in rows]
    places = reference.places(toy.size, toy.strides, toy.anchors)
    sizes = toy.anchor_sizes()
    boxes = [
        reference.box_of(row, case.boxes, toy.strides[level], i, j, sizes[level][anchor])
        for row, (level, anchor, i, j) in zip(rows, places, strict=True)
    ]
    close = {"rtol": 2e-2, "atol": 2e-2} if toy.half else {"rtol": 1e-4, "atol": 1e-4}

    prediction = detector.predict([image])[0]
    maps = prediction.maps
    assert maps is not None
    assert maps.image_size == content
    assert maps.activation == "sigmoid"
    assert [level.stride for level in maps.levels] == list(toy.strides)
    expected = reference.maps(chance, toy.size, content, toy.strides, toy.anchors)
    for level, logits in zip(maps.levels, expected, strict=True):
        np.testing.assert_allclose(level.logits, np.array(logits), **close)

    if toy.half:
        return  # ranks of nearly equal scores differ
    found = prediction.detections
    kept = [
        (clipped, score, k, p)
        for box, score, k, p in reference.detections(boxes, chance, threshold=0.3, nms=0.5)
        if (clipped := cut(box, content)) is not None
    ]
    assert len(found) == len(kept) > 5
    np.testing.assert_allclose(found.xyxy, [one[0] for one in kept], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found.scores, [one[1] for one in kept], **close)
    assert found.classes.tolist() == [one[2] for one in kept]
    np.testing.assert_allclose(found.probabilities, [one[3] for one in kept], **close)


def cut(box: list[float], content: tuple[int, int]) -> list[float] | None:
    limits = [content[1], content[0]] * 2
    inside = [min(max(v, 0.0), limit) for v, limit in zip(box, limits, strict=True)]
    return inside if inside[2] > inside[0] and inside[3] > inside[1] else None


def test_several_classes_of_a_row(tmp_path: Path) -> None:
    case = CASES["yolov8"]
    toy = case.toy
    detector = made(case, tmp_path, NAMES, threshold=0.3, nms=0.5, multi_label=True)
    image = blocks(2, toy.size)
    rows = reference.toy_rows(toy, image)
    chance = [reference.chances(row, [0, 1, 2], False, True) for row in rows]
    boxes = [reference.box_of(row, "cxcywh", 0, 0, 0) for row in rows]
    wanted = reference.detections(boxes, chance, threshold=0.3, nms=0.5, multi_label=True)
    found = detector.predict([image])[0].detections
    np.testing.assert_allclose(found.scores, [one[1] for one in wanted][:300], atol=1e-5)
    assert len(wanted) > len(reference.detections(boxes, chance, threshold=0.3, nms=0.5))


@pytest.mark.parametrize("nms", [None, 1.0])
def test_without_suppression_and_with_a_limit(tmp_path: Path, nms: float | None) -> None:
    case = CASES["yolox raw"]
    detector = made(case, tmp_path, NAMES, threshold=0.0, nms=nms, max_detections=7)
    found = detector.predict([blocks(2, case.toy.size)])[0].detections
    assert len(found) <= 7
    assert (np.diff(found.scores) <= 0).all()


def test_the_mean_and_deviation_of_the_input(tmp_path: Path) -> None:
    """A toy for plain pixels, fed with (x/255 − mean)/std, is that toy with another input."""
    case = CASES["yolov8"]
    image = blocks(3, case.toy.size)
    mean, std = [0.1, 0.2, 0.3], [0.5, 0.25, 2.0]
    given = made(case, tmp_path, NAMES, mean=mean, std=std, threshold=0.0)
    pixels = (image / 255 - np.array(mean)) / np.array(std) * 255
    rows = reference.toy_rows(case.toy, pixels)
    chance = [reference.chances(row, [0, 1, 2], False, True) for row in rows]
    expected = reference.maps(chance, case.toy.size, case.toy.size, case.toy.strides, 1)
    maps = given.predict([image])[0].maps
    assert maps is not None
    for level, logits in zip(maps.levels, expected, strict=True):
        np.testing.assert_allclose(level.logits, np.array(logits), rtol=1e-3, atol=1e-3)
