"""Queries to boxes, as the models' own image processors do it."""

import numpy as np
from jaxtyping import Float32

from labelnext.detectors.common.suppress import suppress
from labelnext.detectors.transformers_models.families import Family
from labelnext.types import Detections


def probabilities(
    logits: Float32[np.ndarray, "queries _all"], places: list[int], family: Family
) -> Float32[np.ndarray, "queries _kept"]:
    """Of the wanted classes; under softmax, followed by that of anything else.

    Args:
        logits: Of all classes of the model; under softmax, no object last.
        places: Of the wanted classes.
        family: Of the model.
    """
    exact = logits.astype(np.float64)
    if family.activation == "sigmoid":
        return (1 / (1 + np.exp(-np.clip(exact[:, places], -700, 700)))).astype(np.float32)
    raised = np.exp(exact - exact.max(1, keepdims=True))
    shares = raised / raised.sum(1, keepdims=True)
    kept = shares[:, places]
    return np.concatenate([kept, 1 - kept.sum(1, keepdims=True)], 1).clip(0, 1).astype(np.float32)


def decode(
    vectors: Float32[np.ndarray, "queries _kept"],
    boxes: Float32[np.ndarray, "queries 4"],
    features: Float32[np.ndarray, "queries d"],
    *,
    family: Family,
    size: tuple[int, int],
    threshold: float,
    nms: float | None,
    max_detections: int | None,
) -> Detections:
    """Boxes above a threshold, best first.

    The families with sigmoid rank (query, class) pairs, so that a query may give one box for each
    of several classes; those with softmax give one box a query. Unlike the processors, boxes are
    cut at the image's border.

    Args:
        vectors: Of the wanted classes, and under softmax of the background.
        boxes: Centre and size, relative to the image.
        features: What the decoder's last layer has of each query.
        family: Of the model.
        size: (height, width) of the image, in whose pixels boxes are given.
        threshold: Scores are above it.
        nms: IoU above which the worse of two boxes of a class is dropped; None keeps all.
        max_detections: Most boxes; None for the processor's own limit.
    """
    if family.pairs:
        flat = vectors.reshape(-1)
        limit = min(max_detections or family.limit or len(vectors), len(flat))
        order = np.argsort(-flat, kind="stable")
        query, label = np.divmod(order, vectors.shape[1])
    else:
        label_of = vectors[:, :-1].argmax(1)
        scores_of = vectors[np.arange(len(vectors)), label_of]
        limit = max_detections or len(vectors)
        query = np.argsort(-scores_of, kind="stable")
        label = label_of[query]
    scores = vectors[query, label]
    pixels = corners(boxes, size)[query]
    good = (scores > threshold) & (pixels[:, 2:] > pixels[:, :2]).all(1)
    query, label, scores, pixels = query[good], label[good], scores[good], pixels[good]
    if nms is None or nms >= 1:
        keep = np.arange(min(limit, len(scores)))
    else:
        keep = suppress(pixels.astype(np.float64), label, nms, limit)
    query = query[keep]
    return Detections(
        pixels[keep], scores[keep], label[keep].astype(np.int64), vectors[query], features[query]
    )


def corners(boxes: Float32[np.ndarray, "n 4"], size: tuple[int, int]) -> Float32[np.ndarray, "n 4"]:
    """Relative centres and sizes as corners in pixels, cut at the border."""
    height, width = size
    half = boxes[:, 2:] / 2
    relative = np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], 1)
    scale = np.array([width, height] * 2, np.float32)
    cut: Float32[np.ndarray, "n 4"] = np.clip(relative * scale, 0, scale)
    return cut
