"""How long a replay takes: counted in plain loops beside, and from finished cycles."""

import math
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import audit
from labelnext.audit.ledgers import Course
from labelnext.audit.measure import Rates
from labelnext.audit.plan import runs
from labelnext.audit.rates import Counts, costs_of, mean, merged, recorded
from labelnext.errors import LabelnextError

MODULE = sys.modules["labelnext.audit.estimate"]  # the package names a function so
RATES = Rates(2.0, 3.0, 0.5, {"random": 0.0, "coin": 0.25, "seer": 1.0}, 0.1)


def slow_seconds(pool, budget, cycles, score, whole=False):
    """Work on a pool, image by image."""
    left, labelled, total = pool, 0, 0.0
    for _ in range(cycles):
        if left == 0:
            break
        for _ in range(left):
            total += 0.0 if whole else score
        for _ in range(min(budget, left)):
            left, labelled = left - 1, labelled + 1
        total += 3.0 * labelled + 0.5 * 8
    return total


@pytest.mark.parametrize(("budget", "cycles"), [(5, 2), (15, 4), (40, 3), (7, 9)])
def test_costs_are_those_of_a_plain_count(make, budget, cycles):
    plan = make("random", "coin", seeds=1, cycles=cycles, budget=budget, ceiling=True)
    counts = Counts.of(plan.index)
    assert counts == Counts(4, 40, 8)
    costs = [sum(costs_of(run, RATES, counts)) for run in runs(plan)]
    assert costs == pytest.approx([
        4 * 2.0 + 8 * 0.5,
        slow_seconds(40, budget, cycles, 0.0),
        slow_seconds(40, budget, cycles, 0.25),
        slow_seconds(40, 10**9, 1, 0.0, whole=True),
    ])  # fmt: skip


def test_workers_share_what_no_chain_forbids(make):
    plan = make("random", "coin", seeds=2)
    alone, four, many = (
        audit.estimate(plan, workers=n, measured=RATES).seconds for n in (1, 4, 100)
    )
    random, coin = slow_seconds(40, 5, 2, 0.0), slow_seconds(40, 5, 2, 0.25)
    assert alone == pytest.approx(2 * (12 + random + coin))
    assert four == pytest.approx(max(alone / 4, 12 + coin))
    assert many == pytest.approx(12 + coin)


def test_what_is_done_is_not_counted(make):
    plan = make("random", "coin", seeds=2)
    audit.replay(replace(plan, seeds=(0,), cycles=1), workers=0)
    planned = runs(plan)
    course = Course(planned)
    course.look()
    costs = [costs_of(run, RATES, Counts.of(plan.index)) for run in planned]
    found = audit.Estimate(costs, course, 1, RATES, False)
    second = sum(slow_seconds(40, 5, 2, s) - slow_seconds(40, 5, 1, s) for s in (0.0, 0.25))
    fresh = 12 + slow_seconds(40, 5, 2, 0.0) + slow_seconds(40, 5, 2, 0.25)
    assert found.seconds == pytest.approx(second + fresh)
    assert "3 of 10 cycles are done, 0.1 s a training step, 0.25 to 1 s an image" in found.words


def test_finished_cycles_are_asked_before_anything_is_measured(make, monkeypatch):
    plan = make("random", "seer", seeds=2)
    audit.replay(replace(plan, seeds=(0,)), workers=0)
    monkeypatch.setattr(MODULE, "taste", None)  # would fail if it were called
    found = audit.estimate(plan, workers=0)
    assert found.recorded
    assert found.words.endswith("one process, as finished cycles took.")
    known = recorded(plan, runs(plan), Counts.of(plan.index))
    assert known.score.keys() == {"random", "seer"}
    assert known.score["random"] == 0 < known.score["seer"]
    assert min(known.initial, known.train, known.evaluate) > 0
    audit.replay(plan, workers=0)
    done = audit.estimate(plan, workers=0)
    assert done.seconds == 0
    assert done.words == "Nothing is left to do: all 10 cycles are done."


def test_what_cannot_run_is_known_before(make):
    plan = make("random", "refuses", "divergence", "mc-dropout", seeds=1)
    found = audit.estimate(plan, workers=0)
    assert set(found.rates.refused) == {"refuses", "mc-dropout"}
    assert "no `sample` method" in found.rates.refused["mc-dropout"]
    assert found.rates.refused["refuses"] == "RuntimeError: this detector has no features"
    assert set(found.rates.score) == {"random", "divergence"}
    assert not (plan.folder / "initial").exists()  # nothing of the study was begun
    assert not found.recorded
    assert found.words.startswith("About ")


def test_a_detector_that_cannot_run_stops_everything(make):
    plan = make("random")
    broken = plan.config.model_copy(update={"train": {"what": 1}})
    with pytest.raises(LabelnextError, match="what"):
        audit.estimate(replace(plan, config=broken), workers=0)


def test_what_is_measured_is_what_is_recorded_later(make):
    plan = make("random", "seer", seeds=1, cycles=2)
    before = audit.estimate(plan, workers=0)
    audit.replay(plan, workers=0)
    course = recorded(plan, runs(plan), Counts.of(plan.index))
    assert min(before.rates.initial, before.rates.train, before.rates.evaluate) > 0
    assert min(course.initial, course.train, course.evaluate) > 0
    assert min(before.rates.score["seer"], course.score["seer"]) > 0
    assert before.rates.score["random"] == course.score["random"] == 0


def test_left_follows_what_has_passed(make, monkeypatch):
    plan = make("coin", seeds=1, cycles=4)
    found = audit.estimate(plan, workers=1, measured=RATES)
    course = Course(runs(plan))
    clock = iter([100.0, 160.0])
    monkeypatch.setattr(MODULE, "monotonic", lambda: next(clock))
    whole = found.left(course)
    assert whole == pytest.approx(found.seconds)
    course.cycles = [1, 2]
    rest = audit.Estimate(found.costs, course, 1, RATES, False).seconds
    assert found.left(course) == pytest.approx(rest * 60 / (whole - rest))


def test_recorded_rates_go_before_measured_ones():
    known = Rates(1.0, math.nan, 0.3, {"a": 1.0})
    fresh = Rates(5.0, 6.0, 7.0, {"a": 8.0, "b": 9.0}, 0.1, {"c": "cannot"})
    both = merged(known, fresh)
    assert (both.initial, both.train, both.evaluate) == (1.0, 6.0, 0.3)
    assert both.score == {"a": 1.0, "b": 9.0}
    assert both.refused == {"c": "cannot"}


def test_the_mean_of_several_processes():
    found = mean([Rates(1, 2, 3, {"a": 1, "b": 4}, 0.5), Rates(3, 4, 5, {"a": 3}, 1.5, {"b": "x"})])
    assert (found.initial, found.train, found.evaluate, found.step) == (2, 3, 4, 1)
    assert (found.score, found.refused) == ({"a": 2}, {"b": "x"})


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"), (40.4, "40 s"), (119.4, "119 s"), (120, "2 min"), (720, "12 min"),
        (6000, "1 h 40 min"), (47.99 * 3600, "47 h 59 min"), (76 * 3600, "3 d 4 h"),
        (math.nan, "an unknown time"), (math.inf, "an unknown time"),
    ],
)  # fmt: skip
def test_durations(seconds, words):
    assert audit.duration(seconds) == words


@given(st.floats(0, 1e7))
def test_a_duration_is_about_right(seconds):
    units = {"s": 1, "min": 60, "h": 3600, "d": 86400}
    words = audit.duration(seconds).split()
    said = sum(int(n) * units[unit] for n, unit in zip(words[::2], words[1::2], strict=True))
    assert said == pytest.approx(seconds, rel=0.25 if seconds < 600 else 0.05, abs=1)
