"""Numbers and names as words: one line that any encoding, XML and font can take."""

import math
import unicodedata
from collections.abc import Iterable

_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}  # control, bidi marks, lone surrogates
_JOINERS = {"\u200c", "\u200d"}  # part of words in some scripts


def plain(value: object, *, limit: int = 0) -> str:
    """A value as one line of text that any encoding, XML and font can take.

    Args:
        value: Anything.
        limit: Characters to keep; a longer text loses its middle. 0 keeps all.
    """
    shown = "".join(_safe(c) for c in str(value))
    if limit and len(shown) > limit:
        head = (limit - 1) * 2 // 3
        shown = f"{shown[:head]}…{shown[len(shown) - (limit - 1 - head) :]}"
    return shown


def number(value: float, digits: int = 3) -> str:
    """A figure to a fixed number of decimals, and a dash where it is undefined."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"


def significant(value: float, digits: int = 4) -> str:
    """A figure of unknown size to so many significant digits, and a dash where it is undefined."""
    return f"{value:.{digits}g}" if math.isfinite(value) else "–"


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign (a true minus), and a dash where it is undefined."""
    if not math.isfinite(value):
        return "–"
    shown = f"{abs(value):.{digits}f}"
    if not float(shown):
        return shown
    return f"{'−' if value < 0 else '+'}{shown}"


def count(value: float) -> str:
    """A count with thousands apart; a mean of counts keeps one decimal where it has any."""
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"


def duration(seconds: float) -> str:
    """Seconds as a person would say them: `0.4 s`, `3 min 05 s`, `2 h 10 min`."""
    if not math.isfinite(seconds):
        return "–"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


def listing(words: Iterable[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *head, tail = list(words) or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def plural(n: int, word: str) -> str:
    """`1 seed`, `3 seeds`."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def _safe(character: str) -> str:
    if character in "\t\n\r":
        return " "
    if unicodedata.category(character) in _UNSAFE and character not in _JOINERS:
        return "\ufffd"
    return character
