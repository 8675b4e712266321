"""Fronts of buildings as textures: doors, windows, shops, and dolls and posters of persons."""

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import UInt8

from labelnext.data.synthetic.canvas import Canvas, Colour
from labelnext.data.synthetic.figure import Look, Pose, draw
from labelnext.data.synthetic.pen import tint
from labelnext.data.synthetic.wardrobe import dress, jitter, pick

SCALE = 20
"""Texture pixels a metre."""

_PLASTER: tuple[Colour, ...] = (
    (232, 214, 176),
    (226, 190, 150),
    (214, 168, 140),
    (238, 228, 206),
    (196, 206, 190),
    (222, 202, 120),
    (206, 150, 124),
    (200, 210, 220),
)
_BRICK: tuple[Colour, ...] = (
    (112, 66, 54),
    (92, 62, 56),
    (128, 100, 84),
    (96, 98, 102),
    (120, 118, 112),
    (78, 84, 94),
    (104, 84, 72),
)
_AWNINGS: tuple[Colour, ...] = (
    (150, 40, 40),
    (40, 90, 60),
    (40, 60, 110),
    (200, 160, 60),
    (60, 60, 66),
)


class Facade(NamedTuple):
    """One building's front.

    Attributes:
        texture: RGB and self-lit share; row 0 is the top, `SCALE` pixels a metre.
        width: Metres along the street.
        height: Metres.
        doors: Centres of the doors, metres from the left of the texture.
    """

    texture: UInt8[np.ndarray, "h w 4"]
    width: float
    height: float
    doors: tuple[float, ...]


class _Wall:
    """A facade being painted; metres from the left and from the ground."""

    def __init__(self, rng: np.random.Generator, width: float, height: float) -> None:
        self.rng = rng
        self.canvas = Canvas(round(height * SCALE), round(width * SCALE))
        self.width, self.height = width, height

    def rect(self, x: float, y: float, w: float, h: float, colour: Colour, glow: int = 0) -> None:
        top = self.canvas.pixels.shape[0]
        a = (round(x * SCALE), round(top - (y + h) * SCALE))
        b = (round((x + w) * SCALE) - 1, round(top - y * SCALE) - 1)
        cv2.rectangle(self.canvas.pixels, a, b, (*colour, glow), cv2.FILLED)


def facade(rng: np.random.Generator, city: str) -> Facade:
    """A building of the 'south' city (plaster, shutters) or the 'north' (brick, glass)."""
    south = city == "south"
    width = float(rng.integers(7, 12) if south else rng.integers(9, 17))
    floors = int(rng.integers(2, 5) if south else rng.integers(2, 7))
    ground = 3.6
    storey = 2.9 if south else 3.2
    roof = 1.4 if south else 0.7
    wall = _Wall(rng, width, ground + floors * storey + roof)
    base = jitter(rng, pick(rng, _PLASTER if south else _BRICK), 8)
    wall.rect(0, 0, width, wall.height, base)
    _grain(wall, base, brick=not south and rng.random() < 0.6)
    _windows(wall, base, ground, floors, storey, south)
    _top(wall, base, roof, south)
    doors = _ground_floor(wall, base, ground, south)
    texture = wall.canvas.pixels
    return Facade(texture, width, wall.height, doors)


def _grain(wall: _Wall, base: Colour, *, brick: bool) -> None:
    pixels = wall.canvas.pixels
    height, width = pixels.shape[:2]
    small = wall.rng.normal(0, 7, (height // 12 + 2, width // 12 + 2)).astype(np.float32)
    stain = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    stain += wall.rng.normal(0, 4, (height, width)).astype(np.float32)
    if brick:
        rows = np.arange(height)
        stain[rows % 4 == 0] -= 12
        stain += wall.rng.normal(0, 9, (height // 4 + 1, width // 8 + 1)).astype(np.float32)[
            np.ix_(rows // 4, np.arange(width) // 8)
        ]
    lit = pixels[:, :, :3].astype(np.float32) + stain[:, :, None]
    pixels[:, :, :3] = np.clip(lit, 0, 255).astype(np.uint8)


def _windows(
    wall: _Wall, base: Colour, ground: float, floors: int, storey: float, south: bool
) -> None:
    rng = wall.rng
    office = not south and rng.random() < 0.35
    count = max(2, int(wall.width / (1.5 if office else 2.5)))
    step = wall.width / count
    wide = step - 0.25 if office else min(1.25, step * 0.5)
    tall = storey * (0.72 if office else 0.55)
    shutters = pick(rng, ((70, 104, 84), (96, 70, 52), (90, 110, 140), (150, 150, 140)))
    frame = (238, 236, 228) if south else tint(base, 0.7)
    for floor in range(floors):
        for i in range(count):
            x = (i + 0.5) * step - wide / 2
            y = ground + floor * storey + 0.6
            if south:
                for side in (x - wide * 0.55, x + wide):
                    wall.rect(side, y, wide * 0.55, tall, tint(shutters, rng.uniform(0.9, 1.1)))
            wall.rect(x - 0.08, y - 0.08, wide + 0.16, tall + 0.16, frame)
            lit = rng.random() < 0.22
            warm = (255, int(rng.integers(190, 226)), int(rng.integers(110, 170)))
            glass = tint((92, 110, 128), rng.uniform(0.5, 1.1))
            # By day a lit room is only a little brighter than the glass: the glow is for the night.
            wall.rect(x, y, wide, tall, warm if lit and not south else glass, 170 if lit else 0)
            wall.rect(x, y + tall * 0.62, wide, tall * 0.38, tint(glass, 1.35), 90 if lit else 0)
            wall.rect(x + wide / 2 - 0.04, y, 0.08, tall, frame)
            if south and rng.random() < 0.25:
                wall.rect(x - 0.2, y - 0.3, wide + 0.4, 0.22, (86, 120, 62))
                for _ in range(5):
                    bloom = pick(rng, ((200, 50, 60), (230, 120, 150), (240, 220, 90)))
                    wall.rect(x + rng.uniform(-0.2, wide), y - 0.16, 0.16, 0.12, bloom)


def _top(wall: _Wall, base: Colour, roof: float, south: bool) -> None:
    y = wall.height - roof
    if south:
        tiles = jitter(wall.rng, (168, 88, 62), 12)
        wall.rect(0, y, wall.width, roof, tiles)
        for i in range(int(roof / 0.2)):
            wall.rect(0, y + 0.2 * i, wall.width, 0.06, tint(tiles, 0.8))
        wall.rect(0, y - 0.15, wall.width, 0.2, tint(base, 0.7))
    else:
        wall.rect(0, y, wall.width, roof, tint(base, 0.75))
        wall.rect(0, y + roof - 0.2, wall.width, 0.2, tint(base, 1.25))
        wall.rect(0, y - 0.2, wall.width, 0.15, tint(base, 0.5))


def _ground_floor(wall: _Wall, base: Colour, ground: float, south: bool) -> tuple[float, ...]:
    rng = wall.rng
    wall.rect(0, 0, wall.width, 0.5, tint(base, 0.7))
    door = float(rng.uniform(1.0, wall.width - 1.0))
    if rng.random() < (0.55 if south else 0.7):
        wall.rect(0, 0, wall.width, ground - 0.1, tint(base, 0.62))
        _shop(wall, 0.4, door - 0.8, ground)
        _shop(wall, door + 0.8, wall.width - 0.4, ground)
        sign = jitter(rng, pick(rng, _AWNINGS), 10)
        wall.rect(0.2, ground - 0.75, wall.width - 0.4, 0.6, sign, 60)
        for _ in range(int(rng.integers(4, 10))):
            x = rng.uniform(wall.width * 0.2, wall.width * 0.75)
            wall.rect(x, ground - 0.62, rng.uniform(0.15, 0.4), 0.34, (240, 236, 220), 90)
    else:
        x = 0.5
        while x < wall.width - 1.3:
            if abs(x + 0.5 - door) > 1.3:
                wall.rect(x - 0.07, 1.0, 1.14, 1.54, tint(base, 1.2))
                wall.rect(x, 1.07, 1.0, 1.4, (60, 72, 84))
            elif rng.random() < 0.5:
                _poster(wall, x - 0.1, 0.9, 1.0, 1.5)
            x += 1.9
    wall.rect(door - 0.62, 0, 1.24, 2.5, tint(base, 0.5))
    wall.rect(door - 0.5, 0, 1.0, 2.3, jitter(rng, (58, 46, 40), 10))
    wall.rect(door - 0.38, 1.1, 0.76, 1.0, (50, 60, 70), 40)
    return (door,)


def _shop(wall: _Wall, x0: float, x1: float, ground: float) -> None:
    rng = wall.rng
    if x1 - x0 < 1.0:
        return
    lit = rng.random() < 0.6
    inside = (150, 140, 120) if lit else (64, 72, 80)
    wall.rect(x0, 0.5, x1 - x0, ground - 1.4, inside, 190 if lit else 0)
    wall.rect(x0, 0.5 + (ground - 1.4) * 0.7, x1 - x0, (ground - 1.4) * 0.3, tint(inside, 1.2),
              190 if lit else 0)  # fmt: skip
    for _ in range(int((x1 - x0) * 2)):
        wall.rect(rng.uniform(x0, x1 - 0.4), 0.5, rng.uniform(0.2, 0.5), rng.uniform(0.3, 1.1),
                  jitter(rng, (130, 110, 100), 40), 60 if lit else 0)  # fmt: skip
    if rng.random() < 0.45:
        for _ in range(int(rng.integers(1, 3))):
            _mannequin(wall, rng.uniform(x0 + 0.4, x1 - 0.4), 0.55)
    elif rng.random() < 0.4:
        _poster(wall, rng.uniform(x0, max(x0, x1 - 1.0)), 0.6, 0.95, 1.6)
    wall.rect(x0, 0.5, 0.08, ground - 1.4, (44, 44, 46))
    wall.rect((x0 + x1) / 2, 0.5, 0.06, ground - 1.4, (44, 44, 46))


def _mannequin(wall: _Wall, x: float, y: float) -> None:
    """A shop-window doll: a standing figure without a face, pale all over."""
    rng = wall.rng
    pale = jitter(rng, (214, 206, 198), 8)
    look = replace(
        dress(rng, "south"), skin=pale, hair=pale, hair_style="bald", bag="none", umbrella=None
    )
    _stamp(wall, look, x, y, 1.72)


def _poster(wall: _Wall, x: float, y: float, w: float, h: float) -> None:
    """A framed picture of a person."""
    rng = wall.rng
    wall.rect(x - 0.06, y - 0.06, w + 0.12, h + 0.12, (40, 40, 42))
    wall.rect(x, y, w, h, jitter(rng, pick(rng, _AWNINGS + _PLASTER), 20), 70)
    _stamp(wall, dress(rng, "south"), x + w / 2, y + 0.05, h * 0.86)
    wall.rect(x + 0.05, y + 0.04, w - 0.1, 0.14, (235, 232, 225), 70)


def _stamp(wall: _Wall, look: Look, x: float, y: float, size: float) -> None:
    turn = wall.rng.uniform(-0.9, 0.9)
    pose = Pose(float(wall.rng.uniform(0, 6)), 0.25, (float(np.sin(turn)), -float(np.cos(turn))))
    rows = wall.canvas.pixels.shape[0]
    figure = draw(look, pose, column=x * SCALE, row=rows - y * SCALE, height=size * SCALE)
    wall.canvas.sprite(figure.sprite, figure.left, figure.top)
