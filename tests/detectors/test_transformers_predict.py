"""`TransformersDetector` predicts what transformers itself predicts, for every family."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

transformers = pytest.importorskip("transformers", reason="transformers detectors need it")
torch = pytest.importorskip("torch", reason="transformers detectors need torch")

from labelnext.detectors.transformers_models import TransformersDetector  # noqa: E402
from labelnext.detectors.transformers_models.families import FAMILIES, strides_of  # noqa: E402
from labelnext.errors import ArgumentError  # noqa: E402
from labelnext.protocols import Detector, Stochastic, Trainable  # noqa: E402
from labelnext.types import Detections  # noqa: E402
from tests.detectors.tiny_transformers import CONFIGS, DENSE, SIZE, config_file  # noqa: E402

NAMES = ("cat", "dog", "person")


def made(folder: Path, kind: str, classes: Any = NAMES, **arguments: Any) -> TransformersDetector:
    changes = arguments.pop("changes", {})
    path = config_file(folder, kind, **changes)
    return TransformersDetector.create(
        classes, seed=0, **{"config": path, "size": SIZE, "threshold": 0.0, **arguments}
    )


def stirred(detector: TransformersDetector, seed: int = 0) -> TransformersDetector:
    """Weights at random, large enough for classes, queries, boxes and places to differ."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in detector._model.parameters():
            if weight.dim() > 1 and weight.requires_grad:
                spread = 1.4 / np.sqrt(weight[0].numel())
                weight.copy_(torch.randn(weight.shape, generator=draw) * spread)
    return detector


def saved(folder: Path, kind: str, size: dict[str, int]) -> str:
    """A folder as `save_pretrained` writes it, with an image processor of that size."""
    detector = stirred(made(folder, kind))
    place = folder / f"{kind}-saved"
    detector._model.save_pretrained(place)
    getattr(transformers, FAMILIES[kind].processor)(size=size).save_pretrained(place)
    return str(place)


def images(*sizes: tuple[int, int]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 255, (*size, 3), dtype=np.uint8) for size in sizes]


def vendors(place: str, image: np.ndarray) -> tuple[Any, dict[str, np.ndarray], tuple[int, int]]:
    """Output, post-processed boxes and input size of transformers without labelnext."""
    model = transformers.AutoModelForObjectDetection.from_pretrained(place).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(place)
    inputs = processor(images=image, return_tensors="pt")
    with torch.no_grad():
        output = model(**inputs)
    found = processor.post_process_object_detection(
        output, threshold=0.0, target_sizes=[image.shape[:2]]
    )[0]
    return output, {k: v.numpy() for k, v in found.items()}, inputs["pixel_values"].shape[2:]


@pytest.mark.parametrize("kind", CONFIGS)
def test_detections_are_those_of_the_image_processor(tmp_path: Path, kind: str) -> None:
    size = (
        {"height": 64, "width": 96} if kind in DENSE else {"shortest_edge": 64, "longest_edge": 107}
    )
    place = saved(tmp_path, kind, size)
    image = images((50, 83))[0]
    output, wanted, _ = vendors(place, image)
    detector = TransformersDetector.create(NAMES, seed=1, path=place, threshold=0.0)
    found = detector.predict([image])[0].detections
    order = np.argsort(-wanted["scores"], kind="stable")
    assert len(found) == len(order) > 8
    np.testing.assert_allclose(found.scores, wanted["scores"][order], atol=1e-6)
    np.testing.assert_array_equal(found.classes, wanted["labels"][order])
    cut = np.clip(wanted["boxes"][order], 0, [83, 50] * 2)
    np.testing.assert_allclose(found.xyxy, cut, atol=1e-3)
    _check_vectors(found, output, FAMILIES[kind].activation)


def _check_vectors(found: Detections, output: Any, activation: str) -> None:
    """Each box's vector and features are those of one of the queries."""
    logits, hidden = output.logits[0], output.last_hidden_state[0].numpy()
    vectors = (logits.sigmoid() if activation == "sigmoid" else logits.softmax(-1)).numpy()
    assert found.probabilities is not None
    assert found.features is not None
    for k in range(len(found)):
        query = int(np.abs(vectors - found.probabilities[k]).max(1).argmin())
        np.testing.assert_allclose(found.probabilities[k], vectors[query], atol=1e-6)
        np.testing.assert_allclose(found.features[k], hidden[query], atol=1e-5)
        assert found.scores[k] == found.probabilities[k, found.classes[k]]


@pytest.mark.parametrize("kind", DENSE)
def test_maps_hold_what_the_encoder_chooses_its_queries_by(tmp_path: Path, kind: str) -> None:
    """With the encoder's boxes reduced to their anchors, the chosen places are the best cells."""
    detector = stirred(made(tmp_path, kind))
    model = detector._model
    with torch.no_grad():
        model.model.enc_bbox_head.layers[-1].weight.zero_()
        model.model.enc_bbox_head.layers[-1].bias.zero_()
        x = detector._inference.pixels.inputs(images(SIZE), torch.device("cpu"))
        output = model(**x)
    maps = detector.predict(images(SIZE))[0].maps
    assert maps is not None
    assert maps.image_size == SIZE
    assert [level.stride for level in maps.levels] == [8, 16, 32]
    assert [level.logits.shape for level in maps.levels] == [(3, 8, 12), (3, 4, 6), (3, 2, 3)]
    cells = []
    for level in maps.levels:
        for i in range(level.logits.shape[1]):
            for j in range(level.logits.shape[2]):
                x, y = (j + 0.5) * level.stride, (i + 0.5) * level.stride
                cells.append((float(level.logits[:, i, j].max()), x, y))
    cells.sort(key=lambda cell: -cell[0])
    chosen = output.enc_topk_logits[0].amax(-1).numpy()
    centres = output.enc_topk_bboxes[0, :, :2].numpy() * [SIZE[1], SIZE[0]]
    np.testing.assert_allclose([cell[0] for cell in cells[: len(chosen)]], chosen, atol=1e-6)
    for (_, x, y), centre in zip(cells[: len(chosen)], centres, strict=True):
        np.testing.assert_allclose((x, y), centre, atol=0.05)


@pytest.mark.parametrize("kind", DENSE)
@pytest.mark.parametrize("shape", [(64, 96), (150, 90), (40, 200)])
def test_an_object_is_seen_where_it_is(tmp_path: Path, kind: str, shape: tuple[int, int]) -> None:
    """However the image is stretched, the finest map changes most where something is put in."""
    detector = stirred(made(tmp_path, kind))
    height, width = shape
    empty = np.full((*shape, 3), 90, np.uint8)
    x, y = int(0.7 * width), int(0.4 * height)
    there = empty.copy()
    there[y - height // 8 : y + height // 8, x - width // 8 : x + width // 8] = (255, 20, 250)
    maps = [prediction.maps for prediction in detector.predict([empty, there])]
    assert maps[0] is not None
    assert maps[1] is not None
    change = np.abs(maps[1].levels[0].logits - maps[0].levels[0].logits).max(0)
    i, j = np.unravel_index(change.argmax(), change.shape)
    assert abs((j + 0.5) * 8 / SIZE[1] - x / width) < 1 / 8 + 8 / SIZE[1]
    assert abs((i + 0.5) * 8 / SIZE[0] - y / height) < 1 / 8 + 8 / SIZE[0]


@pytest.mark.parametrize("kind", CONFIGS)
@pytest.mark.parametrize("predict_batch", [0, 4])
def test_single_equals_batched(tmp_path: Path, kind: str, predict_batch: int) -> None:
    size = SIZE if kind in DENSE else 64
    detector = stirred(made(tmp_path, kind, size=size, predict_batch=predict_batch))
    many = images((64, 96), (50, 70), (64, 96), (90, 60), (50, 70))
    together = detector.predict(many)
    for image, both in zip(many, together, strict=True):
        alone = detector.predict([image])[0]
        np.testing.assert_allclose(alone.embedding, both.embedding, atol=1e-4)
        np.testing.assert_allclose(alone.detections.scores, both.detections.scores, atol=1e-4)
        np.testing.assert_allclose(
            np.sort(alone.detections.xyxy, 0), np.sort(both.detections.xyxy, 0), atol=1e-2
        )
        assert (alone.maps is None) == (both.maps is None) == (kind not in DENSE)
        if alone.maps is not None and both.maps is not None:
            for a, b in zip(alone.maps.levels, both.maps.levels, strict=True):
                np.testing.assert_allclose(a.logits, b.logits, atol=1e-4)


@pytest.mark.parametrize("kind", ["rt_detr_v2", "detr"])
def test_a_project_may_want_some_of_the_classes_in_its_own_order(tmp_path: Path, kind: str) -> None:
    size = (
        {"height": 64, "width": 96} if kind in DENSE else {"shortest_edge": 64, "longest_edge": 107}
    )
    place = saved(tmp_path, kind, size)
    image = images((64, 96))[0]
    every, some = (
        TransformersDetector.create(
            names, seed=0, path=place, threshold=0.0, max_detections=100
        ).predict([image])[0]
        for names in (NAMES, ("Person", "cat"))
    )
    assert every.detections.probabilities is not None
    assert some.detections.probabilities is not None
    rows = {tuple(np.round(row, 5)) for row in every.detections.probabilities}
    for row in some.detections.probabilities:
        if kind in DENSE:
            assert any(np.allclose(row, [other[2], other[0]], atol=2e-5) for other in rows)
        else:
            wanted = ([other[2], other[0], other[1] + other[3]] for other in rows)
            assert any(np.allclose(row, other, atol=2e-5) for other in wanted)
    assert (np.diff(some.detections.scores) <= 0).all()
    if every.maps is not None and some.maps is not None:
        for a, b in zip(every.maps.levels, some.maps.levels, strict=True):
            np.testing.assert_array_equal(a.logits[[2, 0]], b.logits)


def test_threshold_nms_and_limit(tmp_path: Path) -> None:
    every = stirred(made(tmp_path, "deformable_detr")).predict(images(SIZE))[0].detections
    middle = float(np.median(every.scores))
    some = stirred(made(tmp_path, "deformable_detr", threshold=middle))
    assert len(some.predict(images(SIZE))[0].detections) == int((every.scores > middle).sum())
    few = stirred(made(tmp_path, "deformable_detr", max_detections=3))
    np.testing.assert_array_equal(few.predict(images(SIZE))[0].detections.scores, every.scores[:3])
    apart = stirred(made(tmp_path, "deformable_detr", nms=0.3)).predict(images(SIZE))[0].detections
    assert 0 < len(apart) < len(every)


@pytest.mark.parametrize("kind", ["rt_detr", "detr", "deformable_detr", "dab-detr"])
@pytest.mark.parametrize("size", [(1, 1), (3, 40), (17, 9)])
def test_tiny_images_and_embeddings(tmp_path: Path, kind: str, size: tuple[int, int]) -> None:
    detector = made(tmp_path, kind, size=SIZE if kind in DENSE else 80)
    prediction = detector.predict([np.full((*size, 3), 90, np.uint8)])[0]
    assert prediction.embedding is not None
    np.testing.assert_allclose(np.linalg.norm(prediction.embedding.reshape(2, -1), axis=1), 1,
                               rtol=1e-5)  # fmt: skip
    boxes = prediction.detections.xyxy
    assert (boxes >= 0).all()
    assert (boxes <= [size[1], size[0]] * 2).all()


@pytest.mark.parametrize("kind", ["detr", "deformable_detr", "conditional_detr"])
def test_the_deepest_map_is_laid_out_as_the_encoder_has_it(tmp_path: Path, kind: str) -> None:
    """A patch at the lower right changes the embedding's map there: rows are not mixed up."""
    from labelnext.detectors.transformers_models import readout

    detector = made(tmp_path, kind, size=[256, 352])
    empty = np.full((256, 352, 3), 90, np.uint8)
    there = empty.copy()
    there[180:250, 270:340] = 255
    deep = []
    for image in (empty, there):
        x = detector._inference.pixels.inputs([image], torch.device("cpu"))
        with torch.no_grad():
            output = detector._model(**x)
        deep.append(readout.deepest(output, detector._model.config, (256, 352))[0])
    shape = (4, 6) if kind == "deformable_detr" else (8, 11)
    assert deep[0].shape[1:] == shape
    change = np.abs(deep[1] - deep[0]).mean(0)
    i, j = np.unravel_index(change.argmax(), change.shape)
    assert (i + 0.5) / shape[0] > 0.5
    assert (j + 0.5) / shape[1] > 0.5


def test_satisfies_the_protocols(tmp_path: Path) -> None:
    detector = made(tmp_path, "rt_detr")
    assert isinstance(detector, Detector)
    assert isinstance(detector, Trainable)
    assert not isinstance(detector, Stochastic)
    assert detector.predict([]) == []
    assert "transformers" in TransformersDetector.runtime(device="cpu")


def test_only_dropout_that_reaches_the_maps_makes_a_stochastic_detector(tmp_path: Path) -> None:
    assert isinstance(made(tmp_path, "rt_detr", changes={"dropout": 0.1}), Stochastic)
    assert isinstance(made(tmp_path, "d_fine", sample_dropout=0.1), Stochastic)
    assert not isinstance(made(tmp_path, "rt_detr", changes={"dropout": 0.1},
                               sample_dropout=0.0), Stochastic)  # fmt: skip
    plain = {"dropout": 0.1, "encoder_layers": 0}
    assert not isinstance(made(tmp_path, "rt_detr", changes=plain), Stochastic)
    assert not isinstance(made(tmp_path, "detr", changes={"dropout": 0.1}), Stochastic)
    with pytest.raises(ArgumentError, match="sample_dropout"):
        made(tmp_path, "detr", sample_dropout=0.1)


@pytest.mark.parametrize("kind", DENSE)
def test_samples_follow_the_generator_and_not_the_company(tmp_path: Path, kind: str) -> None:
    detector = stirred(made(tmp_path, kind, sample_dropout=0.3))
    assert isinstance(detector, Stochastic)
    many = images((64, 96), (50, 70), (64, 96))
    rng = np.random.default_rng(7)
    alone = [detector.sample([image], samples=10, rng=rng)[0] for image in many]
    before = torch.get_rng_state()
    together = detector.sample(many, samples=10, rng=np.random.default_rng(7))
    assert torch.equal(before, torch.get_rng_state())
    other = detector.sample(many, samples=10, rng=np.random.default_rng(8))
    for a, b, c in zip(alone, together, other, strict=True):
        assert len(b) == 10
        stacks = [np.stack([one.levels[2].logits for one in draws]) for draws in (a, b, c)]
        np.testing.assert_allclose(stacks[0], stacks[1], atol=1e-5)
        assert not np.allclose(stacks[0], stacks[2], atol=1e-5)
        assert stacks[1].std(0).max() > 1e-3
    none = detector.sample(many[:1], samples=2, rng=rng, dropout=0.0)[0]
    maps = detector.predict(many[:1])[0].maps  # and nothing is left in training mode
    assert maps is not None
    for one in none:
        for a, b in zip(one.levels, maps.levels, strict=True):
            np.testing.assert_allclose(a.logits, b.logits, atol=1e-5)
    for bad in ({"samples": 0}, {"samples": 1, "dropout": 1.0}):
        with pytest.raises(ArgumentError, match=r"samples|dropout"):
            detector.sample(many, rng=rng, **bad)


@pytest.mark.parametrize(
    "image",
    [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 3), np.float32)],
)
def test_other_images_are_refused(tmp_path: Path, image: np.ndarray) -> None:
    with pytest.raises(ArgumentError, match=r"images.*uint8.*Got image 1 with shape"):
        made(tmp_path, "detr", size=64).predict([np.zeros((8, 8, 3), np.uint8), image])


@pytest.mark.parametrize("levels", [3, 4])
def test_levels_beyond_the_encoders(tmp_path: Path, levels: int) -> None:
    """A fourth level halves the third once more; its cells are where its stride says."""
    detector = made(tmp_path, "rt_detr", changes={"num_feature_levels": levels})
    assert strides_of(detector._model.config) == (8, 16, 32, 64)[:levels]
    maps = detector.predict(images(SIZE))[0].maps
    assert maps is not None
    assert [level.logits.shape[1:] for level in maps.levels][-1] == ((2, 3), (1, 2))[levels - 3]
