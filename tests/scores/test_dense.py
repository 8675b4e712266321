"""Resizing logits to the image, against loops."""

import numpy as np
import pytest

from labelnext import scores
from labelnext.types import DenseMaps, MapLevel
from tests.reference import scores as reference


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
@pytest.mark.parametrize(
    ("size", "cells"),
    [
        ((16, 24), (2, 3)),
        ((13, 21), (2, 3)),
        ((19, 26), (2, 3)),
        ((1, 1), (1, 1)),
        ((9, 3), (4, 4)),
    ],
    ids=["exact", "level reaches beyond", "level falls short", "one pixel", "far beyond"],
)
def test_matches_loops(activation, size, cells):
    rng = np.random.default_rng(1)
    levels = [(rng.normal(0, 4, (3, *cells)).astype(np.float32), 8)]
    levels.append((rng.normal(0, 4, (3, 2 * cells[0], 2 * cells[1])).astype(np.float32), 4))
    maps = DenseMaps(tuple(MapLevel(*level) for level in levels), size, activation)
    p = scores.probabilities(maps)
    assert p.dtype == np.float32
    assert p.shape == (2, 3, *size)
    np.testing.assert_allclose(p, reference.probabilities(levels, size, activation), atol=2e-6)


def test_a_cell_holds_at_its_centre():
    logits = np.array([[[-3.0, 0.0], [1.0, 2.0]]], np.float32)
    p = scores.probabilities(DenseMaps((MapLevel(logits, 3),), (6, 6)))[0, 0]
    np.testing.assert_allclose(p[1::3, 1::3], 1 / (1 + np.exp(-logits[0])), rtol=1e-6)


def test_beyond_the_outermost_centres_the_edge_holds():
    logits = np.array([[[-3.0, 1.0]]], np.float32)
    p = scores.probabilities(DenseMaps((MapLevel(logits, 4),), (9, 30)))[0, 0]
    assert len(np.unique(p[:, 6:])) == 1
    assert len(np.unique(p[:, :2])) == 1
    np.testing.assert_array_equal(p, p[:1].repeat(9, 0))


def test_resizing_comes_before_the_logistic():
    logits = np.array([[[-10.0, 10.0]]], np.float32)
    p = scores.probabilities(DenseMaps((MapLevel(logits, 8),), (8, 16)))[0, 0, 0]
    assert p[5] == pytest.approx(1 / (1 + np.exp(3.125 * 1.0 + 3.125)), rel=1e-4)


def test_probabilities_pass_through():
    p = np.random.default_rng(0).random((3, 4, 5))
    out = scores.probabilities(p)
    np.testing.assert_array_equal(out, p.astype(np.float32)[:, None])
