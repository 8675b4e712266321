"""Budgets as people write them, and the picks they pay for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.cost import Budget, LabourRate, image_costs, parse, parse_rate, prefix
from labelnext.errors import ArgumentError
from tests.reference import cost as reference

eighths = st.integers(0, 80).map(lambda k: k / 8)


@pytest.mark.parametrize(
    ("text", "amount", "unit", "currency"),
    [
        ("500", 500, "images", ""),
        (" 1,500 images ", 1500, "images", ""),
        ("1 frame", 1, "images", ""),
        ("2000 boxes", 2000, "boxes", ""),
        ("1 Box", 1, "boxes", ""),
        ("40h", 40, "hours", ""),
        ("1.5 hours", 1.5, "hours", ""),
        ("90 min", 1.5, "hours", ""),
        ("300 EUR", 300, "money", "EUR"),
        ("CHF 300", 300, "money", "CHF"),
        ("€300", 300, "money", "EUR"),
        ("300 €", 300, "money", "EUR"),
        ("$1,200.50", 1200.5, "money", "USD"),
        ("£ 20", 20, "money", "GBP"),
        ("300 money", 300, "money", ""),
        ("0", 0, "images", ""),
    ],
)
def test_what_people_write(text, amount, unit, currency):
    assert parse(text) == Budget(amount, unit, currency)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "500, 2000 boxes, 40h or 300 EUR"),
        ("many", "500, 2000 boxes"),
        ("-5", "500, 2000 boxes"),
        ("1,5 h", "decimals with a point"),
        ("12,34 EUR", "decimals with a point"),
        ("1e3", "500, 2000 boxes"),
        ("5 h 30 min", "500, 2000 boxes"),
        ("BOX 300", "500, 2000 boxes"),
        ("40 days", "Units are images, boxes, hours"),
        ("300 eur", "300 EUR"),
        ("300 EURO", "300 EUR"),
        ("2.5 images", "whole number of images"),
        ("9" * 400, "finite"),
    ],
)
def test_what_cannot_be_read(text, says):
    with pytest.raises(ArgumentError, match=says):
        parse(text)


budgets = st.one_of(
    st.builds(Budget, st.integers(0, 10**12), st.sampled_from(["images", "boxes"])),
    st.builds(Budget, st.floats(0, 1e15), st.just("hours")),
    st.builds(Budget, st.floats(0, 1e15), st.just("money"), st.sampled_from(["", "EUR", "JPY"])),
)


@given(budgets)
def test_what_is_shown_can_be_read_again(budget):
    assert parse(str(budget)) == budget


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((-1, "images"), "'amount'"),
        ((float("nan"), "hours"), "'amount'"),
        ((0.5, "boxes"), "whole number of boxes"),
        ((1, "hours", "EUR"), "'currency'.*empty"),
        ((1, "money", "eur"), "'currency'.*three capitals"),
    ],
)
def test_bad_budgets(arguments, says):
    with pytest.raises(ArgumentError, match=says):
        Budget(*arguments)


def test_an_unknown_unit(unchecked):
    with pytest.raises(ArgumentError, match="one of images, boxes, hours, money"):
        Budget(1, "days")


@pytest.mark.parametrize("text", ["25 EUR/h", "€25", "25 EUR per hour", "EUR 25 / hour"])
def test_labour_rates(text):
    assert parse_rate(text) == LabourRate(25, "EUR")


def test_more_labour_rates():
    assert parse_rate("12.5") == LabourRate(12.5)
    for text in ("0", "EUR", "25 EUR/day", "25 eur"):
        with pytest.raises(ArgumentError):
            parse_rate(text)
    with pytest.raises(ArgumentError, match=r"'per_hour'.*above 0"):
        LabourRate(0)
    with pytest.raises(ArgumentError, match="'currency'"):
        LabourRate(1, "€")


def test_image_costs_are_in_the_budget_s_unit():
    boxes, seconds = np.array([0.5, 2, 0]), np.array([10.0, 36, 5])
    both = {"boxes": boxes, "seconds": seconds}
    assert image_costs(Budget(5, "images"), 3).tolist() == [1, 1, 1]
    assert image_costs(Budget(5, "boxes"), 3, **both).tolist() == [0.5, 2, 0]
    assert image_costs(Budget(5, "hours"), 3, **both)[1] == pytest.approx(0.01)
    money = image_costs(Budget(5, "money", "EUR"), 3, **both, rate=LabourRate(20, "EUR"))
    assert money[1] == pytest.approx(0.2)
    assert image_costs(Budget(5, "images"), 0).shape == (0,)


@pytest.mark.parametrize(
    ("budget", "options", "says"),
    [
        (Budget(5, "boxes"), {}, "'boxes'.*budget in boxes"),
        (Budget(5, "hours"), {"boxes": np.ones(3)}, "'seconds'.*budget in hours"),
        (Budget(5, "money"), {"seconds": np.ones(3)}, "'rate'.*LabourRate"),
        (Budget(5, "hours"), {"seconds": np.ones(2)}, "'seconds'.*each of 3"),
        (Budget(5, "hours"), {"seconds": np.array([1, np.nan, 1])}, "nan at index 1"),
        (
            Budget(5, "money", "EUR"),
            {"seconds": np.ones(3), "rate": LabourRate(5, "USD")},
            "'rate'.*in EUR.*USD",
        ),
    ],
)
def test_bad_image_costs(budget, options, says):
    with pytest.raises(ArgumentError, match=says):
        image_costs(budget, 3, **options)


@st.composite
def pools(draw):
    costs = draw(st.lists(eighths, max_size=12))
    return draw(st.permutations(range(len(costs)))), costs, draw(eighths)


@given(pools())
def test_prefix_equals_the_reference(drawn):
    order, costs, amount = drawn
    got = prefix(np.array(order, np.int64), costs, Budget(amount, "hours"))
    assert got.tolist() == reference.prefix(order, costs, amount)


def test_prefix_stops_at_the_first_pick_that_does_not_fit():
    order = np.array([2, 0, 1])
    costs = np.array([5.0, 1.0, 2.0])
    assert prefix(order, costs, Budget(6, "boxes")).tolist() == [2]
    assert prefix(order, costs, Budget(1, "boxes")).tolist() == []
    assert prefix(order, costs, Budget(8, "boxes")).tolist() == [2, 0, 1]


def test_rounding_does_not_cost_a_pick():
    order = np.arange(10)
    assert len(prefix(order, np.full(10, 0.1), Budget(1, "hours"))) == 10
    assert len(prefix(order, np.full(10, 0.1), Budget(0.7, "hours"))) == 7
    assert len(prefix(np.arange(20), np.full(20, 0.1), Budget(1.8, "hours"))) == 18
    assert len(prefix(order, np.zeros(10), Budget(0, "hours"))) == 10


@pytest.mark.parametrize(
    ("order", "costs", "says"),
    [
        ([0, 3], [1.0, 1, 1], "'order'.*0 to 2"),
        ([-1], [1.0, 1, 1], "'order'"),
        ([1, 1], [1.0, 1, 1], "'order'.*distinct"),
        ([0], [1.0, -1], "'costs'"),
        ([0], [1.0, np.nan], "'costs'"),
    ],
)
def test_bad_prefixes(order, costs, says):
    with pytest.raises(ArgumentError, match=says):
        prefix(np.array(order, np.int64), costs, Budget(5, "boxes"))


def test_picks_are_integers(unchecked):
    with pytest.raises(ArgumentError, match=r"'order'.*float64"):
        prefix(np.array([0.0]), [1.0], Budget(5, "boxes"))
