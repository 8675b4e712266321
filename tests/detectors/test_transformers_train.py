"""Training of `TransformersDetector`: it learns, keeps its classes, and survives being killed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

transformers = pytest.importorskip("transformers", reason="transformers detectors need it")
torch = pytest.importorskip("torch", reason="transformers detectors need torch")

from labelnext.detectors.training.loop import _optimiser, set_rate  # noqa: E402
from labelnext.detectors.transformers_models import TransformersDetector  # noqa: E402
from labelnext.detectors.transformers_models.options import FitOptions  # noqa: E402
from labelnext.detectors.transformers_models.step import target  # noqa: E402
from labelnext.errors import ArgumentError, CheckpointError, LabelnextError  # noqa: E402
from labelnext.types import Example, GroundTruth  # noqa: E402
from tests.detectors.tiny_transformers import (  # noqa: E402
    CONFIGS,
    DENSE,
    SIZE,
    config_file,
    scene,
)

SLOW = ("detr", "table-transformer")  # to begin with


def made(folder: Path, kind: str, classes: Any = ("person",), **arguments: Any) -> Any:
    path = config_file(folder, kind, **arguments.pop("changes", {}))
    return TransformersDetector.create(
        classes, seed=0, **{"config": path, "size": SIZE, **arguments}
    )


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    sides = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    inter = float(np.prod(sides))
    return inter / float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - inter)


@pytest.fixture(scope="module")
def coloured() -> list[Example]:
    """A blue object on the left of one image, a red one on the right of the other."""
    rng = np.random.default_rng(0)
    examples = []
    for k, (x, y) in enumerate([(8, 12), (62, 20)]):
        image = rng.integers(120, 140, (64, 96, 3)).astype(np.uint8)
        image[y : y + 40, x : x + 24] = (200, 20, 20) if k else (20, 20, 200)
        truth = GroundTruth.from_boxes([[x, y, x + 24, y + 40]], classes=[k])
        examples.append(Example(str(k), lambda image=image: image, truth))
    return examples


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, coloured: list[Example]) -> Any:
    folder = tmp_path_factory.mktemp("trained")
    detector = made(folder, "rt_detr", ("blue", "red"), changes={"num_denoising": 20})
    return detector.fit(coloured, seed=0, epochs=80, augment=0.0, learning_rate=5e-3, batch_size=2)


def test_learns_two_images_by_heart(trained: Any, coloured: list[Example]) -> None:
    predictions = trained.predict([example.load() for example in coloured])
    for k, (example, prediction) in enumerate(zip(coloured, predictions, strict=True)):
        found = prediction.detections
        assert found.classes[0] == k
        assert found.scores[0] > 0.4
        assert overlap(found.xyxy[0], example.truth.xyxy[0]) > 0.5
        assert found.probabilities[0, k] > found.probabilities[0, 1 - k]


def test_maps_peak_at_what_was_learnt(trained: Any, coloured: list[Example]) -> None:
    """Whatever the size of the image in the file, the peak of its class is within a cell of it."""
    for k, example in enumerate(coloured):
        image = example.load()
        for shown in (image, np.repeat(np.repeat(image, 2, 0), 3, 1)):
            maps = trained.predict([shown])[0].maps
            level = max(maps.levels, key=lambda level: level.logits[k].max())
            i, j = np.unravel_index(level.logits[k].argmax(), level.logits.shape[1:])
            x, y = (j + 0.5) * level.stride, (i + 0.5) * level.stride
            left, top, right, bottom = example.truth.xyxy[0]
            assert left - level.stride < x < right + level.stride
            assert top - level.stride < y < bottom + level.stride
            assert level.logits[k, i, j] > level.logits[1 - k].max()


@pytest.mark.parametrize("kind", CONFIGS)
def test_the_loss_falls(tmp_path: Path, kind: str) -> None:
    """With images of two sizes, one of them without objects."""
    size = SIZE if kind in DENSE else 64
    examples = [scene(1), scene(2, size=(80, 96)), scene(3, objects=0)]
    losses: list[float] = []
    detector = made(tmp_path, kind, size=size)
    detector.fit(
        examples, seed=0, epochs=40 if kind in SLOW else 8, augment=0.0, learning_rate=3e-3,
        batch_size=3, clip=1.0, progress=lambda *a, loss: losses.append(loss),
    )  # fmt: skip
    assert np.isfinite(losses).all()
    assert np.mean(losses[-2:]) < 0.9 * losses[0]


def test_two_objects_of_an_image_are_found(tmp_path: Path) -> None:
    example = scene(1)
    detector = made(tmp_path, "deformable_detr").fit(
        [example], seed=0, epochs=50, augment=0.0, learning_rate=5e-3
    )
    found = detector.predict([example.load()])[0].detections
    for truth in example.truth.xyxy:
        assert max(overlap(box, truth) for box in found.xyxy[:4]) > 0.5


@pytest.mark.parametrize("kind", [*DENSE, "detr", "conditional_detr"])
def test_images_without_objects_and_with_ignored_ones_can_be_learnt_from(
    tmp_path: Path, kind: str
) -> None:
    ignored = GroundTruth.from_boxes([[0, 0, 96, 64]], ignore=[True])
    examples = [scene(1, objects=0), Example("ignored", scene(1).load, ignored)]
    losses: list[float] = []
    made(tmp_path, kind).fit(
        examples, seed=0, epochs=2, scale_jitter=1.5, average=0.9, batch_size=1,
        progress=lambda *a, loss: losses.append(loss),
    )  # fmt: skip
    assert np.isfinite(losses).all()


def test_targets_are_relative_and_cut_at_the_border() -> None:
    image = np.zeros((50, 100, 3), np.uint8)
    truth = GroundTruth.from_boxes(
        [[10, 10, 30, 20], [-20, 40, 50, 70], [0, 0, 9, 9], [100, 0, 120, 9]],
        classes=[2, 0, 1, 1], ignore=[False, False, True, False],
    )  # fmt: skip
    wanted = target(image, truth, torch.device("cpu"))
    assert wanted["class_labels"].tolist() == [2, 0]
    np.testing.assert_allclose(
        wanted["boxes"], [[0.2, 0.3, 0.2, 0.2], [0.25, 0.9, 0.5, 0.2]], atol=1e-6
    )


def test_training_leaves_its_start_alone_and_repeats_itself(tmp_path: Path) -> None:
    detector = made(tmp_path, "d_fine", changes={"dropout": 0.1})
    before, state = detector.fingerprint(), torch.get_rng_state()
    examples = [scene(1), scene(2), scene(3, objects=0)]
    one, two = (detector.fit(examples, seed=5, epochs=2, batch_size=2) for _ in range(2))
    assert torch.equal(state, torch.get_rng_state())
    assert detector.fingerprint() == before
    assert one.fingerprint() == two.fingerprint() != before
    assert detector.fit(examples, seed=6, epochs=2).fingerprint() != one.fingerprint()
    assert detector.fit(examples, seed=5, epochs=0).fingerprint() == before


@pytest.mark.parametrize("kind", ["rt_detr", "d_fine", "detr", "deformable_detr"])
def test_training_keeps_the_rows_of_the_project_s_classes(tmp_path: Path, kind: str) -> None:
    """Before the first step, the classes that are kept have the logits that they had."""
    made(tmp_path, kind, ("cat", "dog", "person"))._model.save_pretrained(tmp_path / "saved")
    detector = TransformersDetector.create(
        ["person", "cat"], seed=0, path=str(tmp_path / "saved"), size=SIZE, threshold=0.0
    )
    cut = detector.fit([scene(1)], seed=0, epochs=0)
    assert cut._model.config.id2label == {0: "person", 1: "cat"}
    image = scene(4).load()
    x = detector._inference.pixels.inputs([image], torch.device("cpu"))
    with torch.no_grad():
        before, after = detector._model(**x), cut._model(**x)
    if kind in DENSE:  # what the queries are may change, as fewer classes compete for them
        torch.testing.assert_close(after.enc_outputs_class, before.enc_outputs_class[..., [2, 0]])
        old = detector._model.model.denoising_class_embed.weight
        new = cut._model.model.denoising_class_embed.weight
        assert torch.equal(new, old[[2, 0, 3]])
    else:
        rows = [2, 0, 3] if kind == "detr" else [2, 0]
        torch.testing.assert_close(after.logits, before.logits[..., rows])
    assert cut.fit([scene(1)], seed=0, epochs=1).classes == ("person", "cat")


def test_two_stage_deformable_detr_predicts_but_is_not_trained(tmp_path: Path) -> None:
    changes = {"two_stage": True, "with_box_refine": True, "two_stage_num_proposals": 12}
    detector = made(tmp_path, "deformable_detr", changes=changes, threshold=0.0)
    assert len(detector.predict([scene(1).load()])[0].detections)
    with pytest.raises(LabelnextError, match="two-stage"):
        detector.fit([scene(1)], seed=0, epochs=1)


def test_the_backbone_learns_more_slowly_where_it_was_learnt_before(tmp_path: Path) -> None:
    fresh = made(tmp_path, "rt_detr")
    fresh._model.save_pretrained(tmp_path / "saved")
    saved = TransformersDetector.create(["person"], seed=0, path=tmp_path / "saved", size=SIZE)
    moved = {}
    for name, start in (("fresh", fresh), ("saved", saved)):
        done = start.fit([scene(1)], seed=0, epochs=1, warmup=0.0, augment=0.0, clip=0.0)
        old, new = start._model.state_dict(), done._model.state_dict()
        change = {
            key: float((new[key] - old[key]).abs().median())
            for key in old if key.endswith("convolution.weight") or "enc_output.0.weight" in key
        }  # fmt: skip
        backbone = [value for key, value in change.items() if "backbone" in key]
        moved[name] = np.median(backbone) / change["model.enc_output.0.weight"]
    assert moved["saved"] == pytest.approx(0.1 * moved["fresh"], rel=0.1)


def test_rates_differ_by_name() -> None:
    model = torch.nn.ModuleDict({"backbone": torch.nn.Linear(2, 2), "head": torch.nn.Linear(2, 2)})
    options = FitOptions(warmup=0.0)
    optimiser = _optimiser(model, options, {"backbone": 0.1})
    set_rate(optimiser, 0, 10, options)
    rates = {id(p): g["lr"] for g in optimiser.param_groups for p in g["params"]}
    assert rates[id(model["head"].weight)] == pytest.approx(1e-4)
    assert rates[id(model["head"].bias)] == pytest.approx(1e-4)
    assert rates[id(model["backbone"].weight)] == pytest.approx(1e-5)
    assert rates[id(model["backbone"].bias)] == pytest.approx(1e-5)


@pytest.mark.parametrize("kind", ["rt_detr_v2", "deformable_detr"])
def test_stopped_at_many_points_it_ends_with_the_same_weights(tmp_path: Path, kind: str) -> None:
    """Also with heads that share their weights, denoising queries and dropout."""
    detector = made(tmp_path, kind, changes={"dropout": 0.1})
    examples = [scene(seed) for seed in range(3)]

    def fit(workdir: Path, stop: int | None = None) -> Any:
        left = [stop]

        def progress(*_: object, **__: float) -> None:
            if left[0] is not None:
                left[0] -= 1
                if left[0] < 0:
                    raise KeyboardInterrupt

        return detector.fit(examples, seed=1, epochs=3, batch_size=2, average=0.9,
                            workdir=workdir, progress=progress)  # fmt: skip

    calm = fit(tmp_path / "calm")
    for stop in (1, 3):
        with pytest.raises(KeyboardInterrupt):
            fit(tmp_path / "stopped", stop)
        torch.rand(3)  # another program would not have the same generator
    resumed = fit(tmp_path / "stopped")
    assert resumed.fingerprint() == calm.fingerprint()
    logs = [(tmp_path / d / "loss.jsonl").read_bytes() for d in ("calm", "stopped")]
    assert logs[0] == logs[1]
    assert len(logs[0].splitlines()) == 3
    assert json.loads(logs[0].splitlines()[0])["loss"] > 0
    with pytest.raises(CheckpointError, match="another seed"):
        detector.fit(examples, seed=2, epochs=3, batch_size=2, average=0.9,
                     workdir=tmp_path / "calm")  # fmt: skip


@pytest.mark.parametrize(
    ("options", "name"),
    [({"epochs": -1}, "epochs"), ({"speed": 1}, "speed"), ({"clip": -1}, "clip"),
     ({"backbone_rate": -1.0}, "backbone_rate"), ({"ignore_regions": True}, "ignore_regions")],
)  # fmt: skip
def test_unfit_options_are_named(tmp_path: Path, options: dict[str, Any], name: str) -> None:
    with pytest.raises(ArgumentError, match=f"{name}.*transformers' fit"):
        made(tmp_path, "detr").fit([scene(1)], seed=0, **options)


def test_unfit_examples_are_named(tmp_path: Path) -> None:
    detector = made(tmp_path, "detr")
    other = Example("bad-one", scene(1).load, GroundTruth.from_boxes([[0, 0, 9, 9]], classes=[1]))
    grey = Example("grey-one", lambda: np.zeros((9, 9), np.uint8), GroundTruth.from_boxes([]))
    for examples, says in (([], "at least one"), ([other], "bad-one"), ([grey], "grey-one")):
        with pytest.raises(ArgumentError, match=says):
            detector.fit(examples, seed=0, epochs=1)
    with pytest.raises(ArgumentError, match="seed"):
        detector.fit([scene(1)], seed=-1)
