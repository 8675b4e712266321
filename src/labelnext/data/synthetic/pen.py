"""Draws rounded shapes, lit from one side, on an enlarged canvas."""

import math
from functools import lru_cache

import cv2
import numpy as np

from labelnext.data.synthetic.canvas import Colour

Point = tuple[float, float]


class Pen:
    """Draws rounded limbs on an enlarged canvas; coordinates are body heights, y up."""

    def __init__(self, width: int, height: int, light: float) -> None:
        self.image = np.zeros((height, width, 4), np.uint8)
        self.light = light
        self._x = self._y = self._unit = 0.0

    @property
    def placed(self) -> tuple[float, float, float]:
        """Where the origin is in pixels of the canvas, and how many of them a body height has."""
        return self._x, self._y, self._unit

    def place(self, x: float, y: float, unit: float) -> None:
        """Put the origin at (x, y), with `unit` pixels to a body height."""
        self._x, self._y, self._unit = x, y, unit

    def _at(self, point: Point) -> Point:
        return self._x + point[0] * self._unit, self._y - point[1] * self._unit

    def polygon(self, points: list[Point], colour: Colour) -> None:
        """Fill a polygon."""
        fixed = np.array([self._at(p) for p in points])
        fixed = np.rint(fixed * 8 - 4).astype(np.int32)
        cv2.fillPoly(self.image, [fixed], (*colour, 255), cv2.LINE_8, 3)

    def ellipse(self, centre: Point, rx: float, ry: float, colour: Colour, turn: float = 0) -> None:
        """Fill an ellipse turned by `turn` degrees."""
        x, y = self._at(centre)
        axes = (max(1, round(rx * self._unit)), max(1, round(ry * self._unit)))
        cv2.ellipse(
            self.image, (round(x), round(y)), axes, turn, 0, 360, (*colour, 255), cv2.FILLED
        )

    def limb(self, a: Point, b: Point, ra: float, rb: float, colour: Colour) -> None:
        """A tapering limb with a lighter side."""
        self._capsule(a, b, ra, rb, tint(colour, 0.84))
        shift = 0.28 * self.light
        lit_a, lit_b = (a[0] + shift * ra, a[1]), (b[0] + shift * rb, b[1])
        self._capsule(lit_a, lit_b, ra * 0.66, rb * 0.66, tint(colour, 1.08))

    def _capsule(self, a: Point, b: Point, ra: float, rb: float, colour: Colour) -> None:
        dx, dy = b[0] - a[0], b[1] - a[1]
        length = math.hypot(dx, dy) or 1e-6
        nx, ny = -dy / length, dx / length
        corners = [
            (a[0] + nx * ra, a[1] + ny * ra),
            (b[0] + nx * rb, b[1] + ny * rb),
            (b[0] - nx * rb, b[1] - ny * rb),
            (a[0] - nx * ra, a[1] - ny * ra),
        ]
        self.polygon(corners, colour)
        self.ellipse(a, ra, ra, colour)
        self.ellipse(b, rb, rb, colour)


@lru_cache(maxsize=8192)
def tint(colour: Colour, gain: float) -> Colour:
    """A colour made lighter or darker."""
    r, g, b = colour
    return min(255, int(r * gain)), min(255, int(g * gain)), min(255, int(b * gain))
