"""From the drawn scene to the camera's picture: light, night, glow, blur and noise."""

import math
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from labelnext.data.synthetic.camera import Camera
from labelnext.data.synthetic.canvas import Canvas
from labelnext.data.synthetic.car import Lamp
from labelnext.data.synthetic.world import Light

_STEP = 4
_MOON = (0.80, 0.9, 1.12)


def finish(
    canvas: Canvas,
    camera: Camera,
    light: Light,
    *,
    dark: float,
    seconds: float,
    rush: float,
    lamps: Sequence[Lamp],
    rng: np.random.Generator,
) -> UInt8[np.ndarray, "h w 3"]:
    """The picture the camera takes.

    `dark` is 0 by day and 1 at night; `rush` is how much the street's far end grows during the
    exposure (motion blur); `lamps` shine where nothing has been drawn over them.
    """
    height, width = canvas.owner.shape
    image = _blur(cv2.cvtColor(canvas.pixels, cv2.COLOR_RGBA2RGB), camera, light, rush)
    drift = 1 + light.drift * math.sin(seconds * 0.9) * math.cos(seconds * 0.37)
    cast = _rgb(light.tint) * (light.gain * drift * light.contrast)
    level = _vignette(height, width)
    if dark > 0.02:
        own = canvas.pixels[:, :, 3].astype(np.float32) * (dark / 255)
        level = level * cv2.max(_night(camera, lamps, dark), own)
        cast = cast * (1 - dark + dark * _rgb(_MOON))
    result = image.astype(np.float32)
    result *= cv2.merge([level * c for c in cast])
    if dark > 0.02:
        result += _glow(canvas, lamps, dark)
    if light.contrast != 1.0:
        result += 110 * (1 - light.contrast)
    sigma = light.noise * (1 + 0.5 * dark)
    result += _noise(height, width, rng) * np.float32(sigma)
    done: UInt8[np.ndarray, "h w 3"] = cv2.convertScaleAbs(np.maximum(result, 0, out=result))
    return done


@lru_cache(maxsize=4)
def _grain(height: int, width: int) -> Float32[np.ndarray, "h w 3"]:
    rng = np.random.default_rng([height, width])
    return rng.standard_normal((height + 64, width + 64, 3), dtype=np.float32)


def _noise(height: int, width: int, rng: np.random.Generator) -> Float32[np.ndarray, "h w 3"]:
    """A piece of one large stretch of noise, turned at random: much faster than drawing anew."""
    top, left, turn = (int(v) for v in rng.integers(0, 64, 3))
    piece = _grain(height, width)[top : top + height, left : left + width]
    return piece[:: -1 if turn & 1 else 1, :: -1 if turn & 2 else 1]


@lru_cache(maxsize=4)
def _vignette(height: int, width: int) -> Float32[np.ndarray, "h w"]:
    y = (np.arange(height, dtype=np.float32) / height - 0.5)[:, None]
    x = (np.arange(width, dtype=np.float32) / width - 0.5)[None, :]
    return 1.03 - 0.35 * (x * x + y * y)


def _blur(
    image: UInt8[np.ndarray, "h w 3"], camera: Camera, light: Light, rush: float
) -> UInt8[np.ndarray, "h w 3"]:
    height, width = image.shape[:2]
    if rush > 0.001:
        middle = (width / 2 - camera.yaw * camera.focal, camera.horizon)
        zoom = cv2.getRotationMatrix2D(middle, 0, 1 + rush)
        later = cv2.warpAffine(image, zoom, (width, height), borderMode=cv2.BORDER_REPLICATE)
        image = cv2.addWeighted(image, 0.5, later, 0.5, 0)
    sigma = light.blur * height / 240
    return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.2 else image


def _night(camera: Camera, lamps: Sequence[Lamp], dark: float) -> Float32[np.ndarray, "h w"]:
    """How much of the day's light is left: some everywhere, the headlights, pools under lamps."""
    rows, columns = camera.height // _STEP + 1, camera.width // _STEP + 1
    v = (np.arange(rows, dtype=np.float32) * _STEP)[:, None]
    u = (np.arange(columns, dtype=np.float32) * _STEP)[None, :]
    below = np.maximum(v - camera.horizon, 0.5)
    depth = camera.focal * camera.y / below
    fall = np.where(v > camera.horizon, np.exp(-(((depth - 7) / 14) ** 2)), 0.0)
    above = np.exp(-np.maximum(camera.horizon - v, 0) / (0.07 * camera.height)) * 0.18
    side = np.exp(-(((u - camera.width / 2) / (0.34 * camera.width)) ** 2))
    beam = np.maximum(fall, np.where(v > camera.horizon, 0.0, above)) * side
    left = np.full((rows, columns), 0.17, np.float32)
    left += 0.62 * beam.astype(np.float32)
    pools = np.zeros_like(left)
    for lamp in lamps:
        if lamp.radius < 0:  # a street lamp: its pool lies below it
            wide = camera.focal * 4.0 / max(lamp.depth, 3.0) / _STEP
            foot = (camera.horizon + camera.focal * camera.y / max(lamp.depth, 3.0)) / _STEP
            centre = (round(lamp.column / _STEP), round(foot - wide * 0.2))
            if abs(centre[0]) < 4000 and abs(centre[1]) < 4000:
                size = (max(1, round(wide)), max(1, round(wide * 0.6)))
                cv2.ellipse(pools, centre, size, 0, 0, 360, 0.55, cv2.FILLED)
    left += cv2.GaussianBlur(pools, (0, 0), 3)
    full = cv2.resize(left, (columns * _STEP, rows * _STEP), interpolation=cv2.INTER_LINEAR)
    full = np.minimum(full[: camera.height, : camera.width], 1.0)
    light: Float32[np.ndarray, "h w"] = (1 - dark) + dark * full
    return light


def _glow(canvas: Canvas, lamps: Sequence[Lamp], dark: float) -> Float32[np.ndarray, "h w 3"]:
    height, width = canvas.owner.shape
    rows, columns = height // _STEP + 1, width // _STEP + 1
    small = np.zeros((rows, columns, 3), np.float32)
    for lamp in lamps:
        u, v = round(lamp.column - 0.5), round(lamp.row - 0.5)
        if not (0 <= u < width and 0 <= v < height) or canvas.pixels[v, u, 3] < 100:
            continue
        radius = max(1, round(min(abs(lamp.radius), 60) / _STEP))
        cv2.circle(small, (u // _STEP, v // _STEP), radius, [c * 0.85 for c in lamp.colour], -1)
    spread = cv2.GaussianBlur(small, (0, 0), 2.2)
    full = cv2.resize(spread, (columns * _STEP, rows * _STEP), interpolation=cv2.INTER_LINEAR)
    glow: Float32[np.ndarray, "h w 3"] = full[:height, :width] * dark
    return glow


def _rgb(colour: tuple[float, float, float]) -> Float32[np.ndarray, "3"]:
    return np.array(colour, np.float32)
