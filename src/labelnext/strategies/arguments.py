"""Flat arguments of strategies: the preset's values, the given ones over them, none unknown."""

import math
from collections.abc import Mapping
from typing import Any

from labelnext import presets
from labelnext.errors import ArgumentError
from labelnext.evidence import Needs

AGGREGATION = ("resolution", "aggregate", "region", "tiling")
RULES = (
    "temporal", "within_cycle", "across_cycles", "window", "unit", "across_videos", "similar",
    "similar_threshold",
)  # fmt: skip
SELECTION = (
    "smooth", "smooth_radius", "smooth_sigma", "smooth_ends", "off_by_one", "cost_exponent",
    *RULES,
)  # fmt: skip

UNPRICED = tuple(name for name in SELECTION if name != "cost_exponent")  # scores below 0


def resolve(
    strategy: str,
    preset: str,
    given: Mapping[str, object],
    names: tuple[str, ...],
    **own: object,
) -> dict[str, object]:
    """Values for `names`, from the preset unless given, and for the strategy's `own` arguments.

    Raises:
        ArgumentError: An argument that the strategy does not take, or an unknown preset.
    """
    names = (*own, *names)
    for name in given:
        if name not in names:
            raise ArgumentError(
                f"the strategy {strategy}", name,
                expected=f"one of its arguments ({', '.join(sorted(names)) or 'it takes none'})",
                got=f"{name}={given[name]!r}",
            )  # fmt: skip
    defaults = {**_defaults(preset), **own}
    return {name: given.get(name, defaults.get(name)) for name in names}


def number(
    arguments: Mapping[str, object], name: str, low: float = -math.inf, high: float = math.inf
) -> float:
    """An argument that must be a finite number from `low` to `high`.

    Raises:
        ArgumentError: It is none.
    """
    value = arguments[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ArgumentError("a strategy", name, expected="a number", got=repr(value))
    if not (math.isfinite(value) and low <= value <= high):
        expected = "a finite number" if low == -math.inf else f"{low:g} or more"
        if math.isfinite(high):
            expected = f"from {low:g} to {high:g}"
        raise ArgumentError("a strategy", name, expected=expected, got=value)
    return float(value)


def whole(arguments: Mapping[str, object], name: str, least: int) -> int:
    """An argument that must be a whole number of at least `least`.

    Raises:
        ArgumentError: It is none.
    """
    value = arguments[name]
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ArgumentError(
            "a strategy", name, expected=f"a whole number of {least} or more", got=repr(value)
        )
    return value


def flag(arguments: Mapping[str, object], name: str) -> bool:
    """An argument that must be true or false.

    Raises:
        ArgumentError: It is neither.
    """
    if not isinstance(arguments[name], bool):
        raise ArgumentError("a strategy", name, expected="true or false", got=repr(arguments[name]))
    return bool(arguments[name])


def choice(arguments: Mapping[str, object], name: str, known: tuple[str, ...]) -> str:
    """An argument that must be one of a few words.

    Raises:
        ArgumentError: It is another.
    """
    if arguments[name] not in known:
        raise ArgumentError(
            "a strategy", name, expected=f"one of {', '.join(known)}", got=repr(arguments[name])
        )
    return str(arguments[name])


def needs(arguments: Mapping[str, object], *, forward: bool = False, **further: Any) -> Needs:
    """What a strategy needs on account of its rules and cost, and what it needs besides."""
    similar = arguments.get("similar", "none")
    return Needs(
        forward=forward or similar == "embedding",
        pixels=similar == "hash",
        seconds=bool(arguments.get("cost_exponent")),
        **further,
    )


def _defaults(preset: str) -> dict[str, object]:
    known = presets.get(preset)
    smooth, temporal = known.smooth, known.temporal
    return {
        **known.score,
        "samples": known.stochastic["samples"],
        "resolution": "image",
        "aggregate": "region-max-mean",
        **known.aggregate,
        "smooth": True,
        "smooth_radius": smooth["radius"],
        "smooth_sigma": smooth["sigma"],
        "smooth_ends": smooth["ends"],
        "temporal": True,
        "unit": "pool_frames",
        **temporal,
        "similar": "none",
        "similar_threshold": None,
        "cost_exponent": 0.0,
        "off_by_one": known.off_by_one,
        "box_aggregate": "max",
        "activation": "sigmoid",
        "min_score": 0.0,
    }
