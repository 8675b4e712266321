"""`TorchvisionDetector` behind the protocols: arguments, predict, sample, save, load."""

import copy
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torchvision's detectors need torch")
pytest.importorskip("torchvision", reason="torchvision's detectors need torchvision")

from labelnext.detectors.common import checkpoint  # noqa: E402
from labelnext.detectors.torchvision_models import TorchvisionDetector  # noqa: E402
from labelnext.errors import ArgumentError, CheckpointError, LabelnextError  # noqa: E402
from labelnext.protocols import Detector, Stochastic, Trainable  # noqa: E402
from tests.detectors.tiny_torchvision import HERE, own  # noqa: E402

LITE = "ssdlite320_mobilenet_v3_large"
MODELS = [
    own("fcos"),
    own("retinanet", threshold=0.009),
    own("fasterrcnn", max_detections=20),
    {"model": LITE, "max_detections": 20},
]
each_model = pytest.mark.parametrize("arguments", MODELS, ids=lambda a: a["model"])


def make(classes=("a", "b"), seed=0, **arguments):
    return TorchvisionDetector.create(classes, seed=seed, **(arguments or own("fcos")))


def image(h, w, seed=0):
    return np.random.default_rng(seed).integers(0, 255, (h, w, 3), dtype=np.uint8)


def same(one, two):
    for a, b in zip(one.maps.levels, two.maps.levels, strict=True):
        assert a.stride == b.stride
        np.testing.assert_allclose(a.logits, b.logits, rtol=1e-4, atol=1e-4)
    assert one.maps.image_size == two.maps.image_size
    np.testing.assert_allclose(one.embedding, two.embedding, rtol=1e-4, atol=1e-5)
    assert len(one.detections) == len(two.detections)
    np.testing.assert_allclose(one.detections.scores, two.detections.scores, atol=1e-5)


@each_model
def test_one_by_one_or_together_gives_the_same(arguments):
    detector = make(**arguments, predict_batch=3)
    images = [image(96, 128, 1), image(70, 200, 2), image(96, 128, 3), image(130, 90, 4)]
    together = detector.predict(images)
    for mine, prediction in zip(images, together, strict=True):
        same(detector.predict([mine])[0], prediction)
    assert detector.predict([]) == []


@each_model
def test_boxes_lie_in_the_image_and_maps_cover_the_network_s_input(arguments):
    prediction = make(**arguments).predict([image(150, 200)])[0]
    maps, found = prediction.maps, prediction.detections
    assert maps.image_size == ((320, 320) if arguments["model"] == LITE else (96, 128))
    for level in maps.levels:
        cells = tuple(-(-side // level.stride) for side in maps.image_size)
        assert level.logits.shape[1:] == cells
        assert np.isfinite(level.logits).all()
        assert level.logits.dtype == np.float32
    kinds = {"fasterrcnn": 1, LITE: 3}.get(arguments["model"], 2)
    assert {len(level.logits) for level in maps.levels} == {kinds}
    assert maps.activation == ("softmax" if arguments["model"] == LITE else "sigmoid")
    assert len(found) > 0
    assert (found.xyxy >= 0).all()
    assert (found.xyxy <= [200, 150, 200, 150]).all()
    assert (np.diff(found.scores) <= 0).all()
    halves = prediction.embedding.reshape(2, -1)
    if arguments["model"] != LITE:  # fresh, it is zero but for rounding
        np.testing.assert_allclose(np.linalg.norm(halves, axis=1), 1, atol=1e-5)


def test_satisfies_the_protocols_and_is_stochastic_only_with_dropout():
    plain = make()
    assert isinstance(plain, Detector)
    assert isinstance(plain, Trainable)
    assert not isinstance(plain, Stochastic)
    with pytest.raises(ArgumentError, match=r"detector\.dropout"):
        plain.draw([image(96, 96)], samples=2, rng=np.random.default_rng(0))
    assert isinstance(make(**own("fcos", dropout=0.2)), Stochastic)
    assert isinstance(make(**own("fcos", "dropping")), Stochastic)
    assert isinstance(copy.deepcopy(make(**own("fcos", "dropping"))), Stochastic)


@pytest.mark.parametrize(
    "arguments",
    [own("fcos", dropout=0.5), own("fcos", "dropping"), own("fasterrcnn", dropout=0.5)],
    ids=["argument", "backbone's own", "two stages"],
)  # fmt: skip
def test_draws_are_the_generator_s_alone(arguments):
    detector = make(**arguments)
    images = [image(96, 128, 1), image(128, 96, 2)]
    before = torch.get_rng_state()

    def draw(chosen, seed, **more):
        rng = np.random.default_rng(seed)
        found = detector.sample(chosen, samples=3, rng=rng, **more)
        return [[level.logits for level in maps.levels] for draws in found for maps in draws]

    one, again, other = draw(images, 0), draw(images, 0), draw(images, 1)
    for a, b, c in zip(one, again, other, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
        assert any(not np.array_equal(x, y) for x, y in zip(a, c, strict=True))
    assert any(not np.array_equal(x, y) for x, y in zip(one[0], one[1], strict=True))
    for a, b in zip(draw(images[:1], 0), one, strict=False):  # whoever else comes along
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    plain = [level.logits for level in detector.predict(images[:1])[0].maps.levels]
    for x, y in zip(draw(images[:1], 0, dropout=0.0)[0], plain, strict=True):
        np.testing.assert_allclose(x, y, atol=1e-5)
    assert torch.equal(torch.get_rng_state(), before)


def test_dropping_drops_the_share_that_is_named():
    """In the mean over draws a plain, linear read-out is what it is without dropout."""
    from labelnext.detectors.torchvision_models.inference import dropped

    torch.manual_seed(0)
    kept = dropped({"0": torch.ones(1, 4000, 2, 2)}, 0.3)["0"]
    assert (kept.flatten(2).std(2) == 0).all()
    assert float((kept == 0).float().mean()) == pytest.approx(0.3, abs=0.03)
    assert float(kept.mean()) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [({"model": "yolo"}, "model"), ({"model": "fcos"}, "backbone"), ({"speed": 1}, "speed"),
     ({"model": LITE, "backbone": "a:b"}, "backbone"),
     ({"model": LITE, "min_size": 200}, "min_size"),
     ({"model": LITE, "anchor_scale": 0.5}, "anchor_scale"),
     (own("fcos", threshold=2), "threshold"), (own("fcos", nms=-1), "nms"),
     (own("fcos", max_detections=0), "max_detections"),
     (own("fcos", dropout=0.99), "dropout"), ({"model": "fcos", "backbone": HERE}, "form"),
     (own("fcos", "shapeless"), "out_channels"), (own("fcos", "odd"), "multiple of 32"),
     (own("fcos", "deaf"), "dict of maps"), (own("fcos", "absent"), "There is no absent"),
     ({"model": "fcos", "backbone": "no_such:thing"}, "no_such"),
     (own("fcos", anchor_scale=0.2), "anchor"),
     ({**own("fcos"), "max_size": 64}, "max_size"), (own("fcos", device="abacus"), "device"),
     (own("fcos", weights=3), "weights"), (own("fcos", weights_classes="a"), "weights_classes"),
     ({"model": "fcos", "backbone": "timm:no_such_net"}, "timm"),
     ({"model": "fcos", "backbone": "timm:resnet18", "fpn_channels": 100}, "fpn_channels")],
)  # fmt: skip
@pytest.mark.usefixtures("unchecked")
def test_unfit_arguments_are_named(arguments, name):
    if "timm" in str(arguments):
        pytest.importorskip("timm")
    with pytest.raises(LabelnextError, match=name) as caught:
        make(**arguments)
    assert "\n" not in str(caught.value)


def test_unfit_images_are_named():
    with pytest.raises(ArgumentError, match=r"image 1"):
        make().predict([image(40, 40), np.zeros((4, 4), np.uint8)])


def test_weights_are_drawn_from_the_seed_alone():
    before = torch.get_rng_state()
    one, other = make(seed=1), make(seed=2)
    torch.manual_seed(77)
    assert make(seed=1).fingerprint() == one.fingerprint() != other.fingerprint()
    torch.set_rng_state(before)
    assert make(("b", "a"), seed=1).fingerprint() != one.fingerprint()
    assert make(**own("fcos", threshold=0.2)).fingerprint() != make().fingerprint()
    assert make(**own("fcos", predict_batch=2)).fingerprint() == make().fingerprint()


@pytest.mark.parametrize(
    "arguments",
    [*MODELS, own("fcos", "normed", anchor_scale=1.5, dropout=0.25)],
    ids=lambda a: a["model"] + a.get("backbone", "")[-4:],
)
def test_round_trip(tmp_path, arguments):
    """Also where one weight has two names."""
    detector = make(**arguments)
    detector.save(tmp_path / "a.safetensors")
    again = TorchvisionDetector.load(tmp_path / "a.safetensors")
    again.save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    assert again.classes == ("a", "b")
    assert again.fingerprint() == detector.fingerprint()
    same(detector.predict([image(96, 120)])[0], again.predict([image(96, 120)])[0])


def test_what_is_no_architecture_may_change_on_loading(tmp_path):
    make().save(tmp_path / "a.safetensors")
    loaded = TorchvisionDetector.load(
        tmp_path / "a.safetensors", threshold=0.3, min_size=64, weights="gone.pth", model="fcos"
    )
    assert loaded.arguments.threshold == 0.3
    assert loaded.arguments.weights is None  # the file's weights are what it has
    assert loaded.predict([image(100, 100)])[0].maps.image_size == (64, 64)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"model": "retinanet"}, "its model is 'fcos', but 'retinanet'"),
     ({"backbone": f"{HERE}:dropping"}, "its backbone is"),
     ({"anchor_scale": 2.0}, "anchor_scale")],
)  # fmt: skip
def test_another_architecture_is_named(tmp_path, arguments, said):
    make().save(tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match=said):
        TorchvisionDetector.load(tmp_path / "a.safetensors", **arguments)


def test_files_of_others_are_refused(tmp_path):
    path = tmp_path / "a.safetensors"
    with pytest.raises(CheckpointError, match="no such weights file"):
        TorchvisionDetector.load(path)
    checkpoint.write(path, {}, {"job": {}})
    with pytest.raises(CheckpointError, match="not weights of torchvision"):
        TorchvisionDetector.load(path)
    make().save(path)
    tensors, facts = checkpoint.read(path)
    checkpoint.write(path, dict(list(tensors.items())[1:]), facts)
    with pytest.raises(CheckpointError, match="another architecture"):
        TorchvisionDetector.load(path)


def test_missing_torchvision_names_the_extra():
    code = (
        "import sys; sys.modules['torchvision'] = None\n"
        "from labelnext import plugins\n"
        "from labelnext.errors import MissingExtraError\n"
        "try:\n    plugins.load('detectors', 'torchvision')\n"
        "except MissingExtraError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "torchvision needs the optional dependencies [torch]" in done.stdout


def test_missing_timm_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(LabelnextError, match=r"timm:resnet18 needs the optional dependencies \[hf"):
        make(model="fcos", backbone="timm:resnet18")


@pytest.mark.parametrize("model", ["fcos", "fasterrcnn"])
def test_a_pyramid_over_timm(model):
    pytest.importorskip("timm")
    arguments = {"model": model, "backbone": "timm:mobilenetv3_small_050", "fpn_channels": 64,
                 "min_size": 96, "max_size": 128, "max_detections": 5}  # fmt: skip
    prediction = make(**arguments).predict([image(100, 130)])[0]
    finest, levels = (2, 5) if model == "fasterrcnn" else (4, 5)
    assert prediction.maps.levels[0].stride == finest
    assert len(prediction.maps.levels) == levels


def test_runtime_says_what_it_computes_on():
    assert "processor" in TorchvisionDetector.runtime(device="cpu", model="fcos")
