"""Dash-camera videos of another city: mostly nobody, then several persons at once."""

import math
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from labelnext.data.synthetic.camera import Camera
from labelnext.data.synthetic.car import Car
from labelnext.data.synthetic.frame import SyntheticFrame, check, tags
from labelnext.data.synthetic.ground import sky
from labelnext.data.synthetic.layout import doors, furniture, houses, paint, parked
from labelnext.data.synthetic.passers import Stage, passers
from labelnext.data.synthetic.render import render
from labelnext.data.synthetic.world import PROFILES, Assets, Light, World, assets
from labelnext.errors import ArgumentError

RATE = 10.0
"""Frames a second."""

LIGHTS: dict[str, Light] = {
    "overcast": Light(
        "overcast", (0.0, 0.06), (0.93, 0.98, 1.05), 0.0, 0.3, 3.0, 0.5, 0.45, 0.06, 0.92, 0.92
    ),
    "low-sun": Light(
        "sun", (0.0, 0.15), (1.12, 0.97, 0.80), 0.35, 1.3, 3.0, 0.5, 0.6, 0.12, 0.95, 1.0
    ),
    "dusk": Light(
        "dusk", (0.3, 0.72), (0.98, 0.95, 1.04), 0.0, -0.3, 3.5, 0.6, 0.4, 0.08, 0.95, 0.95
    ),
    "night": Light(
        "night", (0.86, 1.0), (1.05, 0.98, 0.95), 0.0, -0.3, 4.5, 0.65, 0.2, 0.06, 1.0, 1.0
    ),
}
"""The lights a video can have, by name."""

_FASTEST = 7.0
_BRAKE = 2.0


def video(
    frames: int,
    *,
    size: tuple[int, int] = (240, 320),
    seed: int = 0,
    name: str = "video",
    light: str | None = None,
    share: float = 0.2,
    every: int = 1,
    masks: bool = False,
) -> Iterator[SyntheticFrame]:
    """A video of a camera that moves along a street, rendered frame by frame as it is read.

    Args:
        frames: How many, at `RATE` frames a second.
        size: (height, width) in pixels, each 48 to 4096.
        seed: 0 or more; with `name` it decides everything.
        name: Of the video.
        light: A key of `LIGHTS`; None draws one.
        share: Share of frames in which a person can be seen (not ignored), 0 to 1; met about.
        every: Only every so-many-th frame is rendered and yielded, the same as it is among all.
        masks: Whether the truth has the pixels in which each person is seen.

    Raises:
        ArgumentError: An argument is outside its domain.
    """
    check("synthetic.video", frames, size, seed, name="frames")
    if light is not None and light not in LIGHTS:
        raise ArgumentError(
            "synthetic.video", "light", expected="one of " + ", ".join(LIGHTS), got=light
        )
    if not 0 <= share <= 1:
        raise ArgumentError("synthetic.video", "share", expected="0 to 1", got=share)
    if every < 1:
        raise ArgumentError("synthetic.video", "every", expected="1 or more", got=every)
    return _video(frames, size, seed, name, light, share, every, masks)


def _video(
    frames: int,
    size: tuple[int, int],
    seed: int,
    name: str,
    light: str | None,
    share: float,
    every: int,
    masks: bool,
) -> Iterator[SyntheticFrame]:
    if frames == 0:
        return
    film = shoot(frames, size=size, seed=seed, name=name, light=light, share=share)
    number = zlib.crc32(name.encode())
    for k in range(0, frames, every):
        picture = render(
            film.world,
            film.cameras[k],
            seconds=k / RATE,
            share=k / max(frames - 1, 1),
            rush=film.rush[k],
            rng=np.random.default_rng([seed, 3, number, k]),
            masks=masks,
        )
        yield SyntheticFrame(
            picture.image,
            picture.truth,
            name,
            k,
            k / RATE,
            tags(picture, film.world.light.name),
        )


class Film(NamedTuple):
    """A video before it is rendered: the world, and the camera of every frame."""

    world: World
    cameras: tuple[Camera, ...]
    rush: tuple[float, ...]


def shoot(
    frames: int, *, size: tuple[int, int], seed: int, name: str, light: str | None, share: float
) -> Film:
    """Lay out the street, the camera's path and who passes."""
    rng = np.random.default_rng([seed, 2, zlib.crc32(name.encode())])
    variant = int(rng.integers(len(PROFILES["north"])))
    street = assets(seed, "north", variant)
    chosen = LIGHTS[light or str(rng.choice(list(LIGHTS)))]
    end = frames / RATE * _FASTEST + 110.0
    rows = houses(rng, street, -10.0, end)
    zebras = tuple(gap.z0 - 2.2 for gap in rows.gaps)
    cameras, rush = _path(rng, frames, size, street.profile.lane, zebras)
    lit = chosen.dark[1] > 0.3
    density = float(rng.uniform(0.3, 0.7))
    cars = parked(rng, street, rows, zebras, -2.0, end, density) + _traffic(
        rng, street, cameras, lit
    )
    openings = doors(street, rows) + rows.gaps
    stage = Stage(cameras, RATE, street.profile, openings, zebras, tuple(cars))
    height, width = size
    world = World(
        assets=street,
        light=chosen,
        backdrop=sky(rng, "north", height, width, round(height * 0.44)),
        buildings=rows.buildings,
        gaps=rows.gaps,
        cars=tuple(cars),
        props=tuple(furniture(rng, street, rows, 0.0, end, 0.08)),
        people=passers(rng, stage, share=share),
        crossings=zebras,
    )
    return Film(world, cameras, rush)


def _path(
    rng: np.random.Generator,
    frames: int,
    size: tuple[int, int],
    lane: float,
    zebras: tuple[float, ...],
) -> tuple[tuple[Camera, ...], tuple[float, ...]]:
    """The camera's way: a slowly changing speed, often a stop at a crossing, a little sway."""
    height, width = size
    t = np.arange(frames) / RATE
    base = float(rng.uniform(3.2, 5.0))
    wish = base * (1 + 0.35 * np.sin(t * rng.uniform(0.25, 0.5) + rng.uniform(0, 6)))
    reached = [zebra for zebra in zebras if 12 < zebra < 0.8 * base * t[-1]]
    stop, patience = math.inf, 0.0
    if reached and rng.random() < 0.75:
        stop = float(rng.choice(reached)) - float(rng.uniform(4.2, 7.5))
        patience = float(rng.uniform(1.0, 3.0))
    z, speed = _drive(wish, stop, patience)
    a, b, c = rng.uniform(0, 6, 3)
    focal = 1.3 * height
    cameras = tuple(
        Camera(
            x=lane + 0.12 * math.sin(0.5 * t[k] + a),
            y=1.32,
            z=z[k],
            yaw=0.012 * math.sin(0.7 * t[k] + b),
            focal=focal,
            width=width,
            height=height,
            horizon=height * (0.45 + 0.004 * math.sin(5 * t[k] + c) * min(1.0, speed[k] / base)),
        )
        for k in range(frames)
    )
    return cameras, tuple(float(0.0022 * v) for v in speed)


def _drive(
    wish: Float64[np.ndarray, "frames"], stop: float, patience: float
) -> tuple[list[float], list[float]]:
    """Way and speed frame by frame, braking for a stop of `patience` seconds and going on."""
    z, v = 0.0, float(wish[0])
    way, speeds = [], []
    for wished in wish:
        way.append(z)
        speeds.append(v)
        left = stop - z
        if patience > 0 and left < 0.2:
            v, patience = 0.0, patience - 1 / RATE
        else:
            brake = math.sqrt(2 * _BRAKE * max(left, 0.02)) if patience > 0 else math.inf
            v = min(float(wished), v + _BRAKE / RATE, brake)
        z += v / RATE
    return way, speeds


def _traffic(
    rng: np.random.Generator, street: Assets, cameras: tuple[Camera, ...], lit: bool
) -> list[Car]:
    """Oncoming cars, and often one ahead that keeps its distance on the whole."""
    seconds = len(cameras) / RATE
    way = cameras[-1].z
    lane = street.profile.lane
    cars = []
    z = float(rng.uniform(20, 60))
    speed = float(rng.uniform(5, 8))
    while z < way + speed * seconds + 80:
        kind = str(rng.choice(["sedan", "suv", "pickup", "sedan"]))
        cars.append(Car(kind, paint(rng, "north"), -lane - 0.1, z, True, lit, -speed))
        z += float(rng.uniform(25, 70))
    if rng.random() < 0.6:
        pace = way / max(seconds, 0.1)
        ahead = _lead(rng, cameras)
        kind = str(rng.choice(["sedan", "suv", "van"]))
        cars.append(Car(kind, paint(rng, "north"), lane + 0.1, ahead, False, lit, pace))
    return cars


def _lead(rng: np.random.Generator, cameras: tuple[Camera, ...]) -> float:
    """Where the car ahead must start to stay at least 9 metres ahead throughout."""
    seconds = len(cameras) / RATE
    pace = cameras[-1].z / max(seconds, 0.1)
    closest = max(camera.z - pace * k / RATE for k, camera in enumerate(cameras))
    return closest + float(rng.uniform(9, 16))
