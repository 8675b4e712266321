"""Flat arguments of detectors: known names only, and each within its domain."""

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from labelnext.errors import ArgumentError

T = TypeVar("T")


def build(kind: type[T], given: Mapping[str, Any], function: str) -> T:
    """`kind(**given)`, with an error that lists the known names where one is unknown."""
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            raise ArgumentError(
                function,
                name,
                expected=f"one of the known arguments ({', '.join(known)})",
                got=name,
            )
    return kind(**given)


class Checker:
    """Holds the values of a dataclass against what is accepted; raises `ArgumentError`."""

    def __init__(self, function: str, values: object) -> None:
        self.function, self.values = function, values

    def number(self, name: str, low: float, high: float) -> None:
        """A finite number from `low` to `high`."""
        value = getattr(self.values, name)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and math.isfinite(value) and low <= value <= high):
            self._refuse(name, f"a number from {low} to {high}")

    def integer(self, name: str, low: int, high: int | None = None, *, odd: bool = False) -> None:
        """A whole number from `low`, perhaps to `high`, perhaps odd."""
        value = getattr(self.values, name)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if (
            not whole
            or value < low
            or (high is not None and value > high)
            or (odd and not value % 2)
        ):
            kind = "an odd whole number" if odd else "a whole number"
            self._refuse(name, f"{kind} ≥ {low}" + ("" if high is None else f" and ≤ {high}"))

    def text(self, name: str) -> None:
        """Text, or None."""
        value = getattr(self.values, name)
        if value is not None and (not isinstance(value, str) or not value):
            self._refuse(name, "text, or left out")

    def class_names(self, name: str) -> None:
        """A list of names, or None."""
        value = getattr(self.values, name)
        listed = isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
        if value is not None and not (listed and value):
            self._refuse(name, "a list of class names")

    def choice(self, name: str, known: tuple[str, ...]) -> None:
        """One of the known words."""
        if getattr(self.values, name) not in known:
            self._refuse(name, f"one of {', '.join(known)}")

    def _refuse(self, name: str, expected: str) -> None:
        raise ArgumentError(
            self.function, name, expected=expected, got=repr(getattr(self.values, name))
        )
