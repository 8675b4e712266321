"""Boxes that do not fit their image are clipped or dropped, and every one of them is named."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelnext.data.boxes import fit_boxes
from labelnext.types import GroundTruth
from tests.reference import boxes as reference

coordinate = st.one_of(st.floats(-50, 150), st.sampled_from([0.0, 40.0, 100.0]))
boxes = st.lists(st.lists(coordinate, min_size=4, max_size=4), max_size=6)


@given(boxes)
def test_matches_the_reference_and_names_each_box_it_touched(corners: list[list[float]]) -> None:
    n = len(corners)
    truth = GroundTruth.from_boxes(corners, np.arange(n), visible=np.linspace(0, 1, n))
    fitted, problems = fit_boxes(truth, 100, 40)
    expected = reference.fit(corners, 100, 40)
    assert fitted.xyxy.tolist() == [box for box in expected if box is not None]
    assert fitted.classes.tolist() == [i for i, box in enumerate(expected) if box is not None]
    assert fitted.visible.tolist() == truth.visible[fitted.classes].tolist()
    moved = [
        max(abs(a - b) for a, b in zip(new or old, old, strict=True))
        for new, old in zip(expected, corners, strict=True)
    ]
    named = [int(text.split(":")[0].removeprefix("box ")) for text in problems]
    certain = [i for i in range(n) if expected[i] is None or moved[i] > 1e-5]
    assert set(certain) <= set(named)
    assert all(expected[i] is None or moved[i] > 1e-7 for i in named)


@given(boxes)
def test_fitting_twice_changes_nothing_more(corners: list[list[float]]) -> None:
    once, _ = fit_boxes(GroundTruth.from_boxes(corners), 100, 40)
    twice, problems = fit_boxes(once, 100, 40)
    assert problems == ()
    assert twice is once


def test_sentences_give_the_pixels() -> None:
    truth = GroundTruth.from_boxes(
        [[80, 5, 112, 20], [-3.25, -1, 10, 10], [5, 5, 5, 9], [200, 0, 210, 9], [0, 0, 100, 40]]
    )
    fitted, problems = fit_boxes(truth, 100, 40, ["a", "b", "c", "d", "e"])
    assert problems == (
        "a: box reaches 12.0 px beyond the right edge; clipped",
        "b: box reaches 3.2 px beyond the left edge and 1.0 px beyond the top edge; clipped",
        "c: box is 0.0 x 4.0 px: no area; dropped",
        "d: box [200.0, 0.0, 210.0, 9.0] lies outside the image of 100 x 40 px; dropped",
    )
    assert fitted.xyxy.tolist() == [[80, 5, 100, 20], [0, 0, 10, 10], [0, 0, 100, 40]]


def test_rounding_is_clipped_without_a_word() -> None:
    truth = GroundTruth.from_boxes([[90.1, 0, 100.00000001, 40]])
    fitted, problems = fit_boxes(truth, 100, 40)
    assert problems == ()
    assert fitted.xyxy.tolist() == [[90.1, 0, 100, 40]]


def test_empty_keeps_its_shape() -> None:
    fitted, problems = fit_boxes(GroundTruth.from_boxes([]), 100, 40)
    assert fitted.xyxy.shape == (0, 4)
    assert problems == ()
