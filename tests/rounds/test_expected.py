"""What a batch brings, on curves without noise that can be reckoned by hand."""

import math

import numpy as np
import pytest

from labelnext.errors import ArgumentError
from labelnext.evaluate import next_return
from labelnext.rounds.outlook.expected import Expected, expected, goal
from labelnext.rounds.results import CycleResult
from labelnext.types import Metrics, MissRateCurve

POINT = np.array([1.0])


def result(cycle: int, images: int, miss_rate: float | None, seconds: float) -> CycleResult:
    metrics = None
    if miss_rate is not None:
        curve = MissRateCurve(POINT, POINT, POINT)
        metrics = Metrics(9, 9, miss_rate, miss_rate, miss_rate, 0.5, 0.5, curve)
    return CycleResult("a", 0, cycle, images, 2 * images, images, metrics, {}, seconds)


def falling(n: float) -> float:
    return 0.15 + 0.5 * (n / 100) ** -0.5


def run(cycles: int = 8, noise: float = 0.0, seconds: float = 36.0) -> list[CycleResult]:
    """100 initial images, 100 a cycle, 36 seconds of labelling an image."""
    rng = np.random.default_rng(0)
    return [
        result(k, 100 * k, falling(100 + 100 * k) + noise * rng.normal(), 100 * k * seconds)
        for k in range(cycles)
    ]


def seen(results: list[CycleResult], batch: float = 100, initial: int = 100) -> Expected | None:
    return expected(results, initial=initial, batch=batch, rng=np.random.default_rng(1))


def test_a_curve_without_noise_is_continued() -> None:
    found = seen(run())
    assert found is not None
    gain = falling(800) - falling(900)
    assert found.hours == pytest.approx(1)
    assert found.gain.gain == pytest.approx(gain, abs=1e-4)
    assert found.gain.low == pytest.approx(gain, abs=1e-4) == found.gain.high
    assert found.per_hour is not None
    assert found.per_hour.gain == pytest.approx(gain, abs=1e-4)
    half = seen(run(), batch=50)
    assert half is not None
    assert half.hours == pytest.approx(0.5)


def test_it_is_the_return_of_the_evaluate_room() -> None:
    results = run(noise=0.02)
    found = seen(results)
    assert found is not None
    for new, mine in ((False, found.gain), (True, found.measured)):
        labels = [r.images + 100 for r in results]
        values = [r.metrics.miss_rate_at_fppi_1 for r in results if r.metrics]
        assert mine == next_return(
            labels, values, 100, lower_is_better=True, rng=np.random.default_rng(1),
            new_measurement=new,
        )  # fmt: skip


def test_too_few_points() -> None:
    assert seen(run(4)) is None
    assert seen([]) is None
    assert seen(run(5)) is not None
    assert seen(run(5), initial=0) is None  # a curve cannot start at 0 images
    results = run(5)
    results[2] = result(2, 200, None, 0)
    results[3] = result(3, 300, math.nan, 0)
    assert seen(results) is None


def test_no_more_images_than_the_curve_reaches() -> None:
    found = seen(run(), batch=5000)
    assert found is not None
    assert found.images == 800
    assert found.hours == pytest.approx(8)


def test_without_labelling_time_there_is_no_hour() -> None:
    for seconds in (math.nan, 0.0):
        found = seen(run(seconds=seconds))
        assert found is not None
        assert (found.hours, found.per_hour) == (None, None)
        assert goal(found, 0.3).hours is None


def test_images_to_a_goal() -> None:
    found = seen(run())
    assert found is not None
    target = falling(1200)
    got = goal(found, target)
    assert got.images == pytest.approx(400, abs=2)
    assert got.hours == pytest.approx(4, abs=0.02)
    assert got.low <= got.images <= got.high
    assert goal(found, falling(700)).images == 0
    beyond = goal(found, falling(1700))
    assert math.isinf(beyond.images)
    assert beyond.hours is None


@pytest.mark.parametrize("target", [0.36, 0.34, 0.31, 0.28])
def test_the_interval_of_a_goal_is_where_the_curve_s_bounds_cross_it(target: float) -> None:
    """By looking at every number of images in turn."""
    found = seen(run(noise=0.02))
    assert found is not None
    got = goal(found, target)
    for side, value in (("low", got.low), ("value", got.images), ("high", got.high)):
        slow = math.inf
        for n in range(800, 1601):
            if getattr(found.curve.predict(n), side) <= target:
                slow = n - 800
                break
        assert value == pytest.approx(slow, abs=1)


def test_errors() -> None:
    found = seen(run())
    assert found is not None
    for batch in (0, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="'batch'"):
            seen(run(), batch=batch)
    with pytest.raises(ArgumentError, match="'initial'"):
        seen(run(), initial=-1)
    for target in (0, 1, math.nan):
        with pytest.raises(ArgumentError, match="'target'"):
            goal(found, target)
