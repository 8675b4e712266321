"""Stability under noise and tightness of proposals, against loops."""

import numpy as np
import pytest
from hypothesis import given

from labelnext.errors import ArgumentError
from labelnext.scores.stability import (
    localisation_stability,
    localisation_tightness,
    stability_score,
)
from tests.reference import scores_stability as reference
from tests.scores.made import drawn, found, rows, seeds

BOX = [0, 0, 10, 10]


def narrowed(share):
    """A box that has this IoU with BOX."""
    return [0, 0, 10 * share, 10]


def test_published_numbers():
    """STRATEGIES §13: s (.9, .5), S (.8, .4): S_I .6571; T .9, s .6: J .5."""
    away = [[0, 0, 10, 10], [100, 100, 110, 110]]
    noisy = found([[0, 0, 8, 10], [100, 100, 104, 110]], [0.1, 0.1])
    assert localisation_stability(found(away, [0.9, 0.5]), [noisy]) == pytest.approx(
        0.6571, abs=5e-5
    )
    tight = localisation_tightness(found([BOX], [0.6]), np.array([narrowed(0.9)]))
    assert tight.agreement[0] == pytest.approx(0.5)
    assert tight.tightness[0] == pytest.approx(0.9)
    assert tight.smallest == tight.agreement[0]


@given(seed=seeds)
def test_stability_equals_the_reference(seed):
    detections = drawn(seed)
    noisy = [drawn(seed + 1), drawn(seed + 2, n=0), drawn(seed + 3)]
    boxes, scores, _ = rows(detections)
    expected = reference.stability(boxes, scores, [rows(level)[0] for level in noisy])
    got = localisation_stability(detections, noisy)
    assert got == (None if expected is None else pytest.approx(expected, abs=1e-9))
    if got is not None:
        assert stability_score(detections, noisy) == pytest.approx(1 - min(scores) - got)
        assert stability_score(detections, noisy, combine=False) == pytest.approx(1 - got)


@given(seed=seeds)
def test_tightness_equals_the_reference(seed):
    detections, proposals = drawn(seed, n=5), drawn(seed + 1, n=5).xyxy
    got = localisation_tightness(detections, proposals)
    boxes, scores, _ = rows(detections)
    expected = reference.agreements(boxes, scores, proposals.astype(float).tolist())
    np.testing.assert_allclose(got.agreement, expected, atol=1e-9)
    assert got.smallest == min(got.agreement)


def test_boxes_that_stay_are_stable_whatever_their_class():
    detections = drawn(0, n=4)
    other = found(detections.xyxy, detections.scores, 2 - detections.classes)
    assert localisation_stability(detections, [detections, other]) == pytest.approx(1)


def test_boxes_that_vanish_are_not():
    assert localisation_stability(drawn(0, n=4), [drawn(0, n=0)] * 6) == 0


def test_boxes_that_all_score_nothing_weigh_alike():
    detections = found([BOX, [100, 0, 110, 10]], [0, 0])
    assert localisation_stability(detections, [found([BOX], [1])]) == pytest.approx(0.5)


def test_an_image_without_boxes_has_no_score():
    none = drawn(0, n=0)
    assert localisation_stability(none, [drawn(1, n=3)]) is None
    assert stability_score(none, [none]) is None
    assert localisation_tightness(none, np.zeros((0, 4))).smallest is None


def test_bad_arguments():
    detections = drawn(0, n=2)
    with pytest.raises(ArgumentError, match="one or more noise levels"):
        localisation_stability(detections, [])
    with pytest.raises(ArgumentError, match=r"proposal a box.*fire-fpn"):
        localisation_tightness(detections, None)
    for proposals in (np.zeros((3, 4)), np.full((2, 4), np.nan)):
        with pytest.raises(ArgumentError, match="for each of the 2 boxes"):
            localisation_tightness(detections, proposals)
    with pytest.raises(ArgumentError, match="finite boxes"):
        localisation_stability(detections, [found([[0, 0, np.nan, 1]], [0.5])])
