"""Draws the people of a scene: behind doors, under umbrellas, with their shadows."""

import math
from typing import NamedTuple

import cv2
import numpy as np

from labelnext.data.synthetic.camera import NEAR, Camera, project_point
from labelnext.data.synthetic.canvas import Canvas
from labelnext.data.synthetic.figure import Drawn, Pose, draw
from labelnext.data.synthetic.pen import tint
from labelnext.data.synthetic.world import Light, Person, Where, World

_DRAWN_FROM = 5 / 240


class Seen(NamedTuple):
    """Somebody who was drawn: their number on the canvas, and their figure."""

    number: int
    drawn: Drawn


def draw_person(
    canvas: Canvas, camera: Camera, world: World, number: int, person: Person, where: Where
) -> Seen | None:
    """Draw somebody where they are; None where nothing of them could be in the image."""
    column, row, depth = project_point(camera, where.x, 0.0, where.z)
    height = camera.focal * person.look.height / depth
    if depth < 1.0 or height < _DRAWN_FROM * camera.height:
        return None
    if not -height < column < camera.width + height:
        return None
    columns = _gap(camera, world, person, where)
    if columns is not None and columns[0] >= columns[1]:
        return None
    bearing = math.atan2(where.x - camera.x, where.z - camera.z)
    right = (math.cos(bearing), -math.sin(bearing))
    away = (math.sin(bearing), math.cos(bearing))
    fx = where.forward[0] * right[0] + where.forward[1] * right[1]
    fd = where.forward[0] * away[0] + where.forward[1] * away[1]
    drawn = draw(
        person.look,
        Pose(where.phase, where.stride, (fx, fd)),
        column=column,
        row=row,
        height=height,
        light=-0.6 if world.light.slant > 0 else 0.6,
    )
    if columns is None:
        _shadow(canvas, world.light, drawn, row)
    canvas.sprite(drawn.sprite, drawn.left, drawn.top, owner=number, columns=columns)
    if person.look.umbrella is not None:
        _umbrella(canvas, person, drawn, column, row, height, columns)
    return Seen(number, drawn)


def _gap(camera: Camera, world: World, person: Person, where: Where) -> tuple[float, float] | None:
    """The columns through which someone behind the house fronts can be seen."""
    wall = world.assets.profile.wall
    if abs(where.x) <= wall:
        return None
    side = 1 if where.x > 0 else -1
    for opening in person.openings:
        if opening.side == side and opening.z0 - 0.6 <= where.z <= opening.z1 + 0.6:
            edges = []
            for z in (opening.z0, opening.z1):
                u, _, depth = project_point(camera, side * wall, 0.0, z)
                edges.append(u if depth > NEAR else (1e6 if side > 0 else -1e6))
            return min(edges), max(edges)
    return 0.0, 0.0


def _shadow(canvas: Canvas, light: Light, drawn: Drawn, row: float) -> None:
    """A soft patch under the feet, and in the sun the silhouette laid on the ground."""
    height, width = drawn.sprite.shape[:2]
    alpha = np.ascontiguousarray(drawn.sprite[:, :, 3])
    foot = row - drawn.top
    if light.sun > 0.1:
        flat, slant = 0.28, light.slant
        reach = int(abs(slant) * height) + 2
        tall = int(flat * height) + 2
        shift = reach if slant < 0 else 0
        # A point y above the foot falls slant·y to the side and flat·y up the image.
        move = np.array([[1.0, -slant, slant * foot + shift], [0, flat, tall - flat * foot]])
        mask = cv2.warpAffine(alpha, move, (width + reach, tall + 2))
        canvas.darken(mask, drawn.left - shift, round(row) - tall, light.sun)
    size = (max(3, round(width * 1.1)), max(2, round(height * 0.07)))
    spot = np.zeros((size[1], size[0]), np.uint8)
    cv2.ellipse(spot, (size[0] // 2, size[1] // 2), (size[0] // 3, max(1, size[1] // 3)), 0, 0,
                360, 255, -1, cv2.LINE_AA)  # fmt: skip
    left = round(drawn.left + width / 2 - size[0] / 2)
    canvas.darken(spot, left, round(row - size[1] * 0.6), 0.4)


def _umbrella(
    canvas: Canvas,
    person: Person,
    drawn: Drawn,
    column: float,
    row: float,
    height: float,
    columns: tuple[float, float] | None,
) -> None:
    """Held above the head; it is not part of the person's box and hides what it covers."""
    wide, tall = round(height * 0.56) | 1, max(3, round(height * 0.17))
    grown = np.zeros((tall * 4, wide * 4, 4), np.uint8)
    colour = person.look.umbrella or (60, 60, 60)
    cv2.ellipse(grown, (wide * 2, tall * 4), (wide * 2 - 1, tall * 4 - 2), 0, 180, 360,
                (*tint(colour, 0.8), 255), -1)  # fmt: skip
    cv2.ellipse(grown, (wide * 2 - wide // 3, tall * 4), (wide, tall * 4 - 2), 0, 180, 360,
                (*tint(colour, 1.1), 255), -1)  # fmt: skip
    sprite = cv2.resize(grown, (wide, tall), interpolation=cv2.INTER_AREA)
    top = round(row - height * 1.0 - tall * 0.75)
    canvas.sprite(sprite, round(column - wide / 2), top, columns=columns)
