"""Local divergence against loops, and what its definition implies."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import scores
from labelnext.errors import ArgumentError
from labelnext.types import DenseMaps, MapLevel
from tests.reference import scores as reference


def blobs(levels, height, width, seed=0):
    """Probabilities as a detector has them: nearly 0 throughout, with a few steep hills."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    logits = np.full((levels, height, width), -9.0)
    for level in logits:
        for _ in range(4):
            v, u, size = rng.random() * height, rng.random() * width, 2 + 4 * rng.random()
            level += 14 * np.exp(-((y - v) ** 2 + (x - u) ** 2) / (2 * size**2))
    return 1 / (1 + np.exp(-logits))


@pytest.mark.parametrize("radius", [0, 1, 4, 9, 40])
@pytest.mark.parametrize("make", [blobs, lambda *shape: np.random.default_rng(2).random(shape)])
def test_matches_loops_with_windows_cut_at_the_border(radius, make):
    p = make(2, 22, 27) if radius < 40 else make(1, 9, 12)
    expected = reference.local_divergence(p[:, None], radius)
    np.testing.assert_allclose(
        scores.local_divergence(p, radius=radius), expected, rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_several_classes_match_loops(activation):
    x = np.random.default_rng(0).normal(0, 4, (2, 3, 3, 4)).astype(np.float32)
    maps = DenseMaps(tuple(MapLevel(level, 4) for level in x), (11, 14), activation)
    p = reference.probabilities([(level, 4) for level in x], (11, 14), activation)
    expected = reference.local_divergence(p, 3, activation)
    np.testing.assert_allclose(scores.local_divergence(maps, radius=3), expected, atol=1e-5)


def test_five_levels_at_full_size_match_a_float64_form():
    p = blobs(5, 120, 160).astype(np.float32)
    exact = p.astype(np.float64)

    def mean(a):  # by cumulative sums, another way than the code's
        out = np.zeros_like(a)
        sums = np.pad(a, ((0, 0), (1, 0), (1, 0))).cumsum(1).cumsum(2)
        for y in range(120):
            for x in range(160):
                t, b, l, r = max(0, y - 9), min(120, y + 10), max(0, x - 9), min(160, x + 10)  # noqa: E741
                area = sums[:, b, r] - sums[:, t, r] - sums[:, b, l] + sums[:, t, l]
                out[:, y, x] = area / ((b - t) * (r - l))
        return np.clip(out, 0, 1)

    def h(a):
        with np.errstate(all="ignore"):
            return np.nan_to_num(-a * np.log(a)) + np.nan_to_num(-(1 - a) * np.log1p(-a))

    expected = (h(mean(exact)) - mean(h(exact))).sum(0)
    np.testing.assert_allclose(scores.local_divergence(p), expected, rtol=0, atol=1e-5)


@given(p=st.floats(0, 1, width=32), levels=st.integers(1, 5), radius=st.integers(0, 12))
def test_constant_maps_do_not_diverge(p, levels, radius):
    s = scores.local_divergence(np.full((levels, 9, 11), p, np.float32), radius=radius)
    np.testing.assert_allclose(s, 0, atol=1e-5)


def test_half_and_half_reaches_the_bound():
    p = np.zeros((1, 1, 20), np.float32)
    p[..., ::2] = 1
    s = scores.local_divergence(p, radius=19)
    np.testing.assert_allclose(s, math.log(2), atol=1e-6)


def test_an_edge_scores_and_flat_ground_does_not():
    p = np.zeros((1, 40, 80), np.float32)
    p[:, :, 40:] = 1
    s = scores.local_divergence(p, radius=4)
    assert s[:, 39:41].min() > 0.6
    np.testing.assert_array_equal(s[:, :36], 0)
    np.testing.assert_array_equal(s[:, 44:], 0)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("radius", [-1, 2.5, True, None])
def test_radius_is_checked(radius):
    with pytest.raises(ArgumentError, match="'radius'"):
        scores.local_divergence(np.zeros((1, 3, 3)), radius=radius)
