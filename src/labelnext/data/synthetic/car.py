"""Cars as solid bodies: a side profile with a width at every point, drawn face by face."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.data.synthetic.camera import (
    NEAR,
    Camera,
    clip_near,
    project_point,
    to_image,
    to_view,
)
from labelnext.data.synthetic.canvas import Canvas, Colour, fixed_point
from labelnext.data.synthetic.pen import tint

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


class _Face(NamedTuple):
    corners: list[int]
    paint: Colour | None  # None: the body's colour
    gain: float
    layer: int  # 0 sorted by depth, higher ones over it in order


class _Mesh(NamedTuple):
    vertices: Float64[np.ndarray, "n 3"]
    faces: tuple[_Face, ...]
    padded: Int64[np.ndarray, "f k"]
    following: Int64[np.ndarray, "f k"]
    front: tuple[int, int]
    back: tuple[int, int]


@lru_cache(maxsize=16)
def half_length(kind: str) -> float:
    """Half the length in metres."""
    return max(abs(point[0]) for point in _PROFILES[kind])


@lru_cache(maxsize=16)
def height(kind: str) -> float:
    """Height in metres."""
    return max(point[1] for point in _PROFILES[kind])


class _Builder:
    """Collects corners and faces of a car around its middle, front towards +z."""

    def __init__(self) -> None:
        self.vertices: list[np.ndarray] = []
        self.faces: list[_Face] = []

    def face(
        self, corners: np.ndarray, paint: Colour | None, gain: float, layer: int, inset: float = 0
    ) -> int:
        corners = corners + (corners.mean(axis=0) - corners) * inset
        first = len(self.vertices)
        self.vertices += list(corners)
        self.faces.append(_Face(list(range(first, first + len(corners))), paint, gain, layer))
        return len(self.faces) - 1


@lru_cache(maxsize=16)
def _mesh(kind: str) -> _Mesh:
    profile = np.array(_PROFILES[kind], np.float64)
    a = np.stack([-profile[:, 2], profile[:, 1], profile[:, 0]], axis=1)
    b = a * (-1, 1, 1)
    built = _Builder()
    last = len(a) - 1
    for i in range(last):
        strip = np.stack([a[i], a[i + 1], b[i + 1], b[i]])
        flat = abs(a[i + 1, 1] - a[i, 1]) < 0.2 and 1 < i < last - 1
        built.face(strip, None, 1.12 if flat else 0.86, 0)
        if i in (3, 5):
            built.face(strip, _GLASS, 1.25 if i == 5 else 1.0, 1, inset=0.12)
    for i, j in ((0, 1), (last, last - 1)):
        rise = 0.4
        bumper = np.stack([a[i], a[i] + (a[j] - a[i]) * rise, b[i] + (b[j] - b[i]) * rise, b[i]])
        plate = np.stack([a[i] + (b[i] - a[i]) * s for s in (0.36, 0.64)])
        plate = np.stack([plate[0], plate[0], plate[1], plate[1]])
        plate[:, 1] += (0.16, 0.3, 0.3, 0.16)
        plate[:, 2] += 0.02 if i else -0.02
        order = [0, 1, 2, 3] if i == 0 else [3, 2, 1, 0]
        built.face(bumper[order], None, 0.5, 1)
        built.face(plate[order], (226, 226, 214), 1.0, 2)
    front = _lamps(built, a, b, last - 1, last - 2)
    back = _lamps(built, a, b, 1, 2)
    _flank(built, kind, b, mirrored=False)
    _flank(built, kind, a, mirrored=True)
    most = max(len(face.corners) for face in built.faces)
    padded = np.array(
        [[*face.corners, *[face.corners[-1]] * (most - len(face.corners))] for face in built.faces]
    )
    following = np.roll(padded, -1, axis=1)
    return _Mesh(np.array(built.vertices), tuple(built.faces), padded, following, front, back)


def _lamps(built: _Builder, a: np.ndarray, b: np.ndarray, low: int, high: int) -> tuple[int, int]:
    """The two lamps of one end; the numbers of their faces."""
    found = []
    for here, there in ((a, b), (b, a)):
        foot, head = here[low] * 0.98 + there[low] * 0.02, here[high] * 0.98 + there[high] * 0.02
        inner = (there[low] - here[low]) * 0.2
        quad = np.stack([foot, head, head + inner, foot + inner])
        if (here is b) != (low > high):
            quad = quad[::-1]
        found.append(built.face(quad, (255, 255, 255), 1.0, 3, inset=0.12))
    return found[0], found[1]


def _flank(built: _Builder, kind: str, side: np.ndarray, *, mirrored: bool) -> None:
    def add(
        corners: np.ndarray, paint: Colour | None, gain: float, layer: int, inset: float = 0.0
    ) -> None:
        built.face(corners[::-1] if mirrored else corners, paint, gain, layer, inset)

    add(np.concatenate([side[:4], side[6:]]), None, 0.94, 4)
    sill = [side[0], side[0] * 0.7 + side[1] * 0.3, side[-1] * 0.7 + side[-2] * 0.3, side[-1]]
    add(np.stack(sill), None, 0.55, 5)
    add(side[3:7], None, 0.9, 4)
    cabin = side[3:7]
    if kind == "van":
        rear, roof = side[3] * 0.3 + side[6] * 0.7, side[4] * 0.3 + side[5] * 0.7
        cabin = np.stack([rear, roof, side[5], side[6]])
    pane = cabin + (cabin.mean(axis=0) - cabin) * 0.16
    add(pane, _GLASS, 1.0, 5)
    foot, head = (pane[0] + pane[3]) / 2, (pane[1] + pane[2]) / 2
    across = (pane[3] - pane[0]) * 0.025
    add(np.stack([foot - across, head - across, head + across, foot + across]), None, 0.9, 6)
    angle = np.arange(14) * (2 * np.pi / 14)
    rim = np.stack([np.zeros(14), np.sin(angle), -np.cos(angle)], axis=1)
    radius = 0.38 if kind in ("suv", "pickup") else 0.33
    out = np.abs(side[:, 0]).max() + 0.01
    for along in (_WHEELS[kind], -_WHEELS[kind]):
        centre = np.array((-out if mirrored else out, radius, along))
        for size, tone, layer in (
            (1.0, (24, 24, 26), 6),
            (0.62, (150, 152, 156), 7),
            (0.2, (60, 60, 64), 8),
        ):
            add(rim * (radius * size) + centre, tone, 1.0, layer)


def draw_car(canvas: Canvas, camera: Camera, car: Car, at: float) -> list[Lamp]:
    """Draw the car with its middle at `at` metres along the street; its lights, where seen."""
    column, _, depth = project_point(camera, car.x, 0.5, at)
    if depth < -2.5 or depth > 80:
        return []
    if depth > 3 and abs(column - camera.width / 2) > camera.width / 2 + camera.focal * 3 / depth:
        return []
    mesh = _mesh(car.kind)
    flip = (-1.0, 1.0, -1.0) if car.toward else (1.0, 1.0, 1.0)
    view = to_view(camera, mesh.vertices * flip + (car.x, 0.0, at))
    _shadow(canvas, camera, car, at)
    # Small things on a far car are not seen.
    finest = 8 if depth < 22 else 6 if depth < 40 else 4
    seen = [f for f in _front_faces(mesh, view) if mesh.faces[f].layer <= finest]
    seen.sort(key=lambda f: (mesh.faces[f].layer, -_depth(mesh, view, f)))
    whole = bool((view[:, 2] >= NEAR).all())
    flat = to_image(camera, view) if whole else None
    fixed = fixed_point(flat) if flat is not None else None
    lamps = []
    for f in seen:
        face = mesh.faces[f]
        colour, glow = tint(face.paint or car.colour, face.gain), 0
        if f in mesh.front or f in mesh.back:
            colour, glow = _lamp_colour(car, f in mesh.front)
        if fixed is not None and flat is not None:
            canvas.fill(fixed[face.corners], colour, glow, True)
            points = flat[face.corners] if glow else flat[:0]
        else:
            kept = clip_near(view[face.corners])
            points = to_image(camera, kept) if len(kept) >= 3 else kept[:, :2]
            canvas.polygon(points, colour, glow)
        if glow and len(points) >= 3:
            (u, v), deep = points.mean(axis=0), float(view[face.corners[0], 2])
            size = camera.focal * (0.75 if f in mesh.front else 0.35) / max(deep, 0.5)
            lamps.append(Lamp(float(u), float(v), size, colour, deep))
    return lamps


def _lamp_colour(car: Car, front: bool) -> tuple[Colour, int]:
    if car.lights:
        return ((255, 246, 220) if front else (255, 40, 30)), 230
    return ((226, 228, 230) if front else (150, 24, 22)), 0


def _front_faces(mesh: _Mesh, view: Float64[np.ndarray, "n 3"]) -> list[int]:
    """Numbers of the faces whose outside looks at the camera (Newell's normal)."""
    here = view[mesh.padded]
    there = view[mesh.following]
    p, q = here, there
    normal = np.stack(
        [
            (p[..., 1] * q[..., 2] - p[..., 2] * q[..., 1]).sum(axis=1),
            (p[..., 2] * q[..., 0] - p[..., 0] * q[..., 2]).sum(axis=1),
            (p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]).sum(axis=1),
        ],
        axis=1,
    )
    away = -(normal * here[:, 0]).sum(axis=1)
    return [int(f) for f in np.flatnonzero(away < 0)]


def _depth(mesh: _Mesh, view: Float64[np.ndarray, "n 3"], face: int) -> float:
    corners = mesh.faces[face].corners
    return float(view[corners[0], 2] + view[corners[len(corners) // 2], 2])


def _shadow(canvas: Canvas, camera: Camera, car: Car, at: float) -> None:
    long, wide = half_length(car.kind) + 0.15, 1.02
    corners = [
        (car.x - wide, 0, at - long),
        (car.x + wide, 0, at - long),
        (car.x + wide, 0, at + long),
        (car.x - wide, 0, at + long),
    ]
    canvas.patch(camera, corners, (34, 34, 38), hides=False)
