"""Test sets drawn by hypothesis, as loops like them and as the package likes them."""

import numpy as np
from hypothesis import strategies as st

from labelnext.types import Detections, GroundTruth

# Small whole numbers and eighths: ties of overlap and of score are common, and exact.
boxes = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 8), st.integers(0, 8)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)
truths = st.lists(st.tuples(boxes, st.integers(0, 1), st.booleans()), max_size=5)
found = st.lists(st.tuples(boxes, st.integers(0, 1), st.integers(0, 8).map(lambda k: k / 8)))
images = st.lists(st.tuples(truths, found), min_size=1, max_size=4)


def truth_of(rows):
    return GroundTruth.from_boxes(
        [box for box, _, _ in rows], [kind for _, kind, _ in rows], [flag for _, _, flag in rows]
    )


def detections_of(rows):
    return Detections(
        np.array([box for box, _, _ in rows], np.float32).reshape(-1, 4),
        np.array([score for _, _, score in rows], np.float32),
        np.array([kind for _, kind, _ in rows], np.int64),
    )


def both(drawn):
    return [truth_of(t) for t, _ in drawn], [detections_of(d) for _, d in drawn]


def random_set(rng, images=40, classes=2, most=6, crowd=0.15):
    """Truth and jittered, cluttered detections of it with distinct scores."""
    truth_rows, found_rows = [], []
    for _ in range(images):
        n, clutter = rng.integers(0, most + 1), rng.integers(0, 6)
        corner, size = rng.uniform(0, 300, (n, 2)), rng.uniform(15, 120, (n, 2))
        xyxy = np.concatenate([corner, corner + size], axis=1)
        kind = rng.integers(0, classes, n)
        truth_rows.append(
            GroundTruth.from_boxes(xyxy, kind, rng.random(n) < crowd, rng.uniform(0.3, 1, n))
        )
        seen = np.flatnonzero(rng.random(n) < 0.8)
        near = xyxy[seen] + rng.normal(0, 5, (len(seen), 4)).clip(-7, 7)
        far = rng.uniform(0, 300, (clutter, 2))
        far = np.concatenate([far, far + rng.uniform(15, 120, (clutter, 2))], axis=1)
        rows = np.concatenate([near, far])
        found_rows.append(
            Detections(
                rows.astype(np.float32),
                rng.random(len(rows)).astype(np.float32),
                np.concatenate([kind[seen], rng.integers(0, classes, clutter)]),
            )
        )
    return truth_rows, found_rows
