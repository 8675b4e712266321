import numpy as np
import pytest

from labelnext.evaluate.curve_families import FAMILIES, Scale, curve_values, fit_family
from tests.reference.evaluate_learning_curve import least_squares

LABELS = np.array([200.0, 400, 600, 1000, 1500, 2200, 3000])


def falling(k):
    return 0.2 + 0.5 * (LABELS / 200) ** -k


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("case", ["falling", "rising", "flat", "steep", "low"])
def test_no_fit_of_the_reference_is_closer(family, sign, case):
    """NNLS by scipy at 800 values of k; data that fit, that run the wrong way, that hit bounds."""
    rng = np.random.default_rng(7)
    clean = {
        "falling": falling(0.6),
        "rising": 0.9 - falling(0.6),
        "flat": np.full(7, 0.4),
        "steep": falling(6.0) - 0.15,
        "low": 0.3 * (LABELS / 200) ** -1.2,
    }[case]
    values = np.abs(clean + rng.normal(0, 0.02, (3, 7)))
    weights = np.array([[1.0] * 7, [2, 0, 1, 1, 0, 3, 1], [1, 1, 1, 0, 2, 1, 1]])
    got = fit_family(family, LABELS, values, weights, Scale(200, 3000, sign))
    curves = curve_values(family, got, LABELS, Scale(200, 3000, sign))
    for d in range(3):
        squares, *_ = least_squares(family, LABELS.tolist(), values[d], weights[d], sign)
        assert got.squares[d] <= squares * (1 + 1e-5) + 1e-15
        assert got.squares[d] >= squares * 0.995 - 1e-9  # the grid of the reference is nearly it
        assert (weights[d] * (values[d] - curves[d]) ** 2).sum() == pytest.approx(got.squares[d])
    assert min(got.c.min(), got.a.min()) >= 0


@pytest.mark.parametrize(
    ("family", "k"), [("power", 0.07), ("power", 0.6), ("exponential", 3.3), ("logarithmic", 1.0)]
)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_recovers_its_own_curves(family, k, sign):
    scale = Scale(200, 3000, sign)
    made = type(fit_family(family, LABELS, np.ones((1, 7)), np.ones((1, 7)), scale))(
        np.array([0.5]), np.array([0.15]), np.array([k]), np.zeros(1)
    )
    values = curve_values(family, made, LABELS, scale)
    got = fit_family(family, LABELS, values, np.ones((1, 7)), scale)
    assert got.k[0] == pytest.approx(k, rel=2e-3)
    assert (got.c[0], got.a[0]) == pytest.approx((0.5, 0.15), rel=0.02)


def test_draws_are_independent_of_each_other():
    rng = np.random.default_rng(1)
    values = falling(0.5) + rng.normal(0, 0.05, (4, 7))
    weights = rng.integers(0, 3, (4, 7)).astype(float) + 0.5
    for family in FAMILIES:
        together = fit_family(family, LABELS, values, weights, Scale(200, 3000, 1.0))
        for d in range(4):
            one = slice(d, d + 1)
            alone = fit_family(family, LABELS, values[one], weights[one], Scale(200, 3000, 1.0))
            assert alone.squares[0] == pytest.approx(together.squares[d], rel=1e-9)
