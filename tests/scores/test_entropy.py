"""Entropy against loops."""

import numpy as np
import pytest

from labelnext import scores
from labelnext.types import DenseMaps, MapLevel
from tests.reference import scores as reference


def test_matches_loops():
    p = np.random.default_rng(0).random((5, 13, 17)) ** 3
    np.testing.assert_allclose(scores.entropy(p), reference.entropy(p[:, None]), atol=1e-5)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_several_classes_match_loops(activation):
    x = np.random.default_rng(0).normal(0, 4, (2, 4, 3, 3)).astype(np.float32)
    maps = DenseMaps(tuple(MapLevel(level, 4) for level in x), (11, 12), activation)
    p = reference.probabilities([(level, 4) for level in x], (11, 12), activation)
    expected = reference.entropy(p, activation)
    np.testing.assert_allclose(scores.entropy(maps), expected, atol=1e-5)


def test_is_highest_where_undecided():
    s = scores.entropy(np.array([[[0.0, 0.1, 0.5, 0.9, 1.0]]]))[0]
    np.testing.assert_allclose(s, [0, 0.3251, np.log(2), 0.3251, 0], atol=5e-5)
