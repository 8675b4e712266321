"""Without a detector, images can still be picked at random."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelnext.detectors.none import NoDetector
from labelnext.errors import LabelnextError, ProjectError
from labelnext.protocols import Detector, Precomputed, Trainable
from labelnext.rounds import loop, overview, setup


@pytest.fixture
def folder(tmp_path):
    for i in range(6):
        Image.fromarray(np.full((16, 16, 3), i, np.uint8)).save(tmp_path / f"{i}.png")
    return tmp_path


def shop(folder, strategy):
    config = setup.configure(
        {"detector": {"name": "none"}, "strategy": {"name": strategy}, "budget": 2}
    )
    setup.set_up(folder / "shop", config, {"pool": [f"images:{folder}"]})
    return folder / "shop"


def test_it_satisfies_the_protocols():
    detector = NoDetector.create(["person"], seed=3)
    assert isinstance(detector, Detector)
    assert isinstance(detector, Precomputed)
    assert not isinstance(detector, Trainable)
    assert len(detector.predict([np.zeros((8, 8, 3), np.uint8)])[0].detections) == 0
    with pytest.raises(ProjectError, match="no weights"):
        NoDetector.load(Path("w.safetensors"))


@pytest.mark.parametrize("strategy", ["random", "guided-random"])
def test_random_picks_need_no_model(folder, strategy):
    with overview.opened(shop(folder, strategy), writing=True) as project:
        assert loop.run(project, 1) == loop.Stand(1, "ingest", 2)
        assert len(project.ledger.picks(1)) == 2


def test_a_strategy_that_needs_maps_says_so(folder):
    with (
        overview.opened(shop(folder, "divergence"), writing=True) as project,
        pytest.raises(LabelnextError, match="needs dense maps"),
    ):
        loop.run(project, 1)
