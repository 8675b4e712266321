"""What a format cannot hold is counted: each part by what says more than its absence."""

from pathlib import Path

import numpy as np
import pytest

from labelnext.data.formats.common.written import Losses, leave
from labelnext.types import GroundTruth, ImageRecord, Sample
from tests.data.formats.shared.round_trip import PARTS, differences

NAN = float("nan")
FULL = GroundTruth.from_boxes(
    [[0, 0, 9, 9]] * 3,
    [0, 1, 0],
    [True, False, True],
    [1, 0.5, 0],
    visible_xyxy=[[NAN] * 4, [0, 0, 5, 9], [NAN] * 4],
    occlusion=[-1, 0, 2],
    truncation=[NAN, 0, 0.5],
    tracks=[0, -1, 7],
)
COUNTS = {
    "ignore": 2, "visible": 2, "visible_xyxy": 1, "occlusion": 1, "truncation": 1, "tracks": 2,
}  # fmt: skip


def test_everything_is_lost() -> None:
    losses = Losses()
    losses.count(FULL)
    assert dict(losses.counts) == {PARTS[name]: count for name, count in COUNTS.items()}
    losses.count(FULL)
    assert losses.counts[PARTS["tracks"]] == 4


@pytest.mark.parametrize("name", COUNTS)
def test_what_a_format_holds_is_not_lost(name: str) -> None:
    losses = Losses(name)
    losses.count(FULL)
    assert PARTS[name] not in losses.counts
    assert len(losses.counts) == len(COUNTS) - 1


def test_nothing_is_lost_of_plain_boxes() -> None:
    losses = Losses()
    losses.count(GroundTruth.from_boxes([[0, 0, 9, 9]]))
    losses.count(GroundTruth.from_boxes([]))
    assert not losses.counts


def test_other_losses() -> None:
    losses = Losses()
    losses.add("unlabelled images")
    losses.add("unlabelled images", 3)
    assert dict(losses.counts) == {"unlabelled images": 4}


def test_leave_does_nothing(tmp_path: Path) -> None:
    leave(ImageRecord("a", "/nowhere/a", 1, 1), tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_the_shared_check_counts_the_same() -> None:
    record = ImageRecord("a", "/nowhere/a", 9, 9)
    plain = GroundTruth(*FULL.fields()[:2], np.zeros(3, bool), np.ones(3))  # type: ignore[arg-type]
    found = differences(Sample(record, FULL), Sample(record, plain))
    assert +found == {PARTS[name]: count for name, count in COUNTS.items()}
