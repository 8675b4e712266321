import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from labelnext.errors import ArgumentError
from labelnext.evaluate import holm, minimal_seeds, paired_difference, sign_flip_p_value
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


def test_a_holm_argument_that_is_no_p():
    with pytest.raises(ArgumentError, match="p_values"):
        holm([1.5])


def test_beyond_22_seeds_signs_are_drawn():
    """Differences of one size: the p-value is a binomial tail, 18 or more of 24 alike."""
    differences = [1.0] * 18 + [-1.0] * 6
    exact = binomtest(18, 24).pvalue
    got = sign_flip_p_value(differences, rng=np.random.default_rng(0))
    assert got == pytest.approx(exact, abs=4 * (exact / 100_000) ** 0.5)
    assert got == sign_flip_p_value(differences, rng=np.random.default_rng(0))
    with pytest.raises(ArgumentError, match="beyond 22 seeds"):
        sign_flip_p_value(differences)


def test_a_drawn_p_value_is_never_zero_and_says_that_it_is_drawn():
    got = paired_difference([1.0] * 40, [0.0] * 40, rng=np.random.default_rng(0))
    assert got.p_value == pytest.approx(1 / 100_001)
    assert not got.exact
    assert paired_difference([1.0] * 22, [0.0] * 22, rng=np.random.default_rng(0)).exact


@pytest.mark.parametrize(("tests", "seeds"), [(1, 6), (2, 7), (3, 7), (4, 8), (10, 9)])
def test_minimal_seeds(tests, seeds):
    """The fewest with which Holm's correction can leave a p below .05."""
    assert minimal_seeds(tests) == seeds
    for count, proven in ((seeds, True), (seeds - 1, False)):
        p = sign_flip_p_value([1.0] * count)
        assert (min(holm([p] + [1.0] * (tests - 1))) < 0.05) == proven


@pytest.mark.parametrize(("tests", "level"), [(0, 0.05), (1, 0.0), (1, 1.0)])
def test_minimal_seeds_checks_its_arguments(tests, level):
    with pytest.raises(ArgumentError):
        minimal_seeds(tests, level=level)
