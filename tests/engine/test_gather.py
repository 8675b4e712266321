"""What a strategy asks for is handed over, and what a detector cannot do is refused at once."""

import numpy as np
import pytest

from labelnext.engine.gather import gather, require
from labelnext.engine.stream import Decoded
from labelnext.errors import LabelnextError
from labelnext.evidence import Needs
from labelnext.types import DenseMaps, ImageRecord

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
