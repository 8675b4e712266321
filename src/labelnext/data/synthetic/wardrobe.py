"""Who walks in the two cities: bodies, clothes and colours, drawn at random."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from labelnext.data.synthetic.canvas import Colour
from labelnext.data.synthetic.figure import Look

SKINS: tuple[Colour, ...] = (
    (241, 205, 180),
    (226, 183, 150),
    (205, 156, 120),
    (172, 120, 86),
    (128, 84, 58),
    (92, 60, 44),
)
HAIRS: tuple[Colour, ...] = (
    (32, 26, 24),
    (58, 40, 28),
    (96, 66, 40),
    (160, 122, 70),
    (205, 180, 130),
    (150, 150, 150),
    (120, 52, 30),
)
BRIGHT: tuple[Colour, ...] = (
    (196, 48, 44),
    (235, 200, 60),
    (52, 104, 178),
    (236, 236, 230),
    (70, 150, 96),
    (224, 122, 52),
    (202, 110, 150),
    (120, 190, 210),
    (150, 60, 110),
    (245, 230, 190),
)
DARK: tuple[Colour, ...] = (
    (40, 42, 48),
    (58, 62, 72),
    (74, 70, 64),
    (46, 58, 80),
    (70, 50, 46),
    (60, 74, 64),
    (92, 92, 94),
    (110, 98, 84),
    (84, 34, 36),
)
TROUSERS: tuple[Colour, ...] = (
    (52, 66, 102),
    (38, 42, 58),
    (94, 112, 146),
    (150, 132, 104),
    (62, 60, 60),
    (34, 34, 36),
    (92, 76, 60),
)
BAGS: tuple[Colour, ...] = (
    (70, 46, 32),
    (30, 30, 34),
    (170, 60, 50),
    (60, 90, 70),
    (216, 208, 190),
)

T = TypeVar("T")


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of the choices."""
    return choices[int(rng.integers(len(choices)))]


def jitter(rng: np.random.Generator, colour: Colour, amount: float = 14) -> Colour:
    """A colour a little off."""
    moved = np.clip(np.array(colour) + rng.normal(0, amount, 3), 0, 255)
    return int(moved[0]), int(moved[1]), int(moved[2])


def dress(rng: np.random.Generator, city: str) -> Look:
    """A person of the sunny city ('south': light clothes) or the other ('north': dark and warm)."""
    south = city == "south"
    child = rng.random() < 0.1
    height = float(np.clip(rng.normal(1.24, 0.12) if child else rng.normal(1.72, 0.09), 1.0, 1.98))
    tops = (
        ("shirt", "tee", "tee", "dress", "stripes", "jacket")
        if south
        else ("jacket", "coat", "coat", "shirt", "jacket", "stripes")
    )
    top_style = pick(rng, tops)
    shades = BRIGHT if rng.random() < (0.75 if south else 0.22) else DARK
    legs_style = pick(
        rng,
        ("trousers", "trousers", "shorts", "skirt") if south else ("trousers",) * 7 + ("skirt",),
    )
    styles: tuple[str, ...] = ("short", "short", "long", "bun", "bald", "cap", "long")
    if not south:
        styles = (*styles, "hood", "hood", "cap")
    umbrella = jitter(rng, pick(rng, BRIGHT + DARK)) if rng.random() < 0.03 else None
    return Look(
        height=height,
        girth=float(np.clip(rng.normal(1.0 if south else 1.1, 0.09), 0.85, 1.35)),
        head=1.25 if child else float(rng.uniform(0.95, 1.06)),
        skin=jitter(rng, pick(rng, SKINS), 6),
        hair=jitter(rng, pick(rng, HAIRS), 8),
        hair_style=pick(rng, styles),
        top=jitter(rng, pick(rng, shades)),
        top_style=top_style,
        accent=jitter(rng, pick(rng, BRIGHT)),
        legs=jitter(rng, pick(rng, TROUSERS)),
        legs_style=legs_style,
        shoes=jitter(rng, pick(rng, DARK)),
        bag=pick(rng, ("none", "none", "none", "backpack", "shoulder", "carrier")),
        bag_colour=jitter(rng, pick(rng, BAGS)),
        umbrella=umbrella,
    )
