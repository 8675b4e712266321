import numpy as np
import pytest

from labelnext.errors import ArgumentError
from labelnext.evaluate import fit_learning_curve
from tests.reference.evaluate_learning_curve import aic, least_squares

LABELS = [500.0 * i for i in range(1, 9)]


def power(n):
    return 0.15 + 0.5 * (np.asarray(n) / 500) ** -0.5


def measured(rng, noise=0.02, points=8, seed_noise=0.0):
    n = np.array(LABELS[:points])
    v = power(n) + rng.normal(0, seed_noise) + rng.normal(0, noise, points)
    return n.tolist(), np.clip(v, 0, 1).tolist()


def fitted(curves, **options):
    options = {"lower_is_better": True, "rng": np.random.default_rng(0), "draws": 200, **options}
    return fit_learning_curve(curves, **options)


def test_recovers_a_curve_without_noise_and_predicts_ahead():
    got = fitted([(LABELS, power(LABELS).tolist())])
    assert (got.family, got.points, got.curves) == ("power", 8, 1)
    assert got.k == pytest.approx(0.5, rel=2e-3)
    assert got.noise < 1e-4
    ahead = got.predict(8000)
    assert ahead.value == pytest.approx(power(8000), abs=1e-3)
    assert ahead.low - 1e-3 <= ahead.value <= ahead.high + 1e-3
    assert got.change(4000, 8000).value == pytest.approx(power(8000) - power(4000), abs=1e-3)


@pytest.mark.parametrize("lower_is_better", [True, False])
def test_the_criterion_is_that_of_the_reference(lower_is_better):
    n, v = measured(np.random.default_rng(3))
    v = v if lower_is_better else [1 - x for x in v]
    got = fitted([(n, v)], lower_is_better=lower_is_better)
    for family, parameters in (("power", 3), ("exponential", 3), ("logarithmic", 2)):
        sign = 1 if lower_is_better else -1
        squares, *_ = least_squares(family, n, v, [1] * 8, sign)
        assert got.aic[family] == pytest.approx(aic(squares, 8, parameters), abs=0.02)
    assert got.family == min(got.aic, key=got.aic.get)


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("exponential", 0.2 + 0.5 * np.exp(-np.array(LABELS) / 900)),
        ("logarithmic", 0.7 - 0.12 * np.log(np.array(LABELS) / 500)),
    ],
)
def test_other_families_are_told_apart(family, values):
    assert fitted([(LABELS, values.tolist())]).family == family


def test_rising_metrics_are_the_falling_ones_mirrored():
    """With a ceiling below 1 neither fit touches a bound."""
    n, v = measured(np.random.default_rng(1), noise=0.01)
    falls = fitted([(n, v)], rng=np.random.default_rng(2))
    rises = fitted([(n, [1 - x for x in v])], lower_is_better=False, rng=np.random.default_rng(2))
    assert rises.family == falls.family
    assert rises.predict(6000).value == pytest.approx(1 - falls.predict(6000).value, abs=2e-3)


def coverage(curves_of, target, rng, studies):
    """Share of studies whose intervals hold the curve, the next measurement, its change."""
    held = np.zeros(3)
    for _ in range(studies):
        curves, now, then = curves_of()
        got = fitted(curves, rng=rng, draws=100)
        for i, (found, wanted) in enumerate(
            [
                (got.predict(target), power(target)),
                (got.predict(target, new_measurement=True), then),
                (got.change(LABELS[6], target, new_measurement=True), then - now),
            ]
        ):
            held[i] += found.low <= wanted <= found.high
    return held / studies


def test_ninety_percent_intervals_hold_nine_times_of_ten_from_one_curve():
    """Seven points; the eighth is measured with the same noise."""
    rng = np.random.default_rng(5)

    def study():
        n, v = measured(rng)
        return [(n[:7], v[:7])], v[6], v[7]

    got = coverage(study, LABELS[7], rng, 40)
    assert (got >= 0.8).all(), got


def test_and_from_several_seeds_that_share_their_noise():
    rng = np.random.default_rng(6)

    def study():
        curves = [measured(rng, seed_noise=0.01) for _ in range(5)]
        last = curves[-1][1]
        return [(n[:7], v[:7]) for n, v in curves[:-1]], last[6], last[7]

    got = coverage(study, LABELS[7], rng, 40)
    assert (got >= 0.8).all(), got


def test_the_interval_narrows_with_seeds_and_widens_ahead_and_with_a_measurement():
    rng = np.random.default_rng(8)
    one, twelve = (fitted([measured(rng) for _ in range(s)]) for s in (1, 12))

    def width(found):
        return found.high - found.low

    assert width(twelve.predict(5000)) < width(one.predict(5000))
    assert width(one.predict(8000)) > width(one.predict(4000))
    assert width(one.predict(5000, new_measurement=True)) > width(one.predict(5000))
    assert width(one.predict(5000, level=0.5)) < width(one.predict(5000))


def test_predictions_stay_within_bounds():
    n, v = LABELS, [0.3, 0.2, 0.12, 0.08, 0.05, 0.02, 0.01, 0.0]
    ahead = fitted([(n, v)]).predict(8000, new_measurement=True)
    assert 0 <= ahead.low <= ahead.high <= 1
    counts = fitted([(n, [100 * x for x in n])], lower_is_better=False, bounds=(0.0, float("inf")))
    assert counts.predict(8000).value > 400_000


def test_too_few_points_is_an_answer():
    n, v = measured(np.random.default_rng(0))
    assert fitted([(n[:4], v[:4])]) is None
    assert fitted([(n[:4], v[:4])] * 6) is None
    assert fitted([([500, 500, 500, 1000, 1500, 2000], [0.5] * 6)]) is None
    assert fitted([(n[:5], v[:5])]).points == 5
    assert fitted([(n[:3], v[:3]), (n[3:5], v[3:5])]).curves == 2


def test_a_metric_that_does_not_improve_is_predicted_to_stay():
    got = fitted([(LABELS, [0.4] * 8)])
    assert got.predict(8000).value == pytest.approx(0.4)
    assert got.change(4000, 8000).value == pytest.approx(0)


def test_the_same_generator_gives_the_same_interval():
    n, v = measured(np.random.default_rng(9))
    one, two = (fitted([(n, v)], rng=np.random.default_rng(4)).predict(7000) for _ in range(2))
    assert one == two


def test_no_extrapolation_beyond_twice():
    got = fitted([measured(np.random.default_rng(0))])
    for n in (8000.1, 499, float("nan")):
        with pytest.raises(ArgumentError, match="twice"):
            got.predict(n)
        with pytest.raises(ArgumentError, match="'end'"):
            got.change(4000, n)
    with pytest.raises(ArgumentError, match="'level'"):
        got.predict(4000, level=1.0)


@pytest.mark.parametrize(
    ("curves", "options", "says"),
    [
        ([], {}, "'curves'"),
        ([([1, 2], [0.5])], {}, "'values'"),
        ([([2, 1], [0.5, 0.4])], {}, "'labels'"),
        ([([0, 1], [0.5, 0.4])], {}, "initial labels"),
        ([([1, 2], [0.5, float("nan")])], {}, "finite"),
        ([([1, 2], [50.0, 40.0])], {}, "bounds"),
        ([([1, 2], [0.5, 0.4])], {"draws": 0}, "'draws'"),
    ],
)
def test_bad_arguments(curves, options, says):
    with pytest.raises(ArgumentError, match=says):
        fitted(curves, **options)


@pytest.mark.parametrize("lower_is_better", [True, False])
def test_the_chance_of_a_gain_belongs_to_the_interval_of_the_change(lower_is_better):
    n, v = measured(np.random.default_rng(5))
    v = v if lower_is_better else [1 - x for x in v]
    got = fitted([(n, v)], lower_is_better=lower_is_better, draws=1000)
    sign = -1 if lower_is_better else 1
    change = got.change(4000, 6000)
    ends = sorted((sign * change.low, sign * change.high))
    assert got.chance(4000, 6000, ends[0]) == pytest.approx(0.95, abs=0.002)
    assert got.chance(4000, 6000, ends[1]) == pytest.approx(0.05, abs=0.002)
    assert got.chance(4000, 4000, 0.0) == 1
    assert got.chance(4000, 6000, 1.5) == 0
    with pytest.raises(ArgumentError, match="'end'"):
        got.chance(4000, 9000, 0.0)
    with pytest.raises(ArgumentError, match="'least'"):
        got.chance(4000, 6000, np.nan)


def test_the_limit_is_the_floor_or_ceiling():
    exact = fitted([(LABELS, power(LABELS).tolist())]).limit()
    assert exact.value == pytest.approx(0.15, abs=2e-3)
    assert exact.low == pytest.approx(0.15, abs=5e-3) == exact.high
    up = fitted([(LABELS, (1 - power(LABELS)).tolist())], lower_is_better=False).limit()
    assert up.value == pytest.approx(0.85, abs=2e-3)
    rough = fitted([measured(np.random.default_rng(0), noise=0.01)], draws=1000)
    assert rough.family == "power"
    assert 0 <= rough.limit().low < rough.limit().value < rough.limit().high
    assert rough.limit().high <= rough.predict(4000).high + 1e-9
    line = fitted([(LABELS, (0.7 - 0.12 * np.log(np.array(LABELS) / 500)).tolist())])
    assert line.limit() is None
    with pytest.raises(ArgumentError, match="'level'"):
        rough.limit(level=1)
