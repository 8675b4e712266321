import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.evaluate import label_saving
from tests.reference.evaluate_label_saving import saving

sixteenths = st.integers(0, 16).map(lambda k: k / 16)
curves = st.lists(
    st.tuples(st.integers(0, 12), sixteenths), min_size=2, max_size=6, unique_by=lambda p: p[0]
).map(sorted)


def split(curve):
    return [n for n, _ in curve], [v for _, v in curve]


def measured(arm, baseline, **options):
    options = {"lower_is_better": True, "rng": np.random.default_rng(0), "draws": 50, **options}
    return label_saving(arm, baseline, **options)


@given(st.lists(st.tuples(curves, curves), min_size=1, max_size=3), st.booleans())
def test_equals_the_reference(drawn, lower_is_better):
    sign = 1 if lower_is_better else -1
    arm, baseline = [a for a, _ in drawn], [b for _, b in drawn]
    turned = [[[(n, sign * v) for n, v in c] for c in part] for part in (arm, baseline)]
    reach, share = saving(*turned)
    got = measured(
        [split(c) for c in arm], [split(c) for c in baseline], lower_is_better=lower_is_better
    )
    assert got.reach == reach
    if share is None:
        assert np.isnan(got.saving)
    else:
        assert got.saving == pytest.approx(share, abs=1e-6)


def test_half_the_labels_by_hand():
    """The arm is at .4 after 50; random is there after 100, its end."""
    got = measured([([0, 50, 100], [0.8, 0.4, 0.3])], [([0, 100], [0.8, 0.4])])
    assert (got.quality, got.labels, got.baseline, got.saving) == (0.4, 50, 100, 0.5)
    assert got.reach == "reached"


def test_between_points_the_curve_is_straight():
    got = measured([([0, 100], [0.8, 0.2])], [([0, 100], [0.8, 0.5])])
    assert got.saving == pytest.approx(0.5)


def test_a_rise_by_chance_is_levelled_in_both():
    """Random's last two points, .4 and .5, become .45, reached at 60."""
    got = measured([([0, 100], [0.8, 0.1])], [([0, 60, 100], [0.8, 0.4, 0.5])])
    assert got.quality == pytest.approx(0.45)
    assert got.baseline == pytest.approx(60)
    assert got.saving == pytest.approx(1 - 50 / 60)


def test_rising_metrics_mirror_falling_ones():
    falling = measured([([0, 50, 90], [0.8, 0.4, 0.3])] * 2, [([0, 80], [0.8, 0.4])] * 2)
    rising = measured(
        [([0, 50, 90], [0.2, 0.6, 0.7])] * 2, [([0, 80], [0.2, 0.6])] * 2, lower_is_better=False
    )
    assert rising.saving == pytest.approx(falling.saving)
    assert rising.quality == pytest.approx(1 - falling.quality)


def test_an_arm_that_never_gets_there_wastes_labels_beyond_the_range():
    got = measured([([0, 80], [0.8, 0.6])] * 3, [([0, 100], [0.8, 0.4])] * 3)
    assert got.reach == "beyond the range"
    assert got.saving == pytest.approx(1 - 80 / 100)  # at most
    assert (got.low, got.high) == (-np.inf, pytest.approx(0.2))


def test_an_arm_that_is_there_from_the_start_saves_more_than():
    got = measured([([10, 80], [0.3, 0.2])] * 3, [([10, 100], [0.8, 0.4])] * 3)
    assert got.reach == "more than"
    assert got.saving == pytest.approx(0.9)
    assert (got.low, got.high) == (pytest.approx(0.9), 1)


def test_a_baseline_that_learns_nothing_leaves_nothing_to_save():
    got = measured([([0, 80], [0.8, 0.2])] * 2, [([0, 100], [0.8, 0.9])] * 2)
    assert np.isnan([got.saving, got.low, got.high]).all()


@pytest.mark.parametrize("unit", [1, 7.5])
def test_the_unit_does_not_matter(unit):
    rng = np.random.default_rng(3)
    arm = [([10, 20, 30], sorted(rng.random(3))[::-1]) for _ in range(3)]
    base = [([10, 20, 30], sorted(rng.random(3))[::-1]) for _ in range(3)]
    scaled = [[([unit * n for n in c[0]], c[1]) for c in part] for part in (arm, base)]
    assert measured(*scaled).saving == pytest.approx(measured(arm, base).saving)


def noisy(rng, rate, seeds=8):
    """Curves .2 + .6 e^(−rate·n/100) at eleven places of their own, as hours are; noise .01."""
    curves = []
    for _ in range(seeds):
        n = np.append(0, np.sort(rng.uniform(5, 200, 10)))
        v = 0.2 + 0.6 * np.exp(-rate * n / 100) + rng.normal(0, 0.01, 11)
        curves.append((n.tolist(), v.tolist()))
    return curves


def test_the_interval_holds_a_known_saving():
    """An arm that learns twice as fast needs half the labels, over seeds with noise."""
    rng = np.random.default_rng(4)
    got = [measured(noisy(rng, 2), noisy(rng, 1), rng=rng, draws=300) for _ in range(20)]
    assert sum(g.low <= 0.5 <= g.high for g in got) >= 16
    assert np.mean([g.saving for g in got]) == pytest.approx(0.5, abs=0.05)
    assert all(g.low > 0 for g in got)


def test_one_seed_has_no_interval():
    got = measured([([0, 50], [0.8, 0.4])], [([0, 100], [0.8, 0.4])])
    assert (got.seeds, got.saving) == (1, 0.5)
    assert np.isnan([got.low, got.high]).all()


@pytest.mark.parametrize(
    ("arm", "baseline", "options"),
    [
        ([], [], {}),
        ([([0, 1], [1.0, 0.0])], [], {}),
        ([([0], [1.0])], [([0, 1], [1.0, 0.0])], {}),
        ([([1, 0], [1.0, 0.0])], [([0, 1], [1.0, 0.0])], {}),
        ([([-1, 0], [1.0, 0.0])], [([0, 1], [1.0, 0.0])], {}),
        ([([0, 1], [1.0, float("nan")])], [([0, 1], [1.0, 0.0])], {}),
        ([([0, 1], [1.0, 0.0])], [([0, 1], [1.0, 0.0])], {"draws": 0}),
        ([([0, 1], [1.0, 0.0])], [([0, 1], [1.0, 0.0])], {"level": 0.0}),
    ],
)
def test_bad_arguments(arm, baseline, options):
    with pytest.raises(ArgumentError, match="label_saving"):
        measured(arm, baseline, **options)
