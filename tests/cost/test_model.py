"""Seconds of labelling, and where the defaults come from."""

from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.cost import DEFAULTS, SOURCES, LabellingCost
from labelnext.errors import ArgumentError
from tests.reference import cost as reference

counts = st.integers(0, 400).map(lambda k: k / 8)
prices = st.tuples(counts, counts, counts, counts)


@given(price=prices, amounts=st.lists(prices, max_size=5))
def test_equals_the_reference(price, amounts):
    columns = np.array(amounts, np.float64).reshape(len(amounts), 4).T
    got = LabellingCost(*price).seconds(*columns)
    assert got.shape == (len(amounts),)
    assert got.tolist() == pytest.approx([reference.seconds(price, *row) for row in amounts])


def test_an_urban_frame_takes_the_paper_s_35_seconds():
    """PAPER §8; three pedestrians."""
    assert LabellingCost().seconds(1, 3) == 35


def test_numbers_and_arrays_go_together():
    cost = LabellingCost()
    got = cost.seconds(1, np.array([0, 2, 5]), kept=np.array([1.5, 0, 0]), deleted=2)
    assert got.tolist() == [5 + 6 + 4, 5 + 20 + 4, 5 + 50 + 4]
    assert f"{cost.seconds(1, 0.25):.2f}" == "7.50"
    assert cost.seconds(np.zeros((2, 0)), 1).shape == (2, 0)


@given(price=prices, first=prices, second=prices)
def test_adds_up(price, first, second):
    cost = LabellingCost(*price)
    both = [a + b for a, b in zip(first, second, strict=True)]
    assert cost.seconds(*both) == pytest.approx(cost.seconds(*first) + cost.seconds(*second))


def test_is_frozen():
    with pytest.raises(FrozenInstanceError):
        LabellingCost().per_image = 3


@pytest.mark.parametrize("field", [field.name for field in fields(LabellingCost)])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_bad_prices(field, value):
    with pytest.raises(ArgumentError, match=rf"'{field}'.*finite number of 0 or more"):
        LabellingCost(**{field: value})


def test_a_price_must_be_a_number(unchecked):
    with pytest.raises(ArgumentError, match="per_image"):
        LabellingCost(True)
    with pytest.raises(ArgumentError, match="per_image"):
        LabellingCost("5")


@pytest.mark.parametrize(
    ("given_counts", "says"),
    [
        ((1, -1), "'new'.*got -1"),
        ((1, np.array([1.0, np.nan])), "'new'.*nan at index 1"),
        ((np.array([np.inf]), 1), "'images'"),
        ((1, 1, np.array([-2])), "'kept'"),
        ((1, 1, 1, float("nan")), "'deleted'"),
        ((np.ones(2), np.ones(3)), r"shape that fits.*\(2,\), \(3,\)"),
    ],
)
def test_bad_counts(given_counts, says):
    with pytest.raises(ArgumentError, match=f"(?i){says}"):
        LabellingCost().seconds(*given_counts)


def test_every_default_has_its_reason_and_every_source_its_check():
    assert [default.name for default in DEFAULTS] == [field.name for field in fields(LabellingCost)]
    assert all(default.why for default in DEFAULTS)
    assert len(SOURCES) == 11
    assert len({(source.seconds, source.of) for source in SOURCES}) == len(SOURCES)
    assert all(source.seconds and source.of and source.source for source in SOURCES)
    assert {source.checked for source in SOURCES} == {
        "text", "second-hand", "text and second-hand",
    }  # fmt: skip
