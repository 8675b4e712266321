"""Where models of transformers come from: folders, configurations, files; and what is refused."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

transformers = pytest.importorskip("transformers", reason="transformers detectors need it")
torch = pytest.importorskip("torch", reason="transformers detectors need torch")

from safetensors.torch import load_file, save_file  # noqa: E402

from labelnext.detectors.common import checkpoint  # noqa: E402
from labelnext.detectors.transformers_models import TransformersDetector  # noqa: E402
from labelnext.errors import ArgumentError, CheckpointError  # noqa: E402
from tests.detectors.tiny_transformers import CONFIGS, DENSE, SIZE, config_file  # noqa: E402

NAMES = ("cat", "dog", "person")


def made(folder: Path, kind: str = "rt_detr_v2", **arguments: Any) -> TransformersDetector:
    path = config_file(folder, kind, **arguments.pop("changes", {}))
    options = {"config": path, "size": SIZE, **arguments}
    return TransformersDetector.create(options.pop("classes", NAMES), seed=0, **options)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As `save_pretrained` writes it, of a detector of cats, dogs and persons."""
    made(tmp_path)._model.save_pretrained(tmp_path / "saved")
    processor = transformers.RTDetrImageProcessor(
        size={"height": 96, "width": 64}, do_normalize=True, image_mean=[0.1, 0.2, 0.3]
    )
    processor.save_pretrained(tmp_path / "saved")
    return tmp_path / "saved"


def create(path: object, classes: Any = NAMES, **arguments: Any) -> TransformersDetector:
    return TransformersDetector.create(classes, seed=0, path=str(path), **arguments)


def test_size_and_normalisation_are_those_of_the_saved_processor(folder: Path) -> None:
    image = np.random.default_rng(0).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    detector = create(folder)
    pixels = detector._inference.pixels
    mine = pixels.inputs([pixels.resized(image)], torch.device("cpu"))["pixel_values"]
    theirs = transformers.AutoImageProcessor.from_pretrained(folder)(image, return_tensors="pt")
    torch.testing.assert_close(mine, theirs["pixel_values"])
    maps = detector.predict([image])[0].maps
    assert maps is not None
    assert maps.image_size == (96, 64)


@pytest.mark.parametrize("size", [160, [64, 128]])
def test_another_size_keeps_the_rest_of_the_processor(folder: Path, size: Any) -> None:
    image = np.random.default_rng(0).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    detector = create(folder, size=size)
    maps = detector.predict([image])[0].maps
    assert maps is not None
    assert maps.image_size == ((160, 160) if size == 160 else (64, 128))
    assert list(detector._processor.image_mean) == [0.1, 0.2, 0.3]


def test_one_number_is_the_shortest_edge_where_the_processor_goes_by_that(tmp_path: Path) -> None:
    detector = made(tmp_path, "detr", size=60)
    size = dict(detector._processor.size)
    assert (size["shortest_edge"], size["longest_edge"]) == (60, 100)  # as 800 to 1333


@pytest.mark.parametrize("kind", CONFIGS)
def test_without_a_processor_the_family_s_own_is_taken(tmp_path: Path, kind: str) -> None:
    made(tmp_path, kind, size=SIZE)._model.save_pretrained(tmp_path / "bare")
    processor = create(tmp_path / "bare")._processor
    if kind in DENSE:
        assert (processor.size.height, processor.size.width) == (640, 640)
        assert not processor.do_normalize
    else:
        assert (processor.size.shortest_edge, processor.size.longest_edge) == (800, 1333)
        np.testing.assert_allclose(processor.image_mean, [0.485, 0.456, 0.406])


def test_classes_of_another_spelling_match_and_others_are_explained(folder: Path) -> None:
    assert create(folder, ["Person"]).classes == ("Person",)
    with pytest.raises(ArgumentError, match=r"cat, dog, person.*'horse'.*heads = \"new\""):
        create(folder, ["person", "horse"])


def test_new_heads_keep_the_rest(folder: Path) -> None:
    detector = create(folder, ["person", "horse"], heads="new")
    weights, before = detector._model.state_dict(), create(folder)._model.state_dict()
    by_class = {name for name in before if weights[name].shape != before[name].shape}
    assert {name.split(".")[-2] for name in by_class} == {
        "enc_score_head", "denoising_class_embed", "0", "1"
    }  # fmt: skip
    for name in set(before) - by_class:
        assert torch.equal(weights[name], before[name]), name
    assert weights["model.enc_score_head.weight"].shape[0] == 2
    assert create(folder, ["person", "horse"], heads="new").fingerprint() == detector.fingerprint()
    other = TransformersDetector.create(["person", "horse"], seed=1, path=folder, heads="new")
    assert other.fingerprint() != detector.fingerprint()


def test_fresh_weights_follow_the_seed_and_leave_torch_alone(tmp_path: Path) -> None:
    path = config_file(tmp_path, "d_fine")
    before = torch.get_rng_state()
    one, two, three = (
        TransformersDetector.create(["p"], seed=s, config=path, size=SIZE) for s in (3, 3, 4)
    )
    assert torch.equal(before, torch.get_rng_state())
    assert one.fingerprint() == two.fingerprint() != three.fingerprint()
    assert all((part.weight == 1).all() for part in one._model.modules()
               if isinstance(part, torch.nn.BatchNorm2d))  # fmt: skip


def test_fingerprint_follows_what_changes_predictions_only(tmp_path: Path) -> None:
    base = made(tmp_path).fingerprint()
    assert made(tmp_path / "elsewhere").fingerprint() == base
    assert made(tmp_path, device="cpu", predict_batch=3).fingerprint() == base
    assert made(tmp_path, size=list(SIZE)).fingerprint() == base
    assert made(tmp_path, size=(96, 96)).fingerprint() != base
    assert made(tmp_path, threshold=0.4).fingerprint() != base
    assert made(tmp_path, classes=("cat", "dog", "horse")).fingerprint() != base


@pytest.mark.parametrize("kind", CONFIGS)
def test_round_trip(tmp_path: Path, kind: str) -> None:
    detector = made(tmp_path, kind, size=100 if kind not in DENSE else SIZE, threshold=0.01)
    first, second = tmp_path / "one.safetensors", tmp_path / "two.safetensors"
    detector.save(first)
    (tmp_path / f"{kind}.json").unlink()  # a weights file needs nothing else
    again = TransformersDetector.load(first)
    again.save(second)
    assert first.read_bytes() == second.read_bytes()
    assert again.classes == NAMES
    assert again.fingerprint() == detector.fingerprint()
    image = np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    one, two = (d.predict([image])[0] for d in (detector, again))
    np.testing.assert_array_equal(one.detections.xyxy, two.detections.xyxy)
    np.testing.assert_array_equal(one.embedding, two.embedding)


def test_a_part_of_the_classes_survives_a_round_trip(folder: Path, tmp_path: Path) -> None:
    detector = create(folder, ["person", "cat"])
    detector.save(tmp_path / "weights.safetensors")
    again = TransformersDetector.load(tmp_path / "weights.safetensors")
    assert again.classes == ("person", "cat")
    assert again.fingerprint() == detector.fingerprint()


def test_what_may_change_at_loading(tmp_path: Path) -> None:
    made(tmp_path).save(tmp_path / "w.safetensors")
    load = TransformersDetector.load
    given = {"path": "somewhere/else", "heads": "new", "size": [96, 96], "threshold": 0.5}
    detector = load(tmp_path / "w.safetensors", **given)
    assert detector.arguments.threshold == 0.5
    assert detector._processor.size.height == 96
    assert load(tmp_path / "w.safetensors", size=list(SIZE)).fingerprint() == (
        load(tmp_path / "w.safetensors").fingerprint()
    )
    with pytest.raises(CheckpointError, match="its model is 'rt_detr_v2', but 'd_fine'"):
        load(tmp_path / "w.safetensors", config="d_fine")


def test_files_of_others_are_refused(tmp_path: Path) -> None:
    load = TransformersDetector.load
    with pytest.raises(CheckpointError, match="no such weights file"):
        load(tmp_path / "none.safetensors")
    save_file({"w": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match="not one that labelnext wrote"):
        load(tmp_path / "other.safetensors")
    checkpoint.write(tmp_path / "fire.safetensors", {}, {"detector": "fire-fpn"})
    with pytest.raises(CheckpointError, match="fire-fpn"):
        load(tmp_path / "fire.safetensors")
    made(tmp_path).save(tmp_path / "w.safetensors")
    tensors, facts = checkpoint.read(tmp_path / "w.safetensors")
    checkpoint.write(tmp_path / "short.safetensors", dict(list(tensors.items())[1:]), facts)
    with pytest.raises(CheckpointError, match="another architecture"):
        load(tmp_path / "short.safetensors")
    (tmp_path / "trap.pt").write_bytes(pickle.dumps(tensors))
    with pytest.raises(CheckpointError, match="safetensors"):
        load(tmp_path / "trap.pt")


def test_places_that_hold_no_detector(tmp_path: Path, folder: Path) -> None:
    for path, says in (
        (tmp_path / "nowhere", "not there"),
        ("./nowhere/at/all", "not there"),
        (folder / "config.json", "a file"),
        (tmp_path, "without a config.json"),
    ):
        with pytest.raises(ArgumentError, match=says):
            create(path)
    config = json.loads((folder / "config.json").read_text())
    for values, says in (
        ({"model_type": "bert"}, "bert"),
        ({"model_type": "no-such-model"}, "cannot read"),
        ({**config, "num_queries": "many"}, "cannot read"),
    ):
        (folder / "config.json").write_text(json.dumps(values))
        with pytest.raises(ArgumentError, match=says):
            create(folder)
    (folder / "config.json").write_text("{")
    with pytest.raises(ArgumentError, match="cannot read"):
        create(folder)


def test_weights_that_are_not_whole(folder: Path) -> None:
    file = folder / "model.safetensors"
    tensors = load_file(file)
    short = {name: value for name, value in tensors.items() if "decoder" not in name}
    save_file(short, file, metadata={"format": "pt"})
    with pytest.raises(ArgumentError, match=r"lacks \d+ weights, such as .*bias"):
        create(folder)
    file.write_bytes(b"nothing")
    with pytest.raises(ArgumentError, match="cannot read"):
        create(folder)
    file.unlink()
    with pytest.raises(ArgumentError, match=r"model\.safetensors"):
        create(folder)


def test_a_damaged_processor_is_not_passed_over(folder: Path) -> None:
    (folder / "preprocessor_config.json").write_text("{")
    with pytest.raises(ArgumentError, match=r"preprocessor_config|cannot read"):
        create(folder)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [({}, "path.*neither"), ({"path": "a", "config": "detr"}, "both"), ({"config": " "}, "config"),
     ({"config": "vit"}, "model type"), ({"config": "detr", "size": 8}, "size"),
     ({"config": "detr", "size": [64]}, "size"), ({"config": "detr", "heads": "old"}, "heads"),
     ({"config": "detr", "nms": 2}, "nms"), ({"config": "detr", "colour": 1}, "colour"),
     ({"config": "detr", "device": "abacus"}, "device"),
     ({"config": "detr", "max_detections": 0}, "max_detections"),
     ({"config": "detr", "sample_dropout": 1.0}, "sample_dropout")],
)  # fmt: skip
def test_unfit_arguments_are_named(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ArgumentError, match=says):
        TransformersDetector.create(["p"], seed=0, **arguments)


@pytest.mark.parametrize(
    ("size", "says"),
    [([64, 90], "multiples of 32"), (32, "more than 32 × 32"), ([64, 32], "12 queries")],
)
def test_sizes_the_model_cannot_take_are_refused_at_once(
    tmp_path: Path, size: Any, says: str
) -> None:
    changes = {"num_queries": 12 if "12" not in says else 200}
    with pytest.raises(ArgumentError, match=f"size.*{says.replace('12', '200')}|{says}"):
        made(tmp_path, "rt_detr", size=size, changes=changes)


def test_configurations_that_do_not_hold_together(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"config.*accepts"):
        made(tmp_path, "d_fine", changes={"d_model": 33})
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(ArgumentError, match="JSON object"):
        TransformersDetector.create(["p"], seed=0, config=str(tmp_path / "list.json"))


def _run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
    )  # fmt: skip
    return done.stdout


def test_without_the_hub_a_name_asks_for_a_folder(tmp_path: Path) -> None:
    code = (
        "from labelnext.detectors.transformers_models import TransformersDetector\n"
        "try:\n    TransformersDetector.create(['p'], seed=0, path='somebody/some-model')\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    said = _run(code, HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path))
    assert said.startswith("ArgumentError")
    assert "somebody/some-model" in said
    assert "give a folder" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_a_missing_package_names_the_extra(package: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from labelnext.errors import MissingExtraError\n"
        "try:\n    import labelnext.detectors.transformers_models\n"
        "except MissingExtraError as error:\n    print(error)\n"
    )
    assert "transformers detectors needs the optional dependencies [hf]" in _run(code)
