"""A budget in images, boxes, hours or money, and how many picks it pays for (STRATEGIES §11)."""

import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.cost.checks import Column, check_column, check_number, check_picks, check_whole
from labelnext.errors import ArgumentError

Unit = Literal["images", "boxes", "hours", "money"]
_Costs = Float64[np.ndarray, "n"]
_Picks = Int64[np.ndarray, "k"]

_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_MONEY_FIRST = re.compile(rf"([€$£¥]|[A-Z]{{3}})\s*({_NUMBER})")
_NUMBER_FIRST = re.compile(rf"({_NUMBER})\s*([€$£¥]|[A-Za-z]*)")
_CODE = re.compile("[A-Z]{3}")
_WORDS: dict[str, tuple[Unit, float]] = {
    **dict.fromkeys(("", "image", "images", "frame", "frames"), ("images", 1.0)),
    **dict.fromkeys(("box", "boxes"), ("boxes", 1.0)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), ("hours", 1.0)),
    **dict.fromkeys(("min", "minute", "minutes"), ("hours", 1 / 60)),
}
_ROUNDING = 1e-9  # of the budget: a sum that only rounding carries over it still fits


@dataclass(frozen=True, slots=True)
class Budget:
    """So much of one unit.

    Attributes:
        amount: 0 or more; whole for images and boxes.
        unit: `images`, `boxes`, `hours` of labelling, or `money` paid for it.
        currency: Code of three letters, with money only; empty where it goes without saying.

    Raises:
        ArgumentError: An amount that is negative, not finite, or not whole where it must be; an
            unknown unit; a currency without money.
    """

    amount: float
    unit: Unit
    currency: str = ""

    def __post_init__(self) -> None:
        check_number(self.amount, "Budget", "amount")
        if self.unit not in get_args(Unit):
            known = ", ".join(get_args(Unit))
            raise ArgumentError("Budget", "unit", expected=f"one of {known}", got=repr(self.unit))
        if self.unit in ("images", "boxes") and self.amount != int(self.amount):
            expected = f"a whole number of {self.unit}"
            raise ArgumentError("Budget", "amount", expected=expected, got=self.amount)
        _check_currency(self.currency, "Budget")
        if self.currency and self.unit != "money":
            raise ArgumentError("Budget", "currency", expected="empty", got=repr(self.currency))

    def __str__(self) -> str:
        """As `parse` reads it."""
        amount = np.format_float_positional(self.amount, trim="-")
        return f"{amount} {self.currency or self.unit}"


@dataclass(frozen=True, slots=True)
class LabourRate:
    """What an hour of labelling costs, all in.

    Attributes:
        per_hour: Money, above 0: wage, overheads, and checking where that is paid for.
        currency: Code of three letters; empty where it goes without saying.
    """

    per_hour: float
    currency: str = ""

    def __post_init__(self) -> None:
        check_number(self.per_hour, "LabourRate", "per_hour", open_end=True)
        _check_currency(self.currency, "LabourRate")


def parse(text: str) -> Budget:
    """A budget as people write it: `500`, `2000 boxes`, `40h`, `90 min`, `300 EUR`, `€1,200.50`.

    A number alone means images. A comma parts thousands. Currencies are € $ £ ¥, a code of three
    capitals, or the word `money` for one that goes without saying.

    Raises:
        ArgumentError: Anything else.
    """
    number, word = _parts(text, "parse", "a budget such as 500, 2000 boxes, 40h or 300 EUR")
    if word.lower() in _WORDS:
        unit, factor = _WORDS[word.lower()]
        return Budget(number * factor, unit)
    return Budget(number, "money", _currency(word, "parse", text))


def parse_rate(text: str) -> LabourRate:
    """A labour rate as people write it: `25 EUR/h`, `€25`, `25 USD per hour`, or `25` alone.

    Raises:
        ArgumentError: Anything else.
    """
    plain = re.sub(r"\s*(/|per)\s*(h|hour)$", "", text.strip())
    number, word = _parts(plain, "parse_rate", "money an hour such as 25 EUR/h or €25")
    return LabourRate(number, _currency(word, "parse_rate", text) if word else "")


def _parts(text: str, function: str, expected: str) -> tuple[float, str]:
    """Number and word, whichever comes first."""
    found = _NUMBER_FIRST.fullmatch(text.strip())
    if found:
        return float(found[1].replace(",", "")), found[2]
    found = _MONEY_FIRST.fullmatch(text.strip())
    if found and found[1].lower() not in _WORDS:
        return float(found[2].replace(",", "")), found[1]
    remedy = "Write decimals with a point: 1.5 h."
    raise ArgumentError(function, "text", expected=expected, got=repr(text), remedy=remedy)


def _currency(word: str, function: str, text: str) -> str:
    if word == "money":
        return ""
    code = _SIGNS.get(word, word)
    if not _CODE.fullmatch(code):
        raise ArgumentError(
            function,
            "text",
            expected="in a known unit",
            got=repr(text),
            remedy="Units are images, boxes, hours, min, and currencies as 300 EUR or €300.",
        )
    return code


def _check_currency(currency: str, function: str) -> None:
    if currency and not _CODE.fullmatch(currency):
        expected = "a code of three capitals, or empty"
        raise ArgumentError(function, "currency", expected=expected, got=repr(currency))


def image_costs(
    budget: Budget,
    n: int,
    *,
    boxes: Column | None = None,
    seconds: Column | None = None,
    rate: LabourRate | None = None,
) -> _Costs:
    """What each image of the pool takes out of the budget, in the budget's own unit.

    Args:
        budget: Only its unit and currency matter.
        n: Images in the pool.
        boxes: Expected boxes an image; needed for boxes.
        seconds: Expected seconds of labelling an image; needed for hours and money.
        rate: Needed for money; in the budget's currency.

    Raises:
        ArgumentError: What the unit needs is missing or does not fit the pool, or another currency.
    """
    function = "image_costs"
    n = check_whole(n, function, "n")
    if budget.unit == "images":
        return np.ones(n)
    argument, values = ("boxes", boxes) if budget.unit == "boxes" else ("seconds", seconds)
    if values is None:
        expected = f"given for a budget in {budget.unit}"
        raise ArgumentError(function, argument, expected=expected, got=None)
    amounts = check_column(values, function, argument, n)
    if budget.unit == "boxes":
        return amounts
    if budget.unit == "hours":
        return amounts / 3600
    if rate is None:
        raise ArgumentError(
            function, "rate", expected="given for a budget in money", got=None,
            remedy="Pass LabourRate(per_hour).",
        )  # fmt: skip
    if budget.currency and rate.currency and budget.currency != rate.currency:
        expected = f"in {budget.currency}, as the budget is"
        raise ArgumentError(function, "rate", expected=expected, got=rate.currency)
    return amounts / 3600 * rate.per_hour


def prefix(order: _Picks, costs: Column, budget: Budget) -> Int64[np.ndarray, "fitting"]:
    """The longest prefix of picks that the budget pays for; possibly none.

    Args:
        order: Images of the pool in the order chosen, each at most once.
        costs: What each image of the pool takes out, in the budget's unit (`image_costs`).
        budget: What may be spent.

    Raises:
        ArgumentError: Costs that are negative or not finite, or picks that are not distinct images
            of the pool.
    """
    amounts = check_column(costs, "prefix", "costs")
    spent = np.cumsum(amounts[check_picks(order, len(amounts), "prefix", "order")])
    return order[: np.searchsorted(spent, limit(budget), side="right")]


def limit(budget: Budget) -> float:
    """The amount, and what rounding may add to a sum that fits it."""
    return math.nextafter(budget.amount * (1 + _ROUNDING), math.inf)
