"""Models and arguments that do not do: one line each that says what to set."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="the onnx detector needs onnxruntime")
onnx = pytest.importorskip("onnx", reason="the onnx detector needs onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from labelnext.detectors.onnx_models import OnnxDetector  # noqa: E402
from labelnext.detectors.onnx_models.letterbox import Normalisation  # noqa: E402
from labelnext.errors import ArgumentError, CheckpointError, LabelnextError  # noqa: E402
from tests.detectors.onnx_toys import Toy  # noqa: E402

NAMES = ["cat", "dog", "traffic light"]


def one_line(path: Path, classes: list[str] | None = None, **arguments: Any) -> str:
    """What creating it says."""
    given = {"names": NAMES, "threads": 1, **arguments}
    with pytest.raises((ArgumentError, CheckpointError)) as caught:
        OnnxDetector.create(classes or ["cat"], path=path, **given)
    words = str(caught.value)
    assert "\n" not in words
    assert len(words) < 700
    return words


def toy(path: Path, **changes: Any) -> Path:
    return Toy(**changes).write(path / "toy.onnx")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    said = one_line(tmp_path / "nothing.onnx")
    assert "there is no such file" in said
    with pytest.raises(ArgumentError, match=r"'path' argument .* labelnext\.toml"):
        OnnxDetector.create(["cat"])


@pytest.mark.parametrize(
    "content", [b"", b"class names\nand more\n", b"\x80\x02}q\x00.", b"\x00" * 99]
)
def test_a_file_that_is_no_model(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.onnx").write_bytes(content)
    said = one_line(tmp_path / "model.onnx")
    assert "model.onnx: not" in said
    assert "ONNX model" in said


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95, 0.999])
def test_a_file_that_is_cut_short(tmp_path: Path, share: float) -> None:
    data = toy(tmp_path).read_bytes()
    (tmp_path / "cut.onnx").write_bytes(data[: int(share * len(data))])
    assert "cut.onnx" in one_line(tmp_path / "cut.onnx")


def simple(path: Path, output: list[int], inputs: list[list[int]]) -> Path:
    """A model that puts out a constant of some shape."""
    graph = helper.make_graph(
        [helper.make_node("Identity", ["value"], ["out"])],
        "constant",
        [
            helper.make_tensor_value_info(f"in_{k}", TensorProto.FLOAT, shape)
            for k, shape in enumerate(inputs)
        ],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, output)],
        [numpy_helper.from_array(np.zeros(output, np.float32), "value")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, str(path))
    return path


def test_a_classifier(tmp_path: Path) -> None:
    said = one_line(simple(tmp_path / "classifier.onnx", [1, 1000], [[1, 3, 64, 96]]))
    assert "not read as a detector" in said
    assert "its outputs are [1, 1000]" in said
    assert "Export the raw heads" in said


@pytest.mark.parametrize("inputs", [[[1, 64, 96, 3]], [[1, 3, 8, 8], [1, 2]], [[1, 768]], []])
def test_inputs_that_are_no_image(tmp_path: Path, inputs: list[list[int]]) -> None:
    said = one_line(simple(tmp_path / "model.onnx", [1, 10, 9], inputs))
    assert "[n, 3, height, width]" in said


def test_rows_after_suppression_of_an_unknown_kind(tmp_path: Path) -> None:
    said = one_line(simple(tmp_path / "model.onnx", [1, 300, 7], [[1, 3, 64, 96]]))
    assert "rows of 7 numbers are boxes after suppression" in said
    assert "Export the raw heads, without suppression" in said


def test_suppression_inside_needs_names(tmp_path: Path) -> None:
    path = simple(tmp_path / "model.onnx", [1, 300, 6], [[1, 3, 64, 96]])
    assert "'names' argument" in one_line(path, names=None)


def test_class_names_that_do_not_fit(tmp_path: Path) -> None:
    path = toy(tmp_path)
    said = one_line(path, names=["cat", "dog"])
    assert "a row has 8 numbers, and with 2 class names it should have 6, or 7" in said
    said = one_line(path, names=None)
    assert "a row has 8 numbers, and with no class names it should have 84, or 85" in said
    said = one_line(path, ["horse"])
    assert "among those of toy.onnx (cat, dog, traffic light). Got 'horse'" in said
    assert "text file with one a line" in one_line(path, names="absent.txt")
    assert "text file with one a line" in one_line(path, names=[])


def test_sizes(tmp_path: Path) -> None:
    assert "takes 64×96 only. Got 32×32" in one_line(toy(tmp_path), input_size=32)
    open_sizes = toy(tmp_path, sizes_open=True)
    assert "'input_size' argument of onnx must be the size that" in one_line(open_sizes)
    assert "must be a side, or [height, width]" in one_line(open_sizes, input_size=[1, 2, 3])


def test_what_is_set_and_not_so(tmp_path: Path) -> None:
    logits = toy(tmp_path, activated=False)
    assert "activated is set, but its scores reach from" in one_line(logits, activated=True)
    raw = toy(tmp_path)
    said = one_line(raw, boxes="cxcywh")
    assert "boxes are not cxcywh: on a test image of 64×96 their first two numbers grow by" in said
    assert "boxes are not yolox" in one_line(toy(tmp_path, boxes="cxcywh"), boxes="yolox")
    assert "not read as a detector" in one_line(raw, strides=[8, 16])
    assert "not read as a detector" in one_line(raw, layout="yolov5")
    assert "not read as a detector" in one_line(raw, objectness=False)


def test_anchors_that_are_needed(tmp_path: Path) -> None:
    path = toy(tmp_path, anchors=3, boxes="yolov5", activated=False)
    said = one_line(path)
    assert "'anchor_sizes' argument" in said
    assert "3 for each of the strides [8, 16, 32]" in said
    assert "'anchor_sizes' argument" in one_line(path, anchor_sizes=[[[1, 2]]])


def test_a_head_of_no_family(tmp_path: Path) -> None:
    path = toy(tmp_path, anchors=3, objectness=False, boxes="cxcywh")
    said = one_line(path)
    assert "no family has 3 boxes a cell without objectness" in said
    assert "Set layout" in said


@pytest.mark.parametrize("task", ["pose", "obb", "classify"])
def test_other_tasks(tmp_path: Path, task: str) -> None:
    path = toy(tmp_path, metadata={"task": task})
    assert f"its metadata say that its task is {task!r}" in one_line(path)


def test_nonsense_in_the_metadata_is_passed_over(tmp_path: Path) -> None:
    said = {"names": "{0: [1], 2: (", "imgsz": "__import__('os')", "stride": "[8"}
    path = toy(tmp_path, metadata=said)
    OnnxDetector.create(["cat"], path=path, names=NAMES, threads=1)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"treshold": 0.5}, "one of the known arguments"),
        ({"threshold": 2}, "a number from 0 to 1"),
        ({"nms": -1}, "a number from 0 to 1"),
        ({"layout": "yolo"}, "one of auto, yolox"),
        ({"boxes": "xywh"}, "one of cxcywh"),
        ({"channels": "hsv"}, "one of rgb, bgr"),
        ({"objectness": "yes"}, "true or false"),
        ({"multi_label": 3}, "true or false"),
        ({"mean": [1, 2]}, "three numbers"),
        ({"std": [1, 0, 1]}, "above 0"),
        ({"strides": [8, 0]}, "whole numbers above 0"),
        ({"anchors": 0}, "a whole number"),
        ({"anchor_sizes": [[[1, 2]], [[1, 2], [3, 4]]]}, "as many for each"),
        ({"pad": 300}, "≤ 255"),
        ({"embedding": "nowhere"}, "the name of a tensor"),
        ({"embedding": "output0"}, r"[n, features, h, w]"),
        ({"scale": 0}, "a number from"),
        ({"device": "cpu:0"}, "auto, cpu or cuda"),
    ],
)
def test_arguments_outside_their_domain(
    tmp_path: Path, arguments: dict[str, Any], words: str
) -> None:
    assert words in one_line(toy(tmp_path), **arguments)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    "image",
    [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 3), np.float32),
     np.zeros((0, 8, 3), np.uint8)],
)  # fmt: skip
def test_images_that_do_not_do(tmp_path: Path, image: np.ndarray) -> None:
    detector = OnnxDetector.create(["cat"], path=toy(tmp_path), names=NAMES, threads=1)
    with pytest.raises(ArgumentError, match="RGB images, uint8"):
        detector.predict([image])


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_model_that_gives_nan(tmp_path: Path) -> None:
    path = toy(tmp_path, half=True)
    assert "gives NaN or infinity on a test image" in one_line(path, scale=1e6)
    grey = np.full((64, 96, 3), 114, np.uint8)
    detector = OnnxDetector.create(["cat"], path=path, names=NAMES, threads=1)
    detector.predict([grey])
    loose = replace(detector._inference, normal=Normalisation("rgb", 1e6))
    with pytest.raises(LabelnextError, match="output holds NaN or infinity"):
        loose.predict([grey])


def test_every_error_is_one_of_ours() -> None:
    assert issubclass(CheckpointError, LabelnextError)
    assert issubclass(ArgumentError, LabelnextError)
