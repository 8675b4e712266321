import itertools
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from labelnext.report.choice import choose, thin
from tests.report.studies import frame


@given(st.integers(1, 60), st.integers(1, 20))
def test_thin_keeps_order_ends_and_the_limit(n: int, most: int) -> None:
    values = list(range(10, 10 + n))
    kept = thin(values, most)
    assert len(kept) == min(n, most)
    assert sorted(set(kept)) == list(kept)
    assert kept[-1] == values[-1]
    if most > 1:
        assert kept[0] == values[0]
        gaps = [b - a for a, b in itertools.pairwise(kept)]
        assert not gaps or max(gaps) - min(gaps) <= 1


def test_every_arm_and_cycle_shows_its_best_before_any_shows_a_second() -> None:
    frames = [
        frame(Path("x.png"), arm=arm, cycle=cycle, rank=rank)
        for rank in (3, 1, 2)
        for cycle in (2, 1)
        for arm in "ba"
    ]
    chosen = choose(frames, most=6)
    assert [(f.cycle, f.arm, f.rank) for f in chosen] == [
        (1, "a", 1),
        (1, "b", 1),
        (2, "a", 1),
        (2, "b", 1),
        (1, "a", 2),
        (1, "b", 2),
    ]
    assert set(map(id, choose(frames, most=99))) == set(map(id, frames))


def test_with_too_many_cycles_they_are_thinned_and_not_cut_off() -> None:
    frames = [frame(Path("x.png"), arm=arm, cycle=c) for c in range(1, 301) for arm in "abcd"]
    chosen = choose(frames, most=40)
    assert len(chosen) == 40
    assert {f.arm for f in chosen} == set("abcd")
    assert (min(f.cycle for f in chosen), max(f.cycle for f in chosen)) == (1, 300)


def test_more_arms_than_room_still_fills_the_room() -> None:
    frames = [frame(Path("x.png"), arm=f"arm {i}") for i in range(9)]
    assert len(choose(frames, most=4)) == 4


def test_nothing_to_choose_from() -> None:
    assert choose([], most=5) == ()
