"""Whether two predictions are the same, up to the rounding of floating-point arithmetic."""

import numpy as np

from labelnext.types import DenseMaps, Detections, Prediction

PROBABILITY = 1e-3
_PIXELS, _COSINE = 0.75, 1e-3
_FEW = 10  # boxes; of more, the last ones may change places with those that are cut off


def difference(one: Prediction, other: Prediction) -> str:
    """In what two predictions differ, in words; empty if they are the same."""
    return (
        _maps(one.maps, other.maps)
        or _detections(one.detections, other.detections)
        or _embeddings(one.embedding, other.embedding)
    )


def maps_differ(one: DenseMaps, other: DenseMaps) -> str:
    """In what two sets of maps differ; empty if they are the same."""
    return _maps(one, other)


def _maps(one: DenseMaps | None, other: DenseMaps | None) -> str:
    if one is None or other is None:
        return "" if one is other else "maps in one, none in the other"
    if one.image_size != other.image_size or len(one.levels) != len(other.levels):
        return f"image sizes {one.image_size} and {other.image_size}"
    for i, (a, b) in enumerate(zip(one.levels, other.levels, strict=True)):
        if a.logits.shape != b.logits.shape or a.stride != b.stride:
            return f"level {i} of shape {a.logits.shape} and {b.logits.shape}"
        off = float(np.abs(_probability(a.logits) - _probability(b.logits)).max(initial=0.0))
        if not off <= PROBABILITY:
            return f"probabilities on level {i} that differ by up to {off:.2g}"
    return ""


def _detections(one: Detections, other: Detections) -> str:
    """Every box has its like in the other; of many, those that just made it need not."""
    many = max(len(one), len(other)) > _FEW
    for a, b in ((one, other), (other, one)):
        least = max(float(d.scores[-1]) if many and len(d) else -1.0 for d in (a, b))
        clear = a.scores > least + 5 * PROBABILITY
        for box, score, k in zip(a.xyxy[clear], a.scores[clear], a.classes[clear], strict=True):
            near = (
                (b.classes == k)
                & (np.abs(b.scores - score) <= 2 * PROBABILITY)
                & (np.abs(b.xyxy - box).max(1, initial=0) <= _PIXELS)
            )
            if not near.any():
                return f"a box {box.round(1).tolist()} of score {score:.3f} in one alone"
    if abs(len(one) - len(other)) > 1 + 0.1 * max(len(one), len(other)):
        return f"{len(one)} boxes and {len(other)}"
    return ""


def _embeddings(one: np.ndarray | None, other: np.ndarray | None) -> str:
    if one is None or other is None:
        return "" if one is other else "an embedding in one, none in the other"
    if one.shape != other.shape:
        return f"embeddings of length {one.shape} and {other.shape}"
    if np.array_equal(one, other, equal_nan=True):
        return ""
    off = float(np.linalg.norm(one - other)) / max(1e-12, float(np.linalg.norm(one)))
    return "" if off <= _COSINE else f"embeddings that differ by {off:.2g} of their length"


def _probability(logits: np.ndarray) -> np.ndarray:
    result: np.ndarray = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -50, 50)))
    return result
