"""Every format that is written is read back; from one format through another and back again."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from labelnext import plugins
from labelnext.types import Sample
from tests.data.formats.shared.data_sets import data_sets, place_images
from tests.data.formats.shared.round_trip import PAIRS, check


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
