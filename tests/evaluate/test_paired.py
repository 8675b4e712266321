import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.evaluate import holm, paired_difference, sign_flip_p_value
from tests.reference.evaluate_paired import holm as slow_holm
from tests.reference.evaluate_paired import sign_flip

eighths = st.integers(-8, 8).map(lambda k: k / 8)


@given(st.lists(eighths, min_size=1, max_size=7))
def test_sign_flip_equals_enumeration(differences):
    assert sign_flip_p_value(differences) == sign_flip(differences)


@pytest.mark.parametrize(("seeds", "least"), [(1, 1), (5, 0.0625), (6, 0.03125)])
def test_least_p_is_two_to_one_minus_seeds(seeds, least):
    assert sign_flip_p_value([0.1 + 0.01 * s for s in range(seeds)]) == least


def test_equal_sums_count_in_any_order_of_addition():
    assert sign_flip_p_value([0.1, 0.2, 0.3, -0.3, -0.2, -0.1]) == 1


@given(st.lists(st.integers(0, 20).map(lambda k: k / 20), max_size=6))
def test_holm_equals_the_reference(p_values):
    assert holm(p_values) == pytest.approx(slow_holm(p_values))


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))


def test_a_clear_difference():
    rng = np.random.default_rng(0)
    base = rng.normal(0.5, 0.2, 6)
    got = paired_difference((base + 0.1).tolist(), base.tolist(), rng=rng)
    assert got.mean == pytest.approx(0.1)
    assert (got.low, got.high) == pytest.approx((0.1, 0.1))
    assert got.p_value == 0.03125
    assert got.shown


def test_the_interval_is_that_of_the_mean():
    values = [0.1, -0.2, 0.4, 0.05, 0.3, -0.1, 0.2, 0.0]
    got = paired_difference(values, [0.0] * 8, rng=np.random.default_rng(1))
    error = np.std(values) / 8**0.5  # standard error under the bootstrap
    assert got.low == pytest.approx(np.mean(values) - 1.96 * error, abs=0.02)
    assert got.high == pytest.approx(np.mean(values) + 1.96 * error, abs=0.02)
    assert got.deviation == pytest.approx(np.std(values, ddof=1))
    assert got.detectable == pytest.approx(2.8 * got.deviation / 8**0.5)
    assert not got.shown


def test_swapping_the_arms_mirrors_the_answer():
    a, b = [0.1, 0.5, 0.3, 0.9], [0.2, 0.2, 0.2, 0.3]
    one = paired_difference(a, b, rng=np.random.default_rng(4))
    two = paired_difference(b, a, rng=np.random.default_rng(4))
    assert (two.mean, two.low, two.high) == pytest.approx((-one.mean, -one.high, -one.low))
    assert one.p_value == two.p_value


def test_one_seed_has_no_interval():
    got = paired_difference([1.0], [0.5], rng=np.random.default_rng(0))
    assert (got.seeds, got.mean, got.p_value) == (1, 0.5, 1)
    assert np.isnan([got.low, got.high, got.deviation, got.detectable]).all()
    assert not got.shown


@pytest.mark.parametrize(
    ("first", "second", "options"),
    [
        ([], [], {}),
        ([1.0], [1.0, 2.0], {}),
        ([float("nan")], [1.0], {}),
        ([1.0], [1.0], {"draws": 0}),
        ([1.0], [1.0], {"level": 1}),
    ],
)
def test_bad_arguments(first, second, options):
    with pytest.raises(ArgumentError):
        paired_difference(first, second, rng=np.random.default_rng(0), **options)


def test_too_many_seeds_for_an_exact_test():
    with pytest.raises(ArgumentError, match="at most 22"):
        sign_flip_p_value([0.5] * 23)
    with pytest.raises(ArgumentError, match="p_values"):
        holm([1.5])
