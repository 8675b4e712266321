"""Training of `FireFPN`: it learns, it ignores, and it survives being killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="fire-fpn needs torch")

from labelnext.detectors.fire_fpn import FireFPN  # noqa: E402
from labelnext.detectors.fire_fpn.options import FitOptions  # noqa: E402
from labelnext.detectors.fire_fpn.pixels import to_input  # noqa: E402
from labelnext.detectors.training.loop import set_rate  # noqa: E402
from labelnext.errors import ArgumentError, CheckpointError  # noqa: E402
from labelnext.types import Example, GroundTruth  # noqa: E402

SMALL = {"width": 0.125, "box_scale": 0.5}


def street(seed: int, *, size: tuple[int, int] = (96, 120), persons: int = 2) -> Example:
    """A grey image with dark, textured upright rectangles."""
    rng = np.random.default_rng(seed)
    image = rng.integers(110, 190, (*size, 3)).astype(np.uint8)
    boxes = []
    for k in range(persons):
        x, y = 12 + 50 * k + int(rng.integers(0, 20)), int(rng.integers(5, 20))
        image[y : y + 70, x : x + 34] = rng.integers(0, 60, (70, 34, 3))
        boxes.append([x, y, x + 34, y + 70])
    return Example(f"street-{seed}", lambda: image, GroundTruth.from_boxes(boxes))


def overlaps(a: np.ndarray, b: np.ndarray) -> float:
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    inter = float(np.prod(np.clip(sides, 0, None)))
    return inter / float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - inter)


@pytest.mark.parametrize("extra", [{}, {"box_offsets": True}])
def test_learns_two_images_by_heart(extra: dict[str, bool]) -> None:
    examples = [street(1), street(2)]
    detector = FireFPN.create(["person"], seed=0, **{**SMALL, "width": 0.25}, **extra)
    trained = detector.fit(examples, seed=0, epochs=60, augment=0.0)
    for example, prediction in zip(
        examples, trained.predict([e.load() for e in examples]), strict=True
    ):
        best = prediction.detections.xyxy[:2]
        hits = [max(overlaps(box, truth) for box in best) for truth in example.truth.xyxy]
        assert min(hits) > 0.5
        assert prediction.detections.scores[1] > 0.5
        if len(prediction.detections) > 2:
            assert prediction.detections.scores[2] < 0.5


def test_training_leaves_its_start_alone_and_repeats_itself() -> None:
    detector = FireFPN.create(["person"], seed=0, **SMALL)
    before = detector.fingerprint()
    examples = [street(1), street(2, size=(90, 140)), street(3, persons=0)]
    one, two = (detector.fit(examples, seed=5, epochs=2, batch_size=2) for _ in range(2))
    assert detector.fingerprint() == before
    assert one.fingerprint() == two.fingerprint() != before
    assert detector.fit(examples, seed=6, epochs=2).fingerprint() != one.fingerprint()
    assert detector.fit(examples, seed=5, epochs=0).fingerprint() == before


def test_several_classes_learn_their_own_map() -> None:
    rng = np.random.default_rng(0)
    examples = []
    for k in range(2):
        image = rng.integers(120, 140, (96, 96, 3)).astype(np.uint8)
        image[15:85, 30:64] = (200, 20, 20) if k else (20, 20, 200)
        truth = GroundTruth.from_boxes([[30, 15, 64, 85]], classes=[k])
        examples.append(Example(str(k), lambda image=image: image, truth))
    detector = FireFPN.create(["blue", "red"], seed=0, **SMALL)
    trained = detector.fit(examples, seed=0, epochs=60, augment=0.0)
    for k, prediction in enumerate(trained.predict([e.load() for e in examples])):
        best = prediction.detections
        assert best.classes[0] == k
        assert best.probabilities is not None
        assert best.probabilities[0, k] > 0.5 > best.probabilities[0, 1 - k]


def test_images_without_objects_and_whole_image_ignore_can_be_learnt_from() -> None:
    image = street(1).load()
    ignored = GroundTruth.from_boxes([[0, 0, 120, 96]], ignore=[True])
    examples = [street(1, persons=0), Example("ignored", lambda: image, ignored)]
    detector = FireFPN.create(["person"], seed=0, **SMALL)
    trained = detector.fit(examples, seed=0, epochs=1, scale_jitter=1.5, average=0.9)
    maps = trained.predict([image])[0].maps
    assert maps is not None
    assert all(np.isfinite(level.logits).all() for level in maps.levels)


def test_an_ignored_area_gives_no_gradient() -> None:
    """A detector that sees only ignored area keeps its prediction bias; background lowers it."""
    image = street(1).load()
    truth = GroundTruth.from_boxes([[0, 0, 120, 96]], ignore=[True])
    example = Example("ignored", lambda: image, truth)
    detector = FireFPN.create(["person"], seed=0, **SMALL)
    still = detector.fit([example], seed=0, epochs=1, weight_decay=0.0)
    moved = detector.fit([example], seed=0, epochs=1, weight_decay=0.0, ignore_regions=False)
    assert still.fingerprint() == detector.fingerprint() != moved.fingerprint()


@pytest.mark.parametrize(
    "options",
    [{"optimiser": "adamw", "schedule": "cosine", "warmup": 0.2},
     {"momentum": 0.5, "final_momentum": 0.01, "n2p": 3.0},
     {"shared_levels": 0.5, "average": 0.99, "cache_megabytes": 0},
     {"pad_to": 32}],
)  # fmt: skip
def test_options_train_differently(options: dict[str, object]) -> None:
    detector = FireFPN.create(["person"], seed=0, **SMALL)
    examples = [street(1), street(2)]
    plain = detector.fit(examples, seed=0, epochs=2)
    assert detector.fit(examples, seed=0, epochs=2, **options).fingerprint() != plain.fingerprint()


def test_the_cache_changes_nothing() -> None:
    detector = FireFPN.create(["person"], seed=0, image_scale=0.5, **SMALL)
    examples = [street(1), street(2)]
    weights = {detector.fit(examples, seed=0, epochs=2, cache_megabytes=mb).fingerprint()
               for mb in (0, 0.02, 10)}  # fmt: skip
    assert len(weights) == 1


@pytest.mark.parametrize(
    ("options", "name"),
    [({"epochs": -1}, "epochs"), ({"batch_size": 0}, "batch_size"), ({"speed": 1}, "speed"),
     ({"learning_rate": float("inf")}, "learning_rate"), ({"optimiser": "sgd"}, "optimiser"),
     ({"pad_to": 12}, "pad_to"), ({"pad_to": 0}, "pad_to")],
)  # fmt: skip
def test_unfit_options_are_named(options: dict[str, object], name: str) -> None:
    detector = FireFPN.create(["person"], seed=0, **SMALL)
    with pytest.raises(ArgumentError, match=name):
        detector.fit([street(1)], seed=0, **options)


@pytest.mark.parametrize(
    "truth",
    [GroundTruth.from_boxes([[0, 0, 10, 10]], classes=[1]),
     GroundTruth.from_boxes([[5, 5, 5, 10]]),
     GroundTruth.from_boxes([[5, 5, float("nan"), 10]])],
)  # fmt: skip
def test_unfit_labels_are_named(truth: GroundTruth) -> None:
    detector = FireFPN.create(["person"], seed=0, **SMALL)
    with pytest.raises(ArgumentError, match="bad-one"):
        detector.fit([Example("bad-one", street(1).load, truth)], seed=0)


def test_a_grey_training_image_is_named() -> None:
    grey = Example("grey-one", lambda: np.zeros((32, 32), np.uint8), GroundTruth.from_boxes([]))
    with pytest.raises(ArgumentError, match="grey-one"):
        FireFPN.create(["person"], seed=0, **SMALL).fit([grey], seed=0)


def test_negative_seeds_are_refused() -> None:
    detector = FireFPN.create(["person"], seed=0, **SMALL)
    with pytest.raises(ArgumentError, match="seed"):
        detector.fit([street(1)], seed=-1)
    with pytest.raises(ArgumentError, match="seed"):
        FireFPN.create(["person"], seed=-1)


def test_rates_are_annealed_from_the_first_to_the_last_step() -> None:
    weights = [torch.nn.Parameter(torch.zeros(1))]
    optimiser = torch.optim.RMSprop(weights, lr=1.0, momentum=0.01)
    for options, expected in (
        ({}, (1e-3, 10**-3.5, 1e-4)),
        ({"schedule": "cosine"}, (1e-3, 5.5e-4, 1e-4)),
        ({"warmup": 0.5}, (1e-3 / 50.5, 10**-3.5, 1e-4)),
    ):
        chosen = FitOptions(momentum=0.01, final_momentum=1e-4, **options)
        for step, rate in zip((0, 50, 100), expected, strict=True):
            set_rate(optimiser, step, 101, chosen)
            assert optimiser.param_groups[0]["lr"] == pytest.approx(rate)
            assert optimiser.param_groups[0]["momentum"] == pytest.approx(10 ** (-2 - step / 50))


def test_no_examples_are_refused() -> None:
    with pytest.raises(ArgumentError, match="examples"):
        FireFPN.create(["person"], seed=0, **SMALL).fit([], seed=0)


def test_input_is_padded_by_the_edge_and_scaled() -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 11, 3)).astype(np.uint8)
    x = to_input([image], torch.device("cpu")).numpy()
    assert x.shape == (1, 3, 8, 16)
    for c in range(3):
        for i in range(8):
            for j in range(16):
                value = int(image[min(i, 4), min(j, 10), c])
                assert x[0, c, i, j] == np.float32((value - 127) / 128)


def test_input_is_padded_to_the_multiple_asked_for() -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 33, 3)).astype(np.uint8)
    plain, wide = (to_input([image], torch.device("cpu"), multiple=m) for m in (8, 32))
    assert wide.shape == (1, 3, 32, 64)
    assert torch.equal(wide[:, :, :8, :40], plain)
    assert torch.equal(wide[0, :, :5, 33:], plain[0, :, :5, 32:33].expand(-1, -1, 31))
    assert torch.equal(wide[0, :, 5:], wide[0, :, 4:5].expand(-1, 27, -1))


def test_progress_and_loss_log(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []

    def progress(task: str, done: int, total: int, **figures: float) -> None:
        assert figures["loss"] > 0
        told.append((task, done, total))

    detector = FireFPN.create(["person"], seed=0, **SMALL)
    examples = [street(s) for s in range(3)]
    detector.fit(
        examples, seed=0, epochs=2, batch_size=2, workdir=tmp_path / "fit", progress=progress
    )
    assert told == [("train", done, 4) for done in (1, 2, 3, 4)]
    rows = [json.loads(row) for row in (tmp_path / "fit/loss.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == [1, 2]
    assert all(row["loss"] > 0 for row in rows)


@pytest.mark.parametrize("change", ["seed", "examples", "options", "starting detector"])
def test_a_state_of_another_fit_is_refused(tmp_path: Path, change: str) -> None:
    detector = FireFPN.create(["person"], seed=0, **SMALL)
    detector.fit([street(1)], seed=0, epochs=1, workdir=tmp_path)
    start = FireFPN.create(["person"], seed=1, **SMALL) if change.startswith("st") else detector
    with pytest.raises(CheckpointError, match=f"another {change}"):
        start.fit(
            [street(2 if change == "examples" else 1)],
            seed=int(change == "seed"),
            epochs=1 + (change == "options"),
            workdir=tmp_path,
        )


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    detector = FireFPN.create(["person"], seed=0, **SMALL)
    detector.fit([street(1)], seed=0, epochs=1, workdir=tmp_path)
    state = tmp_path / "fit.safetensors"
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"fit\.safetensors"):
        detector.fit([street(1)], seed=0, epochs=1, workdir=tmp_path)


_JOB = """
import sys, numpy as np, torch
torch.set_num_threads(1)
from pathlib import Path
from labelnext.detectors.fire_fpn import FireFPN
from labelnext.types import Example, GroundTruth
rng = np.random.default_rng(0)
examples = []
for k in range(6):
    image = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
    examples.append(Example(str(k), lambda image=image: image,
                            GroundTruth.from_boxes([[10, 5, 30, 45]])))
detector = FireFPN.create(["person"], seed=0, width=0.125, box_scale=0.3)
print("ready", flush=True)
trained = detector.fit(examples, seed=1, epochs=8, batch_size=2, average=0.9,
                       optimiser=sys.argv[2], workdir=Path(sys.argv[1]),
                       progress=lambda *a, **k: print("step", flush=True))
print(trained.fingerprint(), flush=True)
"""


def _start(workdir: Path, optimiser: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _JOB, str(workdir), optimiser], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.mark.parametrize("optimiser", ["rmsprop", "adamw"])
def test_killed_at_many_points_it_ends_with_the_same_weights(
    tmp_path: Path, optimiser: str
) -> None:
    undisturbed = _start(tmp_path / "calm", optimiser).communicate()[0].split()[-1]
    rng = np.random.default_rng(0)
    done = 0
    for _ in range(4):
        job = _start(tmp_path / "killed", optimiser)
        assert job.stdout is not None
        assert job.stdout.readline().strip() == "ready"
        for _ in range(int(rng.integers(1, 9))):
            done += job.stdout.readline().strip() == "step"
        time.sleep(float(rng.uniform(0, 0.01)))  # also within a step, or while the state is written
        job.send_signal(signal.SIGKILL)
        job.communicate()
    assert done > 4
    resumed = _start(tmp_path / "killed", optimiser).communicate()[0].split()[-1]
    assert resumed == undisturbed
    calm, killed = (tmp_path / d / "loss.jsonl" for d in ("calm", "killed"))
    assert calm.read_bytes() == killed.read_bytes()
