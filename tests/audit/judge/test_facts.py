import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.audit.judge import facts
from labelnext.errors import ArgumentError
from tests.report.studies import NAN, result, runs, study


@given(st.lists(st.floats(0, 1) | st.just(NAN), max_size=8))
def test_spread_equals_the_statistics_module_on_the_finite_values(values: list[float]) -> None:
    finite = [v for v in values if not math.isnan(v)]
    mean, sd, n = facts.spread(values)
    assert n == len(finite)
    assert mean == pytest.approx(statistics.mean(finite) if finite else NAN, nan_ok=True)
    expected = statistics.stdev(finite) if n > 1 else NAN
    assert sd == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_planned_arms_come_first_and_in_their_order() -> None:
    made = study({"a": [[0.5]], "b": [[0.5]], "c": [[0.5]]}, planned_arms=("c", "x", "b"))
    assert facts.arms(made) == ("c", "b", "a")


def test_a_whole_study_lacks_nothing() -> None:
    assert facts.lacking(study({"a": runs(0.5, 3), "b": runs(0.6, 3)})) == ()


def test_missing_seeds_cycles_and_arms_are_named() -> None:
    made = study(
        {"a": runs(0.5, 3), "b": [*runs(0.6, 1), [0.8, 0.7]]}, planned_arms=("a", "b", "c")
    )
    assert facts.lacking(made) == (
        "partial: arm b has 2 of 3 seeds and stops short of cycle 2 (seed 2 at cycle 1)",
        "partial: arm c has not started",
    )


def test_a_plan_shows_what_every_arm_lacks() -> None:
    made = study({"a": [[0.8, 0.5]]}, planned_seeds=(1, 2), planned_cycles=4)
    assert facts.lacking(made) == (
        "partial: arm a has 1 of 2 seeds and stops short of cycle 4 (seed 1 at cycle 1)",
    )


def test_two_results_for_one_arm_seed_and_cycle_are_refused() -> None:
    made = study({}, results=(result("a", 1, 2, 0.5), result("a", 1, 2, 0.6)))
    with pytest.raises(ArgumentError, match="2 for arm 'a', seed 1, cycle 2"):
        facts.check(made)


def test_a_negative_cycle_is_refused() -> None:
    made = study({}, results=(result("a", 1, -1, 0.5),))
    with pytest.raises(ArgumentError, match="cycle -1"):
        facts.check(made)
