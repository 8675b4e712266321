"""Who passes in a video: planned so that a wanted share of its frames shows somebody."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from labelnext.data.synthetic.camera import Camera, project_point
from labelnext.data.synthetic.car import Car, half_length, height
from labelnext.data.synthetic.ground import Profile
from labelnext.data.synthetic.render import SMALLEST
from labelnext.data.synthetic.wardrobe import dress
from labelnext.data.synthetic.world import Opening, Person, Where

_LARGEST = 140 / 240
_NEAR = 48 / 240
_TALL = 1.6
_MOST = 250


class Stage(NamedTuple):
    """What people walk on and between.

    Attributes:
        cameras: Of every frame.
        rate: Frames a second.
        profile: The street's cross-section.
        openings: Doors and side streets, where people come from.
        crossings: Metres along the street of the zebra crossings.
        cars: What may hide or hit somebody.
    """

    cameras: tuple[Camera, ...]
    rate: float
    profile: Profile
    openings: tuple[Opening, ...]
    crossings: tuple[float, ...]
    cars: tuple[Car, ...]


def passers(rng: np.random.Generator, stage: Stage, *, share: float) -> tuple[Person, ...]:
    """People who come in bursts; at most 250.

    Somebody is added while the frames in which anybody is in view stay within `share`; trees,
    posts and other people may then still hide them. Nobody walks through a car.
    """
    total = len(stage.cameras)
    target = share * total * float(rng.uniform(0.9, 1.15))
    slack = max(2.0, 0.03 * total)
    cars = _table(stage.cars)
    covered: set[int] = set()
    found: list[Person] = []
    for _ in range(500):
        if len(covered) >= target - slack or len(found) >= _MOST:
            break
        leader = _candidate(rng, stage)
        frames = _frames(leader, stage, cars) if leader else None
        if leader and frames and _tallest(leader, stage, frames) < _NEAR and rng.random() < 0.7:
            continue
        if leader is None or not frames or len(covered | frames) > target:
            continue
        covered |= frames
        found.append(leader)
        company = int(rng.choice([0, 1, 2, 4, 9], p=[0.25, 0.25, 0.15, 0.17, 0.18]))
        for other in _company(rng, leader, stage.profile, company):
            seen = _frames(other, stage, cars)
            if seen is not None and len(covered | seen) <= target + 2 * slack:
                covered |= seen
                found.append(other)
    # Others who are in view only while somebody is anyway.
    for _ in range(round(total * share * 2)):
        other_one = _candidate(rng, stage)
        seen = _frames(other_one, stage, cars) if other_one else None
        if other_one and seen and seen <= covered and len(found) < _MOST:
            found.append(other_one)
    return tuple(found[:_MOST])


def _candidate(rng: np.random.Generator, stage: Stage) -> Person | None:
    """Somebody waiting at a crossing, on it, or leaving a door or a side street near the camera."""
    k = int(rng.integers(-15, len(stage.cameras)))
    z = stage.cameras[max(k, 0)].z
    if stage.crossings and rng.random() < 0.1:
        return _waiting(rng, stage)
    zebras = [c for c in stage.crossings if 3.6 < c - z < 18.0]
    if zebras and rng.random() < 0.6:
        return _crossing(rng, stage, float(rng.choice(zebras)), k / stage.rate)
    near = [o for o in stage.openings if 4.0 < (o.z0 + o.z1) / 2 - z < 30.0]
    if not near:
        return None
    return _walk(rng, stage, near[int(rng.integers(len(near)))], None, k / stage.rate)


def _crossing(rng: np.random.Generator, stage: Stage, zebra: float, moment: float) -> Person | None:
    """Somebody who at `moment` is on the zebra crossing."""
    near = [o for o in stage.openings if abs((o.z0 + o.z1) / 2 - zebra) < 14.0]
    if not near:
        return None
    person = _walk(rng, stage, near[int(rng.integers(len(near)))], zebra, 0.0)
    share = float(rng.uniform(0.0, 0.9))
    on = person.way[4][0] * (1 - share) + person.way[5][0] * share
    way = tuple((t + moment - on, x, z) for t, x, z in person.way)
    return replace(person, way=way)


def _waiting(rng: np.random.Generator, stage: Stage) -> Person:
    side = float(rng.choice([-1, 1]))
    z = float(rng.choice(stage.crossings)) + float(rng.uniform(-1.2, 1.2))
    x = side * (stage.profile.road + float(rng.uniform(0.3, 0.9)))
    end = len(stage.cameras) / stage.rate
    faces = (-side, float(rng.uniform(-0.8, 0.3)))
    length = math.hypot(*faces)
    way = ((-1.0, x, z), (end + 1.0, x, z))
    return Person(dress(rng, "north"), way, (faces[0] / length, faces[1] / length))


def _walk(
    rng: np.random.Generator, stage: Stage, origin: Opening, zebra: float | None, begin: float
) -> Person:
    """Out of an opening, along the pavement, over a zebra if given, away by another opening."""
    profile = stage.profile
    pace = float(rng.uniform(1.0, 1.7))
    if rng.random() < 0.06:
        pace = float(rng.uniform(2.4, 3.2))
    inside, walk = profile.wall + 1.6, float(rng.uniform(profile.road + 0.5, profile.wall - 0.8))
    side, z = origin.side, (origin.z0 + origin.z1) / 2 + float(rng.uniform(-0.15, 0.15))
    points = [(side * inside, z), (side * (profile.wall - 0.2), z), (side * walk, z)]
    used = [origin]
    along = float(rng.choice([-1, 1]))
    if zebra is not None:
        zebra += float(rng.uniform(-1.0, 1.0))
        points += [(side * walk, zebra), (side * (profile.road + 0.3), zebra)]
        points.append((-side * (profile.road + 0.4), zebra + 0.2))
        side, z = -side, zebra
        walk = float(rng.uniform(profile.road + 0.5, profile.wall - 0.8))
    goals = [
        o for o in stage.openings
        if o.side == side and 3.0 < along * ((o.z0 + o.z1) / 2 - z) < 14.0
    ]  # fmt: skip
    if goals:
        goal = goals[int(rng.integers(len(goals)))]
        z = (goal.z0 + goal.z1) / 2
        used.append(goal)
        points += [(side * walk, z), (side * (profile.wall - 0.2), z), (side * inside, z)]
    else:
        points.append((side * walk, z + along * 40.0))
    look = dress(rng, "north")
    way = _timed(points, begin, pace)
    return Person(look, way, (0.0, along), tuple(used), float(rng.uniform(0, 6.28)))


def _timed(
    points: list[tuple[float, float]], begin: float, pace: float
) -> tuple[tuple[float, float, float], ...]:
    way, at, previous = [], begin, points[0]
    for x, z in points:
        at += math.hypot(x - previous[0], z - previous[1]) / pace
        way.append((at, x, z))
        previous = (x, z)
    return tuple(way)


def _company(
    rng: np.random.Generator, leader: Person, profile: Profile, count: int
) -> Iterator[Person]:
    """People on nearly the same way: a little later, a little to the side."""
    for k in range(count):
        late = float(rng.uniform(0.25, 0.55)) * (k + 1) * (0.5 if count > 3 else 1.0)
        aside = float(rng.uniform(-0.7, 0.7))
        limit = profile.wall - 0.35
        way = []
        for t, x, z in leader.way:
            outside = abs(x) <= profile.wall - 0.4
            moved = min(max(x + aside, -limit), limit) if outside else x
            way.append((t + late, moved, z + aside * 0.6 if outside else z))
        look, phase = dress(rng, "north"), float(rng.uniform(0, 6.28))
        yield Person(look, tuple(way), leader.faces, leader.openings, phase)


def _table(cars: tuple[Car, ...]) -> Float64[np.ndarray, "n 5"]:
    """x, z, speed, half length and height of every car."""
    rows = [(c.x, c.z, c.speed, half_length(c.kind), height(c.kind)) for c in cars]
    return np.array(rows, np.float64).reshape(-1, 5)


def _frames(
    person: Person, stage: Stage, cars: Float64[np.ndarray, "n 5"]
) -> frozenset[int] | None:
    """The frames in which the person can be seen; None where they would be hit or come too near."""
    first = max(0, math.floor(person.way[0][0] * stage.rate))
    last = min(len(stage.cameras) - 1, math.ceil(person.way[-1][0] * stage.rate))
    wall = stage.profile.wall
    frames = []
    for k in range(first, last + 1):
        where = person.at(k / stage.rate)
        if where is None:
            continue
        camera = stage.cameras[k]
        column, _, depth = project_point(camera, where.x, 0.0, where.z)
        if depth > 45 or depth < -4:
            continue
        middles = cars[:, 1] + cars[:, 2] * (k / stage.rate)
        if abs(where.x) < stage.profile.parking + 1.4 and _hit(where, cars, middles):
            return None
        if depth < 0.5:
            continue
        tall = camera.focal * person.look.height / depth
        inside = -tall * 0.12 < column < camera.width + tall * 0.12
        if inside and tall > _LARGEST * camera.height:
            return None
        # In a door nobody is seen much; in a side street they are.
        open_air = abs(where.x) < wall + 0.1 or any(
            o.z1 - o.z0 > 2 and o.z0 < where.z < o.z1 for o in person.openings
        )
        seen = inside and tall >= SMALLEST * camera.height and open_air
        if seen and not _hidden(where, camera, cars, middles):
            frames.append(k)
    return frozenset(frames)


def _tallest(person: Person, stage: Stage, frames: frozenset[int]) -> float:
    """The person's greatest height as a share of the image's."""
    tallest = 0.0
    for k in frames:
        where, camera = person.at(k / stage.rate), stage.cameras[k]
        if where is not None:
            depth = project_point(camera, where.x, 0.0, where.z)[2]
            tallest = max(tallest, camera.focal * person.look.height / depth / camera.height)
    return tallest


def _hit(where: Where, cars: Float64[np.ndarray, "n 5"], middles: np.ndarray) -> bool:
    near = np.abs(cars[:, 0] - where.x) < 1.25
    return bool((near & (np.abs(middles - where.z) < cars[:, 3] + 0.4)).any())


def _hidden(
    where: Where, camera: Camera, cars: Float64[np.ndarray, "n 5"], middles: np.ndarray
) -> bool:
    """Whether a tall car is on the line from the camera to the person (slab test, from above)."""
    tall = cars[:, 4] > _TALL
    cars, middles = cars[tall], middles[tall]
    dx, dz = where.x - camera.x, where.z - camera.z
    dx = dx if abs(dx) > 1e-6 else 1e-6
    a = np.sort(np.stack([cars[:, 0] - 0.8 - camera.x, cars[:, 0] + 0.8 - camera.x]) / dx, axis=0)
    b = np.sort(np.stack([middles - cars[:, 3], middles + cars[:, 3]]) - camera.z, axis=0)
    b = np.sort(b / (dz if abs(dz) > 1e-6 else 1e-6), axis=0)
    enter, leave = np.maximum(a[0], b[0]), np.minimum(a[1], b[1])
    return bool(((enter < leave) & (enter < 1) & (leave > 0)).any())
