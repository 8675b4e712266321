"""Gather what a strategy needs to know of one image: further passes, changed images, pixels."""

from collections.abc import Sequence
from inspect import signature

import numpy as np

from labelnext.engine.stream import Decoded
from labelnext.errors import LabelnextError
from labelnext.evidence import Evidence, Needs, Viewed
from labelnext.protocols import Detector, Precomputed, Stochastic, Trainable
from labelnext.types import DenseMaps, Image, Prediction


def require(needs: Needs, detector: Detector, name: str) -> None:
    """Refuse a strategy whose needs a detector cannot meet.

    What only a prediction shows, such as whether there are dense maps, the strategy itself refuses
    at the first image.

    Raises:
        LabelnextError: It needs stochastic passes, and the detector has none, or none of which the
            share to drop can be set; it needs passes over pixels, and predictions are looked up; it
            needs earlier rounds' detectors, and none is ever trained; or the detector is blind.
    """
    if needs.forward and getattr(detector, "blind", False):
        raise LabelnextError(
            f"The strategy {name} needs dense maps, boxes or embeddings, and the detector 'none' "
            "gives nothing. Choose random or guided-random, or a detector."
        )
    if needs.samples and not isinstance(detector, Stochastic):
        raise LabelnextError(
            f"The strategy {name} asks for {needs.samples} stochastic passes, and the detector "
            f"{type(detector).__name__} has none (no `sample` method). Choose another strategy, "
            "such as divergence, which needs one plain pass."
        )
    _require_dropout(needs, detector, name)
    _require_passes(needs, detector, name)


def _require_dropout(needs: Needs, detector: Detector, name: str) -> None:
    if needs.dropout is None or not isinstance(detector, Stochastic):
        return
    if "dropout" not in signature(detector.sample).parameters:
        raise LabelnextError(
            f"The strategy {name} asks for a dropout of {needs.dropout:g}, and the detector "
            f"{type(detector).__name__} drops a share of its own (`sample` takes no `dropout`). "
            "Leave the argument dropout out."
        )


def _require_passes(needs: Needs, detector: Detector, name: str) -> None:
    wanted = [
        what
        for what, asked in (
            (f"predictions on {len(needs.views)} changed versions of each image", needs.views),
            ("predictions by other weights", needs.checkpoints or needs.rounds),
        )
        if asked
    ]
    if wanted and isinstance(detector, Precomputed):
        raise LabelnextError(
            f"The strategy {name} needs {' and '.join(wanted)}, and {type(detector).__name__} "
            "only looks predictions up. Choose a strategy of one plain pass, such as box-entropy."
        )
    if needs.rounds and not needs.checkpoints and not isinstance(detector, Trainable):
        raise LabelnextError(
            f"The strategy {name} compares the detectors of several rounds, and "
            f"{type(detector).__name__} is not trained here, so they are all the same. Give "
            "weights files as checkpoints, or choose another strategy."
        )


def gather(
    item: Decoded,
    prediction: Prediction | None,
    detector: Detector,
    needs: Needs,
    rng: np.random.Generator,
    others: Sequence[Prediction] = (),
) -> Evidence:
    """Everything `needs` names for one image.

    Args:
        item: The decoded image; without pixels where predictions are looked up.
        prediction: Of the plain pass; None where none was needed.
        detector: Makes the further passes.
        needs: What to gather.
        rng: The image's own generator: stochastic passes draw first, then the views in order.
        others: Of the plain passes of further detectors, whose maps are given as samples beside the
            detector's own.

    Raises:
        LabelnextError: Pixels are needed and there are none.
    """
    record, image = item.record, item.image
    size = (record.height, record.width) if image is None else (image.shape[0], image.shape[1])
    if image is None:
        if needs.samples or needs.views or needs.pixels:
            raise LabelnextError(
                f"{record.key}: the strategy needs the image itself, and predictions that are "
                "looked up in a file come without. Choose a strategy that scores boxes or maps "
                "alone."
            )
        return Evidence(size, prediction, classes=len(detector.classes))
    if needs.samples and isinstance(detector, Stochastic):
        own = {} if needs.dropout is None else {"dropout": needs.dropout}
        samples = tuple(detector.sample([image], samples=needs.samples, rng=rng, **own)[0])
    else:
        samples = _members(prediction, others, needs)
    views = _views(image, prediction, detector, needs, rng) if needs.views else ()
    pixels = image if needs.pixels else None
    return Evidence(size, prediction, samples, views, pixels, len(detector.classes))


def _members(
    prediction: Prediction | None, others: Sequence[Prediction], needs: Needs
) -> tuple[DenseMaps, ...]:
    """Maps of the detector and of the further ones, where a strategy compares them."""
    if prediction is None or not (needs.rounds or needs.checkpoints):
        return ()
    return tuple(one.maps for one in (prediction, *others) if one.maps is not None)


def _views(
    image: Image,
    prediction: Prediction | None,
    detector: Detector,
    needs: Needs,
    rng: np.random.Generator,
) -> tuple[Viewed, ...]:
    """Changed in the order asked for; predicted on together where they are of one size."""
    assert prediction is not None, "views are compared with a plain pass"
    changed = [view(image, prediction.detections, rng) for view in needs.views]
    by_size: dict[tuple[int, ...], list[int]] = {}
    for i, (pixels, _) in enumerate(changed):
        by_size.setdefault(pixels.shape, []).append(i)
    found: dict[int, Prediction] = {}
    for places in by_size.values():
        found.update(zip(places, detector.predict([changed[i][0] for i in places]), strict=True))
    return tuple(
        Viewed(found[i], matrix, (pixels.shape[0], pixels.shape[1]))
        for i, (pixels, matrix) in enumerate(changed)
    )
