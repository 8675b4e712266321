"""A walking person: a jointed figure in three dimensions, dressed, seen from any side.

The figure is drawn enlarged and reduced by area, so its edges are smooth at any size and its box is
known to a fraction of a pixel.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import UInt8

from labelnext.data.synthetic.canvas import Colour, Sprite
from labelnext.data.synthetic.pen import Pen, Point, tint


@dataclass(frozen=True, slots=True)
class Look:
    """How a person is built and dressed. Lengths are in body heights."""

    height: float
    girth: float
    head: float
    skin: Colour
    hair: Colour
    hair_style: str  # short, long, bun, bald, cap, hood
    top: Colour
    top_style: str  # shirt, jacket, coat, tee, dress, stripes
    accent: Colour
    legs: Colour
    legs_style: str  # trousers, shorts, skirt
    shoes: Colour
    bag: str  # none, backpack, shoulder, carrier
    bag_colour: Colour
    umbrella: Colour | None = None


class Pose(NamedTuple):
    """What the figure does at one moment.

    Attributes:
        phase: Of the gait, radians; both legs swing once in 2π.
        stride: 0 standing, 1 a normal walk, up to 1.6 a run.
        forward: (to the right of the picture, away from the camera) of the way the person faces;
            a unit vector.
    """

    phase: float
    stride: float
    forward: Point


class Drawn(NamedTuple):
    """A figure as pixels.

    Attributes:
        sprite: To be blended with its top-left pixel at (left, top).
        left: Column of the sprite in the image.
        top: Row of the sprite in the image.
        box: [x1, y1, x2, y2] of the person in pixels of the image.
        area: Number of opaque pixels.
    """

    sprite: Sprite
    left: int
    top: int
    box: tuple[float, float, float, float]
    area: int


def draw(
    look: Look, pose: Pose, *, column: float, row: float, height: float, light: float = -0.5
) -> Drawn:
    """Draw a figure whose feet are at (column, row) and that is `height` pixels tall when upright.

    `light` from -1 to 1 says from which side it is lit.
    """
    scale = max(2, min(8, math.ceil(190 / height)))
    reach = 0.42 * height
    left, right = math.floor(column - reach), math.ceil(column + reach)
    top, bottom = math.floor(row - 1.1 * height), math.ceil(row + 0.06 * height)
    pen = Pen((right - left) * scale, (bottom - top) * scale, light)
    pen.place((column - left) * scale, (row - top) * scale, height * scale)
    _figure(pen, look, pose)
    image = pen.image
    found = cv2.boundingRect(image[:, :, 3])
    box = (
        left + found[0] / scale,
        top + found[1] / scale,
        left + (found[0] + found[2]) / scale,
        top + (found[1] + found[3]) / scale,
    )
    x0, x1 = found[0] // scale, -(-(found[0] + found[2]) // scale)
    y0, y1 = found[1] // scale, -(-(found[1] + found[3]) // scale)
    part = image[y0 * scale : y1 * scale, x0 * scale : x1 * scale]
    sprite = cv2.resize(part, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
    _round(sprite, light)
    return Drawn(sprite, left + x0, top + y0, box, int(np.count_nonzero(sprite[:, :, 3] >= 128)))


def _round(sprite: UInt8[np.ndarray, "h w 4"], light: float) -> None:
    """Shade the silhouette as if it were round, and darken it a little towards the feet."""
    height = len(sprite)
    alpha = sprite[:, :, 3].astype(np.float32)
    size = max(3, height // 12) | 1
    soft = cv2.blur(alpha, (size, size), borderType=cv2.BORDER_CONSTANT)
    slope = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=1, borderType=cv2.BORDER_CONSTANT)
    shade = np.clip(1 - slope * (size / 2 / 255) * light * 0.55, 0.5, 1.4)
    shade *= np.linspace(1.06, 0.86, height, dtype=np.float32)[:, None]
    lit = sprite[:, :, :3] * shade[:, :, None]
    sprite[:, :, :3] = np.minimum(lit, sprite[:, :, 3:])


class _Body:
    """Turns body coordinates (forward, left, up) into picture coordinates and depth."""

    def __init__(self, forward: Point) -> None:
        self.fx, self.fd = forward
        self.lx, self.ld = -self.fd, self.fx

    def at(self, f: float, side: float, up: float) -> Point:
        return f * self.fx + side * self.lx, up

    def depth(self, f: float, side: float) -> float:
        return f * self.fd + side * self.ld

    def half(self, wide: float, deep: float) -> float:
        """Half-width in the picture of an elliptic cross-section."""
        return math.hypot(wide * self.lx, deep * self.fx)


class _Leg(NamedTuple):
    hip: tuple[float, float, float]
    knee: tuple[float, float, float]
    ankle: tuple[float, float, float]
    toe: tuple[float, float, float]


def _leg(side: float, phase: float, stride: float, girth: float) -> _Leg:
    swing = 0.46 * stride * math.sin(phase) + 0.03
    bend = 0.06 + stride * 0.95 * max(0.0, math.cos(phase)) ** 1.5
    across = side * 0.048 * girth
    hip = (0.0, across, 0.52)
    knee = (0.245 * math.sin(swing), across, 0.52 - 0.245 * math.cos(swing))
    shank = swing - bend
    ankle = (
        knee[0] + 0.235 * math.sin(shank),
        across * 0.85,
        knee[2] - 0.235 * math.cos(shank),
    )
    pitch = max(-0.9, min(0.3, shank * 0.9 + 0.1))
    toe = (ankle[0] + 0.085 * math.cos(pitch), across, ankle[2] - 0.022 + 0.085 * math.sin(pitch))
    return _Leg(hip, knee, ankle, toe)


def _figure(pen: Pen, look: Look, pose: Pose) -> None:
    body = _Body(pose.forward)
    legs = {
        side: _leg(side, pose.phase + (0 if side > 0 else math.pi), pose.stride, look.girth)
        for side in (1.0, -1.0)
    }
    low = min(min(leg.ankle[2] - 0.03, leg.toe[2] - 0.012) for leg in legs.values())
    place = pen.placed
    pen.place(place[0], place[1] + low * place[2], place[2])
    far_first = sorted((1.0, -1.0), key=lambda side: -body.depth(0.05, side * 0.2))
    away = body.fd > 0.25
    for side in far_first:
        if body.depth(0, side) > 0.25 * abs(body.fx):
            _arm(pen, body, look, pose, side)
    if look.bag == "backpack" and not away:
        _backpack(pen, body, look)
    if look.hair_style == "long" and not away:
        _long_hair(pen, body, look)
    for side in far_first:
        _draw_leg(pen, body, look, legs[side], far=side == far_first[0])
    _torso(pen, body, look, legs)
    if look.bag == "backpack" and away:
        _backpack(pen, body, look)
    _head(pen, body, look)
    if look.hair_style == "long" and away:
        _long_hair(pen, body, look)
    for side in far_first:
        if body.depth(0, side) <= 0.25 * abs(body.fx):
            _arm(pen, body, look, pose, side)
    pen.place(*place)


def _draw_leg(pen: Pen, body: _Body, look: Look, leg: _Leg, *, far: bool) -> None:
    dim = 0.78 if far else 1.0
    g = look.girth
    hip, knee, ankle, toe = (body.at(*p) for p in leg)
    skin = tint(look.skin, dim)
    cloth = tint(look.legs, dim)
    bare = look.legs_style in ("shorts", "skirt") or look.top_style == "dress"
    heel = body.at(leg.ankle[0] - 0.02, leg.ankle[1], leg.ankle[2] - 0.012)
    pen.limb(heel, toe, 0.02, 0.016, tint(look.shoes, dim))
    pen.limb(knee, ankle, 0.036 * g, 0.022 * g, skin if bare else cloth)
    pen.limb(hip, knee, 0.062 * g, 0.04 * g, skin if look.legs_style == "skirt" else cloth)
    if look.legs_style == "trousers":
        pen.limb(knee, ankle, 0.038 * g, 0.031 * g, cloth)


def _torso(pen: Pen, body: _Body, look: Look, legs: dict[float, _Leg]) -> None:
    g = look.girth
    rows = [  # up, half width, half depth, forward lean
        (0.86, 0.035, 0.035, 0.012),
        (0.835, 0.095, 0.05, 0.012),
        (0.80, 0.118, 0.062, 0.012),
        (0.70, 0.105, 0.068, 0.010),
        (0.61, 0.090, 0.062, 0.002),
        (0.53, 0.096, 0.066, 0.0),
        (0.47, 0.098, 0.064, 0.0),
    ]
    if look.top_style in ("coat", "dress") or look.legs_style == "skirt":
        end = 0.27 if look.top_style != "coat" else 0.30
        knees = [leg.knee[0] for leg in legs.values()]
        spread = (max(knees) - min(knees)) / 2
        rows += [
            (0.40, 0.105, 0.075 + spread * 0.35, sum(knees) / 4),
            (end, 0.118, 0.085 + spread * 0.8, sum(knees) / 2),
        ]
    profile = [(body.at(f, 0, up), body.half(w * g, max(d, 0.02) * g), up) for up, w, d, f in rows]
    _band(pen, profile, tint(look.top, 0.86), 1.0, 0.0)
    _band(pen, profile, tint(look.top, 1.06), 0.72, 0.22 * pen.light)
    if look.legs_style == "skirt" and look.top_style not in ("coat", "dress"):
        skirt = [row for row in profile if row[2] <= 0.54]
        _band(pen, skirt, look.legs, 1.0, 0.0)
    elif look.top_style not in ("coat", "dress", "jacket"):
        trousers = [row for row in profile if row[2] <= 0.53]
        _band(pen, trousers, tint(look.legs, 0.92), 1.0, 0.0)
    _trim(pen, body, look, profile)


def _band(
    pen: Pen, profile: list[tuple[Point, float, float]], colour: Colour, share: float, shift: float
) -> None:
    left = [(c[0] - half * (share - shift), c[1]) for c, half, _ in profile]
    right = [(c[0] + half * (share + shift), c[1]) for c, half, _ in reversed(profile)]
    pen.polygon(left + right, colour)


def _trim(pen: Pen, body: _Body, look: Look, profile: list[tuple[Point, float, float]]) -> None:
    if look.top_style == "stripes":
        for up in (0.77, 0.71, 0.65, 0.59):
            (x, _), half, _ = min(profile, key=lambda row: abs(row[2] - up))
            pen.polygon(
                [(x - half * 0.95, up + 0.013), (x + half * 0.95, up + 0.013),
                 (x + half * 0.95, up - 0.013), (x - half * 0.95, up - 0.013)],
                look.accent,
            )  # fmt: skip
    if look.top_style in ("jacket", "coat") and body.fd < 0.3:
        # The open front: a narrow strip of what is worn below.
        low = 0.52 if look.top_style == "jacket" else 0.42
        centre = body.at(0.06, 0, 0.83)[0]
        wide = 0.024 * abs(body.lx) + 0.004
        pen.polygon([(centre - wide, 0.84), (centre + wide, 0.84), (centre, low)], look.accent)
    if look.bag == "shoulder":
        a, b = body.at(0.03, -0.07, 0.83), body.at(0.03, 0.11, 0.56)
        pen.limb(a, b, 0.008, 0.008, tint(look.bag_colour, 0.8))


def _arm(pen: Pen, body: _Body, look: Look, pose: Pose, side: float) -> None:
    g = look.girth
    phase = pose.phase + (math.pi if side > 0 else 0)
    swing = 0.5 * pose.stride * math.sin(phase)
    bend = 0.18 + 0.25 * pose.stride
    carries = look.umbrella is not None and side > 0
    if carries:
        swing, bend = 0.25, 2.2
    out = side * (0.112 * g + 0.004)
    shoulder = (0.012, out, 0.805)
    elbow = (0.012 + 0.165 * math.sin(swing), out * 1.12, 0.805 - 0.165 * math.cos(swing))
    hand = (
        elbow[0] + 0.15 * math.sin(swing + bend),
        out * 1.1,
        elbow[2] - 0.15 * math.cos(swing + bend),
    )
    dim = 0.82 if body.depth(0, side) > 0.3 else 1.0
    sleeve = tint(look.top, 0.93 * dim)
    skin = tint(look.skin, dim)
    bare = look.top_style in ("tee", "dress")
    pen.limb(body.at(*shoulder), body.at(*elbow), 0.034 * g, 0.027 * g, sleeve)
    if bare:
        middle = tuple((s + e) / 2 for s, e in zip(shoulder, elbow, strict=True))
        pen.limb(body.at(*middle), body.at(*elbow), 0.024 * g, 0.022 * g, skin)
    pen.limb(body.at(*elbow), body.at(*hand), 0.024 * g, 0.018 * g, skin if bare else sleeve)
    pen.ellipse(body.at(*hand), 0.021, 0.023, skin)
    if look.bag == "carrier" and side < 0:
        x, y = body.at(*hand)
        wide = body.half(0.03, 0.07)
        pen.polygon(
            [(x - wide * 0.7, y - 0.03), (x + wide * 0.7, y - 0.03),
             (x + wide, y - 0.17), (x - wide, y - 0.17)],
            look.bag_colour,
        )  # fmt: skip
    if look.bag == "shoulder" and side > 0:
        x, y = body.at(-0.02, side * 0.14, 0.52)
        pen.ellipse((x, y), body.half(0.03, 0.07), 0.055, look.bag_colour)


def _backpack(pen: Pen, body: _Body, look: Look) -> None:
    x, y = body.at(-0.095, 0, 0.72)
    half = body.half(0.085, 0.05)
    pen.ellipse((x, y), half, 0.105, tint(look.bag_colour, 0.85))
    pen.ellipse((x + 0.2 * pen.light * half, y + 0.01), half * 0.7, 0.08, look.bag_colour)


def _long_hair(pen: Pen, body: _Body, look: Look) -> None:
    top, end = body.at(-0.028, 0, 0.93), body.at(-0.045, 0, 0.79)
    pen.limb(top, end, 0.058 * look.head, 0.048 * look.head, look.hair)


def _head(pen: Pen, body: _Body, look: Look) -> None:
    r = 0.062 * look.head
    pen.limb(body.at(0.012, 0, 0.86), body.at(0.015, 0, 0.90), 0.028, 0.028, tint(look.skin, 0.85))
    centre = 0.998 - 1.12 * r
    skull, face = body.at(0.004, 0, centre), body.at(0.022 * look.head, 0, centre - 0.16 * r)
    wide, tall = body.half(0.86 * r, 0.98 * r), 1.12 * r
    bald = look.hair_style == "bald"
    cover = look.skin if bald else look.hair
    if body.fd > 0.25:
        pen.ellipse(face, wide * 0.9, tall * 0.9, look.skin)
        pen.ellipse(skull, wide, tall * (0.8 if bald else 0.97), cover)
    else:
        pen.ellipse(skull, wide, tall, cover)
        pen.ellipse(face, wide * 0.84, tall * 0.83, look.skin)
        pen.ellipse((face[0] + 0.25 * pen.light * wide, face[1]), wide * 0.5, tall * 0.6,
                    tint(look.skin, 1.04))  # fmt: skip
        if not bald:
            brow = (skull[0] + 0.1 * (face[0] - skull[0]), skull[1] + 0.62 * tall)
            pen.ellipse(brow, wide * 0.93, tall * 0.38, cover)
        eyes = body.at(0.062 * look.head, 0, centre + 0.02 * r)
        pen.ellipse(eyes, wide * 0.52 * abs(body.lx) + 0.004, 0.006, tint(look.skin, 0.55))
    if look.hair_style == "bun":
        pen.ellipse(body.at(-0.05, 0, centre + 0.8 * r), 0.5 * r, 0.5 * r, look.hair)
    if look.hair_style == "cap":
        pen.ellipse((skull[0], skull[1] + 0.5 * tall), wide * 1.02, tall * 0.55, look.accent)
        peak = body.at(0.09 * look.head, 0, centre + 0.42 * r)
        pen.limb((skull[0], skull[1] + 0.35 * tall), peak, 0.014, 0.01, tint(look.accent, 0.8))
    if look.hair_style == "hood":
        pen.limb(body.at(-0.05, 0, 0.87), body.at(0.0, 0, 0.86), 0.05, 0.045, tint(look.top, 0.9))
