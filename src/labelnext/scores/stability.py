"""Does a box stay where it is? Localisation stability and tightness (STRATEGIES §2).

After Kao et al., ACCV 2018.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from labelnext.errors import ArgumentError
from labelnext.scores.found import PerBox, found_of
from labelnext.scores.overlap import matching_iou, pairwise_iou
from labelnext.types import Detections


def localisation_stability(reference: Detections, noisy: Sequence[Detections]) -> float | None:
    """How well the boxes hold their place under noise: S_I = Σ_j s_j S_j / Σ_j s_j.

    S_j is the mean over noise levels of the largest IoU of box j with a box found there, of
    whatever class; 0 where none overlaps. Departure: boxes that all score 0 weigh alike.

    Args:
        reference: Boxes on the image as it is.
        noisy: Boxes on the same image with noise added, one entry a level; see `views.noise`.

    Returns:
        0 to 1; the LESS stable image is the one to label sooner. None without boxes.

    Raises:
        ArgumentError: No levels; scores outside [0, 1]; boxes that are not finite.
    """
    function = "localisation_stability"
    found = found_of(reference, function, "reference")
    if not noisy:
        raise ArgumentError(function, "noisy", expected="one or more noise levels", got="none")
    levels = [found_of(level, function, "noisy").xyxy for level in noisy]
    if not len(reference):
        return None
    overlaps = [pairwise_iou(found.xyxy, level).max(axis=1, initial=0) for level in levels]
    stability = np.mean(overlaps, axis=0)
    weights = found.scores if found.scores.any() else np.ones(len(stability))
    return float(np.average(stability, weights=weights))


def stability_score(
    reference: Detections, noisy: Sequence[Detections], *, combine: bool = True
) -> float | None:
    """The acquisition score made of it: U − S_I, U = max_j (1 − s_j).

    Args:
        reference: See `localisation_stability`.
        noisy: See `localisation_stability`.
        combine: False gives 1 − S_I, which ranks images by stability alone.

    Returns:
        Higher is labelled sooner; −1 to 1, without `combine` 0 to 1. None without boxes.

    Raises:
        ArgumentError: See `localisation_stability`.
    """
    stability = localisation_stability(reference, noisy)
    if stability is None:
        return None
    return (float(1 - reference.scores.astype(np.float64).min()) if combine else 1.0) - stability


class Tightness(NamedTuple):
    """How tight and how sure the boxes of an image are.

    Attributes:
        tightness: T_j, the IoU of each box with the proposal it was refined from; 0 to 1.
        agreement: J_j = |T_j + s_j − 1|: 0 for a sure but loose box, or a tight but unsure one.
        smallest: T_I = min_j J_j; the image of SMALLEST value is labelled sooner. None without
            boxes.
    """

    tightness: PerBox
    agreement: PerBox
    smallest: float | None


def localisation_tightness(
    detections: Detections, proposals: Float[np.ndarray, "n 4"] | None
) -> Tightness:
    """Compare each box with its proposal, for detectors that refine proposals into boxes.

    Args:
        detections: Boxes of one image.
        proposals: The region each was refined from, row by row; None where the detector has none.

    Raises:
        ArgumentError: No proposals, another number of them than of boxes, or a box or score that is
            not finite.
    """
    function = "localisation_tightness"
    found = found_of(detections, function)
    if proposals is None:
        raise ArgumentError(
            function,
            "proposals",
            expected="one proposal a box",
            got=None,
            remedy="Detectors without proposals (such as fire-fpn) have no tightness; use "
            "`stability_score`.",
        )
    if proposals.shape != found.xyxy.shape or not np.isfinite(proposals).all():
        raise ArgumentError(
            function,
            "proposals",
            expected=f"finite, one for each of the {len(found.xyxy)} boxes",
            got=f"NaN, infinity or the shape {proposals.shape}",
        )
    tightness = matching_iou(found.xyxy, proposals.astype(np.float64))
    agreement = np.abs(tightness + found.scores - 1)
    return Tightness(tightness, agreement, float(agreement.min()) if len(agreement) else None)
