import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.evaluate import holm, joint_p_values, sign_flip_p_value
from tests.reference.evaluate_paired import joint

eighths = st.integers(-8, 8).map(lambda k: k / 8)


def rows_of(seeds):
    row = st.lists(eighths, min_size=seeds, max_size=seeds)
    return st.lists(row, min_size=1, max_size=4)


@given(st.integers(1, 5).flatmap(rows_of))
def test_it_equals_the_loops_over_all_patterns(rows):
    assert joint_p_values(np.array(rows)) == pytest.approx(joint(rows))


@given(st.lists(eighths, min_size=1, max_size=7))
def test_one_arm_alone_is_the_sign_flip_test(row):
    assert joint_p_values(np.array([row])) == pytest.approx((sign_flip_p_value(row),))


def test_six_seeds_can_prove_one_of_many_arms_where_holm_cannot():
    rng = np.random.default_rng(1)
    null = rng.normal(0, 0.03, (6, 6))
    rows = np.concatenate([null, 0.1 + rng.normal(0, 0.01, (1, 6))])
    p = joint_p_values(rows)
    alone = [sign_flip_p_value(row.tolist()) for row in rows]
    assert p[-1] < 0.05 < holm(alone)[-1]
    assert min(p[:-1]) > 0.05


@pytest.mark.parametrize(("arms", "correlation"), [(2, 0.0), (7, 0.5), (15, 0.5)])
def test_studies_without_any_difference_seldom_find_one(arms, correlation):
    rng = np.random.default_rng(arms)
    false = 0
    for _ in range(600):
        shared = rng.normal(0, correlation**0.5, 6)  # the baseline's own noise is in every arm
        rows = shared + rng.normal(0, (1 - correlation) ** 0.5, (arms, 6))
        false += min(joint_p_values(rows)) < 0.05
    assert false / 600 <= 0.05


def test_order_scale_and_side_make_no_difference():
    rng = np.random.default_rng(3)
    rows = rng.normal(0.05, 0.1, (5, 6))
    p = np.array(joint_p_values(rows))
    order = rng.permutation(5)
    assert joint_p_values(rows[order]) == pytest.approx(p[order])
    assert joint_p_values(rows * 7.3) == pytest.approx(p)
    assert joint_p_values(-rows) == pytest.approx(p)


def test_many_seeds_are_drawn():
    rng = np.random.default_rng(4)
    rows = np.stack([rng.normal(0.0, 1, 20), rng.normal(3.0, 1, 20)])
    first = joint_p_values(rows, rng=np.random.default_rng(0))
    assert first == joint_p_values(rows, rng=np.random.default_rng(0))
    assert first[1] < 0.001 < first[0]
    with pytest.raises(ArgumentError, match="rng"):
        joint_p_values(rows)


def test_arms_that_never_differ_and_no_arms():
    assert joint_p_values(np.zeros((2, 4))) == (1.0, 1.0)
    assert joint_p_values(np.zeros((0, 4))) == ()


@pytest.mark.parametrize("rows", [np.zeros((2, 0)), np.array([[np.nan, 1.0]])])
def test_unfit_differences_are_refused(rows):
    with pytest.raises(ArgumentError, match="differences"):
        joint_p_values(rows)
