"""Training of `TorchvisionDetector`: it learns, it ignores, and it survives being killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torchvision's detectors need torch")
pytest.importorskip("torchvision", reason="torchvision's detectors need torchvision")

from labelnext.detectors.torchvision_models import TorchvisionDetector  # noqa: E402
from labelnext.detectors.torchvision_models.freezing import parts  # noqa: E402
from labelnext.detectors.torchvision_models.options import FitOptions  # noqa: E402
from labelnext.detectors.torchvision_models.step import _ready  # noqa: E402
from labelnext.errors import ArgumentError, LabelnextError  # noqa: E402
from labelnext.scores.dense import probabilities  # noqa: E402
from labelnext.types import Example, GroundTruth  # noqa: E402
from tests.detectors.tiny_torchvision import overlap, own, street  # noqa: E402

PLAIN = {"augment": 0.0, "scale_jitter": 1.0}


def make(model="fcos", classes=("dark", "bright"), name="tiny", **more):
    return TorchvisionDetector.create(classes, seed=0, **own(model, name, **more))


@pytest.mark.parametrize(("model", "rate"), [("fcos", 3e-3), ("retinanet", 3e-3)])
def test_learns_two_images_by_heart_and_its_maps_peak_at_the_objects(model, rate):
    """Of two classes, on images twice the network's input, which is padded right and below."""
    small = [street(1, size=(96, 120)), street(2, size=(96, 120))]
    examples = [
        Example(
            e.key,
            lambda e=e: e.load().repeat(2, 0).repeat(2, 1),
            GroundTruth.from_boxes(e.truth.xyxy * 2, e.truth.classes),
        )
        for e in small
    ]
    detector = make(model, anchor_scale=0.8 if model == "retinanet" else 1.0)
    trained = detector.fit(examples, seed=0, epochs=50, learning_rate=rate, **PLAIN)
    for example in examples:
        prediction = trained.predict([example.load()])[0]
        found, maps = prediction.detections, prediction.maps
        assert maps.image_size == (96, 120)
        shown = probabilities(maps).max(0)  # [classes, height, width]
        for box, k in zip(example.truth.xyxy, example.truth.classes, strict=True):
            mine = found.xyxy[found.classes == k][0]
            assert overlap(mine, box) > 0.7
            y, x = np.unravel_index(shown[k].argmax(), shown[k].shape)
            x1, y1, x2, y2 = box / 2
            assert abs(x + 0.5 - (x1 + x2) / 2) < 0.3 * (x2 - x1)
            assert abs(y + 0.5 - (y1 + y2) / 2) < 0.3 * (y2 - y1)
            assert shown[1 - k, int(y), int(x)] < shown[k, int(y), int(x)]


def test_two_stages_learn_an_image_by_heart():
    example = street(1, kind=0)
    detector = make("fasterrcnn", ["dark"], anchor_scale=0.5)
    trained = detector.fit([example], seed=0, epochs=30, learning_rate=3e-3, **PLAIN)
    prediction = trained.predict([example.load()])[0]
    best = prediction.detections.xyxy[:2]
    for box in example.truth.xyxy:
        assert max(overlap(one, box) for one in best) > 0.5
    level = prediction.maps.levels[1]
    i, j = np.unravel_index(level.logits[0].argmax(), level.logits[0].shape)
    x, y = (j + 0.5) * level.stride, (i + 0.5) * level.stride
    assert any(x1 < x < x2 and y1 < y < y2 for x1, y1, x2, y2 in example.truth.xyxy)


@pytest.mark.parametrize("model", ["fcos", "fasterrcnn"])
def test_training_leaves_its_start_and_torch_s_generator_alone(model):
    detector = make(model)
    before, state = detector.fingerprint(), torch.get_rng_state()
    examples = [street(1), street(2, size=(80, 130)), street(3, objects=0)]
    one = detector.fit(examples, seed=5, epochs=2)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(123)
    again = detector.fit(examples, seed=5, epochs=2)
    torch.set_rng_state(state)
    assert detector.fingerprint() == before
    assert one.fingerprint() == again.fingerprint() != before
    assert detector.fit(examples, seed=6, epochs=2).fingerprint() != one.fingerprint()
    assert detector.fit(examples, seed=5, epochs=0).fingerprint() == before


def test_dropout_is_drawn_in_training():
    plain = make().fit([street(1)], seed=0, epochs=1)
    for detector in (make(dropout=0.5), make(name="dropping")):
        one, two = (detector.fit([street(1)], seed=0, epochs=1) for _ in range(2))
        assert one.fingerprint() == two.fingerprint()
        values = [d._network.state_dict()["backbone.layers.0.weight"] for d in (one, plain)]
        assert not torch.equal(*values)


@pytest.mark.parametrize("model", ["fcos", "retinanet", "fasterrcnn", "ssdlite"])
def test_images_without_objects_can_be_learnt_from(model):
    if model == "ssdlite":
        detector = TorchvisionDetector.create(["a"], seed=0, model="ssdlite320_mobilenet_v3_large")
    else:
        detector = make(model)
    trained = detector.fit([street(1, objects=0), street(2, objects=0)], seed=0, epochs=1)
    maps = trained.predict([street(1).load()])[0].maps
    assert all(np.isfinite(level.logits).all() for level in maps.levels)


def test_ignored_objects_are_painted_over_unless_another_one_is_there():
    network = make()._network
    image = np.full((60, 80, 3), 200, np.uint8)
    truth = GroundTruth.from_boxes([[10, 10, 50, 50], [30, 30, 70, 55]], ignore=[True, False])
    painted, left = _ready(image, truth, network, FitOptions())
    mean = np.rint(255 * np.array(network.transform.image_mean))
    wanted = image.copy()
    for y in range(10, 50):
        for x in range(10, 50):
            if not (30 <= x < 70 and 30 <= y < 55):
                wanted[y, x] = mean
    np.testing.assert_array_equal(painted, wanted)
    assert left.xyxy.tolist() == [[30, 30, 70, 55]]
    assert (image == 200).all()
    plain, left = _ready(image, truth, network, FitOptions(ignore_regions=False))
    assert plain is image
    assert len(left) == 1


def test_an_ignored_object_is_neither_learnt_nor_seen():
    """What lies under it makes no difference."""
    detector, fingerprints = make(), set()
    for value in (0, 250):
        image = street(1).load().copy()
        image[20:80, 60:100] = value
        truth = GroundTruth.from_boxes([[10, 10, 40, 60], [60, 20, 100, 80]], ignore=[False, True])
        example = Example("one", lambda image=image: image, truth)
        fingerprints.add(detector.fit([example], seed=0, epochs=1, **PLAIN).fingerprint())
    assert len(fingerprints) == 1


def statistics(detector):
    return detector._network.state_dict()["backbone.norm.running_var"]


def test_statistics_are_updated_from_their_start_and_kept_afterwards():
    fresh, examples = make(name="normed"), [street(1), street(2)]
    trained = fresh.fit(examples, seed=0, epochs=1)
    assert not torch.equal(statistics(trained), statistics(fresh))
    again = trained.fit(examples, seed=0, epochs=1)
    assert torch.equal(statistics(again), statistics(trained))
    assert again.fingerprint() != trained.fingerprint()
    kept = fresh.fit(examples, seed=0, epochs=1, norm_statistics="keep")
    assert torch.equal(statistics(kept), statistics(fresh))
    moved = trained.fit(examples, seed=0, epochs=1, norm_statistics="update")
    assert not torch.equal(statistics(moved), statistics(trained))


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_only_the_last_parts_of_the_backbone_are_trained(layers):
    detector = make()
    trained = detector.fit([street(1)], seed=0, epochs=1, trainable_layers=layers)
    before, after = (d._network.state_dict() for d in (detector, trained))
    for k in range(3):
        name = f"backbone.layers.{k}.weight"
        assert torch.equal(before[name], after[name]) == (k < 3 - layers)
    head = "head.classification_head.cls_logits.weight"
    assert not torch.equal(before[head], after[head])
    further = trained.fit([street(1)], seed=0, epochs=1)  # frozen for that training alone
    name = "backbone.layers.0.weight"
    assert not torch.equal(further._network.state_dict()[name], after[name])


def test_more_parts_than_there_are_are_refused():
    with pytest.raises(ArgumentError, match="0 to 3, the parts of this backbone"):
        make().fit([street(1)], seed=0, epochs=1, trainable_layers=4)


def test_parts_of_known_backbones():
    from torchvision.models import mobilenet_v3_large, resnet18
    from torchvision.models._utils import IntermediateLayerGetter

    resnet = IntermediateLayerGetter(resnet18(weights=None), {"layer4": "0"})
    assert [[type(m).__name__ for m in part] for part in parts(resnet)] == [
        ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"], *[["Sequential"]] * 4
    ]  # fmt: skip
    mobile = IntermediateLayerGetter(mobilenet_v3_large(weights=None).features, {"16": "0"})
    assert len(parts(mobile)) == 17
    timm = pytest.importorskip("timm")
    lite = timm.create_model("tf_efficientnet_lite0", features_only=True)
    assert [len(part) for part in parts(lite)] == [2, 1, 1, 1, 1, 1, 1, 1]


def test_options_train_differently_and_the_cache_does_not():
    detector, examples = make(), [street(1, size=(150, 190)), street(2)]
    plain = detector.fit(examples, seed=0, epochs=2).fingerprint()
    for options in ({"optimiser": "rmsprop"}, {"scale_jitter": 2.0}, {"average": 0.9}):
        assert detector.fit(examples, seed=0, epochs=2, **options).fingerprint() != plain
    assert detector.fit(examples, seed=0, epochs=2, cache_megabytes=0).fingerprint() == plain


@pytest.mark.parametrize(
    ("options", "name"),
    [({"epochs": -1}, "epochs"), ({"speed": 1}, "speed"), ({"trainable_layers": -1}, "trainable"),
     ({"norm_statistics": "lose"}, "norm_statistics")],
)  # fmt: skip
def test_unfit_options_are_named(options, name):
    with pytest.raises(ArgumentError, match=name):
        make().fit([street(1)], seed=0, **options)


def test_unfit_examples_are_named():
    wrong = Example("bad-one", street(1).load, GroundTruth.from_boxes([[0, 0, 9, 9]], classes=[2]))
    with pytest.raises(ArgumentError, match="bad-one"):
        make().fit([wrong], seed=0)
    with pytest.raises(ArgumentError, match="at least one"):
        make().fit([], seed=0)


def test_a_loss_that_is_not_finite_is_told():
    detector = make()
    detector._network.head.classification_head.cls_logits.bias.data.fill_(float("nan"))
    with pytest.raises(LabelnextError, match="diverged"):
        detector.fit([street(1)], seed=0, epochs=1)


_JOB = """
import sys, torch
torch.set_num_threads(1)
from pathlib import Path
from labelnext.detectors.torchvision_models import TorchvisionDetector
from tests.detectors.tiny_torchvision import own, street
examples = [street(k, objects=k % 3) for k in range(4)]
more = {**own(sys.argv[2], sys.argv[3], dropout=0.2), "min_size": 48, "max_size": 64}
detector = TorchvisionDetector.create(["a", "b"], seed=0, **more)
print("ready", flush=True)
trained = detector.fit(examples, seed=1, epochs=6, average=0.9, workdir=Path(sys.argv[1]),
                       progress=lambda *a, **k: print("step", flush=True))
print(trained.fingerprint(), flush=True)
"""


def start(workdir, model, backbone):
    return subprocess.Popen(
        [sys.executable, "-c", _JOB, str(workdir), model, backbone], stdout=subprocess.PIPE,
        text=True, cwd=Path(__file__).parents[2], env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def test_killed_at_many_points_it_ends_with_the_same_weights(tmp_path):
    """With all that draws: anchors, proposals and dropout; and statistics that move."""
    model, backbone = "fasterrcnn", "normed"
    undisturbed = start(tmp_path / "calm", model, backbone)
    rng, done = np.random.default_rng(0), 0
    for _ in range(2):
        job = start(tmp_path / "killed", model, backbone)
        assert job.stdout.readline().strip() == "ready"
        for _ in range(int(rng.integers(3, 7))):
            done += job.stdout.readline().strip() == "step"
        time.sleep(float(rng.uniform(0, 0.01)))  # also within a step, or while state is written
        job.send_signal(signal.SIGKILL)
        job.communicate()
    assert done > 4
    resumed = start(tmp_path / "killed", model, backbone).communicate()[0].split()[-1]
    assert resumed == undisturbed.communicate()[0].split()[-1]
    calm, killed = (tmp_path / d / "loss.jsonl" for d in ("calm", "killed"))
    assert calm.read_bytes() == killed.read_bytes()
