"""The cycle with a detector that segments: masks in, mean IoU out, masks kept on the way."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the segmentation models need torch")
mask = pytest.importorskip("pycocotools.mask")

from labelnext.data import synthetic  # noqa: E402
from labelnext.errors import ArgumentError  # noqa: E402
from labelnext.masks import unpack  # noqa: E402
from labelnext.rounds import loop, overview, setup  # noqa: E402
from labelnext.rounds.project import load_pixels  # noqa: E402
from labelnext.rounds.steps import labelling, testing, training  # noqa: E402
from labelnext.scores import probabilities  # noqa: E402
from tests.reference.evaluate_segmentation import figures  # noqa: E402

SIZE = (64, 96)
SETTINGS = {
    "budget": 2, "oracle": "simulated", "seed": 3, "batch_size": 4,
    "detector": {"name": "torchvision-segmentation", "device": "cpu", "min_pixels": 4},
    "strategy": {"name": "divergence", "within_cycle": 1, "across_cycles": 1},
    "initial": {"epochs": 6, "object_weight": 8.0, "learning_rate": 3e-3},
    "train": {"epochs": 2},
}  # fmt: skip


@pytest.fixture(scope="module")
def street(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("street")
    synthetic.write(
        folder, stills=8, videos=1, frames_per_video=12, test_videos=1, frames_per_test_video=8,
        test_every=2, share=0.6, test_share=0.9, size=SIZE, masks=True,
    )  # fmt: skip
    return folder


def made(folder: Path, street: Path, *, masked: str = "initial pool test", **changes) -> Path:
    sources = {
        role: [f"coco{'[masks=true]' if role in masked else ''}:{street / role / 'instances.json'}"]
        for role in ("initial", "pool", "test")
    }
    setup.set_up(folder, setup.configure({**SETTINGS, **changes}), sources)
    return folder


@pytest.fixture(scope="module")
def trained(street: Path, tmp_path_factory) -> Path:
    folder = made(tmp_path_factory.mktemp("projects") / "p", street)
    with overview.opened(folder, writing=True) as p:
        training.train_initial(p)
        testing.evaluate(p, 0)
    return folder


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    shutil.copytree(trained, tmp_path / "p")
    return tmp_path / "p"


def with_oracle(folder: Path) -> Path:
    settings = folder / "labelnext.toml"
    settings.write_text(settings.read_text().replace('"simulated"', '"files"'))
    return folder


def painted(document: dict, image: dict) -> np.ndarray:
    """The file's own masks, by pycocotools: 0 a person, 1 background, -1 to ignore."""
    out = np.ones(SIZE, int)
    mine = [a for a in document["annotations"] if a["image_id"] == image["id"]]
    for entry in mine:  # visible pixels: no two overlap
        out[mask.decode(entry["segmentation"]) == 1] = -1 if entry["ignore"] else 0
    return out


def test_the_loop_measures_mean_iou(copy: Path, street: Path) -> None:
    with overview.opened(copy, writing=True) as p:
        assert loop.run(p, 1) == loop.Stand(2, "score", 0)
        step = p.ledger.step(1, "evaluate")
        metrics = testing.metrics_of(step)
        assert metrics is not None
        document = json.loads((street / "test" / "instances.json").read_text())
        by_name = {image["file_name"]: image for image in document["images"]}
        detector, truths, found = p.detector(1), [], []
        for record in p.index.records("test"):
            truths.append(painted(document, by_name[record.key.split("/", 1)[1]]))
            (prediction,) = detector.predict([load_pixels(record)])
            found.append(probabilities(prediction.maps)[0].argmax(0))
        expected = figures(truths, found, 2)
        assert metrics.mean_iou == pytest.approx(expected[0], rel=1e-9)
        assert metrics.pixel_accuracy == pytest.approx(expected[1], rel=1e-9)
        assert metrics.class_iou == pytest.approx(expected[2], rel=1e-9)
        assert step.details["segmented"] == {"images": 4, "without_masks": 0}
        seen = overview.overview(p)
        assert seen.heads[-2:] == ("mean IoU", "pixel accuracy")
        assert seen.rows[1][-2:] == (metrics.mean_iou, metrics.pixel_accuracy)
        assert overview.as_dict(seen)["cycles"][1]["mean IoU"] == metrics.mean_iou  # type: ignore[index]
        said = overview.outcome(p, 1, "evaluate")
        assert said["mean IoU"] == metrics.mean_iou
        assert any(line.startswith("IoU of person: ") for line in said["lines"])  # type: ignore[union-attr]
        assert any(line.startswith("IoU of background: ") for line in said["lines"])  # type: ignore[union-attr]


def test_masks_are_in_the_ledger_after_a_simulated_answer(copy: Path) -> None:
    with overview.opened(copy, writing=True) as p:
        loop.run(p, 1)
        truths = p.index.truth(list(p.ledger.labels()))
        for key, answer in p.ledger.labels().items():
            wanted = truths[key]
            assert wanted is not None
            assert (answer.masks is None) == (wanted.masks is None)
            if answer.masks is not None:
                assert answer.masks.tolist() == wanted.masks.tolist()  # type: ignore[union-attr]


@pytest.mark.parametrize("masked", [True, False])
def test_masks_come_back_from_people_where_the_sources_have_them(
    copy: Path, street: Path, tmp_path: Path, masked: bool
) -> None:
    if not masked:
        copy = made(
            tmp_path / "boxes", street, masked="", initial={"epochs": 1, "width": 0.1},
            detector={"name": "none"}, strategy={"name": "random"}, train={},
        )  # fmt: skip
    with overview.opened(with_oracle(copy), writing=True) as p:
        assert p.index.masked() is masked
        assert loop.run(p, 1).next_step == "ingest"
        asked = copy / "rounds" / "0001"
        request = json.loads((asked / "prelabels.json").read_text())
        outline = [10, 10, 20, 10, 20, 30, 10, 30]
        boxes = [
            {"id": i, "image_id": image["id"], "category_id": request["categories"][0]["id"],
             "bbox": [10, 10, 10, 20], "segmentation": [outline]}
            for i, image in enumerate(request["images"])
        ]  # fmt: skip
        images = [
            {k: v for k, v in image.items() if k != "labelled"} for image in request["images"]
        ]
        document = {**request, "images": images, "annotations": boxes}
        (asked / "labels.json").write_text(json.dumps(document))
        assert labelling.ingest(p, 1).complete
        for answer in p.ledger.labels().values():
            if not masked:
                assert answer.masks is None
                continue
            plane = unpack(answer.masks, SIZE)[0]  # type: ignore[arg-type]
            assert plane.sum() == 200
            assert plane[10:30, 10:20].all()


def test_without_any_labels_the_detector_says_whether_masks_are_wanted(
    street: Path, trained: Path, tmp_path: Path
) -> None:
    weights = next((trained / ".labelnext" / "weights").glob("*.safetensors"))
    sources = {"pool": [f"images:{street / 'pool' / 'images'}"]}
    for name, wanted in (("torchvision-segmentation", True), ("none", False)):
        settings = {**SETTINGS, "detector": {"name": name}, "oracle": "files", "initial": {},
                    "initial_weights": str(weights) if wanted else None, "train": {},
                    "strategy": {"name": "random"}}  # fmt: skip
        setup.set_up(tmp_path / name, setup.configure(settings), sources)
        with overview.opened(tmp_path / name, writing=True) as p:
            assert p.index.masked() is None
            loop.run(p, 1)
            asked = labelling.oracle(p, 1)
            assert asked.masks is wanted  # type: ignore[attr-defined]


def test_a_test_set_without_masks_gives_figures_of_boxes_alone(
    street: Path, trained: Path, tmp_path: Path
) -> None:
    folder = made(tmp_path / "p", street, masked="initial")
    with overview.opened(folder, writing=True) as p:
        training.train_initial(p)
        step = testing.evaluate(p, 0)
        metrics = testing.metrics_of(step)
        assert metrics is not None
        assert np.isnan(metrics.mean_iou)
        assert not np.isnan(metrics.miss_rate_at_fppi_1)
        assert step.details["segmented"]["without_masks"] > 0  # type: ignore[index]
        assert overview.overview(p).heads == overview.HEADS


def test_initial_labels_without_masks_are_refused_with_what_to_do(
    street: Path, tmp_path: Path
) -> None:
    folder = made(tmp_path / "p", street, masked="pool")
    with (
        overview.opened(folder, writing=True) as p,
        pytest.raises(ArgumentError, match=r"initial/images/\d+\.jpg.*coco\[masks=true\]"),
    ):
        training.train_initial(p)
