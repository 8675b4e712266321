"""Things that stand on the pavement, some of them easily taken for a person."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np

from labelnext.data.synthetic.camera import Camera, project_point
from labelnext.data.synthetic.canvas import Canvas, Colour, Sprite
from labelnext.data.synthetic.figure import Pose, draw
from labelnext.data.synthetic.pen import tint
from labelnext.data.synthetic.wardrobe import dress, jitter, pick

LOOKALIKES = ("bollard", "hydrant", "mailbox", "statue", "column", "bin", "meter", "trunk")
"""Kinds that a detector may take for a person."""

SIGNAL: tuple[tuple[float, Colour], ...] = (
    (3.2, (255, 50, 40)),
    (2.9, (255, 190, 50)),
    (2.6, (70, 235, 140)),
)
"""Metres up and colour of a traffic light's lamps."""

_SCALE = 64


@dataclass(frozen=True, slots=True)
class Prop:
    """Something that stands still.

    Attributes:
        kind: A key of the bank.
        variant: Which of the bank's pictures.
        x: Metres across.
        z: Metres along the street.
    """

    kind: str
    variant: int
    x: float
    z: float


class Picture(NamedTuple):
    """A prop's picture in halving sizes, its height in metres, and where its lamp is, if any.

    The lamp is (metres right of the foot, metres up).
    """

    levels: tuple[Sprite, ...]
    height: float
    lamp: tuple[float, float] | None = None


Bank = dict[str, tuple[Picture, ...]]


class _Sheet:
    """A prop being painted; metres from the foot's middle."""

    def __init__(self, width: float, height: float, scale: float = _SCALE) -> None:
        self.scale, self.height = scale, height
        self.image = np.zeros((round(height * scale), round(width * scale), 4), np.uint8)

    def at(self, x: float, y: float) -> tuple[int, int]:
        rows, columns = self.image.shape[:2]
        return round(columns / 2 + x * self.scale), round(rows - y * self.scale)

    def post(self, x: float, y0: float, y1: float, wide: float, colour: Colour) -> None:
        """An upright with a lit and a shaded side."""
        for share, lo, hi in ((0.75, -0.5, 0.5), (1.0, -0.4, 0.25), (1.2, -0.3, -0.05)):
            a, b = self.at(x + lo * wide, y1), self.at(x + hi * wide, y0)
            cv2.rectangle(self.image, a, b, (*tint(colour, share), 255), cv2.FILLED)

    def ball(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        axes = (max(1, round(rx * self.scale)), max(1, round(ry * self.scale)))
        cv2.ellipse(self.image, self.at(x, y), axes, 0, 0, 360, (*tint(colour, 0.85), 255), -1,
                    cv2.LINE_AA)  # fmt: skip
        axes = (max(1, round(axes[0] * 0.7)), max(1, round(axes[1] * 0.7)))
        cv2.ellipse(self.image, self.at(x - rx * 0.2, y + ry * 0.2), axes, 0, 0, 360,
                    (*tint(colour, 1.1), 255), -1, cv2.LINE_AA)  # fmt: skip

    def done(self, lamp: tuple[float, float] | None = None) -> Picture:
        image = self.image
        alpha = image[:, :, 3:].astype(np.uint16)
        image[:, :, :3] = (image[:, :, :3] * alpha // 255).astype(np.uint8)
        levels = [image]
        while min(levels[-1].shape[:2]) > 4:
            small = levels[-1]
            size = (max(1, small.shape[1] // 2), max(1, small.shape[0] // 2))
            levels.append(cv2.resize(small, size, interpolation=cv2.INTER_AREA))
        return Picture(tuple(levels), self.height, lamp)


def bank(rng: np.random.Generator, city: str) -> Bank:
    """Pictures of everything that may stand in a city."""
    south = city == "south"
    makers: dict[str, Callable[[], Picture]] = {
        "tree": lambda: _tree(rng, south),
        "lamp": lambda: _lamp(south),
        "bollard": lambda: _bollard(rng),
        "hydrant": lambda: _hydrant(rng),
        "mailbox": lambda: _mailbox(rng, south),
        "statue": lambda: _statue(rng),
        "column": lambda: _column(rng),
        "bin": lambda: _bin(rng),
        "meter": lambda: _meter(rng),
        "trunk": lambda: _trunk(rng),
        "sign": lambda: _sign(rng, south),
        "signal": lambda: _signal(rng),
    }
    few = {"lamp": 1, "tree": 5, "column": 4, "statue": 3, "signal": 3, "sign": 5}
    return {kind: tuple(make() for _ in range(few.get(kind, 2))) for kind, make in makers.items()}


def _tree(rng: np.random.Generator, south: bool) -> Picture:
    height = float(rng.uniform(4.5, 6.5))
    sheet = _Sheet(height * 0.8, height, 40)
    bark = jitter(rng, (92, 74, 58), 8)
    sheet.post(0, 0, height * 0.62, 0.26, bark)
    leaf = jitter(rng, (84, 122, 54) if south else (124, 94, 50), 12)
    for ring in range(3):
        for _ in range((60, 50, 40)[ring]):
            angle, far = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform(0, 1))
            x = height * 0.34 * far * np.cos(angle)
            y = height * (0.68 + 0.27 * far * np.sin(angle))
            r = height * rng.uniform(0.025, 0.06)
            lit = (0.55, 0.8, 1.05)[ring] * (1 + 0.35 * (y / height - 0.6)) - 0.25 * x / height
            axes = (round(r * 40), round(r * 40 * 0.8))
            cv2.ellipse(sheet.image, sheet.at(x, y), axes, 0, 0, 360,
                        (*tint(jitter(rng, leaf, 6), lit), 255), -1, cv2.LINE_AA)  # fmt: skip
    return sheet.done()


def _lamp(south: bool) -> Picture:
    height = 4.6 if south else 6.4
    sheet = _Sheet(3.2, height, 40)
    metal = (50, 56, 54) if south else (120, 124, 126)
    sheet.post(0, 0, height - 0.4, 0.14, metal)
    sheet.post(0, 0, 0.9, 0.24, metal)
    if south:
        sheet.ball(0, height - 0.35, 0.22, 0.3, (236, 232, 214))
        return sheet.done((0, height - 0.35))
    cv2.line(sheet.image, sheet.at(0, height - 0.5), sheet.at(-1.3, height - 0.12),
             (*metal, 255), 3, cv2.LINE_AA)  # fmt: skip
    sheet.ball(-1.3, height - 0.15, 0.26, 0.09, (214, 210, 196))
    return sheet.done((-1.3, height - 0.2))


def _bollard(rng: np.random.Generator) -> Picture:
    height = float(rng.uniform(1.1, 1.6))
    sheet = _Sheet(0.5, height)
    colour = jitter(rng, pick(rng, ((70, 72, 76), (60, 90, 70), (130, 60, 50))), 8)
    sheet.post(0, 0, height - 0.1, 0.24, colour)
    sheet.ball(0, height - 0.13, 0.14, 0.13, tint(colour, 1.1))
    sheet.post(0, height * 0.62, height * 0.72, 0.26, (222, 216, 200))
    return sheet.done()


def _hydrant(rng: np.random.Generator) -> Picture:
    sheet = _Sheet(0.7, 0.95)
    colour = jitter(rng, pick(rng, ((196, 46, 38), (220, 180, 50))), 8)
    sheet.post(0, 0, 0.7, 0.28, colour)
    sheet.post(0, 0, 0.1, 0.42, colour)
    sheet.ball(0, 0.72, 0.16, 0.16, colour)
    sheet.post(0, 0.45, 0.58, 0.52, colour)
    return sheet.done()


def _mailbox(rng: np.random.Generator, south: bool) -> Picture:
    sheet = _Sheet(0.8, 1.35)
    colour = jitter(rng, (216, 176, 40) if south else (38, 64, 122), 8)
    for x in (-0.2, 0.2):
        sheet.post(x, 0, 0.3, 0.08, tint(colour, 0.6))
    sheet.post(0, 0.25, 1.1, 0.56, colour)
    sheet.ball(0, 1.08, 0.28, 0.24, colour)
    sheet.post(0, 0.86, 0.92, 0.4, (30, 30, 34))
    return sheet.done()


def _statue(rng: np.random.Generator) -> Picture:
    """A figure of stone or bronze on a plinth, of a person's size."""
    sheet = _Sheet(1.2, 2.6)
    stone = jitter(rng, pick(rng, ((150, 148, 140), (86, 104, 92), (96, 84, 70))), 6)
    sheet.post(0, 0, 0.75, 0.7, stone)
    sheet.post(0, 0.68, 0.78, 0.8, tint(stone, 1.1))
    bare = dress(rng, "north")
    look = replace(
        bare, skin=stone, hair=tint(stone, 0.9), top=stone, accent=tint(stone, 0.9), legs=stone,
        shoes=tint(stone, 0.8), bag="none", umbrella=None, hair_style="short",
    )  # fmt: skip
    turn = float(rng.uniform(-0.8, 0.8))
    column, row = sheet.at(0, 0.76)
    pose = Pose(float(rng.uniform(0, 6)), 0.3, (float(np.sin(turn)), -float(np.cos(turn))))
    figure = draw(look, pose, column=column, row=row, height=1.75 * _SCALE)
    stage = Canvas(*sheet.image.shape[:2])
    stage.sprite(figure.sprite, figure.left, figure.top)
    rows, columns = figure.sprite.shape[:2]
    spot = sheet.image[figure.top : figure.top + rows, figure.left : figure.left + columns]
    covered = figure.sprite[:, :, 3] > 0
    spot[covered] = np.maximum(figure.sprite, spot)[covered]
    return sheet.done()


def _column(rng: np.random.Generator) -> Picture:
    """An advertising column or board with a person printed on it."""
    height = float(rng.uniform(2.2, 2.9))
    sheet = _Sheet(1.5, height)
    sheet.post(0, 0, height - 0.05, 1.25, (86, 90, 84))
    ground = jitter(rng, pick(rng, ((200, 190, 170), (60, 90, 140), (190, 80, 70))), 16)
    a, b = sheet.at(-0.5, height - 0.3), sheet.at(0.5, 0.45)
    cv2.rectangle(sheet.image, a, b, (*ground, 255), cv2.FILLED)
    column, row = sheet.at(float(rng.uniform(-0.1, 0.1)), 0.5)
    turn = float(rng.uniform(-0.9, 0.9))
    pose = Pose(float(rng.uniform(0, 6)), 0.4, (float(np.sin(turn)), -float(np.cos(turn))))
    figure = draw(dress(rng, "south"), pose, column=column, row=row, height=1.45 * _SCALE)
    rows, columns = figure.sprite.shape[:2]
    spot = sheet.image[figure.top : figure.top + rows, figure.left : figure.left + columns]
    share = figure.sprite[:, :, 3:].astype(np.float32) / 255
    spot[:, :, :3] = (spot[:, :, :3] * (1 - share) + figure.sprite[:, :, :3]).astype(np.uint8)
    sheet.post(0, 0.42, 0.55, 1.0, (235, 230, 220))
    return sheet.done()


def _bin(rng: np.random.Generator) -> Picture:
    sheet = _Sheet(0.8, 1.1)
    colour = jitter(rng, pick(rng, ((60, 84, 66), (74, 76, 80), (50, 60, 90))), 8)
    sheet.post(0, 0, 0.9, 0.55, colour)
    sheet.ball(0, 0.9, 0.29, 0.13, tint(colour, 0.8))
    sheet.post(0, 0.66, 0.76, 0.34, (24, 24, 26))
    return sheet.done()


def _meter(rng: np.random.Generator) -> Picture:
    sheet = _Sheet(0.5, 1.5)
    colour = jitter(rng, (104, 108, 112), 8)
    sheet.post(0, 0, 1.1, 0.08, colour)
    sheet.post(0, 1.05, 1.35, 0.24, tint(colour, 0.7))
    sheet.ball(0, 1.36, 0.13, 0.12, tint(colour, 0.7))
    return sheet.done()


def _trunk(rng: np.random.Generator) -> Picture:
    """A lopped or dead trunk: upright, brown, about as tall as a person."""
    height = float(rng.uniform(1.5, 2.3))
    sheet = _Sheet(1.2, height)
    bark = jitter(rng, (84, 68, 54), 8)
    sheet.post(0, 0, height * 0.9, 0.34, bark)
    for side in (-1, 1):
        top = (side * float(rng.uniform(0.2, 0.45)), height - 0.05)
        start = sheet.at(side * 0.08, height * float(rng.uniform(0.5, 0.75)))
        cv2.line(sheet.image, start, sheet.at(*top), (*tint(bark, 0.9), 255), 8, cv2.LINE_AA)
    sheet.ball(0, height * 0.88, 0.18, 0.14, bark)
    return sheet.done()


def _sign(rng: np.random.Generator, south: bool) -> Picture:
    height = float(rng.uniform(2.3, 2.8))
    sheet = _Sheet(0.9, height)
    sheet.post(0, 0, height - 0.3, 0.07, (136, 138, 140))
    middle = sheet.at(0, height - 0.36)
    radius = round(0.32 * _SCALE)
    kind = int(rng.integers(3))
    if kind == 0:
        cv2.circle(sheet.image, middle, radius, (200, 40, 36, 255), -1, cv2.LINE_AA)
        inner = (240, 240, 236, 255) if south else (200, 40, 36, 255)
        cv2.circle(sheet.image, middle, round(radius * 0.7), inner, -1, cv2.LINE_AA)
        sheet.post(0, height - 0.42, height - 0.32, 0.36, (235, 235, 230))
    elif kind == 1:
        colour = (40, 80, 160) if south else (30, 100, 70)
        sheet.post(0, height - 0.66, height - 0.06, 0.6, colour)
        sheet.post(0, height - 0.4, height - 0.3, 0.4, (235, 235, 230))
    else:
        corners = [(0, 0.35), (0.34, 0), (0, -0.35), (-0.34, 0)]
        points = np.array([sheet.at(x, height - 0.36 + y) for x, y in corners], np.int32)
        cv2.fillConvexPoly(sheet.image, points, (232, 190, 40, 255), cv2.LINE_AA)
    return sheet.done()


def _signal(rng: np.random.Generator) -> Picture:
    sheet = _Sheet(0.7, 3.4)
    sheet.post(0, 0, 2.6, 0.11, (70, 76, 74))
    sheet.post(0, 2.45, 3.35, 0.34, (34, 36, 36))
    on = int(rng.integers(3))
    for i, (y, colour) in enumerate(SIGNAL):
        sheet.ball(0, y, 0.11, 0.11, colour if i == on else tint(colour, 0.25))
    return sheet.done((0, SIGNAL[on][0]))


def draw_prop(canvas: Canvas, camera: Camera, prop: Prop, pictures: Bank) -> float:
    """Draw it where it stands; its depth in metres, or 0 where it is out of sight."""
    picture = pictures[prop.kind][prop.variant % len(pictures[prop.kind])]
    column, row, depth = project_point(camera, prop.x, 0.0, prop.z)
    if depth < 0.8 or depth > 90:
        return 0.0
    size = camera.focal * picture.height / depth
    wide = picture.levels[0].shape[1] / picture.levels[0].shape[0] * size / 2
    if size < 4 or not -wide < column < camera.width + wide:
        return 0.0
    place(canvas, picture, column, row, size)
    return depth


def place(canvas: Canvas, picture: Picture, column: float, row: float, size: float) -> None:
    """Draw a picture `size` pixels tall with its foot at (column, row)."""
    level = picture.levels[0]
    for smaller in picture.levels[1:]:
        if smaller.shape[0] < size:
            break
        level = smaller
    scale = size / level.shape[0]
    half, height = level.shape[1] / 2 * scale, size
    left, top = int(np.floor(column - half)), int(np.floor(row - height))
    right, bottom = int(np.ceil(column + half)), int(np.ceil(row))
    rows, columns = canvas.owner.shape
    left, right = max(left, 0), min(right, columns)
    top, bottom = max(top, 0), min(bottom, rows)
    if left >= right or top >= bottom:
        return
    # Pixel centres lie at halves: x' + 1/2 = scale (x + 1/2) + column - half - left.
    move = np.array(
        [
            [scale, 0, scale / 2 - 0.5 + column - half - left],
            [0, scale, scale / 2 - 0.5 + row - height - top],
        ]
    )
    canvas.sprite(cv2.warpAffine(level, move, (right - left, bottom - top)), left, top)
