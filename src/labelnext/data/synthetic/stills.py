"""Independent pictures of a sunny city in the south: what a first detector is trained on."""

import math
from collections.abc import Iterator

import numpy as np

from labelnext.data.synthetic.camera import Camera
from labelnext.data.synthetic.car import Car, half_length
from labelnext.data.synthetic.figure import Look
from labelnext.data.synthetic.frame import SyntheticFrame, check, tags
from labelnext.data.synthetic.ground import sky
from labelnext.data.synthetic.layout import furniture, houses, parked
from labelnext.data.synthetic.render import render
from labelnext.data.synthetic.wardrobe import dress
from labelnext.data.synthetic.world import PROFILES, Assets, Light, Person, World, assets

_EMPTY = 0.06
_STREETS = len(PROFILES["south"])


def stills(
    count: int, *, size: tuple[int, int] = (240, 320), seed: int = 0, masks: bool = False
) -> Iterator[SyntheticFrame]:
    """Independent street scenes, nearly all with persons; the k-th depends on seed and k only.

    Args:
        count: How many.
        size: (height, width) in pixels, each 48 to 4096.
        seed: 0 or more.
        masks: Whether the truth has the pixels in which each person is seen.

    Raises:
        ArgumentError: An argument is outside its domain.
    """
    check("synthetic.stills", count, size, seed, name="count")
    return _stills(count, size, seed, masks)


def _stills(count: int, size: tuple[int, int], seed: int, masks: bool) -> Iterator[SyntheticFrame]:
    streets: dict[int, Assets] = {}
    for k in range(count):
        rng = np.random.default_rng([seed, 1, k])
        street = int(rng.integers(_STREETS))
        if street not in streets:
            streets[street] = assets(seed, "south", street)
        camera, world = scene(rng, streets[street], size)
        picture = render(world, camera, seconds=0.0, share=0.0, rush=0.0, rng=rng, masks=masks)
        yield SyntheticFrame(
            picture.image, picture.truth, None, None, None, tags(picture, world.light.name)
        )


def scene(rng: np.random.Generator, street: Assets, size: tuple[int, int]) -> tuple[Camera, World]:
    """A camera and a world around it, at time 0."""
    height, width = size
    profile = street.profile
    camera = Camera(
        x=float(rng.uniform(-profile.road * 0.6, profile.road * 0.75)),
        y=float(rng.uniform(1.35, 2.1)),
        z=0.0,
        yaw=float(rng.normal(0, 0.10)),
        focal=height * float(rng.uniform(1.05, 1.3)),
        width=width,
        height=height,
        horizon=height * float(rng.uniform(0.40, 0.48)),
    )
    rows = houses(rng, street, -8.0, 100.0)
    density = float(rng.uniform(0.15, 0.75))
    cars = tuple(
        car for car in parked(rng, street, rows, (), 2.0, 90.0, density)
        if abs(car.x - camera.x) > 1.6 or car.z > 8 + half_length(car.kind)
    )  # fmt: skip
    props = tuple(
        prop for prop in furniture(rng, street, rows, 3.0, 90.0, 0.03)
        if prop.z > 4 or abs(prop.x - camera.x) > 1.0
    )  # fmt: skip
    world = World(
        assets=street,
        light=_sunny(rng),
        backdrop=sky(rng, "south", height, width, round(height * 0.44)),
        buildings=rows.buildings,
        gaps=rows.gaps,
        cars=cars,
        props=props,
        people=_people(rng, camera, street, cars),
        crossings=(float(rng.uniform(6, 20)),) if rng.random() < 0.4 else (),
    )
    return camera, world


def _sunny(rng: np.random.Generator) -> Light:
    warm = float(rng.uniform(-0.03, 0.07))
    return Light(
        name="sun",
        dark=(0.0, 0.0),
        tint=(1.04 + warm, 1.01, 0.96 - warm),
        sun=float(rng.uniform(0.3, 0.5)),
        slant=float(rng.choice([-1, 1]) * rng.uniform(0.3, 0.9)),
        noise=2.0,
        blur=0.35,
        haze=0.25,
        drift=0.0,
        gain=float(rng.uniform(0.97, 1.12)),
        contrast=1.06,
    )


def _people(
    rng: np.random.Generator, camera: Camera, street: Assets, cars: tuple[Car, ...]
) -> tuple[Person, ...]:
    if rng.random() < _EMPTY:
        return ()
    wanted = 1 + int(rng.poisson(3.2))
    found: list[Person] = []
    for _ in range(wanted * 30):
        if len(found) >= wanted:
            break
        spot = _spot(rng, camera, street, cars)
        if spot is None:
            continue
        company = int(rng.integers(1, 3)) if rng.random() < 0.25 else 0
        turn = float(rng.choice([0.0, math.pi]) + rng.normal(0, 0.4))
        if abs(spot[0]) < street.profile.road:
            turn += math.pi / 2
        for step in range(company + 1):
            look = dress(rng, "south")
            x = spot[0] + step * float(rng.uniform(0.5, 0.75)) * math.cos(turn)
            z = spot[1] + step * float(rng.uniform(0.5, 0.75)) * math.sin(turn)
            if abs(x) > street.profile.wall - 0.3:
                continue
            found.append(_someone(rng, look, x, z, turn))
    return tuple(found)


def _someone(rng: np.random.Generator, look: Look, x: float, z: float, turn: float) -> Person:
    ahead = (math.sin(turn), math.cos(turn))
    phase = float(rng.uniform(0, 2 * math.pi))
    if rng.random() < 0.25:
        way: tuple[tuple[float, float, float], ...] = ((-1.0, x, z), (1.0, x, z))
    else:
        v = float(rng.uniform(1.0, 1.5))
        way = (
            (-1.0, x - ahead[0] * v, z - ahead[1] * v),
            (1.0, x + ahead[0] * v, z + ahead[1] * v),
        )
    return Person(look, way, faces=ahead, phase=phase)


def _spot(
    rng: np.random.Generator, camera: Camera, street: Assets, cars: tuple[Car, ...]
) -> tuple[float, float] | None:
    """A place in view where a person would be 25 to 130 pixels tall in 240 rows."""
    tall = math.exp(rng.uniform(math.log(27), math.log(125))) / 240 * camera.height
    depth = camera.focal * 1.7 / tall
    across = float(rng.uniform(-0.46, 0.46)) * camera.width * depth / camera.focal
    sin, cos = math.sin(camera.yaw), math.cos(camera.yaw)
    x = camera.x + across * cos + depth * sin
    z = -across * sin + depth * cos
    profile = street.profile
    if abs(x) > profile.wall - 0.35:
        return None
    on_road = abs(x) < profile.road + 0.1
    if on_road and rng.random() < 0.35:
        return None
    for car in cars:
        if abs(car.x - x) < 1.25 and abs(car.z - z) < half_length(car.kind) + 0.4:
            return None
    return x, z
