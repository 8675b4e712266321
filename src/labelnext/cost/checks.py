"""What the room refuses, said once."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float64, Int, Int64

from labelnext.errors import ArgumentError

Numbers = float | Float[np.ndarray, "..."] | Int[np.ndarray, "..."]
Column = Sequence[float] | Float[np.ndarray, "n"] | Int[np.ndarray, "n"]


def check_number(
    value: float, function: str, argument: str, *, least: float = 0, open_end: bool = False
) -> float:
    """A finite number of at least `least`, or above it with `open_end`."""
    number = not isinstance(value, bool) and isinstance(value, int | float | np.number)
    if not number or not math.isfinite(value) or value < least or (open_end and value == least):
        expected = f"a finite number {f'above {least:g}' if open_end else f'of {least:g} or more'}"
        raise ArgumentError(function, argument, expected=expected, got=repr(value))
    return float(value)


def check_whole(
    value: int, function: str, argument: str, *, least: int = 0, most: int | None = None
) -> int:
    """An integer from `least` to `most`."""
    whole = not isinstance(value, bool) and isinstance(value, int | np.integer)
    if not whole or value < least or (most is not None and value > most):
        ends = f"of {least} or more" if most is None else f"from {least} to {most}"
        raise ArgumentError(function, argument, expected=f"an integer {ends}", got=repr(value))
    return int(value)


def check_amounts(values: Numbers, function: str, argument: str) -> Float64[np.ndarray, "..."]:
    """Numbers of any shape as float64, all finite and 0 or more."""
    amounts = np.asarray(values, np.float64)
    bad = np.flatnonzero(~(np.isfinite(amounts) & (amounts >= 0)).reshape(-1))
    if len(bad):
        raise ArgumentError(
            function,
            argument,
            expected="finite and 0 or more",
            got=f"{amounts.reshape(-1)[bad[0]]:g} at index {bad[0]} ({len(bad)} such)",
        )
    return amounts


def check_column(
    values: Column, function: str, argument: str, length: int | None = None
) -> Float64[np.ndarray, "n"]:
    """One number an entry as float64, all finite and 0 or more; `length` of them if given."""
    column = np.asarray(values, np.float64)
    if column.ndim != 1 or (length is not None and len(column) != length):
        count = "one number an entry" if length is None else f"one number for each of {length}"
        raise ArgumentError(function, argument, expected=count, got=f"shape {column.shape}")
    return check_amounts(column, function, argument)


def check_picks(
    picks: Int64[np.ndarray, "k"], n: int, function: str, argument: str
) -> Int64[np.ndarray, "k"]:
    """Distinct images of a pool of `n`, one dimension of integers."""
    whole = picks.ndim == 1 and np.issubdtype(picks.dtype, np.integer)
    if not whole or ((picks < 0) | (picks >= n)).any() or len(np.unique(picks)) != len(picks):
        raise ArgumentError(
            function,
            argument,
            expected=f"distinct images of the pool, 0 to {n - 1}",
            got=f"{picks.dtype} {picks.shape}" if not whole else "others, or one twice",
        )
    return picks


def check_probabilities(
    values: Float[np.ndarray, "n"], function: str, argument: str
) -> Float64[np.ndarray, "n"]:
    """One number from 0 to 1 an entry, as float64."""
    column = np.asarray(values, np.float64)
    if column.ndim != 1 or not ((column >= 0) & (column <= 1)).all():
        raise ArgumentError(
            function,
            argument,
            expected="one number from 0 to 1 a box",
            got=f"shape {column.shape}" if column.ndim != 1 else "NaN or another",
            remedy="Turn logits into probabilities first.",
        )
    return column
