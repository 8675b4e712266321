"""Values of the wrong type are refused by name; what is shown of them is short."""

import math
from pathlib import Path

import pytest

from labelnext.errors import DataError
from labelnext.json_fields import Fields, as_number, show


@pytest.mark.parametrize("value", [True, None, "1", [1], math.nan, math.inf, 10**400])
def test_no_numbers(value: object) -> None:
    assert as_number(value) is None


@pytest.mark.parametrize("value", [0, -3, 2.5, 2**300])
def test_numbers(value: float) -> None:
    assert as_number(value) == value


def test_show_is_short_and_plain() -> None:
    assert show("é\n\ud800") == "'\\xe9\\n\\ud800'"
    assert len(show("x" * 10_000)) < 100


def test_errors_name_file_record_and_value() -> None:
    record = Fields(Path("f.json"), "image #3", {"id": 2.0})
    with pytest.raises(DataError) as caught:
        record.integer("id")
    assert str(caught.value) == (
        "f.json, image #3: 'id' must be an integer. Got 2.0 instead. Mend or remove that record."
    )
    assert caught.value.record == "image #3"


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 1e3, "5", False])
def test_integers_are_of_64_bits(value: object) -> None:
    with pytest.raises(DataError, match="an integer"):
        Fields(Path("f.json"), "x", {"id": value}).integer("id")
