"""A detector that cannot give what a strategy needs is refused at once, through real projects."""

import json

import numpy as np
import pytest
from PIL import Image

from labelnext.errors import LabelnextError
from labelnext.rounds import loop, overview, setup
from labelnext.store.ledger import Ledger
from labelnext.types import DenseMaps, MapLevel
from tests.strategies.pools import NAMES

BOXES = {"box-entropy", "box-margin", "box-least-confidence"}
NO_DETECTOR = {"random", "guided-random"}
IMAGES = 6


@pytest.fixture
def folder(tmp_path):
    """Images, predictions for all of them, and dense maps."""
    (tmp_path / "images").mkdir()
    (tmp_path / "maps").mkdir()
    rng = np.random.default_rng(0)
    images, boxes = [], []
    for i in range(IMAGES):
        name = f"{i}.png"
        Image.fromarray(rng.integers(0, 255, (32, 32, 3), np.uint8)).save(
            tmp_path / "images" / name
        )
        images.append({"id": i, "file_name": name, "width": 32, "height": 32})
        boxes.append({"id": i, "image_id": i, "category_id": 1, "bbox": [2, 3, 20, 20],
                      "score": 0.1 + 0.08 * i})  # fmt: skip
    document = {
        "images": images, "annotations": boxes, "categories": [{"id": 1, "name": "person"}],
    }  # fmt: skip
    (tmp_path / "found.json").write_text(json.dumps(document))
    return tmp_path


def add_maps(folder):
    from labelnext.detectors import maps_file

    rng = np.random.default_rng(1)
    for i in range(IMAGES):
        level = MapLevel(rng.normal(size=(1, 8, 8)).astype(np.float32), 4)
        maps_file.write(folder / "maps" / f"{i}.png.npz", DenseMaps((level,), (32, 32)))


def run(folder, strategy, detector, **arguments):
    """One round of a project, as far as it gets."""
    known = {"name": detector}
    if detector == "predictions-file":
        known["path"] = str(folder / "found.json")
        if any((folder / "maps").iterdir()):
            known["maps"] = str(folder / "maps")
    config = setup.configure(
        {"detector": known, "strategy": {"name": strategy, **arguments}, "budget": 2}
    )
    setup.set_up(folder / "shop", config, {"pool": [f"images:{folder / 'images'}"]})
    with overview.opened(folder / "shop", writing=True) as project:
        loop.run(project, 1)
        return project.ledger.picks(1)


def refused(folder, strategy, detector, match, *, trained=None, **arguments):
    with pytest.raises(LabelnextError, match=match):
        run(folder, strategy, detector, **arguments)
    ledger = Ledger(folder / "shop" / ".labelnext" / "ledger.sqlite")
    assert ledger.step(1, "score") is None  # not done with every image a failure
    if trained is not None:
        assert (ledger.step(0, "train") is not None) == trained
    ledger.close()
    assert not list((folder / "shop" / ".labelnext").glob("scores/*/part-*"))


@pytest.mark.parametrize("name", sorted(set(NAMES) - NO_DETECTOR))
def test_without_a_detector_only_random_runs(folder, name):
    match = "gives nothing|stochastic|changed versions|other weights"
    refused(
        folder, name, "none", match, trained=False
    )  # said before an hour of training, not after


REASONS = {
    "divergence": "needs dense maps", "entropy": "needs dense maps", "hybrid": "embedding",
    "k-center": "embedding", "k-means": "embedding", "mc-dropout": "30 stochastic passes",
    "ensemble": "other weights", "stability": "6 changed versions",
    "consistency": "4 changed versions", "prototypes": "no features", "ppal": "no features",
    "pal": "dense maps|embedding",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_boxes_from_a_file(folder, name):
    if name in BOXES | NO_DETECTOR:
        assert len(run(folder, name, "predictions-file")) == 2
    else:
        refused(folder, name, "predictions-file", REASONS[name])


@pytest.mark.parametrize("name", ["divergence", "entropy", "hybrid", "pal", "ensemble"])
def test_boxes_and_maps_from_files(folder, name):
    add_maps(folder)
    if name in ("divergence", "entropy"):
        assert len(run(folder, name, "predictions-file")) == 2
    else:
        refused(folder, name, "predictions-file", REASONS[name])


def test_softmax_without_class_vectors(folder):
    refused(folder, "box-entropy", "predictions-file", "class vector", activation="softmax")


def test_embeddings_to_tell_likeness_by(folder):
    refused(folder, "box-entropy", "predictions-file", "embedding", similar="embedding")


@pytest.mark.parametrize(("similar", "expected"), [("none", {5, 4}), ("hash", {5, 3})])
def test_hashes_are_made_of_images_whose_boxes_come_from_a_file(folder, similar, expected):
    same = Image.open(folder / "images" / "5.png").convert("RGB")
    same.save(folder / "images" / "4.png")
    picks = run(folder, "box-entropy", "predictions-file", similar=similar)
    assert {int(pick.key.rsplit("/")[-1].removesuffix(".png")) for pick in picks} == expected


def test_an_argument_is_refused_before_training(folder):
    with pytest.raises(LabelnextError, match="within_cycle"):
        run(folder, "divergence", "none", within_cycle=-1)
