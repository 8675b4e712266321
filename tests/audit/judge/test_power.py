import math

import pytest

from labelnext.audit.judge.power import smallest_gap
from labelnext.errors import ArgumentError
from tests.reference import audit_judge as reference


@pytest.mark.parametrize(("seeds", "tests"), [(6, 1), (7, 1), (6, 3)])
def test_a_plain_simulation_finds_the_gap_in_80_percent_of_studies(seeds: int, tests: int) -> None:
    gap = smallest_gap(seeds, tests)
    assert reference.power(seeds, tests, gap, 300, seed=4) == pytest.approx(0.8, abs=0.06)
    assert reference.power(seeds, tests, 0.8 * gap, 300, seed=4) < 0.75


def test_six_seeds_find_it_when_all_differences_share_a_sign() -> None:
    """P(all six above 0) = Φ(d)⁶ = .8 at d = 1.79."""
    assert smallest_gap(6) == pytest.approx(1.79, abs=0.04)


def test_too_few_seeds_show_nothing_however_large() -> None:
    assert smallest_gap(5) == math.inf
    assert smallest_gap(5, 4) == math.inf
    assert smallest_gap(1) == math.inf
    assert smallest_gap(6, 13) < math.inf


def test_the_gap_shrinks_with_seeds_grows_with_arms_and_is_smooth_where_the_method_changes() -> (
    None
):
    gaps = [smallest_gap(s) for s in range(6, 16)]
    assert gaps == sorted(gaps, reverse=True)
    assert smallest_gap(12) > 0.9 * smallest_gap(11)
    assert smallest_gap(12, 5) > smallest_gap(12)
    assert smallest_gap(200) == pytest.approx(2.8 / 200**0.5, rel=0.02)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ArgumentError, match="seeds"):
        smallest_gap(0)
    with pytest.raises(ArgumentError, match="power"):
        smallest_gap(6, power=1.0)
