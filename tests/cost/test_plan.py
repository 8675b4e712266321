"""Hours and money of a whole loop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.cost import LabourRate, Machine, completion_seconds, plan
from labelnext.errors import ArgumentError
from tests.cost.test_completion import eighths, loops
from tests.reference import cost as reference


@given(
    loop=loops(), score=eighths, train=eighths, start=eighths, epochs=st.integers(0, 5),
    later=st.none() | st.integers(0, 5), initial=st.integers(0, 50),
)  # fmt: skip
def test_equals_the_reference(loop, score, train, start, epochs, later, initial):
    got = plan(
        *loop, machine=Machine(score, train, epochs, later, start), image_seconds=0,
        initial=initial, left_per_pick=2,
    )  # fmt: skip
    slow = reference.machine_seconds(
        *loop, score=score, train=train, epochs=epochs, leave=2, start=start, initial=initial,
        later=epochs if later is None else later,
    )  # fmt: skip
    assert got.machine_seconds == pytest.approx(slow)
    assert got.seconds == got.machine_seconds


@given(loops())
def test_the_paper_s_machine_takes_the_paper_s_time(loop):
    got = plan(*loop, machine=Machine(), image_seconds=35)
    assert got.machine_seconds == pytest.approx(completion_seconds(*loop))


def test_labelling_hours_and_money():
    rate = LabourRate(20, "EUR")
    got = plan(51_363, 7_500, 500, machine=Machine(), image_seconds=35, rate=rate, annotators=2)
    assert got.cycles == 15
    assert got.label_seconds == 7_500 * 35
    assert got.money == pytest.approx(7_500 * 35 / 3600 * 20)
    assert got.seconds == got.machine_seconds + 7_500 * 35 / 2
    assert got.machine_seconds == got.score_seconds + got.train_seconds + got.start_seconds
    assert plan(10, 5, 5, machine=Machine(), image_seconds=35).money is None


def test_warm_epochs_start_after_the_first_cycle():
    machine = Machine(score_seconds=0, train_seconds=1, epochs=10, warm_epochs=1, start_seconds=100)
    got = plan(100, 30, 10, machine=machine, image_seconds=0, initial=5)
    assert got.train_seconds == 10 * 15 + 25 + 35
    assert got.start_seconds == 300


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"score_seconds": -1}, "'score_seconds'"),
        ({"train_seconds": float("inf")}, "'train_seconds'"),
        ({"start_seconds": float("nan")}, "'start_seconds'"),
        ({"epochs": -1}, "'epochs'"),
        ({"warm_epochs": -1}, "'warm_epochs'"),
    ],
)
def test_bad_machines(options, says):
    with pytest.raises(ArgumentError, match=f"{says} argument of Machine"):
        Machine(**options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"total": 11}, "'total'"),
        ({"image_seconds": -1}, "'image_seconds'"),
        ({"annotators": 0}, "'annotators'"),
        ({"initial": -1}, "'initial'"),
        ({"left_per_pick": 0}, "'left_per_pick'"),
    ],
)
def test_bad_arguments(options, says):
    with pytest.raises(ArgumentError, match=says):
        plan(
            **{
                "pool": 10, "total": 5, "per_cycle": 5, "machine": Machine(), "image_seconds": 1,
                **options,
            }
        )  # fmt: skip
