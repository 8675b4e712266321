"""The numbers that a figure shows are those of the study."""

import numpy as np
import pytest

from labelnext.audit.paper import figure
from labelnext.evaluate.miss_rate import miss_rate_at
from labelnext.report.paper.points import points
from tests.report.paper.made import study_of
from tests.report.studies import NAN


def made(number, *, cycles=14, **changes):
    wanted = figure(number, budget=10)
    study = study_of(wanted, cycles=cycles, **changes)
    return points(wanted, study, cycles=cycles), study


def test_figure_5_shows_two_panels_of_curves_and_one_of_miss_rates():
    (left, middle, right), _ = made(5)
    for panel, words in ((left, "divergence"), (middle, "guided random")):
        assert [(c.words, c.cycle) for c in panel.curves] == [(words, 1), (words, 4), (words, 14)]
        assert [c.share for c in panel.curves] == [0.01, 0.04, 0.14]
        assert panel.whole is not None
        assert panel.whole.at_1.mean == pytest.approx(0.21)
    assert [s.words for s in right.series] == [
        "divergence", "entropy", "MC-dropout, 50 %", "guided random"
    ]  # fmt: skip
    for series in right.series:
        assert series.cycles == tuple(range(1, 15))


def test_curves_are_the_mean_over_seeds_with_its_spread():
    """Against a loop over seeds and points."""
    (left, *_), study = made(5)
    curve = left.curves[1]
    mine = [r.metrics.curve for r in study.results if (r.arm, r.cycle) == ("divergence", 4)]
    assert len(mine) == 3
    for fppi, mean, sd in zip(curve.fppi[::20], curve.miss_rate[::20], curve.sd[::20], strict=True):
        seen = [miss_rate_at(one, fppi) for one in mine]
        assert mean == pytest.approx(sum(seen) / 3)
        assert sd == pytest.approx((sum((x - mean) ** 2 for x in seen) / 2) ** 0.5)


def test_instances_are_those_of_each_cycle_alone():
    """Results count all objects up to their cycle."""
    (panel,), study = made(7)
    for series in panel.series:
        mean = [
            np.mean([r.instances for r in study.results if (r.arm, r.cycle) == ("entropy", k)])
            for k in range(15)
        ]
        np.testing.assert_allclose([value.mean for value in series.values], np.diff(mean))
        assert series.images[-1] == 140
        assert series.total is not None
        assert series.total.mean == pytest.approx(mean[-1])


def test_a_larger_budget_is_shown_at_its_own_cycles_beside_the_last_of_the_others():
    (panel,), _ = made(8)
    assert [(c.words, c.cycle, c.last) for c in panel.curves] == [
        ("divergence, b = 30", 1, False), ("divergence, b = 30", 2, False),
        ("divergence, b = 30", 5, False), ("divergence, b = 10", 14, True),
        ("guided random, b = 10", 14, True),
    ]  # fmt: skip
    assert [c.chance for c in panel.curves] == [False] * 4 + [True]


def test_cycles_beyond_those_asked_for_are_left_out():
    """A folder may hold a longer study."""
    wanted = figure(12, budget=10)
    (panel,) = points(wanted, study_of(wanted, cycles=14), cycles=6)
    assert all(series.cycles == tuple(range(1, 7)) for series in panel.series)


def test_what_has_not_run_is_left_out():
    wanted = figure(5, budget=10)
    whole = study_of(wanted)
    kept = tuple(r for r in whole.results if r.arm != "guided-random" and r.cycle < 14)
    from dataclasses import replace

    left, middle, right = points(wanted, replace(whole, results=kept), cycles=14)
    assert [c.cycle for c in left.curves] == [1, 4]
    assert middle.curves == ()
    assert len(right.series) == 3


def test_figures_that_are_undefined_are_no_points():
    wanted = figure(12, budget=10)
    study = study_of(wanted, cycles=2)
    from dataclasses import replace

    broken = tuple(
        replace(r, metrics=replace(r.metrics, miss_rate_at_fppi_1=NAN)) if r.seed == 2 else r
        for r in study.results
    )
    (panel,) = points(wanted, replace(study, results=broken), cycles=2)
    assert {value.n for series in panel.series for value in series.values} == {2}


def test_one_seed_has_no_spread():
    (left, *_), _ = made(5, seeds=1)
    assert np.isnan(left.curves[0].sd).all()
