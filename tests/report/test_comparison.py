import dataclasses
import itertools
import statistics

import pytest

from labelnext.report import comparison
from tests.report.studies import NAN, metrics, result, runs, study


def least_p_by_counting(seeds: int) -> float:
    """Share of sign patterns of equal differences whose mean is as far from 0 as the true one."""
    patterns = list(itertools.product([-1, 1], repeat=seeds))
    return sum(abs(sum(p)) >= seeds for p in patterns) / len(patterns)


@pytest.mark.parametrize("seeds", range(1, 9))
def test_least_p_is_the_share_of_the_two_uniform_patterns(seeds: int) -> None:
    assert comparison.least_p(seeds) == least_p_by_counting(seeds)


def test_arms_are_held_against_guided_random_before_random() -> None:
    rates = {"random": runs(0.7, 2), "Guided_Random": runs(0.6, 2), "a": runs(0.5, 2)}
    found = comparison.comparisons(study(rates))
    assert [(c.arm, c.baseline) for c in found] == [
        ("a", "Guided_Random"),
        ("random", "Guided_Random"),
    ]
    assert {c.baseline for c in comparison.comparisons(study({"x": runs(0.5, 2)} | rates))} == {
        "Guided_Random"
    }
    assert comparison.comparisons(study({"a": runs(0.5, 2), "b": runs(0.6, 2)})) == ()


def test_differences_are_paired_by_seed_at_the_end_and_over_cycles_after_the_first() -> None:
    a = [[0.9, 0.70, 0.50], [0.9, 0.72, 0.58]]
    b = [[0.1, 0.75, 0.60], [0.1, 0.71, 0.62]]
    (found,) = comparison.comparisons(study({"a": a, "random": b}))
    ends = [x[2] - y[2] for x, y in zip(a, b, strict=True)]
    averages = [(x[1] + x[2] - y[1] - y[2]) / 2 for x, y in zip(a, b, strict=True)]
    assert found.end.mean == pytest.approx(statistics.mean(ends))
    assert found.average.mean == pytest.approx(statistics.mean(averages))
    assert found.end.seeds == found.average.seeds == 2
    assert found.end.low <= found.end.mean <= found.end.high


def test_p_is_corrected_over_the_arms_compared() -> None:
    rates = {"random": runs(0.7, 7), "a": runs(0.5, 7, step=0.02), "b": runs(0.6, 7, step=0.02)}
    found = comparison.comparisons(study(rates))
    assert [c.end.p_value for c in found] == [2**-6, 2**-6]
    assert [c.p_end for c in found] == [2 * 2**-6, 2 * 2**-6]
    assert all(comparison.outcome(c.end, c.p_end) == "lower" for c in found)


def test_outcome_needs_both_the_interval_and_p() -> None:
    (found,) = comparison.comparisons(study({"a": runs(0.5, 3), "random": runs(0.6, 3, step=0.02)}))
    assert found.end.shown
    assert comparison.outcome(found.end, 0.04) == "lower"
    assert comparison.outcome(found.end, 0.05) == "lower, not proven"
    hidden = dataclasses.replace(found.end, low=-0.1, high=0.0)
    assert comparison.outcome(hidden, 0.01) == "no difference shown"
    worse = dataclasses.replace(found.end, mean=0.1, low=0.05, high=0.2)
    assert comparison.outcome(worse, 0.01) == "higher"


def test_an_interrupted_study_is_compared_on_what_all_arms_have() -> None:
    a = [[0.8, 0.6, 0.4], [0.8, 0.61, 0.41], [0.8, 0.6]]
    b = [[0.8, 0.7, 0.5], [0.8, 0.7, 0.5], [0.8]]
    common = comparison.overlap(study({"a": a, "b": b}))
    assert common is not None
    assert common.seeds == (1, 2)
    assert common.positions == (1, 2)
    assert common.end_mean("a") == pytest.approx(0.405)


def test_a_nan_miss_rate_is_as_if_the_cycle_had_not_run() -> None:
    common = comparison.overlap(study({"a": [[0.8, 0.6, NAN]], "b": [[0.8, 0.7, 0.5]]}))
    assert common is not None
    assert common.positions == (1,)
    assert comparison.overlap(study({"a": [[0.8, NAN]]})) is None
    assert comparison.overlap(study({"a": [[0.8, None]]})) is None


def test_arms_without_a_seed_in_common_are_not_compared() -> None:
    results = (result("a", 1, 1, 0.5), result("random", 2, 1, 0.6))
    assert comparison.overlap(study({}, results=results)) is None
    assert comparison.comparisons(study({}, results=results)) == ()


def test_arms_of_another_pace_are_compared_at_equal_images() -> None:
    slow = [result("slow", 1, c, 0.8 - 0.1 * c, images=10 * c) for c in range(1, 5)]
    fast = [result("fast", 1, c, 0.8 - 0.1 * c, images=20 * c) for c in range(1, 3)]
    common = comparison.overlap(study({}, results=(*slow, *fast)))
    assert common is not None
    assert common.by_images
    assert common.positions == (20, 40)
    assert common.where() == "at 40 images"
    assert common.end_mean("slow") == pytest.approx(0.4)
    assert common.end_mean("fast") == pytest.approx(0.6)


def test_a_few_missing_answers_do_not_change_the_cycle_but_are_owned_up_to() -> None:
    a = [result("a", 1, c, 0.5, images=100 * c) for c in (1, 2)]
    b = [result("b", 1, c, 0.5, images=100 * c - 3) for c in (1, 2)]
    common = comparison.overlap(study({}, results=(*a, *b)))
    assert common is not None
    assert not common.by_images
    assert common.uneven
    assert common.positions == (1, 2)


def test_more_seeds_than_the_exact_test_takes_are_cut_and_not_an_error() -> None:
    results = tuple(
        result(arm, s, 1, rate + s / 1000)
        for arm, rate in (("a", 0.5), ("random", 0.6))
        for s in range(1, 31)
    )
    (found,) = comparison.comparisons(study({}, results=results))
    assert found.end.seeds == comparison.MOST_SEEDS


def test_the_same_study_gives_the_same_interval() -> None:
    made = study({"a": runs(0.5, 4), "random": runs(0.51, 4, step=0.02)})
    assert comparison.comparisons(made) == comparison.comparisons(made)


def test_metrics_of_the_made_up_study_agree_with_their_curve() -> None:
    made = metrics(0.5)
    at_one = made.curve.miss_rate[made.curve.fppi == 1.0]
    assert at_one == made.miss_rate_at_fppi_1
