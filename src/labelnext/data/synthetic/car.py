"""Cars as solid bodies: a side profile with a width at every point, drawn face by face."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from labelnext.data.synthetic.camera import (
    NEAR,
    Camera,
    clip_near,
    project_point,
    to_image,
    to_view,
)
from labelnext.data.synthetic.canvas import Canvas, Colour
from labelnext.data.synthetic.figure import tint

# (metres from the middle, front positive; metres up; half width), rear bumper to front bumper.
_PROFILES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "sedan": (
        (-2.2, 0.32, 0.84), (-2.24, 0.72, 0.87), (-2.12, 0.96, 0.85), (-1.62, 1.02, 0.84),
        (-1.0, 1.42, 0.64), (0.3, 1.45, 0.64), (1.02, 1.02, 0.82), (2.0, 0.84, 0.83),
        (2.2, 0.64, 0.84), (2.18, 0.32, 0.82),
    ),
    "hatch": (
        (-1.82, 0.32, 0.80), (-1.88, 0.78, 0.84), (-1.78, 1.04, 0.82), (-1.74, 1.06, 0.82),
        (-1.42, 1.46, 0.64), (0.2, 1.5, 0.64), (0.92, 1.04, 0.80), (1.7, 0.86, 0.81),
        (1.9, 0.62, 0.82), (1.88, 0.32, 0.80),
    ),
    "suv": (
        (-2.2, 0.4, 0.90), (-2.28, 0.86, 0.93), (-2.22, 1.14, 0.92), (-2.18, 1.16, 0.92),
        (-1.94, 1.76, 0.74), (0.3, 1.8, 0.74), (1.0, 1.2, 0.90), (2.1, 1.06, 0.91),
        (2.32, 0.78, 0.92), (2.3, 0.4, 0.90),
    ),
    "van": (
        (-2.5, 0.36, 0.94), (-2.56, 0.9, 0.97), (-2.56, 1.24, 0.97), (-2.55, 1.26, 0.97),
        (-2.46, 2.2, 0.90), (1.2, 2.25, 0.90), (1.9, 1.3, 0.94), (2.5, 1.06, 0.95),
        (2.66, 0.7, 0.96), (2.64, 0.36, 0.94),
    ),
    "pickup": (
        (-2.7, 0.45, 0.92), (-2.74, 0.84, 0.95), (-2.7, 1.1, 0.94), (-0.62, 1.12, 0.93),
        (-0.5, 1.74, 0.76), (0.6, 1.78, 0.76), (1.3, 1.18, 0.92), (2.4, 1.06, 0.93),
        (2.64, 0.78, 0.94), (2.62, 0.45, 0.92),
    ),
}  # fmt: skip
_WHEELS = {"sedan": 1.34, "hatch": 1.16, "suv": 1.42, "van": 1.6, "pickup": 1.66}
_GLASS: Colour = (44, 56, 66)


@dataclass(frozen=True, slots=True)
class Car:
    """A car standing or driving along the street.

    Attributes:
        kind: sedan, hatch, suv, van or pickup.
        colour: Of the body.
        x: Metres across, of its middle.
        z: Metres along the street, of its middle.
        toward: True when its front points against the camera's way.
        lights: Whether head and tail lights are on.
        speed: Metres a second along the street, negative against the camera's way.
    """

    kind: str
    colour: Colour
    x: float
    z: float
    toward: bool
    lights: bool
    speed: float = 0.0


class Lamp(NamedTuple):
    """A light seen in the image: where, how large, what colour, how deep."""

    column: float
    row: float
    radius: float
    colour: Colour
    depth: float


@lru_cache(maxsize=16)
def _mesh(kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    profile = np.array(_PROFILES[kind], np.float64)
    left = np.stack([-profile[:, 2], profile[:, 1], profile[:, 0]], axis=1)
    right = left * (-1, 1, 1)
    angle = np.arange(14) * (2 * np.pi / 14)
    rim = np.stack([np.zeros(14), np.sin(angle), np.cos(angle)], axis=1)
    return left, right, rim


def half_length(kind: str) -> float:
    """Half the length in metres."""
    return max(abs(point[0]) for point in _PROFILES[kind])


def draw_car(canvas: Canvas, camera: Camera, car: Car, at: float) -> list[Lamp]:
    """Draw the car with its middle at `at` metres along the street; its lights, where seen."""
    _, _, depth = project_point(camera, car.x, 0.5, at)
    if depth < -2.0 or depth > 110:
        return []
    left, right, rim = _mesh(car.kind)
    flip = (-1.0, 1.0, -1.0) if car.toward else (1.0, 1.0, 1.0)
    offset = (car.x, 0.0, at)
    view = to_view(camera, np.concatenate([left, right]) * flip + offset)
    a, b = view[: len(left)], view[len(left) :]
    _shadow(canvas, camera, car, at)
    _strips(canvas, camera, car, a, b)
    for side, sign in ((a, -1.0), (b, 1.0)):
        _side(canvas, camera, car, side, mirrored=sign > 0)
    if depth < 60:
        _wheels(canvas, camera, car, rim, flip, offset)
    return _lights(canvas, camera, car, a, b)


def _paint(
    canvas: Canvas, camera: Camera, view: Float64[np.ndarray, "n 3"], colour: Colour, glow: int = 0
) -> None:
    kept = clip_near(view)
    if len(kept) >= 3:
        canvas.polygon(to_image(camera, kept), colour, glow)


def _faces(view: Float64[np.ndarray, "n 3"]) -> float:
    """Positive when the polygon's front looks at the camera."""
    normal = np.cross(view[1] - view[0], view[2] - view[0])
    return float(-(normal @ view[0]))


def _shadow(canvas: Canvas, camera: Camera, car: Car, at: float) -> None:
    long, wide = half_length(car.kind) + 0.15, 1.02
    corners = [
        (car.x - wide, 0, at - long),
        (car.x + wide, 0, at - long),
        (car.x + wide, 0, at + long),
        (car.x - wide, 0, at + long),
    ]
    canvas.patch(camera, corners, (34, 34, 38), hides=False)


def _strips(canvas: Canvas, camera: Camera, car: Car, a: np.ndarray, b: np.ndarray) -> None:
    last = len(a) - 1
    order = sorted(range(last), key=lambda i: -float(a[i, 2] + a[i + 1, 2]))
    for i in order:
        strip = np.stack([a[i], a[i + 1], b[i + 1], b[i]])
        if _faces(strip) <= 0:
            continue
        rise = _PROFILES[car.kind][i + 1][1] - _PROFILES[car.kind][i][1]
        flat = abs(rise) < 0.2
        gain = 1.12 if flat and 1 < i < last - 1 else 0.86
        glass = i in (3, 5)
        _paint(canvas, camera, strip, tint(car.colour, gain))
        if glass:
            inner = strip + (strip.mean(axis=0) - strip) * 0.12
            _paint(canvas, camera, inner, tint(_GLASS, 1.25 if i == 5 else 1.0))
        elif i in (0, last - 1):
            low = np.stack([a[i], a[i] * 0.6 + a[i + 1] * 0.4, b[i] * 0.6 + b[i + 1] * 0.4, b[i]])
            if i != 0:
                low = np.stack([a[i] * 0.4 + a[i + 1] * 0.6, a[i + 1], b[i + 1],
                                b[i] * 0.4 + b[i + 1] * 0.6])  # fmt: skip
            _paint(canvas, camera, low, tint(car.colour, 0.5))


def _side(canvas: Canvas, camera: Camera, car: Car, side: np.ndarray, *, mirrored: bool) -> None:
    body = np.concatenate([side[:4], side[6:]])
    if _faces(side[[0, 1, 6]]) * (1 if mirrored else -1) <= 0:
        return
    _paint(canvas, camera, body, tint(car.colour, 0.94))
    sill = np.stack([side[0], side[0] * 0.7 + side[1] * 0.3, side[-1] * 0.7 + side[-2] * 0.3,
                     side[-1]])  # fmt: skip
    _paint(canvas, camera, sill, tint(car.colour, 0.55))
    _paint(canvas, camera, side[3:7], tint(car.colour, 0.9))
    if car.kind == "van":
        rear, roof = side[3] * 0.3 + side[6] * 0.7, side[4] * 0.3 + side[5] * 0.7
        cabin = np.stack([rear, roof, side[5], side[6]])
    else:
        cabin = side[3:7]
    pane = cabin + (cabin.mean(axis=0) - cabin) * 0.16
    _paint(canvas, camera, pane, _GLASS)
    foot, head = (pane[0] + pane[3]) / 2, (pane[1] + pane[2]) / 2
    across = (pane[3] - pane[0]) * 0.025
    pillar = np.stack([foot - across, head - across, head + across, foot + across])
    _paint(canvas, camera, pillar, tint(car.colour, 0.9))


def _wheels(
    canvas: Canvas,
    camera: Camera,
    car: Car,
    rim: np.ndarray,
    flip: tuple[float, float, float],
    offset: tuple[float, float, float],
) -> None:
    _, _, mid = offset
    radius = 0.38 if car.kind in ("suv", "pickup") else 0.33
    side = -1.0 if camera.x < car.x else 1.0
    if abs(camera.x - car.x) < 1.0:
        return
    wide = max(point[2] for point in _PROFILES[car.kind]) + 0.01
    for along in (_WHEELS[car.kind], -_WHEELS[car.kind]):
        centre = np.array((car.x + side * wide, radius, mid + along))
        for size, colour in ((1.0, (24, 24, 26)), (0.62, (150, 152, 156)), (0.2, (60, 60, 64))):
            _paint(canvas, camera, to_view(camera, rim * (radius * size) + centre), colour)


def _lights(canvas: Canvas, camera: Camera, car: Car, a: np.ndarray, b: np.ndarray) -> list[Lamp]:
    front = car.toward
    edge = (len(a) - 2, len(a) - 3) if front else (1, 2)
    lower_a, lower_b, upper_a, upper_b = a[edge[0]], b[edge[0]], a[edge[1]], b[edge[1]]
    if lower_a[2] < NEAR + 0.2:
        return []
    colour: Colour = (255, 246, 220) if front else ((255, 40, 30) if car.lights else (150, 24, 22))
    lamps = []
    for here, there, top, off in ((lower_a, lower_b, upper_a, upper_b),
                                  (lower_b, lower_a, upper_b, upper_a)):  # fmt: skip
        inner, inner_top = here + (there - here) * 0.2, top + (off - top) * 0.2
        base, base_top = here + (there - here) * 0.02, top + (off - top) * 0.02
        quad = np.stack([base, base_top, inner_top, inner])
        if front:
            quad = quad + (quad.mean(axis=0) - quad) * 0.25
        shown = colour if car.lights or not front else (226, 228, 230)
        _paint(canvas, camera, quad, shown, 230 if car.lights else 0)
        if car.lights:
            (u, v), deep = to_image(camera, quad.mean(axis=0)[None])[0], float(here[2])
            size = camera.focal * (0.75 if front else 0.35) / deep
            lamps.append(Lamp(float(u), float(v), float(size), colour, deep))
    if not front or camera.focal / lower_a[2] > 12:
        mid_a, mid_b = a[edge[0]], b[edge[0]]
        plate = np.stack([mid_a + (mid_b - mid_a) * s for s in (0.36, 0.64)])
        drop = np.array((0, 0.16, 0))
        _paint(canvas, camera, np.stack([plate[0], plate[1], plate[1] + drop, plate[0] + drop]),
               (226, 226, 214))  # fmt: skip
    return lamps
