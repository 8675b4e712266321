"""Segmentation models of torchvision: maps, boxes, classes, weights and their files."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the segmentation models need torch")
pytest.importorskip("torchvision")

import torchvision  # noqa: E402
from scipy import ndimage  # noqa: E402

from labelnext.detectors.segmentation_models import TorchvisionSegmentation  # noqa: E402
from labelnext.detectors.segmentation_models.components import boxes  # noqa: E402
from labelnext.detectors.segmentation_models.options import MODELS  # noqa: E402
from labelnext.detectors.segmentation_models.pixels import to_input  # noqa: E402
from labelnext.errors import ArgumentError, CheckpointError  # noqa: E402
from labelnext.protocols import Detector, Segmenter, Stochastic, Trainable  # noqa: E402
from labelnext.scores import probabilities  # noqa: E402

LRASPP = "lraspp_mobilenet_v3_large"
VOC = torchvision.models.get_model_weights(LRASPP)["DEFAULT"].meta["categories"]


def image(seed: int, height: int = 64, width: int = 96) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def steered(classes: tuple[str, ...] = ("person", "car"), **arguments: object):
    """A detector with fresh weights whose last layer is made bolder, so that classes differ."""
    detector = TorchvisionSegmentation.create(classes, seed=3, **arguments)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for layer in detector._network.last:
            layer.weight.normal_(0, 1, generator=generator)
            layer.bias.zero_()
        x = to_input([image(9)], torch.device("cpu"), multiple=16)
        spread = detector._network(x).std((0, 2, 3)).mean()
        for layer in detector._network.last:
            layer.weight.mul_(2 / spread)
        # Outputs differ more from class to class than from place to place: bring them together.
        outputs = detector._network.model(x)["out"].mean((0, 2, 3))
        detector._network.last[0].bias.sub_(outputs)
    return detector


@pytest.fixture(scope="module")
def small() -> TorchvisionSegmentation:
    return steered()


def test_satisfies_the_protocols(small: TorchvisionSegmentation) -> None:
    for protocol in (Detector, Trainable, Stochastic, Segmenter):
        assert isinstance(small, protocol)


@pytest.mark.parametrize("model", MODELS)
def test_maps_are_torchvision_s_outputs_before_it_resizes_them(model: str) -> None:
    detector = steered(model=model)
    pixels = image(0, 48, 64)
    (prediction,) = detector.predict([pixels])
    level = prediction.maps.levels[0]
    x = to_input([pixels], torch.device("cpu"), multiple=1)
    with torch.no_grad():
        theirs = detector._network.model.eval()(x)["out"].softmax(1)[0].numpy()
    assert level.logits.shape == (3, 48 // level.stride, 64 // level.stride)
    # Torchvision resizes outputs and has the background first.
    ours = probabilities(prediction.maps)[0]
    np.testing.assert_allclose(ours, theirs[[1, 2, 0]], atol=2e-4)
    found = detector.segment(prediction.maps, (48, 64))
    assert (found != theirs[[1, 2, 0]].argmax(0)).mean() < 1e-3  # ties apart


@pytest.mark.parametrize("size", [(64, 96), (50, 81), (17, 16), (31, 33)])
def test_levels_are_cut_to_the_image(small: TorchvisionSegmentation, size: tuple[int, int]) -> None:
    (prediction,) = small.predict([image(1, *size)])
    (level,) = prediction.maps.levels
    assert level.logits.shape == (3, -(-size[0] // 8), -(-size[1] // 8))
    assert prediction.maps.image_size == size
    assert prediction.maps.activation == "softmax"
    assert small.segment(prediction.maps, size).shape == size


def test_batch_and_single_agree(small: TorchvisionSegmentation) -> None:
    images = [image(0), image(1, 50, 70), image(2), image(3), image(4, 50, 70)]
    many = steered(predict_batch=4)
    for alone, together in zip(
        [small.predict([one])[0] for one in images], many.predict(images), strict=True
    ):
        np.testing.assert_allclose(
            alone.maps.levels[0].logits, together.maps.levels[0].logits, atol=2e-4
        )
        np.testing.assert_allclose(alone.embedding, together.embedding, atol=1e-4)
        assert len(alone.detections) == len(together.detections)
    assert many.predict([]) == []
    assert many.fingerprint() == small.fingerprint()


def test_an_image_is_brought_to_size_and_boxes_are_in_its_pixels() -> None:
    detector = steered(min_size=32)
    full = image(5, 64, 96).repeat(2, 0).repeat(2, 1)  # 128 x 192
    (prediction,) = detector.predict([full])
    assert prediction.maps.image_size == (32, 48)
    assert detector.segment(prediction.maps, (128, 192)).shape == (128, 192)
    assert prediction.detections.xyxy.max() <= 192
    assert prediction.detections.xyxy.max() > 96
    small = TorchvisionSegmentation.create(["a"], seed=0, min_size=32)
    assert small.predict([image(0, 16, 24)])[0].maps.image_size == (32, 48)


def test_boxes_in_plain_loops() -> None:
    """Against scipy's labelling, and means taken one pixel at a time."""
    rng = np.random.default_rng(0)
    logits = ndimage.zoom(rng.normal(size=(3, 6, 8)), (1, 8, 8), order=1) * 3
    planes = np.exp(logits) / np.exp(logits).sum(0)
    planes = planes.astype(np.float32)
    deepest = rng.normal(size=(5, 4, 5)).astype(np.float32)  # stride 16: reaches beyond 48 x 64
    found = boxes(planes, deepest, stride=16, image=(96, 192), min_pixels=10, limit=100)
    expected = []
    likeliest = planes.argmax(0)
    for c in range(2):
        areas, count = ndimage.label(likeliest == c, structure=np.ones((3, 3)))
        for k in range(1, count + 1):
            ys, xs = np.nonzero(areas == k)
            if len(ys) < 10:
                continue
            vector = np.mean([planes[:, y, x] for y, x in zip(ys, xs, strict=True)], axis=0)
            seen = np.mean(
                [deepest[:, y // 16, x // 16] for y, x in zip(ys, xs, strict=True)], axis=0
            )
            box = [xs.min() * 3, ys.min() * 2, (xs.max() + 1) * 3, (ys.max() + 1) * 2]
            expected.append((vector, c, box, seen))
    expected.sort(key=lambda one: -one[0][one[1]])
    assert len(found) == len(expected) > 3
    for i, (vector, c, box, seen) in enumerate(expected):
        assert found.classes[i] == c
        np.testing.assert_allclose(found.xyxy[i], box, atol=1e-4)
        np.testing.assert_allclose(found.probabilities[i], vector, atol=1e-5)
        np.testing.assert_allclose(found.scores[i], vector[c], atol=1e-5)
        np.testing.assert_allclose(found.features[i], seen, atol=1e-4)
    best = boxes(planes, deepest, stride=16, image=(96, 192), min_pixels=10, limit=2)
    np.testing.assert_array_equal(best.xyxy, found.xyxy[:2])


def test_no_boxes_keep_their_shapes() -> None:
    planes = np.zeros((3, 16, 16), np.float32)
    planes[2] = 1
    found = boxes(
        planes, np.zeros((5, 1, 1), np.float32), stride=16, image=(16, 16), min_pixels=1, limit=9
    )
    assert found.xyxy.shape == (0, 4)
    assert found.probabilities.shape == (0, 3)
    assert found.features.shape == (0, 5)


def test_draws_of_dropout(small: TorchvisionSegmentation) -> None:
    images = [image(0), image(1, 50, 70)]
    exact = small.sample(images, samples=2, rng=np.random.default_rng(0), dropout=0.0)
    for draws, prediction in zip(exact, small.predict(images), strict=True):
        for maps in draws:
            np.testing.assert_allclose(
                maps.levels[0].logits, prediction.maps.levels[0].logits, atol=1e-5
            )
    both = small.sample(images, samples=3, rng=np.random.default_rng(1))
    first = small.sample(images[:1], samples=3, rng=np.random.default_rng(1))
    for a, b in zip(both[0], first[0], strict=True):
        np.testing.assert_allclose(a.levels[0].logits, b.levels[0].logits, atol=1e-5)
    spread = np.std([maps.levels[0].logits for maps in both[0]], axis=0)
    assert spread.mean() > 0.05
    assert both[1][0].image_size == (50, 70)
    with pytest.raises(ArgumentError, match="samples"):
        small.sample(images, samples=0, rng=np.random.default_rng(0))
    with pytest.raises(ArgumentError, match="dropout"):
        small.sample(images, samples=1, rng=np.random.default_rng(0), dropout=1.0)


def test_a_saved_detector_is_the_same(small: TorchvisionSegmentation, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    small.save(path)
    back = TorchvisionSegmentation.load(path)
    assert back.fingerprint() == small.fingerprint()
    assert back.classes == ("person", "car")
    np.testing.assert_array_equal(
        back.predict([image(0)])[0].maps.levels[0].logits,
        small.predict([image(0)])[0].maps.levels[0].logits,
    )
    other = TorchvisionSegmentation.load(path, min_size=48, weights="gone.pth")
    assert other.arguments.min_size == 48
    assert other.fingerprint() != small.fingerprint()
    with pytest.raises(CheckpointError, match="its model is 'lraspp"):
        TorchvisionSegmentation.load(path, model="fcn_resnet50")
    (tmp_path / "x.safetensors").write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CheckpointError, match="not a whole safetensors file"):
        TorchvisionSegmentation.load(tmp_path / "x.safetensors")
    with pytest.raises(CheckpointError, match="no such weights file"):
        TorchvisionSegmentation.load(tmp_path / "gone.safetensors")


def test_fresh_weights_are_the_seed_s_and_leave_torch_alone() -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first, same, other = (TorchvisionSegmentation.create(["a"], seed=s) for s in (0, 0, 1))
    assert torch.equal(before, torch.random.get_rng_state())
    assert first.fingerprint() == same.fingerprint() != other.fingerprint()


@pytest.fixture(scope="module")
def voc() -> dict[str, torch.Tensor]:
    """A state_dict as torchvision's weights have it: 21 outputs."""
    torch.manual_seed(0)
    model = torchvision.models.segmentation.lraspp_mobilenet_v3_large(
        weights=None, weights_backbone=None, num_classes=21
    )
    with torch.no_grad():
        for layer in (model.classifier.low_classifier, model.classifier.high_classifier):
            layer.weight.normal_()
    return {k: v.clone() for k, v in model.state_dict().items()}


def saved(tensors: dict[str, torch.Tensor], path: Path) -> str:
    torch.save(tensors, path)
    return str(path)


def test_classes_of_weights_are_matched_and_the_others_are_background(
    voc: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    path = saved({"model": voc}, tmp_path / "w.pth")
    detector = TorchvisionSegmentation.create(["Person", "car"], seed=0, weights=path)
    model = torchvision.models.segmentation.lraspp_mobilenet_v3_large(
        weights=None, weights_backbone=None, num_classes=21
    )
    model.load_state_dict(voc)
    pixels = image(0)
    x = to_input([pixels], torch.device("cpu"), multiple=1)
    with torch.no_grad():
        features = model.eval().backbone(x)
        theirs = model.classifier(features).softmax(1)[0]
    logits = detector.predict([pixels])[0].maps.levels[0].logits
    ours = torch.from_numpy(logits).softmax(0)
    person, car = VOC.index("person"), VOC.index("car")
    torch.testing.assert_close(ours[0], theirs[person], atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(ours[1], theirs[car], atol=1e-4, rtol=1e-3)
    rest = [c for c in range(21) if c not in (person, car)]
    torch.testing.assert_close(ours[2], theirs[rest].sum(0), atol=1e-4, rtol=1e-3)
    detector.save(tmp_path / "s.safetensors")
    back = TorchvisionSegmentation.load(tmp_path / "s.safetensors")
    assert back.fingerprint() == detector.fingerprint()
    np.testing.assert_array_equal(back.predict([pixels])[0].maps.levels[0].logits, logits)


def test_classes_that_weights_lack_are_drawn_afresh(
    voc: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    path = saved(voc, tmp_path / "w.pth")
    names = ["person", "wheelchair"]
    first = TorchvisionSegmentation.create(names, seed=0, weights=path)
    other = TorchvisionSegmentation.create(names, seed=1, weights=path)
    key = "model.classifier.cbr.0.weight"
    for one in (first, other):
        state = one._network.state_dict()
        assert torch.equal(state[key], voc[key.removeprefix("model.")])
        assert state["model.classifier.low_classifier.weight"].shape[0] == 3
    assert first.fingerprint() != other.fingerprint()
    named = [name for name in VOC[1:] if name != "car"]
    with pytest.raises(ArgumentError, match="names of the 20 classes"):
        TorchvisionSegmentation.create(["a"], seed=0, weights=path, weights_classes=named)
    theirs = TorchvisionSegmentation.create(
        ["cat"], seed=0, weights=path, weights_classes=["cat", *map(str, range(19))]
    )
    assert theirs._network.fold == (1, 0, *[1] * 19)
    new = TorchvisionSegmentation.create(["cat"], seed=0, weights=path, head="new")
    assert new._network.fold == (1, 0)


def test_weights_of_one_s_own_classes(tmp_path: Path) -> None:
    own = steered(("cup", "saucer"))
    tensors = {k.removeprefix("model."): v for k, v in own._network.state_dict().items()}
    from safetensors.torch import save_file

    save_file(tensors, tmp_path / "w.safetensors")
    again = TorchvisionSegmentation.create(
        ["cup", "saucer"], seed=9, weights=str(tmp_path / "w.safetensors")
    )
    assert again.fingerprint() == own.fingerprint()
    path = str(tmp_path / "w.safetensors")
    with pytest.raises(ArgumentError, match=r"names of the 2 classes .* Got nothing"):
        TorchvisionSegmentation.create(["a", "b", "c"], seed=0, weights=path)


def test_unfit_weights_are_named(voc: dict[str, torch.Tensor], tmp_path: Path) -> None:
    create = TorchvisionSegmentation.create
    path = saved(voc, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match=r"w\.pth: of another architecture: backbone\."):
        create(["person"], seed=0, weights=path, model="fcn_resnet50", head="new")
    with pytest.raises(CheckpointError, match="no such weights file"):
        create(["person"], seed=0, weights=str(tmp_path / "gone.pth"))
    (tmp_path / "text.pth").write_text("not weights")
    with pytest.raises(CheckpointError, match="cannot be read as plain tensors"):
        create(["person"], seed=0, weights=str(tmp_path / "text.pth"))
    torch.save({"model": 5}, tmp_path / "five.pth")
    with pytest.raises(CheckpointError, match="not a state_dict"):
        create(["person"], seed=0, weights=str(tmp_path / "five.pth"))


def test_weights_of_the_backbone(tmp_path: Path) -> None:
    torch.manual_seed(2)
    for model, network, key in (
        (
            LRASPP,
            torchvision.models.mobilenet_v3_large(weights=None),
            "features.1.block.0.0.weight",
        ),
        ("fcn_resnet50", torchvision.models.resnet50(weights=None), "layer2.0.conv1.weight"),
    ):
        path = saved(network.state_dict(), tmp_path / f"{model}.pth")
        detector = TorchvisionSegmentation.create(["a"], seed=0, model=model, backbone_weights=path)
        body = detector._network.model.backbone.state_dict()
        wanted = network.state_dict()[key]
        assert torch.equal(body[key.removeprefix("features.")], wanted)
    with pytest.raises(CheckpointError, match=r"fcn_resnet50\.pth: of another architecture"):
        TorchvisionSegmentation.create(["a"], seed=0, backbone_weights=path)


def test_torchvision_s_own_weights(
    voc: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found where torchvision keeps what it downloaded; or said to be out of reach."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(CheckpointError, match=r"could not download .* Fetch https://"):
        TorchvisionSegmentation.create(["person"], seed=0, weights="DEFAULT")
    kept = tmp_path / "hub" / "checkpoints"
    kept.mkdir(parents=True, exist_ok=True)
    saved(voc, kept / "lraspp_mobilenet_v3_large-d234d4ea.pth")
    detector = TorchvisionSegmentation.create(["person"], seed=0, weights="DEFAULT")
    assert detector._network.fold.index(0) == VOC.index("person")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"model": "unet"}, "model"),
        ({"head": "old"}, "head"),
        ({"min_size": 4}, "min_size"),
        ({"dropout": 1.0}, "dropout"),
        ({"weights": ""}, "weights"),
        ({"weights_classes": "person"}, "weights_classes"),
        ({"device": "tpu9"}, "device"),
        ({"colour": 1}, "colour"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_unfit_arguments_are_named(arguments: dict[str, object], named: str) -> None:
    with pytest.raises(ArgumentError, match=named):
        TorchvisionSegmentation.create(["person"], seed=0, **arguments)


@pytest.mark.usefixtures("unchecked")
def test_unfit_images_and_classes(small: TorchvisionSegmentation) -> None:
    with pytest.raises(ArgumentError, match="image 0 with shape"):
        small.predict([np.zeros((5, 5), np.uint8)])
    with pytest.raises(ArgumentError, match="classes"):
        TorchvisionSegmentation.create([], seed=0)
    with pytest.raises(ArgumentError, match="seed"):
        TorchvisionSegmentation.create(["a"], seed=-1)


def test_runtime_says_where_it_computes() -> None:
    assert TorchvisionSegmentation.runtime(device="cpu").startswith("torch ")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
@pytest.mark.parametrize("model", MODELS)
def test_cpu_and_cuda_agree(model: str, tmp_path: Path) -> None:
    here = steered(model=model, device="cpu")
    here.save(tmp_path / "w.safetensors")
    there = TorchvisionSegmentation.load(tmp_path / "w.safetensors", device="cuda")
    for a, b in zip(here.predict([image(0)]), there.predict([image(0)]), strict=True):
        np.testing.assert_allclose(probabilities(a.maps), probabilities(b.maps), atol=5e-3)
    assert here.fingerprint() == there.fingerprint()
