"""Agreement of successive detectors, from planted scoring passes."""

from pathlib import Path

import pytest

from labelnext.rounds.outlook.successive import Successive, successive
from labelnext.rounds.overview import opened
from tests.rounds.planted import POOL, cycle, one_box, planted, scored


def boxes(project, wrong=0, *, none=0):
    """One box an image that may still be picked; in `wrong` of them elsewhere, or no prediction."""
    left = sorted({r.key for r in project.index.records("pool")} - project.ledger.blocked())
    # the first are picked next: those that differ come last, so that they stay
    return {
        key: None if i >= len(left) - none else one_box(40 if i >= len(left) - wrong else 0)
        for i, key in enumerate(left)
    }


def run(tmp_path: Path, wrong: list[int], *, none: int = 0) -> Path:
    """One scored round each, with so many boxes elsewhere than in the others."""
    folder = planted(tmp_path / "p", tmp_path / "data", [None])
    with opened(folder, writing=True) as project:
        for number, some in enumerate(wrong, 1):
            scored(project, number, boxes(project, some, none=none))
            cycle(project, number, None)
    return folder


def test_detectors_that_agree_three_times_are_settled(tmp_path):
    with opened(run(tmp_path, [9, 0, 0, 0, 0])) as project:
        got = successive(project)
    # five passes over 80, 76, 72, 68, 64 images; the newest four share 64
    assert got == Successive(64, 64, (1.0, 1.0, 1.0))
    assert got.settled


def test_the_f1_of_matched_boxes(tmp_path):
    with opened(run(tmp_path, [16, 0, 0, 8])) as project:
        got = successive(project)
    assert got.images == POOL - 12
    assert got.values == pytest.approx((52 / 68, 1.0, 60 / 68))
    assert not got.settled


def test_two_rounds_are_compared_but_do_not_settle(tmp_path):
    with opened(run(tmp_path, [0, 0])) as project:
        assert successive(project).values == (1.0,)
        assert not successive(project).settled


def test_images_without_prediction_do_not_count(tmp_path):
    with opened(run(tmp_path, [0, 0], none=10)) as project:
        assert successive(project) == Successive(66, 76, (1.0,))
    folder = run(tmp_path / "fewer", [0, 0], none=30)
    with opened(folder) as project:
        assert successive(project) == Successive(46, 76)  # below 50


def test_a_detector_that_was_not_retrained_agrees_with_itself_for_nothing(tmp_path):
    folder = planted(tmp_path / "p", tmp_path / "data", [])
    with opened(folder, writing=True) as project:
        for number in range(5):
            project.ledger.finish(number, "train", 0.0, {"weights": "the same"})
            scored(project, number + 1, boxes(project))
        assert successive(project) == Successive()


def test_strategies_that_look_at_no_image_leave_nothing_to_compare(tmp_path):
    with opened(planted(tmp_path / "p", tmp_path / "data", [None] * 6)) as project:
        assert successive(project) == Successive()


def test_a_damaged_part_is_told(tmp_path):
    folder = run(tmp_path, [0, 0])
    next((folder / ".labelnext/scores/round-0002").glob("part-*")).write_bytes(b"torn")
    with opened(folder) as project:
        got = successive(project)
    assert "part-000000.parquet is damaged" in got.problem
    assert not got.settled
