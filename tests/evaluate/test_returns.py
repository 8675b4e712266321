import numpy as np
import pytest

from labelnext.errors import ArgumentError
from labelnext.evaluate import Return, fit_learning_curve, next_return, suggest_stop

LABELS = [500.0 * i for i in range(1, 9)]


def falling(n):
    return 0.15 + 0.5 * (np.asarray(n) / 500) ** -0.5


def returned(values, step=500.0, **options):
    options = {"lower_is_better": True, "rng": np.random.default_rng(0), "draws": 200, **options}
    return next_return(LABELS[: len(values)], values, step, **options)


def test_the_gain_of_the_next_batch_is_that_of_the_curve():
    values = (falling(LABELS) + np.random.default_rng(1).normal(0, 0.01, 8)).tolist()
    got = returned(values)
    curve = fit_learning_curve(
        [(LABELS, values)], lower_is_better=True, rng=np.random.default_rng(0), draws=200
    )
    change = curve.change(4000, 4500)
    assert (got.gain, got.low, got.high) == (-change.value, -change.high, -change.low)
    assert got.gain == pytest.approx(falling(4000) - falling(4500), abs=0.01)
    assert 0 <= got.low <= got.high


def test_a_gain_is_positive_in_either_direction():
    values = falling(LABELS)
    down = returned(values.tolist())
    up = returned((1 - values).tolist(), lower_is_better=False)
    assert up.gain == pytest.approx(down.gain, abs=1e-3)
    assert up.gain > 0.005


def test_measured_changes_vary_more_than_the_curve():
    values = (falling(LABELS) + np.random.default_rng(2).normal(0, 0.02, 8)).tolist()
    curve, measured = returned(values), returned(values, new_measurement=True)
    assert measured.low < 0 < curve.high < measured.high
    assert measured.gain == curve.gain


def test_by_hour():
    got = Return(500, 0.02, 0.01, 0.04, "power").per(8)
    assert (got.gain, got.low, got.high) == (0.0025, 0.00125, 0.005)
    for cost in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ArgumentError, match="'cost'"):
            got.per(cost)


def test_too_few_points_is_an_answer():
    assert returned([0.5, 0.4, 0.3, 0.25]) is None


@pytest.mark.parametrize("step", [0.0, -5.0, 4000.1, float("nan")])
def test_a_batch_is_above_nothing_and_at_most_what_there_is(step):
    with pytest.raises(ArgumentError, match="'step'"):
        returned(falling(LABELS).tolist(), step)


def history(*highs):
    return [None if h is None else Return(500, h / 2, 0.0, h, "power") for h in highs]


@pytest.mark.parametrize(
    ("highs", "stop", "says"),
    [
        ((), False, "Too few"),
        ((None, None), False, "Too few"),
        ((0.05, 0.04), False, "up to 0.04, not less"),
        ((0.05, 0.009), False, "1 of the last 2 rounds"),
        ((None, 0.009), False, "1 of the last 2 rounds"),
        ((0.009,), False, "1 of the last 2 rounds"),
        ((0.009, 0.02, 0.008), False, "1 of the last 2 rounds"),
        ((0.02, 0.009, 0.008), True, "0.009 at most, less than its price of 0.01"),
        ((0.009, 0.008, 0.01), False, "not less"),
    ],
)
def test_stop_when_the_upper_bound_is_below_the_price_twice_running(highs, stop, says):
    got = suggest_stop(history(*highs), 0.01)
    assert got.stop is stop
    assert says in got.reason


def test_one_round_may_do():
    got = suggest_stop(history(0.5, 0.009), 0.01, in_a_row=1)
    assert got.stop
    assert "In the last round the" in got.reason


def test_a_replay_stops_late_on_a_curve_that_flattens():
    """Returns along a whole curve: no stop while it falls fast, a stop when it is flat."""
    labels = np.arange(1, 21) * 100.0
    rng = np.random.default_rng(4)
    values = 0.2 + 0.5 * np.exp(-labels / 300) + rng.normal(0, 0.002, 20)
    stops, returns = [], []
    for m in range(3, 21):
        returns.append(
            next_return(
                labels[:m].tolist(), values[:m].tolist(), 100.0, lower_is_better=True,
                rng=np.random.default_rng(m), draws=100,
            )
        )  # fmt: skip
        stops.append(suggest_stop(returns, 0.01).stop)
    first = labels[3 + stops.index(True) - 1]
    assert not any(stops[:6])
    assert 1000 <= first <= 1800  # the true gain falls below .01 at 800
    assert all(stops[-3:])


@pytest.mark.parametrize(("price", "rounds"), [(-1.0, 2), (float("nan"), 2), (0.1, 0)])
def test_bad_arguments(price, rounds):
    with pytest.raises(ArgumentError):
        suggest_stop([], price, in_a_row=rounds)
