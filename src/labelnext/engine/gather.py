"""Gather what a strategy needs to know of one image: further passes, changed images, pixels."""

from collections.abc import Sequence
from inspect import signature

import numpy as np

from labelnext.engine.stream import Decoded
from labelnext.errors import LabelnextError
from labelnext.evidence import Evidence, Needs, View, Viewed
from labelnext.protocols import Detector, Stochastic
from labelnext.types import DenseMaps, Image, Prediction


def require(needs: Needs, detector: Detector, name: str) -> None:
    """Refuse a strategy whose needs a detector cannot meet.

    Raises:
        LabelnextError: It needs stochastic passes, and the detector has none, or none of which the
            share to drop can be set.
    """
    if needs.samples and not isinstance(detector, Stochastic):
        raise LabelnextError(
            f"The strategy {name} asks for {needs.samples} stochastic passes, and the detector "
            f"{type(detector).__name__} has none (no `sample` method). Choose another strategy, "
            "such as divergence, which needs one plain pass."
        )
    if needs.dropout is None or not isinstance(detector, Stochastic):
        return
    if "dropout" not in signature(detector.sample).parameters:
        raise LabelnextError(
            f"The strategy {name} asks for a dropout of {needs.dropout:g}, and the detector "
            f"{type(detector).__name__} drops a share of its own (`sample` takes no `dropout`). "
            "Leave the argument dropout out."
        )


def gather(
    item: Decoded,
    prediction: Prediction | None,
    detector: Detector,
    needs: Needs,
    rng: np.random.Generator,
    members: Sequence[Detector] = (),
) -> Evidence:
    """Everything `needs` names for one image.

    Args:
        item: The decoded image; without pixels where predictions are looked up.
        prediction: Of the plain pass; None where none was needed.
        detector: Makes the further passes.
        needs: What to gather.
        rng: The image's own generator: stochastic passes draw first, then the views in order.
        members: Further detectors, whose maps are given as samples beside the detector's own.

    Raises:
        LabelnextError: Pixels are needed and there are none.
    """
    record, image = item.record, item.image
    size = (record.height, record.width) if image is None else (image.shape[0], image.shape[1])
    beyond = needs.samples or needs.views or needs.pixels or members
    if beyond and image is None:
        raise LabelnextError(
            f"{record.key}: the strategy needs the image itself, and predictions that are looked "
            "up in a file come without. Choose a strategy that scores boxes or maps alone."
        )
    if image is None:
        return Evidence(size, prediction, classes=len(detector.classes))
    samples = _samples(image, prediction, detector, needs, rng, members)
    views = tuple(_view(image, view, prediction, detector, rng) for view in needs.views)
    pixels = image if needs.pixels else None
    return Evidence(size, prediction, samples, views, pixels, len(detector.classes))


def _samples(
    image: Image,
    prediction: Prediction | None,
    detector: Detector,
    needs: Needs,
    rng: np.random.Generator,
    members: Sequence[Detector],
) -> tuple[DenseMaps, ...]:
    if needs.samples and isinstance(detector, Stochastic):
        own = {} if needs.dropout is None else {"dropout": needs.dropout}
        return tuple(detector.sample([image], samples=needs.samples, rng=rng, **own)[0])
    if not (needs.rounds or needs.checkpoints):
        return ()
    all_maps = [prediction, *(member.predict([image])[0] for member in members)]
    return tuple(one.maps for one in all_maps if one is not None and one.maps is not None)


def _view(
    image: Image,
    view: View,
    prediction: Prediction | None,
    detector: Detector,
    rng: np.random.Generator,
) -> Viewed:
    assert prediction is not None, "views are compared with a plain pass"
    changed, matrix = view(image, prediction.detections, rng)
    found = detector.predict([changed])[0]
    return Viewed(found, matrix, (changed.shape[0], changed.shape[1]))
