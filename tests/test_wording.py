import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import wording as text

NAN = math.nan


@given(st.text(alphabet=st.characters(), max_size=80), st.integers(4, 20))
def test_plain_text_is_one_line_that_utf8_takes_and_keeps_to_its_limit(
    words: str, limit: int
) -> None:
    shown = text.plain(words, limit=limit)
    assert len(shown) <= limit
    assert len(shown.splitlines()) <= 1
    assert shown.encode().decode() == shown


def test_control_characters_bidi_marks_and_lone_surrogates_are_replaced() -> None:
    assert text.plain("a\x00\x1b\u202eb\udc80\nc") == "a\ufffd\ufffd\ufffdb\ufffd c"


def test_long_names_lose_their_middle() -> None:
    assert text.plain("abcdefghij", limit=7) == "abcd…ij"


@pytest.mark.parametrize(
    ("value", "shown"), [(0.4567, "0.457"), (NAN, "–"), (math.inf, "–"), (1, "1.000")]
)
def test_number(value: float, shown: str) -> None:
    assert text.number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0001234567, "0.0001235"), (1234.56, "1235"), (NAN, "–")]
)
def test_significant(value: float, shown: str) -> None:
    assert text.significant(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.02, "+0.020"), (-0.5, "−0.500"), (-0.0001, "0.000"), (NAN, "–")]
)
def test_signed_has_no_sign_on_zero(value: float, shown: str) -> None:
    assert text.signed(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(12345, "12,345"), (2.5, "2.5"), (NAN, "–")])
def test_count(value: float, shown: str) -> None:
    assert text.count(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.44, "0.4 s"),
        (59.97, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.6, "1 h 00 min"),
        (7800, "2 h 10 min"),
        (NAN, "–"),
    ],
)
def test_duration(value: float, shown: str) -> None:
    assert text.duration(value) == shown


def test_listing() -> None:
    assert [text.listing(w) for w in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
