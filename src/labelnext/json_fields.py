"""Typed access to the fields of one record of a JSON file; every error names file and record."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

from labelnext.errors import DataError

_SHOWN = 80
_NUMBERS = {int, float}
_FARTHEST = 1e9


def load_json(path: Path) -> object:
    """Parse a JSON file (UTF-8, with or without a byte order mark).

    Raises:
        DataError: The file is absent, unreadable, not UTF-8 or not JSON; names line and column.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            path, f"cannot be read: {error.strerror}.", remedy="Check the path."
        ) from None
    return parse_json(path, data)


def parse_json(source: Path, data: bytes, *, again: str = "export it again") -> object:
    """Parse the bytes of a JSON file (UTF-8, with or without a byte order mark).

    Args:
        source: The file, for the error.
        data: Its bytes.
        again: What to do about a damaged file.

    Raises:
        DataError: Not UTF-8 or not JSON; names line and column.
    """
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(
            source, f"is not UTF-8 text (byte {error.start}).", remedy="Save it as UTF-8 JSON."
        ) from None
    except json.JSONDecodeError as error:
        raise DataError(
            source,
            f"is not JSON: {error.msg}.",
            record=f"line {error.lineno}, column {error.colno}",
            remedy=f"It may be cut off or damaged: {again}.",
        ) from None
    except (ValueError, RecursionError) as error:
        raise DataError(
            source, f"is not usable JSON: {error}.", remedy=f"{again[0].upper()}{again[1:]}."
        ) from None


def show(value: object) -> str:
    """A value as an error shows it: short, and safe to print."""
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class Fields:
    """One JSON object, read field by field.

    Args:
        source: The file it is from.
        record: What an error calls it, such as `annotation 50`.
        values: The object as parsed.
    """

    __slots__ = ("record", "source", "values")

    def __init__(self, source: Path, record: str, values: object) -> None:
        if not isinstance(values, dict):
            raise DataError(
                source,
                f"must be a JSON object. Got {show(values)} instead.",
                record=record,
                remedy="Mend or remove that entry.",
            )
        self.source, self.record, self.values = source, record, values

    def named(self, kind: str, name: object) -> "Fields":
        """The same object under a better name, such as its id."""
        self.record = f"{kind} {name}"
        return self

    def error(self, problem: str, remedy: str) -> DataError:
        """A DataError about this record."""
        return DataError(self.source, problem, record=self.record, remedy=remedy)

    def has(self, field: str) -> bool:
        """Whether the field is there and not null."""
        return self.values.get(field) is not None

    def required(self, field: str, what: str) -> object:
        """The field's value, whatever its type."""
        if field not in self.values:
            raise self.error(f"lacks {field!r}.", f"Add {field!r}: {what}.")
        return self.values[field]

    def integer(self, field: str, *, least: int | None = None) -> int:
        """A whole number within 64 bits; true and 1.0 are refused."""
        what = "an integer" if least is None else f"an integer of at least {least}"
        value = self.required(field, what)
        if type(value) is not int or not -(2**63) <= value < 2**63:
            raise self._wrong(field, what, value)
        if least is not None and value < least:
            raise self._wrong(field, what, value)
        return value

    def number(self, field: str, *, low: float = -math.inf, high: float = math.inf) -> float:
        """A finite number in [low, high]."""
        bounded = "" if low == -math.inf and high == math.inf else f" from {low:g} to {high:g}"
        what = f"a finite number{bounded}"
        value = as_number(self.required(field, what))
        if value is None or not low <= value <= high:
            raise self._wrong(field, what, self.values[field])
        return value

    def flag(self, field: str) -> bool:
        """0, 1, false or true; absent or null is false."""
        value = self.values.get(field)
        if value is None:
            return False
        if type(value) is bool or (type(value) in (int, float) and value in (0, 1)):
            return bool(value)
        raise self._wrong(field, "0 or 1", value)

    def text(self, field: str) -> str:
        """A string that is not empty and can be stored: no NUL, no half of a surrogate pair."""
        what = "a string that is not empty"
        value = self.required(field, what)
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise self._wrong(field, what, value)
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self._wrong(field, "valid Unicode text", value) from None
        return value

    def xywh(self, field: str) -> tuple[float, float, float, float]:
        """[x, y, width, height], four finite numbers of at most 1e9."""
        what = "[x, y, width, height], four finite numbers in pixels"
        value = self.required(field, what)
        # NaN is within no bounds, and integers of any size can be compared.
        if (
            not isinstance(value, list)
            or len(value) != 4
            or not _NUMBERS.issuperset(map(type, value))
            or not all(-_FARTHEST <= part <= _FARTHEST for part in value)
        ):
            raise self._wrong(field, what, value)
        x, y, w, h = map(float, value)
        return x, y, w, h

    def _wrong(self, field: str, expected: str, got: object) -> DataError:
        return self.error(
            f"{field!r} must be {expected}. Got {show(got)} instead.", "Mend or remove that record."
        )


def as_number(value: object) -> float | None:
    """A finite float, or None for anything else (booleans, NaN, infinities, huge integers)."""
    if type(value) not in (int, float):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def entries(source: Path, top: Mapping[str, object], field: str, *, needed: bool) -> list[object]:
    """A list at the top of a JSON file; absent is empty unless `needed`."""
    value = top.get(field)
    if value is None and not needed:
        return []
    if not isinstance(value, list):
        got = "nothing" if field not in top else show(value)
        raise DataError(
            source,
            f"must hold a list {field!r}. Got {got} instead.",
            remedy="A COCO file has the lists 'images', 'annotations' and 'categories'.",
        )
    return value
