"""Draws a world from a camera, from far to near, and reads the exact truth off what is seen."""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from labelnext import masks as codec
from labelnext.data.synthetic.camera import (
    NEAR,
    Camera,
    plane_homography,
    project_point,
)
from labelnext.data.synthetic.canvas import Canvas
from labelnext.data.synthetic.car import Car, Lamp, draw_car
from labelnext.data.synthetic.facade import SCALE
from labelnext.data.synthetic.finish import finish
from labelnext.data.synthetic.ground import draw_ground, draw_sky
from labelnext.data.synthetic.pen import tint
from labelnext.data.synthetic.people import Seen, draw_person
from labelnext.data.synthetic.props import SIGNAL, Prop, draw_prop
from labelnext.data.synthetic.world import Building, Light, Person, Where, World
from labelnext.types import GroundTruth

SMALLEST = 24 / 240
"""A person less tall than this share of the image's height is marked `ignore`."""

LEAST_VISIBLE = 0.3
"""A person seen less than this share is marked `ignore`."""


class Picture(NamedTuple):
    """A rendered frame."""

    image: UInt8[np.ndarray, "h w 3"]
    truth: GroundTruth
    dark: float


def darkness(light: Light, share: float) -> float:
    """0 by day to 1 at night, `share` of the way through the video."""
    return light.dark[0] + (light.dark[1] - light.dark[0]) * min(max(share, 0.0), 1.0)


def render(
    world: World,
    camera: Camera,
    *,
    seconds: float,
    share: float,
    rush: float,
    rng: np.random.Generator,
    masks: bool = False,
) -> Picture:
    """One frame at `seconds`, `share` of the way through the video."""
    canvas = Canvas(camera.height, camera.width)
    dark = darkness(world.light, share)
    draw_sky(canvas, camera, world.backdrop)
    draw_ground(canvas, camera, world.assets.ground)
    _side_streets(canvas, camera, world)
    _haze(canvas, camera, world.light, dark)
    _fronts(canvas, camera, world)
    seen, lamps = _objects(canvas, camera, world, seconds, dark)
    truth = _truth(canvas, seen, masks)
    image = finish(
        canvas, camera, world.light, dark=dark, seconds=seconds, rush=rush, lamps=lamps, rng=rng
    )
    return Picture(image, truth, dark)


def _side_streets(canvas: Canvas, camera: Camera, world: World) -> None:
    profile = world.assets.profile
    south = world.assets.city == "south"
    asphalt = (122, 118, 112) if south else (92, 94, 98)
    paint = (214, 212, 206)
    for side, z0, z1 in world.gaps:
        a, b = side * (profile.road - 0.1), side * 40.0
        corners = [(a, 0, z0 + 0.8), (b, 0, z0 + 0.8), (b, 0, z1 - 0.8), (a, 0, z1 - 0.8)]
        canvas.patch(camera, corners, asphalt, hides=False)
    for z in world.crossings:
        if not 0 < z - camera.z < 45:
            continue
        x = np.arange(-profile.road + 0.35, profile.road - 0.4, 1.0)
        stripes = np.zeros((len(x), 4, 3))
        stripes[:, :, 0] = x[:, None] + (0.0, 0.5, 0.5, 0.0)
        stripes[:, :, 2] = z + np.array((-1.3, -1.3, 1.3, 1.3))
        canvas.patches(camera, stripes, paint)


def _haze(canvas: Canvas, camera: Camera, light: Light, dark: float) -> None:
    strength = light.haze * (1 - 0.8 * dark)
    if strength < 0.05:
        return
    reach = max(4, round(camera.height * 0.09))
    top, bottom = round(camera.horizon) - reach, round(camera.horizon) + reach
    top, bottom = max(0, top), min(camera.height, bottom)
    rows = np.abs(np.arange(top, bottom) - camera.horizon) / reach
    share = (strength * np.clip(1 - rows, 0, 1)).astype(np.float32)[:, None, None]
    region = canvas.pixels[top:bottom, :, :3]
    region[:] = (region * (1 - share) + _rgb((196, 200, 206)) * share).astype(np.uint8)


def _fronts(canvas: Canvas, camera: Camera, world: World) -> None:
    after = {(gap.side, round(gap.z1, 3)) for gap in world.gaps}
    for building in sorted(world.buildings, key=lambda b: -b.z0):
        front = world.assets.fronts[building.front]
        if building.z0 + front.width < camera.z - 2 or building.z0 > camera.z + 130:
            continue
        if (building.side, round(building.z0, 3)) in after:
            x = building.side * world.assets.profile.wall
            deep = building.side * (world.assets.profile.wall + 14)
            wall = front.texture[front.texture.shape[0] // 2, :, :3].mean(axis=0)
            colour = (int(wall[0]), int(wall[1]), int(wall[2]))
            z, top = building.z0, front.height
            corners = [(x, 0, z), (deep, 0, z), (deep, top, z), (x, top, z)]
            canvas.patch(camera, corners, tint(colour, 0.8))
        _front(canvas, camera, world, building)


def _front(canvas: Canvas, camera: Camera, world: World, building: Building) -> None:
    front = world.assets.fronts[building.front]
    ahead = building.z0 - camera.z
    pieces = 1 if ahead > 16 else 2 if ahead > 5 else max(1, round(front.width / 4))
    for i in range(pieces):
        z0 = building.z0 + front.width * i / pieces
        z1 = building.z0 + front.width * (i + 1) / pieces
        _piece(canvas, camera, world, building, z0, z1)


def _piece(
    canvas: Canvas, camera: Camera, world: World, building: Building, z0: float, z1: float
) -> None:
    """Draw the part of a front between z0 and z1 with a texture of about the right fineness."""
    front = world.assets.fronts[building.front]
    x = building.side * world.assets.profile.wall
    sin, cos = math.sin(camera.yaw), math.cos(camera.yaw)
    z0 = max(z0, camera.z + (NEAR + 0.2 - (x - camera.x) * sin) / cos)
    if z1 - z0 < 0.01:
        return
    u0, v0, depth0 = project_point(camera, x, front.height, z0)
    u1, v1, depth1 = project_point(camera, x, front.height, z1)
    left, right = max(math.floor(min(u0, u1)), 0), min(math.ceil(max(u0, u1)), camera.width)
    top = max(math.floor(min(v0, v1)), 0)
    base = camera.horizon + camera.focal * camera.y / min(depth0, depth1)
    bottom = min(math.ceil(base), camera.height)
    if left >= right or top >= bottom:
        return
    fewer_columns = _halvings((z1 - z0) * SCALE / max(abs(u1 - u0), 0.5))
    fewer_rows = _halvings(SCALE * depth1 / camera.focal)
    texture = world.assets.texture(building.front, fewer_columns, fewer_rows)
    rows, columns = texture.shape[:2]
    across = front.width / columns * (1 if building.side < 0 else -1)
    down = -front.height / rows
    start = building.z0 if building.side < 0 else building.z0 + front.width
    # Half a texture pixel in, so that (0, 0) is the first pixel's centre.
    origin = (x, front.height + 0.5 * down, start + 0.5 * across)
    matrix = plane_homography(camera, origin, (0.0, 0.0, across), (0.0, down, 0.0))
    matrix[0] -= (0.5 + left) * matrix[2]
    matrix[1] -= (0.5 + top) * matrix[2]
    cv2.warpPerspective(
        texture,
        matrix,
        (right - left, bottom - top),
        dst=canvas.pixels[top:bottom, left:right],
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )


def _halvings(ratio: float) -> int:
    return max(0, min(5, round(math.log2(max(ratio, 1e-3)))))


def _objects(
    canvas: Canvas, camera: Camera, world: World, seconds: float, dark: float
) -> tuple[list[Seen], list[Lamp]]:
    """Draw all that stands or moves, far to near; who is seen, and the lights."""
    queue: list[tuple[float, int, Callable[[], None]]] = []
    seen: list[Seen] = []
    lamps: list[Lamp] = []

    def add_car(car: Car, z: float) -> None:
        found = draw_car(canvas, camera, car, z)
        lamps.extend(found if dark > 0.05 else [])

    def add_person(number: int, person: Person, where: Where) -> None:
        drawn = draw_person(canvas, camera, world, number, person, where)
        if drawn is not None:
            seen.append(drawn)

    for car in world.cars:
        z = car.z + car.speed * seconds
        if -4 < z - camera.z < 65:
            queue.append((z, 0, partial(add_car, car, z)))
    for prop in world.props:
        if 0 < prop.z - camera.z < 90:
            action = partial(_prop, canvas, camera, world, prop, lamps)
            queue.append((prop.z + _later(world, prop.x), 1, action))
    for number, person in enumerate(world.people, start=1):
        where = person.at(seconds)
        if where is not None and 0 < where.z - camera.z < 90:
            action = partial(add_person, number, person, where)
            queue.append((where.z + _later(world, where.x), 2, action))
    queue.sort(key=lambda item: (-item[0], item[1]))
    for _, _, draw_it in queue:
        draw_it()
    return seen, lamps


def _later(world: World, x: float) -> float:
    """What stands beside a parked car is sorted as if behind it, on the road as if before it."""
    return 2.4 if abs(x) > world.assets.profile.parking else -2.4


def _prop(canvas: Canvas, camera: Camera, world: World, prop: Prop, lamps: list[Lamp]) -> None:
    depth = draw_prop(canvas, camera, prop, world.assets.bank)
    pictures = world.assets.bank[prop.kind]
    lamp = pictures[prop.variant % len(pictures)].lamp
    if depth <= 0 or lamp is None:
        return
    u, v, _ = project_point(camera, prop.x, lamp[1], prop.z)
    size = camera.focal / depth
    u += lamp[0] * size
    if prop.kind == "signal":
        colour = min(SIGNAL, key=lambda pair: abs(pair[0] - lamp[1]))[1]
        canvas.disc(u, v, size * 0.1, colour, 220)
        lamps.append(Lamp(u, v, size * 0.3, colour, depth))
    else:
        canvas.disc(u, v, size * 0.16, (255, 232, 190), 255)
        # A negative radius tells a street lamp, which lights the ground, from a car's.
        lamps.append(Lamp(u, v, -size * 0.5, (255, 206, 140), depth))


def _truth(canvas: Canvas, seen: list[Seen], masks: bool) -> GroundTruth:
    height, width = canvas.owner.shape
    counts = np.bincount(canvas.owner.ravel(), minlength=256)
    boxes, visible, ignore, numbers = [], [], [], []
    for number, drawn in seen:
        x1, y1, x2, y2 = drawn.box
        cut = (max(x1, 0.0), max(y1, 0.0), min(x2, float(width)), min(y2, float(height)))
        if cut[2] - cut[0] < 1 or cut[3] - cut[1] < 1:
            continue
        share = min(1.0, counts[number] / max(drawn.area, 1))
        if share == 0:
            continue
        numbers.append(number)
        boxes.append(cut)
        visible.append(share)
        ignore.append(bool(y2 - y1 < SMALLEST * height or share < LEAST_VISIBLE))
    pixels = None
    if masks:
        planes = canvas.owner == np.array(numbers, np.uint8)[:, None, None]
        pixels = codec.pack(planes).tolist()
    return GroundTruth.from_boxes(boxes, ignore=ignore, visible=visible, masks=pixels)


def _rgb(colour: tuple[float, float, float]) -> Float32[np.ndarray, "3"]:
    return np.array(colour, np.float32)
