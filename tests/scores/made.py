"""Detections made up for tests."""

import numpy as np
from hypothesis import strategies as st

from labelnext.types import Detections


def found(boxes, scores, classes=None, vectors=None):
    """Detections from plain lists."""
    n = len(scores)
    return Detections(
        np.array(boxes, np.float32).reshape(n, 4),
        np.array(scores, np.float32),
        np.array([0] * n if classes is None else classes, np.int64),
        None if vectors is None else np.array(vectors, np.float32).reshape(n, -1),
    )


def drawn(seed, n=None, classes=3, size=80, vectors=False):
    """Random boxes of an image of `size` pixels; `vectors` adds distributions with a background."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 8)) if n is None else n
    corner, sides = rng.uniform(0, size - 45, (n, 2)), rng.uniform(4, 45, (n, 2))
    p = rng.dirichlet(np.ones(classes + 1), n)
    return found(
        np.concatenate([corner, corner + sides], axis=1),
        p[:, :-1].max(axis=1, initial=0) if vectors else rng.uniform(0, 1, n),
        p[:, :-1].argmax(axis=1) if vectors and n else rng.integers(0, classes, n),
        p if vectors and n else None,
    )


def reordered(detections, order):
    """The same boxes in another order."""
    vectors = detections.probabilities
    return Detections(
        detections.xyxy[order],
        detections.scores[order],
        detections.classes[order],
        None if vectors is None else vectors[order],
    )


def rows(detections):
    """Plain lists of boxes, scores and classes, for a reference."""
    return (
        detections.xyxy.astype(float).tolist(),
        detections.scores.astype(float).tolist(),
        detections.classes.tolist(),
    )


seeds = st.integers(0, 10_000)
