"""The pages of training by a command, and of predictions files: their examples run."""

import json
import re
import tomllib

import numpy as np
import pytest

from labelnext.detectors.command.template import KNOWN
from labelnext.detectors.maps_file import read
from labelnext.rounds import loop, overview, setup
from tests.docs.examples import ROOT, blocks
from tests.rounds.scenes import draw, project

TRAINING, PREDICTIONS = "detectors/training.md", "detectors/predictions-file.md"


def test_the_settings_on_the_page_are_accepted():
    for text in blocks(TRAINING, "toml"):
        assert "path" in setup.configure(tomllib.loads(text)).detector.arguments


def test_every_placeholder_is_on_the_page():
    text = (ROOT / "docs" / TRAINING).read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `\{(\w+)\}`", text, re.MULTILINE))
    assert rows == {*KNOWN, "epochs"}


@pytest.mark.slow
def test_the_script_trains_and_predicts_in_a_project(tmp_path, monkeypatch):
    pytest.importorskip("torchvision", reason="the script uses it")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_train.py").write_text(blocks(TRAINING, "python")[0])
    given = tomllib.loads(blocks(TRAINING, "toml")[1])["detector"]
    for role, count, seed in (("initial", 2, 1), ("pool", 6, 2), ("test", 2, 3)):
        draw(tmp_path / "data" / role, count, seed=seed, video="drive" if role == "pool" else None)
    names = [f"{role}/{i:04d}.png" for role, n in (("pool", 6), ("test", 2)) for i in range(n)]
    (tmp_path / given["path"]).write_text(json.dumps({
        "images": [{"id": i, "file_name": name} for i, name in enumerate(names)],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [{"image_id": i, "category_id": 1, "bbox": [1, 1, 9, 9], "score": i / 10}
                        for i in range(len(names))],
    }))  # fmt: skip
    shop = project(
        tmp_path / "shop", tmp_path / "data", detector=given, train={"epochs": 1},
        strategy={"name": "box-entropy"},
    )  # fmt: skip
    with overview.opened(shop, writing=True) as opened:
        loop.run(opened, 1)
        assert opened.ledger.step(1, "train").details["images"] == 3
        log = opened.path("logs", "round-0001-train.log").read_text()
        assert "labelnext-progress 1/1 loss=" in log
        found = opened.detector(1).lookup([r.key for r in opened.index.records("pool")])
        assert all(one is not None for one in found)
        assert opened.ledger.step(1, "evaluate").details["images"] == 2


def test_the_document_of_boxes_is_one(tmp_path):
    from labelnext.detectors.predictions_file import PredictionsFile

    (tmp_path / "predictions.json").write_text(blocks(PREDICTIONS, "json")[0])
    found = PredictionsFile.load(tmp_path / "predictions.json")
    one = found.lookup(["frames/street/0001.jpg"])[0].detections
    assert found.classes == ("person", "bicycle")
    assert one.probabilities.tolist() == [pytest.approx([0.83, 0.02])]


def test_maps_are_written_by_the_function_on_the_page(tmp_path):
    scope = {}
    exec(blocks(PREDICTIONS, "python")[0], scope)
    logits = np.random.default_rng(0).normal(0, 2, (2, 3, 4))
    scope["keep"](logits, 8, (24, 32), tmp_path, "street/0001.jpg")
    maps = read(tmp_path / "street" / "0001.jpg.safetensors")
    np.testing.assert_allclose(maps.levels[0].logits, logits, atol=5e-3)
