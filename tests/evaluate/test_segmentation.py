"""Figures of pixels against counting one at a time, and what does not count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.evaluate import confusion, segmented
from tests.reference.evaluate_segmentation import figures


@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(1, 3))
def test_reference(seed: int, classes: int, images: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = [tuple(rng.integers(1, 9, 2)) for _ in range(images)]
    present = rng.integers(-1, classes, (classes,))  # some classes are not there
    truths = [rng.choice(present, size).astype(np.int16) for size in sizes]
    found = [rng.integers(0, classes, size).astype(np.int16) for size in sizes]
    total = sum(confusion(t, f, classes) for t, f in zip(truths, found, strict=True))
    mean_iou, accuracy, each = segmented(total)
    expected = figures(truths, found, classes)
    np.testing.assert_allclose([mean_iou, accuracy], expected[:2], rtol=1e-12)
    np.testing.assert_allclose(each, expected[2], rtol=1e-12)


def maps(*rows: list[int]) -> np.ndarray:
    return np.array(rows, np.int16)


def test_by_hand() -> None:
    # person 0, car 1, background 2; a pixel is ignored
    truth = maps([0, 0, 2, 2], [0, -1, 2, 2])
    found = maps([0, 2, 2, 2], [0, 0, 0, 1])
    counts = confusion(truth, found, 3)
    assert counts.tolist() == [[2, 0, 1], [0, 0, 0], [1, 1, 2]]
    got = segmented(counts)
    assert got.class_iou[0] == 2 / 4
    assert np.isnan(got.class_iou[1])  # the labels have no car
    assert got.class_iou[2] == 2 / 5
    assert got.mean_iou == (2 / 4 + 2 / 5) / 2
    assert got.pixel_accuracy == 4 / 7


def test_nothing_labelled_is_undefined() -> None:
    empty = maps([2, 2, -1])
    got = segmented(confusion(empty, maps([2, 0, 1]), 3))
    assert np.isnan([got.mean_iou, got.pixel_accuracy, *got.class_iou]).all()
    assert np.isnan(segmented(np.zeros((2, 2), np.int64)).mean_iou)


@pytest.mark.parametrize(
    ("truth", "found", "argument"),
    [
        (maps([0, 1]), maps([0, 1, 1]), "found"),
        (maps([0, 3]), maps([0, 1]), "truth"),
        (maps([0, 1]), maps([0, 3]), "found"),
        (maps([0, 1]), maps([0, -1]), "found"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_unfit_maps(truth: np.ndarray, found: np.ndarray, argument: str) -> None:
    with pytest.raises(ArgumentError, match=f"'{argument}' argument of evaluate.confusion"):
        confusion(truth, found, 3)
