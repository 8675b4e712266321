"""Seconds learned from timed tasks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares, linprog, nnls

from labelnext.cost import LabellingCost, LearnedCost, learn
from labelnext.errors import ArgumentError
from tests.reference import cost as reference

PRIOR = LabellingCost()
TRUE = LabellingCost(8, 14, 3, 1.5)
FIELDS = ("per_image", "per_new_box", "per_kept_box", "per_deleted_box")


def tasks(n, seed, *, noise=0.0, cost=TRUE):
    rng = np.random.default_rng(seed)
    new, kept, deleted = rng.poisson((3, 4, 1), (n, 3)).T.astype(float)
    seconds = cost.seconds(1, new, kept, deleted) * rng.lognormal(-(noise**2) / 2, noise, n)
    return seconds, new, kept, deleted


def learned(columns, **options) -> LearnedCost:
    options = {"prior": PRIOR, "rng": np.random.default_rng(0), "draws": 20, **options}
    return learn(*columns, **options)


def values(cost):
    return [getattr(cost, field) for field in FIELDS]


def test_exact_times_give_the_exact_cost():
    got = learned(tasks(40, 1))
    assert values(got.cost) == pytest.approx(values(TRUE))
    assert values(got.low) == pytest.approx(values(TRUE))
    assert values(got.high) == pytest.approx(values(TRUE))
    assert (got.tasks, got.learned, got.notes) == (40, FIELDS, ())
    assert got.r2 == pytest.approx(1)


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), noise=st.sampled_from([0.1, 0.5]), breaks=st.integers(0, 2))
def test_equals_the_reference(seed, noise, breaks):
    rng = np.random.default_rng(seed)
    boxes = rng.gamma(2, 2, (3, 12))  # fractions, so that one fit of least distances is best
    seconds = TRUE.seconds(1, *boxes) * rng.lognormal(0, noise, 12)
    seconds[:breaks] += 900
    rows = [[1.0, *row] for row in zip(*(column.tolist() for column in boxes), strict=True)]
    fit, weights = reference.huber(rows, seconds.tolist())
    got = learned((seconds, *boxes), draws=1, at_least=12)
    assert values(got.cost) == pytest.approx(fit, rel=1e-5, abs=1e-5)
    assert got.far == sum(weight < 1 for weight in weights)


def test_equals_scipy_s_huber_loss_and_linear_programme():
    seconds, *boxes = tasks(80, 5, noise=0.4)
    seconds[[3, 40]] = 2000
    got = learned((seconds, *boxes))
    parts, both = np.stack([np.ones(80), *boxes], axis=1), np.eye(80)
    # The primal form of least absolute distances: x, then what is over and what is under.
    absolute = linprog(
        [0] * 4 + [1] * 160, A_eq=np.hstack([parts, both, -both]), b_eq=seconds, bounds=(0, None)
    ).x[:4]
    scale = 1.4826 * np.median(np.sort(np.abs(seconds - parts @ absolute))[4:])
    theirs = least_squares(
        lambda x: parts @ x - seconds, [1.0] * 4, bounds=(0, np.inf), loss="huber",
        f_scale=3 * scale, xtol=1e-14, ftol=1e-14, gtol=1e-14,
    )  # fmt: skip
    assert values(got.cost) == pytest.approx(theirs.x, abs=1e-3)


def test_lunch_breaks_do_not_become_the_price_of_a_box():
    seconds, *boxes = tasks(200, 2, noise=0.3)
    late = np.random.default_rng(3).choice(200, 10, replace=False)
    seconds[late] += 3600
    parts = np.stack([np.ones(200), *boxes], axis=1)
    plain = np.linalg.lstsq(parts, seconds)[0]
    got = learned((seconds, *boxes))
    assert np.abs(plain - values(TRUE)).max() > 30
    assert np.abs(np.array(values(got.cost)) - values(TRUE)).max() < 8
    assert got.cost.per_new_box == pytest.approx(14, abs=2)
    assert got.far >= 10
    assert 0.5 < got.r2 < 0.9  # of ordinary tasks
    assert "are far off in time" in got.notes[0]


def test_the_figures_of_the_page():
    """docs/cost.md: times that scatter by 40 %, and 5 % of tasks an hour too long."""
    for n, error in ((30, 3.1), (100, 2.1), (300, 1.2)):
        prices, ratios, plain = [], [], []
        for seed in range(40):
            clean, *boxes = tasks(n, seed, noise=0.4)
            seconds = clean.copy()
            seconds[np.random.default_rng(seed).choice(n, max(1, n // 20), replace=False)] += 3600
            got = learned((seconds, *boxes), draws=1).cost
            prices.append(got.per_new_box)
            ratios.append(got.seconds(1, *boxes).sum() / clean.sum())
            parts = np.stack([np.ones(n), *boxes], axis=1)
            plain.append((parts @ nnls(parts, seconds)[0]).sum() / clean.sum())
        assert np.std(prices) == pytest.approx(error, rel=0.3)
    assert np.mean(ratios) == pytest.approx(1.04, abs=0.01)
    assert np.mean(plain) == pytest.approx(3.9, abs=0.1)


def test_totals_stay_right_where_times_are_skewed():
    """Times are skewed to the right; a median-like fit would promise too few hours."""
    ratios = []
    for seed in range(20):
        seconds, *boxes = tasks(300, seed, noise=0.4)
        got = learned((seconds, *boxes), draws=1)
        ratios.append(got.cost.seconds(1, *boxes).sum() / seconds.sum())
    assert 0.97 < np.mean(ratios) < 1.0


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    inside = []
    for seed in range(40):
        got = learned(tasks(120, seed, noise=0.2), draws=60, level=0.9)
        inside += [
            low <= true <= high
            for low, true, high in zip(values(got.low), values(TRUE), values(got.high), strict=True)
        ]
    assert 0.8 < np.mean(inside) < 0.97


def test_the_prior_holds_below_thirty_tasks():
    got = learned(tasks(29, 0))
    assert (got.cost, got.low, got.high) == (PRIOR, PRIOR, PRIOR)
    assert (got.learned, got.tasks, got.far) == ((), 29, 0)
    assert np.isnan(got.r2)
    assert got.notes == ("29 timed tasks, fewer than 30: all seconds are the prior's.",)
    assert learned(tasks(30, 0)).learned == FIELDS
    assert learned(tasks(10, 0), at_least=10).learned == FIELDS
    assert learned(([], [], [], [])).cost == PRIOR


def test_a_kind_of_box_that_never_occurs_stays_at_the_prior():
    _, new, _, deleted = tasks(60, 4)
    kept = np.zeros(60)
    got = learned((TRUE.seconds(1, new, kept, deleted), new, kept, deleted))
    assert values(got.cost) == pytest.approx([8, 14, PRIOR.per_kept_box, 1.5])
    assert got.low.per_kept_box == got.high.per_kept_box == PRIOR.per_kept_box
    assert got.learned == ("per_image", "per_new_box", "per_deleted_box")
    assert got.notes == ("per_kept_box stays at 4 s: 0 of 60 tasks kept a proposed box.",)


def test_four_tasks_with_a_kind_of_box_are_too_few():
    _, new, _, deleted = tasks(60, 4)
    kept = np.zeros(60)
    kept[:4] = 3
    seconds = LabellingCost(8, 14, PRIOR.per_kept_box, 1.5).seconds(1, new, kept, deleted)
    got = learned((seconds, new, kept, deleted))
    # What the few boxes took is taken off at the prior's price, so that the others come out right.
    assert values(got.cost) == pytest.approx([8, 14, 4, 1.5])
    assert "4 of 60 tasks kept a proposed box" in got.notes[0]
    kept[4] = 1
    assert "per_kept_box" in learned((seconds, new, kept, deleted)).learned


def test_columns_that_move_together_are_not_told_apart():
    _, new, _, deleted = tasks(60, 4)
    kept = 2 * new
    prior = LabellingCost(per_kept_box=3)
    got = learned((TRUE.seconds(1, new, kept, deleted), new, kept, deleted), prior=prior)
    assert values(got.cost) == pytest.approx(values(TRUE))
    assert "per_kept_box" not in got.learned
    assert got.notes == (
        "per_kept_box stays at 3 s: these tasks do not tell it apart from the other times.",
    )


def test_one_box_in_every_task_leaves_the_image_at_the_prior():
    none = np.zeros(40)
    got = learned((np.full(40, 21.0), np.ones(40), none, none))
    assert (got.cost.per_image, got.cost.per_new_box) == (5, pytest.approx(16))
    assert got.learned == ("per_new_box",)
    assert np.isnan(got.r2)


def test_prices_are_never_negative():
    seconds, new, kept, deleted = tasks(60, 4)
    got = learned((np.maximum(seconds - 10 * deleted, 1), new, kept, deleted))
    assert got.cost.per_deleted_box == 0
    assert min(values(got.cost)) >= 0


def test_the_order_of_tasks_does_not_matter_and_a_seed_repeats():
    columns = tasks(60, 7, noise=0.3)
    shuffled = np.random.default_rng(1).permutation(60)
    got, again = learned(columns), learned(columns)
    assert got == again
    other = learned([column[shuffled] for column in columns])
    assert values(other.cost) == pytest.approx(values(got.cost))


def test_the_order_does_not_matter_where_several_fits_of_least_distances_are_best():
    seconds, *boxes = tasks(30, 25, noise=0.4)
    columns = [np.round(seconds), *boxes]
    shuffled = np.random.default_rng(1).permutation(30)
    other = learned([column[shuffled] for column in columns])
    assert values(other.cost) == pytest.approx(values(learned(columns).cost), rel=1e-7)


@pytest.mark.parametrize(
    ("columns", "options", "says"),
    [
        (([0.0], [1], [1], [1]), {}, "'seconds'.*above 0.*not timed"),
        (([np.nan], [1], [1], [1]), {}, "'seconds'"),
        (([5.0], [-1], [1], [1]), {}, "'new'"),
        (([5.0], [1], [1, 2], [1]), {}, "'kept'.*each of 1"),
        (([5.0], [1], [1], [np.inf]), {}, "'deleted'"),
        (([5.0], [1], [1], [1]), {"draws": 0}, "'draws'"),
        (([5.0], [1], [1], [1]), {"level": 1.0}, "'level'"),
        (([5.0], [1], [1], [1]), {"at_least": 0}, "'at_least'"),
    ],
)
def test_bad_arguments(columns, options, says):
    with pytest.raises(ArgumentError, match=says):
        learned(columns, **options)
