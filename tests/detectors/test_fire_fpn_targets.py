"""Targets against a loop-written reference, and their promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch", reason="fire-fpn needs torch")

from labelnext.detectors.fire_fpn.boxes import default_boxes
from labelnext.detectors.fire_fpn.targets import assign, cell_centres
from tests.reference import fire_fpn_targets as reference


def _assign(objects: list[tuple], size: tuple[int, int], n_classes: int, scale: float, **more):  # type: ignore[no-untyped-def]
    return assign(
        np.array([o[:4] for o in objects], np.float64).reshape(-1, 4),
        np.array([o[4] for o in objects], np.int64),
        np.array([o[5] for o in objects], bool),
        n_classes=n_classes,
        size=size,
        boxes=default_boxes(box_scale=scale),
        **more,
    )


def _levels(flat: np.ndarray, size: tuple[int, int], multiple: int = 8) -> list[np.ndarray]:
    out, at = [], 0
    for x, y in cell_centres(size, multiple):
        part = flat[..., at : at + len(x) * len(y)]
        out.append(part.reshape(*flat.shape[:-1], len(y), len(x)))
        at += len(x) * len(y)
    return out


def _objects(seed: int, n: int, size: tuple[int, int]) -> list[tuple]:
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(n):
        w, h = rng.uniform(4, 90), rng.uniform(8, 150)
        x, y = rng.uniform(0, size[1]), rng.uniform(0, size[0])
        box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        out.append((*box, int(rng.integers(2)), bool(rng.random() < 0.25)))
    return out


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(0, 6),
    st.tuples(st.integers(9, 110), st.integers(9, 110)),
    st.sampled_from([0.3, 0.5, 1.0]),
)
def test_labels_equal_the_reference(seed: int, n: int, size: tuple[int, int], scale: float) -> None:
    objects = _objects(seed, n, size)
    # The reference answers cell by cell; where no cell centre falls into the positive rectangle
    # the nearest is taken instead, which test_every_object_gets_a_cell covers.
    objects = [o for o in objects if o[0] + o[2] <= 2 * size[1] and o[1] + o[3] <= 2 * size[0]]
    got = _levels(_assign(objects, size, 2, scale).labels, size)
    boxes = [tuple(box) for box in default_boxes(box_scale=scale)]
    for level in range(5):
        wanted = reference.labels_of_level(level, objects, boxes, size, 2)
        np.testing.assert_array_equal(got[level], wanted)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.tuples(st.integers(9, 110), st.integers(9, 110)))
def test_wider_padding_adds_cells_that_are_not_asked(seed: int, size: tuple[int, int]) -> None:
    boxes = _objects(seed, 3, (max(size[0] - 8, 1), max(size[1] - 8, 1)))
    plain = _levels(_assign(boxes, size, 2, 0.5).labels, size)
    wide = _levels(_assign(boxes, size, 2, 0.5, multiple=32).labels, size, 32)
    for narrow, broad in zip(plain, wide, strict=True):
        _, height, width = narrow.shape
        np.testing.assert_array_equal(broad[:, :height, :width], narrow)
        beyond = np.concatenate([broad[:, height:].ravel(), broad[:, :, width:].ravel()])
        assert beyond.size == 0 or beyond.max() <= 0
        assert (beyond == -1).mean() > 0.5 if beyond.size else True


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.tuples(st.integers(1, 80), st.integers(1, 80)))
def test_every_object_gets_a_cell_whose_offsets_give_it_back(
    seed: int, size: tuple[int, int]
) -> None:
    (first, *_) = _objects(seed, 1, size)
    box = np.array(first[:4])
    targets = _assign([(*box, 0, False)], size, 1, 0.5)
    defaults = default_boxes(box_scale=0.5)
    hit = 0
    levels = zip(_levels(targets.labels[0], size), _levels(targets.offsets.T, size), strict=True)
    for level, ((labels, offsets), (x, y)) in enumerate(
        zip(levels, cell_centres(size), strict=True)
    ):
        for i, j in np.argwhere(labels == 1):
            dx, dy, dw, dh = offsets[:, i, j]
            w, h = defaults[level] * np.exp([dw, dh])
            cx, cy = x[j] + dx * defaults[level, 0], y[i] + dy * defaults[level, 1]
            np.testing.assert_allclose(
                [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], box, atol=1e-3
            )
            hit += 1
    assert hit >= 1


def test_each_default_box_lands_on_its_own_level() -> None:
    for order in ("corrected", "reversed"):
        boxes = default_boxes(level_order=order)
        for level, (w, h) in enumerate(boxes):
            targets = assign(
                np.array([[200 - w / 2, 200 - h / 2, 200 + w / 2, 200 + h / 2]]),
                np.zeros(1, np.int64), np.zeros(1, bool),
                n_classes=1, size=(400, 400), boxes=boxes,
            )  # fmt: skip
            counts = [int((part == 1).sum()) for part in _levels(targets.labels, (400, 400))]
            assert [count > 0 for count in counts] == [k == level for k in range(5)]


def test_no_objects_are_all_negative() -> None:
    targets = _assign([], (64, 48), 3, 1.0)
    assert targets.labels.shape == (3, 4 * 8 * 6 + 16 * 12)
    assert (targets.labels == 0).all()
    assert targets.offsets.shape == (4 * 8 * 6 + 16 * 12, 4)


def test_shared_levels_only_turn_negatives_into_not_asked() -> None:
    objects = [(40.0, 20.0, 75.0, 110.0, 0, False)]
    plain = _assign(objects, (128, 128), 1, 0.5).labels
    shared = _assign(objects, (128, 128), 1, 0.5, shared_levels=0.4).labels
    changed = plain != shared
    assert changed.any()
    assert (plain[changed] == 0).all()
    assert (shared[changed] == -1).all()
    all_levels = _assign(objects, (128, 128), 1, 0.5, shared_levels=0.0).labels
    assert ((all_levels == -1).sum()) > changed.sum()
