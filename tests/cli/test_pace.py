"""How fast, and how long still: by a clock that the tests set."""

import pytest

from labelnext.cli.pace import Pace


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_nothing_is_said_until_something_was_done(clock):
    pace = Pace(clock)
    assert pace.words("score", 10) == ""
    pace.see("score", 3)
    assert pace.words("score", 10) == ""
    clock.now += 1
    pace.see("score", 3)
    assert pace.words("score", 10) == ""


def test_rate_and_time_left(clock):
    pace = Pace(clock)
    for done in range(0, 41, 4):
        pace.see("score", done)
        clock.now += 1
    assert pace.words("score", 100) == "4/s, 15.0 s left"


def test_what_was_done_before_does_not_count(clock):
    pace = Pace(clock)
    pace.see("score", 5000)
    clock.now += 10
    pace.see("score", 5005)
    assert pace.words("score", 5105) == "2 s each, 3 min 20 s left"


def test_only_the_last_half_minute_counts(clock):
    pace = Pace(clock)
    done = 0
    for rate in (100, 1):
        for _ in range(60):
            pace.see("score", done)
            clock.now += 1
            done += rate
    pace.see("score", done)
    assert pace.words("score", done + 10) == "1/s, 10.0 s left"


def test_many_small_steps_keep_little(clock):
    pace = Pace(clock)
    for done in range(100_000):
        pace.see("score", done)
        clock.now += 0.001
    assert pace.words("score", 100_000).startswith("1,000/s, 0.0 s")
    assert len(pace._seen["score"]) < 100


def test_a_task_that_begins_anew_starts_from_there(clock):
    pace = Pace(clock)
    for done in (0, 50, 100, 2, 4):
        pace.see("train", done)
        clock.now += 2
    assert pace.words("train", 10) == "1/s, 6.0 s left"


def test_tasks_have_a_pace_each(clock):
    pace = Pace(clock)
    pace.see("a", 0)
    pace.see("b", 0)
    clock.now += 5
    pace.see("a", 5)
    pace.see("b", 50)
    assert (pace.words("a", 10), pace.words("b", 60)) == ("1/s, 5.0 s left", "10/s, 1.0 s left")
