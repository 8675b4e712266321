"""What the detector saw in each box."""

import numpy as np
from jaxtyping import Float32

from labelnext.errors import LabelnextError
from labelnext.evidence import Evidence
from labelnext.strategies.composed import detections


def features(seen: Evidence) -> Float32[np.ndarray, "n d"]:
    """One row a detection.

    Raises:
        LabelnextError: The detector gives none.
    """
    found = detections(seen)
    if found.features is None:
        raise LabelnextError(
            "The strategy compares boxes by what the detector saw in them, and this detector gives "
            "no features of boxes. Use a strategy that needs scores alone, such as box-entropy."
        )
    return found.features
