"""Colours, line styles and markers: told apart without colour vision, on white and on black.

Six hues (after Okabe & Ito 2008 and Tol 2021, shifted until each has a contrast of at least 3:1
with its background) times line styles; every arm of twelve has a marker of its own. Random arms are
grey.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from labelnext.audit.judge.facts import BASELINES, normal

LIGHT = ("#0072b2", "#c84e00", "#007a5a", "#aa4499", "#8a6d00", "#4b3fbf")
DARK = ("#5ab4f0", "#ff8f4d", "#2fcf9e", "#ee92d2", "#e3bf2b", "#aaa4ff")
GREY = ("#5f6b76", "#a3aeb9")  # light, dark
DASHES = ("solid", (0, (5, 2)), (0, (1, 1.6)), (0, (6, 2, 1.2, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")

Dash = str | tuple[float, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours a chart is drawn in; `hues` are for arms, the last of them for random ones."""

    ink: str
    muted: str
    grid: str
    paper: str
    hues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """How an arm is drawn; `hue` is an index into a theme's hues."""

    hue: int
    dash: Dash
    marker: str


PRINT = Theme("#1b1f24", "#57606a", "#e3e6ea", "#ffffff", (*LIGHT, GREY[0]))
# Colours that stand for the page's variables until `to_variables` puts those in their place.
_STANDINS = {
    "#0a0001": "var(--ink)",
    "#0a0002": "var(--muted)",
    "#0a0003": "var(--grid)",
    "#0a0004": "var(--paper)",
    **{f"#0a001{i}": f"var(--hue-{i})" for i in range(len(LIGHT) + 1)},
}
_INK, _MUTED, _GRID, _PAPER, *_HUES = _STANDINS
PAGE = Theme(_INK, _MUTED, _GRID, _PAPER, tuple(_HUES))


def looks(arms: Sequence[str]) -> dict[str, Look]:
    """A look for each arm, the same whatever the order of the arms."""
    chosen: dict[str, Look] = {}
    plain = 0
    for i, arm in enumerate(sorted(arms)):
        marker = MARKERS[i % len(MARKERS)]
        if normal(arm) in BASELINES:
            dash: Dash = DASHES[1 + BASELINES.index(normal(arm))]
            chosen[arm] = Look(len(LIGHT), dash, marker)
        else:
            dash = DASHES[plain // len(LIGHT) % len(DASHES)]
            chosen[arm] = Look(plain % len(LIGHT), dash, marker)
            plain += 1
    return chosen


def to_variables(svg: str) -> str:
    """Put the page's colour variables in place of `PAGE`'s stand-ins."""
    for standin, variable in _STANDINS.items():
        svg = svg.replace(f": {standin}", f": {variable}")
    return svg


def stylesheet() -> str:
    """The hues as CSS variables, for light pages and for dark ones."""
    light = ";".join(f"--hue-{i}:{c}" for i, c in enumerate((*LIGHT, GREY[0])))
    dark = ";".join(f"--hue-{i}:{c}" for i, c in enumerate((*DARK, GREY[1])))
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
