"""Training of `TorchvisionSegmentation`: it learns masks, ignores pixels, survives a stop."""

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the segmentation models need torch")
pytest.importorskip("torchvision")

from labelnext import masks  # noqa: E402
from labelnext.detectors.segmentation_models import TorchvisionSegmentation  # noqa: E402
from labelnext.detectors.segmentation_models.options import FitOptions  # noqa: E402
from labelnext.detectors.segmentation_models.step import step  # noqa: E402
from labelnext.detectors.training.norms import held  # noqa: E402
from labelnext.errors import ArgumentError, CheckpointError  # noqa: E402
from labelnext.evaluate import confusion, segmented  # noqa: E402
from labelnext.types import Example, GroundTruth  # noqa: E402

CPU = torch.device("cpu")


def scene(seed: int, *, size: tuple[int, int] = (64, 80), key: str | None = None) -> Example:
    """Dark discs (class 0) and bright bars (class 1) on grey noise."""
    rng = np.random.default_rng(seed)
    image = rng.integers(110, 150, (*size, 3)).astype(np.uint8)
    planes = np.zeros((2, *size), np.uint8)
    centre = (int(rng.integers(14, size[1] // 2 - 6)), int(rng.integers(14, size[0] - 13)))
    cv2.circle(planes[0], centre, int(rng.integers(9, 13)), 1, -1)
    left = int(rng.integers(size[1] // 2 + 8, size[1] - 18))
    planes[1, 8 : size[0] - 8, left : left + 12] = 1
    image[planes[0] > 0] = (20, 40, 60)
    image[planes[1] > 0] = (240, 230, 180)
    boxes = []
    for plane in planes:
        rows, columns = plane.any(1).nonzero()[0], plane.any(0).nonzero()[0]
        boxes.append([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
    packed = masks.pack(planes > 0).tolist()
    truth = GroundTruth.from_boxes(boxes, [0, 1], masks=packed)
    return Example(key or f"scene-{seed}", lambda: image, truth)


def iou(detector: TorchvisionSegmentation, examples: list[Example]) -> tuple[float, ...]:
    total = np.zeros((3, 3), np.int64)
    for example in examples:
        image = example.load()
        size = image.shape[:2]
        found = detector.segment(detector.predict([image])[0].maps, size)
        total += confusion(masks.paint(example.truth, size, 2), found, 3)
    return segmented(total).class_iou


@pytest.fixture(scope="module")
def fresh() -> TorchvisionSegmentation:
    return TorchvisionSegmentation.create(["disc", "bar"], seed=0, device="cpu")


@pytest.fixture(scope="module")
def trained(fresh: TorchvisionSegmentation) -> TorchvisionSegmentation:
    scenes = [scene(i) for i in range(12)]
    return fresh.fit(scenes, seed=0, epochs=30, learning_rate=3e-3, object_weight=3.0)


def test_learns_masks_that_it_has_not_seen(
    fresh: TorchvisionSegmentation, trained: TorchvisionSegmentation
) -> None:
    others = [scene(i) for i in range(100, 106)]
    before, after = iou(fresh, others), iou(trained, others)
    assert min(after[:2]) > 0.5
    assert min(after[:2]) > max(before[:2]) + 0.2
    assert trained.classes == fresh.classes


@pytest.mark.parametrize("size", [(64, 80), (70, 90), (57, 101)])
def test_an_object_is_found_where_it_is_at_any_size(
    trained: TorchvisionSegmentation, size: tuple[int, int]
) -> None:
    """Padding and strides put nothing out of place."""
    example = scene(200, size=size)
    (prediction,) = trained.predict([example.load()])
    for c, box in enumerate(example.truth.xyxy):
        mine = prediction.detections.xyxy[prediction.detections.classes == c]
        assert len(mine)
        assert np.abs(mine[0] - box).max() < 8  # a cell
    logits = prediction.maps.levels[0].logits
    for c, plane in enumerate(masks.unpack(example.truth.masks, size)):
        i, j = np.unravel_index(logits[c].argmax(), logits[c].shape)
        assert plane[min(i * 8 + 4, size[0] - 1), min(j * 8 + 4, size[1] - 1)]


def test_resizing_keeps_objects_in_place(trained: TorchvisionSegmentation, tmp_path: Path) -> None:
    trained.save(tmp_path / "w.safetensors")
    resizing = TorchvisionSegmentation.load(tmp_path / "w.safetensors", min_size=64, device="cpu")
    example = scene(201)
    large = cv2.resize(example.load(), (160, 128), interpolation=cv2.INTER_NEAREST)
    (prediction,) = resizing.predict([large])
    found = resizing.segment(prediction.maps, (128, 160))
    for c, plane in enumerate(masks.unpack(example.truth.masks, (64, 80))):
        there = np.kron(plane, np.ones((2, 2))) > 0
        assert ((found == c) & there).sum() / ((found == c) | there).sum() > 0.5


def test_training_repeats_itself_and_leaves_its_start_alone(
    fresh: TorchvisionSegmentation,
) -> None:
    scenes = [scene(i) for i in range(3)]
    before = fresh.fingerprint()
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    first, again = (fresh.fit(scenes, seed=4, epochs=2, batch_size=2) for _ in range(2))
    assert first.fingerprint() == again.fingerprint() != before == fresh.fingerprint()
    assert torch.equal(state, torch.random.get_rng_state())
    other = fresh.fit(scenes, seed=5, epochs=2, batch_size=2)
    assert other.fingerprint() != first.fingerprint()


class StopError(Exception):
    pass


@pytest.mark.parametrize("model", ["lraspp_mobilenet_v3_large", "deeplabv3_mobilenet_v3_large"])
def test_a_stopped_training_goes_on_to_the_same_weights(model: str, tmp_path: Path) -> None:
    """With dropout in the network (DeepLab), and a last batch of one image."""
    detector = TorchvisionSegmentation.create(["disc", "bar"], seed=0, model=model, device="cpu")
    scenes = [scene(i, size=(32, 64)) for i in range(3)]
    fit = partial(detector.fit, scenes, seed=2, epochs=3, batch_size=2)
    whole = fit()

    def stop(task: str, done: int, total: int, **figures: float) -> None:
        if done == 4:
            raise StopError

    with pytest.raises(StopError):
        fit(workdir=tmp_path, progress=stop)
    assert fit(workdir=tmp_path).fingerprint() == whole.fingerprint()
    with pytest.raises(CheckpointError):
        detector.fit(scenes, seed=3, epochs=3, batch_size=2, workdir=tmp_path)


def gradient(
    detector: TorchvisionSegmentation, examples: list[Example], **options: object
) -> tuple[float, np.ndarray]:
    network = detector._network
    network.eval()  # so that images do not depend on each other through their statistics
    network.zero_grad()
    chosen = FitOptions(norm_statistics="keep", **options)  # type: ignore[arg-type]
    loss = step(
        network, [(e.load(), e.truth) for e in examples], np.random.default_rng(0),
        torch.Generator().manual_seed(0), classes=2, held=held(network, "keep"), device=CPU,
        options=chosen,
    )  # fmt: skip
    first = network.last[0].weight.grad
    return loss, np.zeros(0) if first is None else first.numpy().copy()


def with_truth(example: Example, truth: GroundTruth) -> Example:
    return Example(example.key, example.load, truth)


def test_the_loss_is_the_mean_over_pixels_in_plain_loops(fresh: TorchvisionSegmentation) -> None:
    examples = [scene(0), scene(1), scene(2, size=(48, 72))]
    loss, _ = gradient(fresh, examples, object_weight=2.0)
    total = weight = 0.0
    for example in examples:
        image = example.load()
        size = image.shape[:2]
        with torch.no_grad():
            from labelnext.detectors.segmentation_models.pixels import to_input

            logits = fresh._network(to_input([image], CPU, multiple=16))
            full = torch.nn.functional.interpolate(
                logits, scale_factor=8, mode="bilinear", align_corners=False
            )[0].log_softmax(0)
        wanted = masks.paint(example.truth, size, 2)
        for y in range(size[0]):
            for x in range(size[1]):
                c = int(wanted[y, x])
                w = 1.0 if c == 2 else 2.0
                total -= w * float(full[c, y, x])
                weight += w
    assert loss == pytest.approx(total / weight, rel=1e-4)


def test_ignored_pixels_are_not_asked(trained: TorchvisionSegmentation) -> None:
    plain = scene(0)
    area = np.zeros((1, 64, 80), bool)
    area[0, 10:50, 5:70] = True
    boxes, classes = [[5, 10, 70, 50]], [0]

    def with_area(ignore: bool, kind: int) -> Example:
        truth = GroundTruth.from_boxes(boxes, [kind], [ignore], masks=masks.pack(area).tolist())
        return with_truth(plain, truth)

    loss, first = gradient(trained, [with_area(True, 0)])
    _, other = gradient(trained, [with_area(True, 1)])
    np.testing.assert_array_equal(first, other)  # whatever it is called
    _, counted = gradient(trained, [with_area(False, 0)])
    assert np.abs(counted - first).max() > 1e-6
    empty = with_truth(plain, GroundTruth.from_boxes([]))
    _, background = gradient(trained, [empty])
    _, as_background = gradient(trained, [with_area(True, 0)], ignore_regions=False)
    np.testing.assert_array_equal(background, as_background)
    assert np.abs(background - first).max() > 1e-6
    everything = GroundTruth.from_boxes([[0, 0, 80, 64]], classes, [True])  # a box is enough
    nothing, none = gradient(trained, [with_truth(plain, everything)])
    assert nothing == 0
    assert none.size == 0
    assert loss > 0


def test_statistics_are_kept_or_updated(trained: TorchvisionSegmentation) -> None:
    scenes = [scene(i) for i in range(4)]
    name = "model.classifier.cbr.1.running_mean"

    def after(**options: object) -> torch.Tensor:
        return trained.fit(scenes, seed=0, epochs=1, **options)._network.state_dict()[name]

    start = trained._network.state_dict()[name]
    assert torch.equal(after(), start)  # they are a training's
    assert torch.equal(after(norm_statistics="keep"), start)
    assert not torch.equal(after(norm_statistics="update"), start)


def test_an_object_without_a_mask_is_named(fresh: TorchvisionSegmentation) -> None:
    bare = GroundTruth.from_boxes([[1, 2, 30, 40], [5, 5, 20, 20]], ignore=[False, True])
    examples = [scene(0), with_truth(scene(1, key="street/7.jpg"), bare)]
    with pytest.raises(ArgumentError, match=r"1 of 2 without one on 'street/7\.jpg'.*masks=true"):
        fresh.fit(examples, seed=0, epochs=1)
    ignored = with_truth(examples[1], bare.take(np.array([1])))
    fresh.fit([scene(0), ignored, with_truth(scene(2), GroundTruth.from_boxes([]))], seed=0,
              epochs=1)  # fmt: skip


@pytest.mark.parametrize("option", [{"object_weight": 0.0}, {"norm_statistics": "no"}, {"n2p": 1}])
@pytest.mark.usefixtures("unchecked")
def test_unfit_options_are_named(fresh: TorchvisionSegmentation, option: dict[str, object]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(option))):
        fresh.fit([scene(0)], seed=0, epochs=1, **option)
