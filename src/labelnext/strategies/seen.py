"""What a strategy reads off one image, with a plain refusal where the detector does not give it.

A detector that lacks something lacks it on every image, so these errors end the job at the first
one (`LabelnextError`); a fault of one image (`ArgumentError`) is recorded, and the job goes on.
"""

import numpy as np
from jaxtyping import Float32

from labelnext.errors import ArgumentError, LabelnextError
from labelnext.evidence import Evidence
from labelnext.scores.found import found_of
from labelnext.types import DenseMaps, Detections


def detections(seen: Evidence) -> Detections:
    """The plain pass's boxes."""
    assert seen.prediction is not None
    return seen.prediction.detections


def maps(seen: Evidence, strategy: str) -> DenseMaps:
    """The plain pass's dense maps.

    Raises:
        LabelnextError: The detector gives none.
    """
    if seen.prediction is None or seen.prediction.maps is None:
        raise LabelnextError(
            f"The strategy {strategy} needs dense maps, and the detector gives boxes only. "
            "Use a strategy that scores boxes, such as box-entropy, or random."
        )
    return seen.prediction.maps


def embedding(seen: Evidence) -> Float32[np.ndarray, "_d"]:
    """The detector's own embedding of the image.

    Raises:
        LabelnextError: The detector gives none.
        ArgumentError: It is not finite.
    """
    found = None if seen.prediction is None else seen.prediction.embedding
    if found is None:
        raise LabelnextError(
            "The strategy compares images by the detector's embedding, and this detector gives "
            "none. Use a strategy that needs scores alone, such as divergence or box-entropy."
        )
    return _finite(found, "embedding")


def features(seen: Evidence) -> Float32[np.ndarray, "n d"]:
    """What the detector saw in each box, one row a detection.

    Raises:
        LabelnextError: The detector gives none.
        ArgumentError: They are not finite.
    """
    found = detections(seen).features
    if found is None:
        raise LabelnextError(
            "The strategy compares boxes by what the detector saw in them, and this detector gives "
            "no features of boxes. Use a strategy that needs scores alone, such as box-entropy."
        )
    return _finite(found, "features")


def class_vectors(seen: Evidence, activation: str) -> Detections:
    """The plain pass's boxes, with the class vectors that `activation="softmax"` needs.

    Raises:
        LabelnextError: There are boxes and no vectors.
        ArgumentError: They are no distribution over classes, or a number is NaN or out of range.
    """
    found = detections(seen)
    if activation == "softmax" and len(found) and found.probabilities is None:
        raise LabelnextError(
            "The strategy's activation is softmax, which needs the class vector of each box, and "
            "the detector gives scores alone. Leave the argument activation out."
        )
    found_of(found, "a strategy", activation=activation)
    return found


def _finite(values: np.ndarray, what: str) -> np.ndarray:
    if not np.isfinite(values).all():
        raise ArgumentError("a strategy", what, expected="finite", got="NaN or infinity")
    return values
