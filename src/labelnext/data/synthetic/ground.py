"""The ground and the sky: textures, and how they are drawn."""

from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from labelnext.data.synthetic.camera import Camera, plane_homography
from labelnext.data.synthetic.canvas import Canvas, Colour

_SCALE = 32
_ACROSS, _ALONG = 32.0, 16.0
# (nearest depth in metres, metres blurred along the street): a poor man's mip map.
_BANDS = ((0.0, 0.0), (6.0, 0.12), (11.0, 0.5), (20.0, 2.0), (40.0, 8.0))


class Profile(NamedTuple):
    """The street's cross-section, in metres from its middle.

    Attributes:
        road: Half the road's width, to the kerb.
        wall: To the fronts of the houses.
        parking: Middle of the parked cars; they stand inside the road. Infinite: nobody parks.
        lane: Middle of the camera's lane.
    """

    road: float
    wall: float
    parking: float
    lane: float


class Ground(NamedTuple):
    """Textures of `_ACROSS` × `_ALONG` metres that repeat, blurred along the street by distance."""

    textures: tuple[UInt8[np.ndarray, "h w 4"], ...]


def ground(rng: np.random.Generator, city: str, profile: Profile) -> Ground:
    """The road with its lanes, kerbs and pavements."""
    south = city == "south"
    height, width = int(_ALONG * _SCALE), int(_ACROSS * _SCALE)
    image = np.zeros((height, width, 3), np.float32)
    x = (np.arange(width) + 0.5) / _SCALE - _ACROSS / 2
    z = (np.arange(height) + 0.5) / _SCALE
    image[:] = (124, 120, 114) if south else (92, 94, 98)
    image += _noise(rng, height, width, 24)[:, :, None] * 1.6
    image += rng.normal(0, 5, (height, width, 1)).astype(np.float32)
    for track in (-profile.lane - 0.8, -profile.lane + 0.8, profile.lane - 0.8, profile.lane + 0.8):
        image -= (12 * np.exp(-(((x - track) / 0.35) ** 2)))[None, :, None]
    if south:
        _cobbles(image)
    walk = np.abs(x) > profile.road
    slab = (186, 176, 160) if south else (146, 146, 142)
    pavement = _rgb(slab) + _noise(rng, height, width, 16)[:, :, None]
    pavement += rng.normal(0, 4, (height, width, 1)).astype(np.float32)
    size = 0.8 if south else 1.6
    joint = ((np.abs(x) - profile.road) % size < 0.05)[None, :] | (z % size < 0.05)[:, None]
    pavement[joint] *= 0.82
    image[:, walk] = pavement[:, walk]
    kerb = np.abs(np.abs(x) - profile.road) < 0.12
    image[:, kerb] = _rgb((206, 200, 190) if south else (176, 176, 172))
    image[:, np.abs(np.abs(x) - profile.road + 0.2) < 0.08] *= 0.7
    _markings(image, x, z, profile, south)
    return Ground(_levels(image))


def _noise(rng: np.random.Generator, height: int, width: int, cell: int) -> np.ndarray:
    small = rng.normal(0, 6, (height // cell, width // cell)).astype(np.float32)
    small = np.pad(small, ((0, 1), (0, 1)), mode="wrap")
    grown: np.ndarray = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return grown


def _cobbles(image: np.ndarray) -> None:
    rows, columns = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    shifted = columns + (rows // 6 % 2) * 4
    image[(rows % 6 == 0) | (shifted % 8 == 0)] *= 0.86


def _markings(
    image: np.ndarray, x: np.ndarray, z: np.ndarray, profile: Profile, south: bool
) -> None:
    def line(
        middle: float, wide: float, colour: Colour, on: float = 1.0, period: float = 1.0
    ) -> None:
        mask = (z % period < on * period)[:, None] & (np.abs(x - middle) < wide / 2)[None, :]
        image[mask] = 0.25 * image[mask] + 0.75 * _rgb(colour)

    if south:
        line(0.0, 0.14, (228, 226, 218), 0.5, 4.0)
    else:
        for side in (-0.12, 0.12):
            line(side, 0.11, (204, 164, 60))
        for side in (-1, 1):
            line(side * (profile.parking - 1.15), 0.1, (212, 212, 208))


def _levels(image: np.ndarray) -> tuple[np.ndarray, ...]:
    levels = []
    for _, metres in _BANDS:
        rows = int(metres * _SCALE) | 1
        level = image
        if rows > 1:
            pad = rows // 2
            wrapped = np.pad(image, ((pad, pad), (0, 0), (0, 0)), mode="wrap")
            level = cv2.blur(wrapped, (max(1, rows // 24) | 1, rows))[pad : pad + len(image)]
        full = np.zeros((*image.shape[:2], 4), np.uint8)
        full[:, :, :3] = np.clip(level, 0, 255)
        levels.append(full)
    return tuple(levels)


def draw_ground(canvas: Canvas, camera: Camera, textures: Ground) -> None:
    """Fill everything below the horizon."""
    to_metres = np.array(
        [
            [1 / _SCALE, 0, 0.5 / _SCALE - _ACROSS / 2],
            [0, 1 / _SCALE, 0.5 / _SCALE],
            [0, 0, 1],
        ]
    )
    plane = plane_homography(camera, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    bottom = camera.height
    for _, following, texture in zip(
        _BANDS, (*_BANDS[1:], (220.0, 0.0)), textures.textures, strict=True
    ):
        top = camera.horizon + camera.focal * camera.y / following[0]
        first = max(0, int(top))
        if first >= bottom:
            continue
        shift = np.array([[1, 0, -0.5], [0, 1, -0.5 - first], [0, 0, 1]])
        matrix = shift @ plane @ to_metres
        cv2.warpPerspective(
            texture,
            matrix,
            (camera.width, bottom - first),
            dst=canvas.pixels[first:bottom],
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_WRAP,
        )
        bottom = first


def sky(
    rng: np.random.Generator, city: str, height: int, width: int, horizon: int
) -> UInt8[np.ndarray, "h w 4"]:
    """A backdrop, 40 % wider than the image: sky with clouds, and far houses at the horizon."""
    wide = round(width * 1.4)
    share = (np.arange(height, dtype=np.float32) / max(1, horizon)).clip(0, 1)[:, None, None]
    if city == "south":
        top, low, cloud = (86, 142, 214), (206, 222, 236), (250, 250, 250)
    else:
        top, low, cloud = (150, 156, 166), (196, 196, 196), (222, 222, 224)
    image = _rgb(top) * (1 - share) + _rgb(low) * share
    image = np.repeat(image, wide, axis=1)
    puffs: np.ndarray = np.zeros((height, wide), np.float32)
    for cell in (60, 28, 13):
        small = rng.normal(0, 1, (height // cell + 3, wide // (cell * 2) + 3)).astype(np.float32)
        puffs += cell * cv2.resize(small, (wide, height), interpolation=cv2.INTER_CUBIC)
    puffs = np.clip(puffs / 55 - (0.1 if city == "south" else -0.3), 0, 1) * 0.85
    image = image * (1 - puffs[:, :, None]) + _rgb(cloud) * puffs[:, :, None]
    full = np.zeros((height, wide, 4), np.uint8)
    full[:, :, :3] = np.clip(image, 0, 255)
    full[:, :, 3] = 70
    _skyline(rng, full, city, horizon)
    return full


def _skyline(rng: np.random.Generator, image: np.ndarray, city: str, horizon: int) -> None:
    height, wide = image.shape[:2]
    x = 0
    haze = np.array((186, 196, 206) if city == "south" else (140, 146, 154))
    while x < wide:
        step = int(rng.integers(max(2, wide // 60), max(4, wide // 20)))
        tall = int(
            height * (rng.uniform(0.02, 0.07) if city == "south" else rng.uniform(0.03, 0.16))
        )
        colour = haze + rng.normal(0, 8)
        tone = tuple(int(c) for c in np.clip(colour, 0, 255))
        cv2.rectangle(image, (x, horizon - tall), (x + step, height), (*tone, 20), cv2.FILLED)
        if city == "south" and rng.random() < 0.4:
            cv2.circle(image, (x, horizon), tall + 2, (132, 150, 122, 20), cv2.FILLED)
        x += step
    image[horizon:, :, :3] = np.clip(haze * 0.8, 0, 255)


def draw_sky(canvas: Canvas, camera: Camera, backdrop: UInt8[np.ndarray, "h w 4"]) -> None:
    """Fill the image with the part of the backdrop the camera looks at."""
    height, width = canvas.owner.shape
    room = backdrop.shape[1] - width
    left = int(np.clip(room / 2 + camera.yaw * camera.focal * 0.5, 0, room))
    rise = round(camera.horizon) - round(height * 0.44)
    canvas.pixels[:] = backdrop[:, left : left + width]
    if rise > 0:
        canvas.pixels[rise:] = backdrop[: height - rise, left : left + width]
    elif rise < 0:
        canvas.pixels[:rise] = backdrop[-rise:, left : left + width]


def _rgb(colour: tuple[float, float, float]) -> Float32[np.ndarray, "3"]:
    return np.array(colour, np.float32)
