"""Dropout divergence against loops, and what its definition implies."""

import numpy as np
import pytest

from labelnext import scores
from labelnext.errors import ArgumentError
from labelnext.types import DenseMaps, MapLevel
from tests.reference import scores as reference


@pytest.mark.parametrize("passes", [1, 2, 30])
def test_matches_loops(passes):
    p = np.random.default_rng(0).random((passes, 5, 7, 9)) ** 3
    expected = reference.dropout_divergence(p[:, :, None])
    np.testing.assert_allclose(scores.dropout_divergence(p), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_several_classes_match_loops(activation):
    x = np.random.default_rng(0).normal(0, 4, (4, 2, 3, 3, 3)).astype(np.float32)
    samples = [
        DenseMaps(tuple(MapLevel(level, 4) for level in one), (11, 12), activation) for one in x
    ]
    p = np.stack(
        [reference.probabilities([(v, 4) for v in one], (11, 12), activation) for one in x]
    )
    expected = reference.dropout_divergence(p, activation)
    np.testing.assert_allclose(scores.dropout_divergence(samples), expected, atol=1e-5)


@pytest.mark.parametrize(("passes", "expected"), [((0.9, 0.1), 0.3681), ((0.6, 0.8), 0.0242)])
def test_known_values(passes, expected):
    p = np.array(passes).reshape(2, 1, 1, 1)
    assert scores.dropout_divergence(p)[0, 0] == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("passes", [1, 3, 30])
def test_passes_that_agree_score_nothing(passes):
    p = np.random.default_rng(0).random((1, 5, 6, 7)).repeat(passes, 0)
    np.testing.assert_allclose(scores.dropout_divergence(p), 0, atol=1e-5)


def test_order_of_passes_is_irrelevant():
    p = np.random.default_rng(0).random((6, 2, 5, 7))
    np.testing.assert_allclose(
        scores.dropout_divergence(p[::-1]), scores.dropout_divergence(p), atol=1e-6
    )


def test_no_passes_are_refused():
    with pytest.raises(ArgumentError, match="no passes"):
        scores.dropout_divergence([])


def test_passes_over_different_images_are_refused():
    one, other = (
        DenseMaps((MapLevel(np.zeros((1, 2, 2), np.float32), 4),), size)
        for size in [(8, 8), (8, 7)]
    )
    with pytest.raises(ArgumentError, match="all of one shape"):
        scores.dropout_divergence([one, other])


@pytest.mark.usefixtures("unchecked")
def test_other_arrays_are_refused():
    with pytest.raises(ArgumentError, match=r"\[samples, levels, height, width\]"):
        scores.dropout_divergence(np.zeros((2, 3, 4)))
