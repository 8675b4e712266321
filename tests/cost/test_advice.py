"""Between what sizes a batch is worth considering."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.cost import Machine, advice, plan
from labelnext.errors import ArgumentError
from tests.cost.test_completion import loops

FAST = Machine(score_seconds=0.01, train_seconds=0.01, epochs=5, start_seconds=20)


def test_the_paper_s_loop():
    """N = 51,363 frames, B = 7,500, Δt₁ = 15, 35 s an image."""
    got = advice(51_363, 7_500, machine=Machine(), image_seconds=35, within_cycle=15)
    assert got.largest == 51_363 // 31 == 1656
    # 1,500 is the smallest: 5 cycles take 72.6 h beside 72.9 h of labelling.
    assert got.smallest == 1500
    assert got.agrees
    assert got.words == (
        "At most 1,875 images a cycle: 4 cycles of 7,500 in all.",
        "At most 1,656 images a cycle by the temporal rules: each pick keeps up to 31 of 51,363 "
        "frames out, and beyond that they choose more than the scores.",
        "At least 1,500 images a cycle: then the machine takes 72.6 h in 5 cycles, within 1 of the "
        "annotators' 72.9 h.",
    )


def test_stills_know_no_temporal_rules():
    got = advice(10_000, 2_000, machine=FAST, image_seconds=35, cycles=10)
    assert got.largest == 200
    assert len(got.words) == 2
    assert "temporal" not in " ".join(got.words)


def test_rules_that_do_not_meet_are_said():
    slow = Machine(score_seconds=5)
    got = advice(50_000, 1_000, machine=slow, image_seconds=35)
    assert got.smallest is None
    assert not got.agrees
    assert "No size keeps the machine's time within 1 of the annotators' 9.7 h." in got.words
    assert "do not meet" in got.words[-1]
    close = advice(51_363, 7_500, machine=Machine(), image_seconds=33, within_cycle=15)
    assert close.smallest > close.largest
    assert not close.agrees
    assert "do not meet" in close.words[-1]


def test_a_pool_that_may_run_out():
    got = advice(10_000, 3_000, machine=FAST, image_seconds=35, left_per_pick=5)
    assert any("may run out" in word for word in got.words)


@given(loop=loops(), seconds=st.integers(0, 20), share=st.sampled_from([0.25, 1.0]))
def test_the_smallest_is_the_first_that_satisfies(loop, seconds, share):
    pool, total, _ = loop
    got = advice(pool, total, machine=FAST, image_seconds=seconds, share=share)

    def machine(b):
        return plan(pool, total, b, machine=FAST, image_seconds=seconds).machine_seconds

    fits = [b for b in range(1, total + 1) if machine(b) <= share * seconds * total]
    assert got.smallest == (fits[0] if fits else None)
    assert 1 <= got.largest <= total


@given(loop=loops(), gap=st.integers(0, 20))
def test_up_to_the_largest_the_first_pass_of_the_rules_suffices(loop, gap):
    pool, total, _ = loop
    got = advice(pool, total, machine=FAST, image_seconds=9, within_cycle=gap)
    assert got.largest == 1 or got.largest * (2 * gap + 1) <= pool
    assert got.largest == 1 or -(-total // got.largest) >= 4


def test_equal_times_are_within_the_share():
    machine = Machine(score_seconds=1, train_seconds=0)
    assert advice(10, 10, machine=machine, image_seconds=1).smallest == 10
    assert advice(10, 5, machine=machine, image_seconds=2).smallest == 5


def test_more_annotators_wait_less_gladly():
    one = advice(20_000, 2_000, machine=FAST, image_seconds=9)
    ten = advice(20_000, 2_000, machine=FAST, image_seconds=9, annotators=10)
    assert ten.smallest > one.smallest


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"total": 11}, "'total'"),
        ({"within_cycle": -1}, "'within_cycle'"),
        ({"cycles": 0}, "'cycles'"),
        ({"share": -0.5}, "'share'"),
        ({"image_seconds": float("nan")}, "'image_seconds'"),
    ],
)
def test_bad_arguments(options, says):
    with pytest.raises(ArgumentError, match=says):
        advice(**{"pool": 10, "total": 5, "machine": FAST, "image_seconds": 9, **options})
