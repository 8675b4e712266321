"""`OnnxDetector` behind the protocols, on models made by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("onnxruntime", reason="the onnx detector needs onnxruntime")
onnx = pytest.importorskip("onnx", reason="the onnx detector needs onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from labelnext.detectors.onnx_models import OnnxDetector, letterbox, readout  # noqa: E402
from labelnext.detectors.onnx_models.coco_names import NAMES as COCO  # noqa: E402
from labelnext.protocols import Detector, Precomputed, Stochastic, Trainable  # noqa: E402
from labelnext.scores import local_divergence  # noqa: E402
from labelnext.scores.dense import probabilities  # noqa: E402
from labelnext.types import Image, Prediction  # noqa: E402
from tests.detectors.onnx_toys import Toy  # noqa: E402

NAMES = ["cat", "dog", "traffic light"]
RGB = 1 / 255
SIZES = [(64, 96), (40, 70), (200, 33), (64, 96), (1, 1), (3, 500)]


def made(toy: Toy, path: Path, classes: list[str] | None = None, **arguments: Any) -> OnnxDetector:
    file = toy.write(path / "toy.onnx")
    chosen = {"names": NAMES, "threads": 1, "threshold": 0.2, **arguments}
    return OnnxDetector.create(classes or NAMES, path=file, **chosen)


def noise(seed: int, size: tuple[int, int]) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def same(a: Prediction, b: Prediction) -> None:
    assert a.maps is not None
    assert b.maps is not None
    assert a.maps.image_size == b.maps.image_size
    for one, other in zip(a.maps.levels, b.maps.levels, strict=True):
        np.testing.assert_allclose(one.logits, other.logits, rtol=1e-4, atol=1e-4)
    for name in ("xyxy", "scores", "classes", "probabilities", "features"):
        one, other = getattr(a.detections, name), getattr(b.detections, name)
        if one is None:
            assert other is None
        else:
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-3)
    if a.embedding is None:
        assert b.embedding is None
    else:
        np.testing.assert_allclose(a.embedding, b.embedding, atol=1e-5)


def test_it_satisfies_the_protocol_of_detectors_that_are_not_trained(tmp_path: Path) -> None:
    detector = made(Toy(), tmp_path)
    assert isinstance(detector, Detector)
    assert not isinstance(detector, Trainable | Stochastic | Precomputed)
    assert "onnxruntime" in detector.runtime(threads=1)
    assert "processor, 1 thread" in detector.runtime(device="cpu", threads=1)


@pytest.mark.parametrize(("batch", "predict_batch"), [(1, 0), (2, 0), ("n", 0), ("n", 4)])
def test_single_equals_batched(tmp_path: Path, batch: int | str, predict_batch: int) -> None:
    detector = made(Toy(batch=batch, enlarge=True), tmp_path, predict_batch=predict_batch)
    images = [noise(k, size) for k, size in enumerate(SIZES)]
    together = detector.predict(images)
    assert len(together) == len(images)
    for image, found in zip(images, together, strict=True):
        same(detector.predict([image])[0], found)
    assert detector.predict([]) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("grey", [None, 0, 127, 255])
def test_maps_cover_the_image_and_boxes_lie_in_it(
    tmp_path: Path, size: tuple[int, int], grey: int | None
) -> None:
    detector = made(Toy(), tmp_path, threshold=0.0)
    image = noise(0, size) if grey is None else np.full((*size, 3), grey, np.uint8)
    prediction = detector.predict([image])[0]
    maps, found = prediction.maps, prediction.detections
    assert maps is not None
    height, width = maps.image_size
    assert height == 64 or width == 96
    assert height <= 64
    assert width <= 96
    for level in maps.levels:
        assert level.logits.shape == (3, -(-height // level.stride), -(-width // level.stride))
        assert level.logits.dtype == np.float32
    scores = local_divergence(maps)
    assert scores.shape == maps.image_size
    assert np.isfinite(scores).all()
    assert (found.xyxy >= 0).all()
    assert (found.xyxy <= np.array([size[1], size[0]] * 2)).all()
    assert (found.xyxy[:, 2:] > found.xyxy[:, :2]).all()
    assert (np.diff(found.scores) <= 0).all()
    assert found.probabilities is not None
    np.testing.assert_allclose(found.probabilities.max(1), found.scores)


@pytest.mark.parametrize("size", [(64, 96), (128, 192), (50, 50), (333, 123), (37, 480)])
def test_the_peak_of_the_map_is_at_the_object(tmp_path: Path, size: tuple[int, int]) -> None:
    """The toy's first class sees red; the image is black but for a red square."""
    toy = Toy(objectness=False, boxes="cxcywh", classes=1, scale=RGB)
    file = toy.write(tmp_path / "toy.onnx")
    model = onnx.load(str(file))
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    for tensor in model.graph.initializer:
        if tensor.name in [node.input[1] for node in convolutions]:
            weight = numpy_helper.to_array(tensor).copy()
            weight[4, :, 0, 0] = [9, -9, -9]
            tensor.CopyFrom(numpy_helper.from_array(weight, tensor.name))
    onnx.save(model, str(file))
    detector = OnnxDetector.create(["red"], path=file, names=["red"], threads=1)
    side = max(6, min(size) // 4)
    y, x = size[0] * 2 // 3 - side // 2, size[1] // 4
    image = np.zeros((*size, 3), np.uint8)
    image[y : y + side, x : x + side, 0] = 255
    maps = detector.predict([image])[0].maps
    assert maps is not None
    finest = probabilities(maps)[0, 0]
    scale = maps.image_size[0] / size[0]
    peak = np.array(np.unravel_index(finest.argmax(), finest.shape)) / scale
    centre = np.array([y, x]) + side / 2
    assert abs(peak - centre).max() <= side / 2 + 8 / scale
    box = detector.predict([image])[0].detections.xyxy[0]
    middle = (box[:2] + box[2:])[::-1] / 2  # (y, x); the toy's boxes lie around their cells
    assert abs(middle - centre).max() <= side / 2 + 16 / scale


@given(st.tuples(st.integers(1, 700), st.integers(1, 700)), st.integers(0, 99))
def test_boxes_come_back_from_the_letterbox(size: tuple[int, int], seed: int) -> None:
    inner = letterbox.content(size, (64, 96))
    assert 1 <= inner[0] <= 64
    assert 1 <= inner[1] <= 96
    assert inner[0] == 64 or inner[1] == 96
    rng = np.random.default_rng(seed)
    corners = np.sort(rng.uniform(0, 1, (5, 2, 2)), axis=1).reshape(5, 4)
    box = corners * np.array([size[1], size[0]] * 2)
    there = corners * np.array([inner[1], inner[0]] * 2)
    np.testing.assert_allclose(letterbox.to_image(there, size, (64, 96)), box, atol=1e-9)


def test_the_letterbox_is_grey_at_the_right_and_bottom() -> None:
    image = noise(0, (30, 96))
    placed = letterbox.place(image, (64, 96), 114)
    np.testing.assert_array_equal(placed[:30], image)
    assert (placed[30:] == 114).all()
    x = letterbox.to_input([image], (64, 96), letterbox.Normalisation("bgr", 1.0), np.dtype("f4"))
    np.testing.assert_array_equal(x[0, 0, :30], image[..., 2])
    assert x.shape == (1, 3, 64, 96)


def test_what_the_metadata_say(tmp_path: Path) -> None:
    said = {"names": "{0: 'cat', 1: 'dog', 2: 'traffic light'}", "imgsz": "[64, 96]",
            "stride": "32", "task": "detect"}  # fmt: skip
    toy = Toy(boxes="yolox", sizes_open=True, batch="n", metadata=said)
    file = toy.write(tmp_path / "toy.onnx")
    loaded = OnnxDetector.load(file, threads=1)
    assert loaded.classes == ("cat", "dog", "traffic light")
    assert "input 64×96" in loaded.description
    some = OnnxDetector.create(["Traffic-Light", "cat"], path=file, threads=1)
    image = noise(1, (64, 96))
    all_maps, maps = loaded.predict([image])[0].maps, some.predict([image])[0].maps
    assert all_maps is not None
    assert maps is not None
    for a, b in zip(all_maps.levels, maps.levels, strict=True):
        np.testing.assert_array_equal(a.logits[[2, 0]], b.logits)
    larger = OnnxDetector.load(file, input_size=[128, 64], threads=1)
    assert "input 128×64" in larger.description


def test_coco_is_meant_by_80_classes_without_names(tmp_path: Path) -> None:
    detector = OnnxDetector.load(Toy(classes=80).write(tmp_path / "toy.onnx"), threads=1)
    assert detector.classes == COCO
    assert len(set(COCO)) == 80
    assert (COCO[0], COCO[2], COCO[56], COCO[79]) == ("person", "car", "chair", "toothbrush")


def test_names_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("cat\n\ndog\n traffic light\n", encoding="utf-8")
    detector = made(Toy(), tmp_path, names=str(tmp_path / "names.txt"))
    assert detector.classes == tuple(NAMES)


def test_the_embedding_is_that_of_the_deepest_map_and_changes_nothing_else(tmp_path: Path) -> None:
    toy = Toy(enlarge=True)
    detector = made(toy, tmp_path)
    assert detector.description.endswith("embedding cells_32")
    image = noise(3, (64, 70))
    found, plain = detector.predict([image])[0], made(toy, tmp_path, embedding="none")
    without = plain.predict([image])[0]
    assert without.embedding is None
    assert without.detections.features is None
    np.testing.assert_array_equal(found.detections.xyxy, without.detections.xyxy)
    np.testing.assert_array_equal(found.detections.scores, without.detections.scores)
    assert found.maps is not None
    assert without.maps is not None
    for a, b in zip(found.maps.levels, without.maps.levels, strict=True):
        np.testing.assert_array_equal(a.logits, b.logits)

    placed = letterbox.place(image, toy.size, 114)[..., ::-1].astype(np.float64)
    cells = placed.reshape(2, 32, 3, 32, 3).mean((1, 3))  # [2, 3, colours]: 70 px fill all three
    weight = np.zeros((2, 3))
    for level in found.maps.levels:
        p = 1 / (1 + np.exp(-level.logits.max(0)))
        for (i, j), value in np.ndenumerate(p):
            place = (i * level.stride // 32, j * level.stride // 32)
            weight[place] = max(weight[place], value)
    mean = cells.mean((0, 1))
    weighted = np.einsum("ijc,ij->c", cells, weight)
    expected = np.r_[mean / np.linalg.norm(mean), weighted / np.linalg.norm(weighted)]
    np.testing.assert_allclose(found.embedding, expected, rtol=1e-4)
    features = found.detections.features
    assert features is not None
    assert features.shape == (len(found.detections), 3)
    assert {tuple(np.round(row)) for row in features} <= {
        tuple(np.round(row)) for row in cells.reshape(-1, 3)
    }


def test_features_of_a_box_are_those_at_its_centre() -> None:
    places = np.stack(np.mgrid[:4, :6]).astype(np.float32)  # the feature at (y, x) is (y, x)
    boxes = np.array([[0, 0, 31, 31], [64, 32, 127, 94], [-40, -40, 2, 2], [170, 100, 400, 300]])
    found = readout.box_features(places, 32, boxes.astype(float))
    assert found.tolist() == [[0, 0], [1, 2], [0, 0], [3, 5]]


def test_an_embedding_by_name(tmp_path: Path) -> None:
    detector = made(Toy(), tmp_path, embedding="cells_16")
    found = detector.predict([noise(0, (64, 96))])[0].embedding
    assert found is not None
    assert found.shape == (6,)
    assert made(Toy(), tmp_path).predict([noise(0, (64, 96))])[0].embedding is None


def test_a_fingerprint_changes_with_what_changes_predictions(tmp_path: Path) -> None:
    first = made(Toy(), tmp_path).fingerprint()
    assert made(Toy(), tmp_path, threads=2, device="cpu", predict_batch=0).fingerprint() == first
    others = [
        made(Toy(), tmp_path, threshold=0.3),
        made(Toy(), tmp_path, ["dog"]),
        made(Toy(), tmp_path, ["dog", "cat", "traffic light"]),
        made(Toy(), tmp_path, embedding="none"),
        made(Toy(seed=1), tmp_path),
    ]
    prints = [detector.fingerprint() for detector in others]
    assert len({first, *prints}) == 6


def test_suppression_inside_the_model_gives_boxes_alone(tmp_path: Path) -> None:
    rows = np.zeros((1, 30, 6), np.float32)
    rows[0, :4] = [
        [10, 5, 40, 45, 0.9, 2], [50, 5, 60, 20, 0.5, 0], [1, 1, 9, 9, 0.7, 1], [0, 0, 5, 5, 0.1, 2]
    ]  # fmt: skip
    zero = helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0)
    none = helper.make_node("Mul", ["mean", "nothing"], ["zero"])
    out = helper.make_node("Add", ["zero", "rows"], ["output0"])
    graph = helper.make_graph(
        [zero, none, out],
        "suppressed",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 96])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 30, 6])],
        [numpy_helper.from_array(rows, "rows"), numpy_helper.from_array(np.float32(0), "nothing")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, str(tmp_path / "model.onnx"))
    detector = OnnxDetector.create(
        ["traffic light", "cat"], path=tmp_path / "model.onnx", names=NAMES, threshold=0.2,
        threads=1,
    )  # fmt: skip
    prediction = detector.predict([noise(0, (128, 192))])[0]
    assert prediction.maps is None
    found = prediction.detections
    assert found.probabilities is None
    assert found.classes.tolist() == [0, 1]
    np.testing.assert_allclose(found.scores, [0.9, 0.5])
    np.testing.assert_allclose(found.xyxy, [[20, 10, 80, 90], [100, 10, 120, 40]])
