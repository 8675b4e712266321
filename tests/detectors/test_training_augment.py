"""Augmentation keeps boxes on their pixels, and its odds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch", reason="fire-fpn needs torch")

from labelnext.detectors.training.augment import augment, flip, zoom
from labelnext.detectors.training.examples import Cache
from labelnext.masks import pack, unpack
from labelnext.types import Example, GroundTruth


def _scene() -> tuple[np.ndarray, GroundTruth]:
    image = np.full((80, 100, 3), 60, np.uint8)
    image[20:60, 30:50] = 220
    return image, GroundTruth.from_boxes([[30, 20, 50, 60]])


def _bright(image: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(image[..., 0] > 140)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


def test_flip_in_plain_loops() -> None:
    image = np.random.default_rng(0).integers(0, 255, (7, 9, 3), dtype=np.uint8)
    shown, truth = flip(image, GroundTruth.from_boxes([[1, 2, 4, 6]]))
    for i in range(7):
        for j in range(9):
            assert (shown[i, j] == image[i, 8 - j]).all()
    np.testing.assert_array_equal(truth.xyxy, [[5, 2, 8, 6]])
    back, _ = flip(shown, truth)
    np.testing.assert_array_equal(back, image)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(1.05, 2))
def test_zoomed_boxes_stay_on_their_pixels(seed: int, jitter: float) -> None:
    image, truth = _scene()
    shown, moved = zoom(image, truth, rng=np.random.default_rng(seed), jitter=jitter)
    assert shown.shape == image.shape
    if len(moved):
        x1, y1, x2, y2 = moved.xyxy[0]
        assert 0 <= x1 < x2 <= 100
        assert 0 <= y1 < y2 <= 80
        if not moved.ignore[0]:
            np.testing.assert_allclose(_bright(shown), moved.xyxy[0], atol=1.1)


def test_objects_cut_away_are_ignored_or_gone() -> None:
    image, _ = _scene()
    truth = GroundTruth.from_boxes([[0, 0, 20, 20], [40, 30, 60, 50]])
    kinds = set()
    for seed in range(60):
        _, moved = zoom(image, truth, rng=np.random.default_rng(seed), jitter=3.0)
        kinds.add((len(moved), bool(moved.ignore.any())))
    assert {(2, False), (2, True), (1, False)} <= kinds


def test_odds_of_change_and_of_flips() -> None:
    image, truth = _scene()
    image = image + np.random.default_rng(0).integers(0, 30, image.shape).astype(np.uint8)
    rng = np.random.default_rng(1)
    changed = flipped = 0
    for _ in range(1000):
        shown, boxes = augment(
            image, truth, rng=rng, probability=0.6, flip_share=1 / 3, scale_jitter=1.0
        )
        assert shown.shape == image.shape
        assert shown.dtype == np.uint8
        flipped += int(boxes.xyxy[0, 0] == 50)
        changed += int(not np.array_equal(shown, image))
    assert 530 < changed < 670
    assert 140 < flipped < 260


def test_probability_zero_changes_nothing() -> None:
    image, truth = _scene()
    shown, same = augment(
        image, truth, rng=np.random.default_rng(0), probability=0.0, flip_share=0.5,
        scale_jitter=1.0,
    )  # fmt: skip
    assert shown is image
    assert same is truth


def _masked(seed: int) -> tuple[np.ndarray, GroundTruth, np.ndarray]:
    """A grey image with a bright blob that is no rectangle, and its mask."""
    rng = np.random.default_rng(seed)
    plane = np.zeros((80, 100), bool)
    plane[20:60, 30:50] = True
    plane[30:40, 50 : 55 + int(rng.integers(10))] = True
    image = np.where(plane[..., None], 220, 60).astype(np.uint8).repeat(3, 2)
    rows, columns = plane.any(1).nonzero()[0], plane.any(0).nonzero()[0]
    box = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    return image, GroundTruth.from_boxes([box], masks=pack(plane[None]).tolist()), plane


def test_a_mirrored_mask_lies_on_its_pixels() -> None:
    image, truth, plane = _masked(0)
    shown, mirrored = flip(image, truth)
    found = unpack(mirrored.masks, (80, 100))[0]  # type: ignore[arg-type]
    np.testing.assert_array_equal(found, plane[:, ::-1])
    np.testing.assert_array_equal(found, shown[..., 0] > 140)
    assert flip(shown, mirrored)[1].masks.tolist() == truth.masks.tolist()  # type: ignore[union-attr]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(1.05, 2))
def test_a_zoomed_mask_lies_on_its_pixels(seed: int, jitter: float) -> None:
    image, truth, _ = _masked(seed)
    shown, moved = zoom(image, truth, rng=np.random.default_rng(seed), jitter=jitter)
    if not len(moved):
        assert moved.masks.shape == (0,)  # type: ignore[union-attr]
        return
    found = unpack(moved.masks, (80, 100))[0]  # type: ignore[arg-type]
    # The blob never touches the border unless zoomed in, where nothing comes into view.
    grey = shown[..., 0].astype(int)
    wrong = (found != (grey >= 140)) & (abs(grey - 140) > 1)  # an edge through a pixel's middle
    assert wrong.sum() <= 3  # pixels are rounded
    x1, y1, x2, y2 = moved.xyxy[0]
    rows, columns = found.any(1).nonzero()[0], found.any(0).nonzero()[0]
    np.testing.assert_allclose(
        [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], [x1, y1, x2, y2], atol=1.1
    )


def test_an_object_out_of_view_takes_its_mask_along() -> None:
    image, _, plane = _masked(0)
    corner = np.zeros_like(plane)
    corner[:20, :20] = True
    packed = pack(np.stack([corner, plane])).tolist()
    truth = GroundTruth.from_boxes([[0, 0, 20, 20], [30, 20, 60, 60]], [0, 1], masks=packed)
    for seed in range(60):
        _, moved = zoom(image, truth, rng=np.random.default_rng(seed), jitter=3.0)
        if moved.classes.tolist() == [1]:
            assert moved.masks.shape == (1,)  # type: ignore[union-attr]
            return
    pytest.fail("never out of view")


def test_the_cache_rescales_masks_where_they_are_needed() -> None:
    image, truth, plane = _masked(3)
    half = lambda full: np.ascontiguousarray(full[::2, ::2])  # noqa: E731
    example = Example("a", lambda: image, truth)
    _, found = Cache("fit", half, megabytes=1, masks=True).get(0, example)
    small = unpack(found.masks, (40, 50))[0]  # type: ignore[arg-type]
    assert abs(int(small.sum()) * 4 - int(plane.sum())) < 60
    assert Cache("fit", half, megabytes=1).get(0, example)[1].masks is None
