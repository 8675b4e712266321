"""Numerics hold at the ends of float32 and match plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.spatial.distance import jensenshannon

from labelnext import numerics
from tests.reference import scores as reference
from tests.reference.select_diverse import jensen_shannon as slow_divergence

probability = st.floats(0, 1, width=32)
planes = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=probability)


@given(st.lists(st.floats(-1000, 1000, width=32), min_size=1, max_size=8))
def test_sigmoid_matches_float64_and_saturates_quietly(logits):
    x = np.array(logits, np.float32)
    before = x.copy()
    with np.errstate(all="raise", under="ignore"):
        p = numerics.sigmoid(x)
    np.testing.assert_allclose(p, [reference.logistic(float(v)) for v in x], rtol=4e-6, atol=1e-36)
    assert p.dtype == np.float32
    np.testing.assert_array_equal(x, before)


def test_sigmoid_keeps_small_probabilities():
    p = numerics.sigmoid(np.array([-80.0, 80.0], np.float32))
    assert p[0] == pytest.approx(math.exp(-80), rel=1e-5)
    assert p[1] == 1


@given(arrays(np.float32, (3, 2, 2), elements=st.floats(-80, 80, width=32)))
def test_softmax_sums_to_one_and_ignores_a_shift(logits):
    p = numerics.softmax(logits)
    np.testing.assert_allclose(p.sum(0), 1, atol=1e-6)
    np.testing.assert_allclose(numerics.softmax(logits + np.float32(32)), p, atol=1e-5)
    assert p.min() >= 0


@given(planes)
def test_entropy_is_between_zero_and_ln_2(plane):
    total = np.zeros_like(plane)
    numerics.add_entropy(plane[None], "sigmoid", total)
    assert total.min() >= 0
    assert total.max() <= math.log(2) + 1e-6
    np.testing.assert_allclose(total, [[reference.h(float(p)) for p in row] for row in plane],
                               atol=1e-6)  # fmt: skip


@pytest.mark.parametrize(
    ("p", "expected"),
    [(0.0, 0.0), (1.0, 0.0), (0.5, math.log(2)), (0.9, 0.3251), (0.6, 0.6730)],
)
def test_binary_entropy_at_known_points(p, expected):
    total = np.zeros((1, 1), np.float32)
    numerics.add_entropy(np.full((1, 1, 1), p, np.float32), "sigmoid", total)
    assert total[0, 0] == pytest.approx(expected, abs=5e-5)


def test_categorical_entropy_at_a_known_point():
    total = np.ones((1, 1), np.float32)
    p = np.array([0.7, 0.2, 0.1], np.float32)[:, None, None]
    numerics.add_entropy(p, "softmax", total)
    assert total[0, 0] == pytest.approx(1 + 0.8018, abs=5e-5)


@given(planes, st.integers(0, 12))
def test_window_mean_matches_loops_over_in_image_pixels(plane, radius):
    height, width = plane.shape
    expected = [
        [
            np.mean(
                [
                    float(plane[j, i])
                    for j in range(height)
                    for i in range(width)
                    if abs(j - y) <= radius and abs(i - x) <= radius
                ]
            )
            for x in range(width)
        ]
        for y in range(height)
    ]
    np.testing.assert_allclose(numerics.window_mean(plane, radius), expected, atol=2e-7)


def test_window_mean_never_leaves_the_range_of_probabilities():
    # Running sums carry residue from the ones into the zeros.
    plane = np.zeros((64, 64), np.float32)
    plane[:32] = np.random.default_rng(0).random((32, 64)) ** 9
    plane[:, 40:] = 1
    mean = numerics.window_mean(plane, 9)
    assert mean.min() >= 0
    assert mean.max() <= 1


def _distributions(seed, n, classes):
    rng = np.random.default_rng(seed)
    weights = rng.random((n, classes)) * (rng.random((n, classes)) < 0.7)
    weights[:, 0] += 0.01
    return weights / weights.sum(axis=1, keepdims=True)


def test_divergence_has_the_number_of_the_check():
    found = numerics.jensen_shannon(np.array([[0.1, 0.9]]), np.array([[0.4, 0.6]]))
    np.testing.assert_allclose(found, 0.06329, atol=5e-6)


@given(st.integers(0, 2**32), st.integers(0, 9), st.integers(1, 6))
def test_divergence_matches_loops_and_scipy(seed, n, classes):
    rows = _distributions(seed, n + 1, classes)
    found = numerics.jensen_shannon(rows[1:], rows[:1])
    loops = [slow_divergence(row, rows[0]) for row in rows[1:].tolist()]
    np.testing.assert_allclose(found, loops, atol=1e-12)
    if n:
        theirs = jensenshannon(rows[1:], rows[:1], axis=1)
        np.testing.assert_allclose(found, np.nan_to_num(theirs) ** 2, atol=1e-9)
    assert ((found >= 0) & (found <= np.log(2) + 1e-12)).all()


def test_divergence_is_zero_of_equals_and_ln_2_of_opposites():
    rows = np.array([[1.0, 0], [0, 1]])
    np.testing.assert_allclose(numerics.jensen_shannon(rows, rows[:1]), [0, np.log(2)])
