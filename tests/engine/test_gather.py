"""What a strategy asks for is handed over, and what a detector cannot do is refused at once."""

import numpy as np
import pytest

from labelnext.engine.gather import gather, require
from labelnext.engine.stream import Decoded
from labelnext.errors import LabelnextError
from labelnext.evidence import Needs
from labelnext.types import DenseMaps, Detections, ImageRecord, Prediction

ITEM = Decoded(ImageRecord("a", "a.png", 4, 4), np.zeros((4, 4, 3), np.uint8))


class Own:
    """Draws with a share of its own."""

    classes = ("person",)

    def predict(self, images):
        return []

    def fingerprint(self):
        return "own"

    def sample(self, images, *, samples, rng):
        return [[DenseMaps((), (4, 4))] * samples for _ in images]


class Asked(Own):
    """Notes the share it is asked to drop."""

    def __init__(self):
        self.dropped = []

    def sample(self, images, *, samples, rng, dropout=None):
        self.dropped.append(dropout)
        return super().sample(images, samples=samples, rng=rng)


@pytest.mark.parametrize("dropout", [None, 0.5])
def test_the_share_to_drop_reaches_the_detector(dropout):
    detector, needs = Asked(), Needs(forward=True, samples=3, dropout=dropout)
    require(needs, detector, "mc-dropout")
    seen = gather(ITEM, None, detector, needs, np.random.default_rng(0))
    assert len(seen.samples) == 3
    assert detector.dropped == [dropout]


def test_a_detector_with_a_share_of_its_own_is_asked_for_none():
    needs = Needs(forward=True, samples=2)
    require(needs, Own(), "mc-dropout")
    assert len(gather(ITEM, None, Own(), needs, np.random.default_rng(0)).samples) == 2
    with pytest.raises(LabelnextError, match=r"dropout of 0\.5"):
        require(Needs(forward=True, samples=2, dropout=0.5), Own(), "mc-dropout")


class Precomputed(Own):
    """Looks predictions up."""

    def lookup(self, keys):
        return []


def view(image, known, rng):
    return image, np.array([[1.0, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize(
    ("needs", "match"),
    [
        (Needs(forward=True, views=(view, view)), "2 changed versions"),
        (Needs(forward=True, checkpoints="*.safetensors"), "other weights"),
        (Needs(forward=True, rounds=2), "other weights"),
    ],
)
def test_predictions_that_are_looked_up_have_no_further_passes(needs, match):
    with pytest.raises(LabelnextError, match=match):
        require(needs, Precomputed(), "some")


def test_detectors_of_earlier_rounds_must_have_been_trained():
    with pytest.raises(LabelnextError, match="not trained here"):
        require(Needs(forward=True, rounds=2), Own(), "ensemble")
    require(Needs(forward=True, rounds=2, checkpoints="*"), Own(), "ensemble")


def test_a_blind_detector_serves_nobody():
    blind = Own()
    blind.blind = True
    require(Needs(pixels=True), blind, "guided-random")
    with pytest.raises(LabelnextError, match="gives nothing"):
        require(Needs(forward=True), blind, "box-entropy")


def test_views_of_one_size_are_predicted_on_together():
    none = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    groups = []

    class Noting(Own):
        def predict(self, images):
            groups.append([image.shape for image in images])
            return [
                Prediction(None, none, np.array([image.mean()], np.float32)) for image in images
            ]

    def shaped(height, value):
        def change(image, known, rng):
            drawn.append(rng.random())
            return np.full((height, 4, 3), value, np.uint8), np.eye(2, 3)

        return change

    drawn: list[float] = []
    views = (shaped(4, 1), shaped(8, 2), shaped(4, 3))
    seen = gather(
        ITEM, Prediction(None, none), Noting(), Needs(forward=True, views=views),
        np.random.default_rng(5),
    )  # fmt: skip
    assert groups == [[(4, 4, 3), (4, 4, 3)], [(8, 4, 3)]]
    assert [one.prediction.embedding[0] for one in seen.views] == [1, 2, 3]
    assert [one.size for one in seen.views] == [(4, 4), (8, 4), (4, 4)]
    assert drawn == np.random.default_rng(5).random(3).tolist()  # in the order asked for


def test_further_detectors_are_heard_beside_the_own():
    none = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    maps = [DenseMaps((), (4, k)) for k in (1, 2, 3)]
    found = [Prediction(one, none) for one in maps]
    needs, rng = Needs(forward=True, rounds=2), np.random.default_rng(0)
    assert gather(ITEM, found[0], Own(), needs, rng, found[1:]).samples == tuple(maps)
    assert gather(ITEM, found[0], Own(), Needs(forward=True), rng, found[1:]).samples == ()
