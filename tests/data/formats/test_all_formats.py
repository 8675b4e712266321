"""Every format that is written is read back; from one format through another and back again."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from labelnext import plugins
from labelnext.data.formats.common.written import Written
from labelnext.types import GroundTruth, ImageRecord, Sample
from tests.data.formats.shared.data_sets import data_sets, place_images
from tests.data.formats.shared.round_trip import (
    PAIRS,
    check,
    check_said,
    differences,
    same_boxes,
)


def test_every_writer_is_checked_here() -> None:
    assert sorted(PAIRS) == plugins.names("writers")


# The run-time checks of shapes draw random numbers while a data set is made.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@pytest.mark.parametrize("name", PAIRS)
@given(data_set=data_sets())
@settings(max_examples=60)
def test_what_is_written_is_read_back(
    name: str, data_set: tuple[list[Sample], tuple[str, ...]]
) -> None:
    samples, classes = data_set
    with tempfile.TemporaryDirectory() as folder:
        samples = place_images(samples, Path(folder) / "source")
        check(PAIRS[name], Path(folder), samples, classes)


@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@pytest.mark.parametrize(
    ("first", "second"), [(a, b) for a in PAIRS for b in PAIRS if a != b], ids=lambda name: name
)
@given(data_set=data_sets())
@settings(max_examples=4)
def test_through_another_format_and_back(
    first: str, second: str, data_set: tuple[list[Sample], tuple[str, ...]]
) -> None:
    samples, classes = data_set
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = place_images(samples, folder / "source")
        for step, form in enumerate((first, second, first)):
            samples = sized(check(PAIRS[form], folder / str(step), samples, classes), samples)


def sized(read: list[Sample], before: list[Sample]) -> list[Sample]:
    """What was read, with the sizes that indexing fills in where a reader leaves them to it."""
    return [
        replace(
            sample, record=replace(sample.record, width=old.record.width, height=old.record.height)
        )
        for sample, old in zip(read, before, strict=True)
    ]


def test_the_check_sees_what_is_lost_and_what_is_changed(tmp_path: Path) -> None:
    truth = GroundTruth.from_boxes([[0, 0, 9, 9]], tracks=[4], occlusion=[2])
    record = ImageRecord("a", str(tmp_path / "a.png"), 9, 9, "clip", 3)
    before = Sample(record, truth)
    same = differences(before, before)
    assert not +same
    less = replace(truth, tracks=None)
    after = Sample(replace(record, video=None, frame=None), less)
    assert +differences(before, after) == {"track numbers": 1, "video": 1}
    with pytest.raises(AssertionError, match="degrees of occlusion that nobody gave"):
        differences(Sample(record, replace(truth, occlusion=None)), before)
    for lost in ({}, {"track numbers": 2}, {"track numbers": 1, "truncations": 1}):
        with pytest.raises(AssertionError, match="said"):
            check_said(Written(1, 1, lost).lost, differences(before, Sample(record, less)))
    check_said({"track numbers": 1}, differences(before, Sample(record, less)))
    with pytest.raises(AssertionError, match=r"moved by 0\.5 px"):
        same_boxes((0.1, 0), before, replace(truth, xyxy=truth.xyxy - 0.5))
