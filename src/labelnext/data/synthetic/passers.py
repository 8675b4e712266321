"""Who passes in a video: planned so that a wanted share of its frames shows somebody."""

import math
from typing import NamedTuple

import numpy as np

from labelnext.data.synthetic.camera import Camera, project_point
from labelnext.data.synthetic.car import Car, half_length
from labelnext.data.synthetic.ground import Profile
from labelnext.data.synthetic.wardrobe import dress
from labelnext.data.synthetic.world import Opening, Person

_SMALLEST = 16 / 240
_LARGEST = 140 / 240


class _Plan(NamedTuple):
    person: Person
    frames: frozenset[int]


def passers(
    rng: np.random.Generator,
    cameras: tuple[Camera, ...],
    profile: Profile,
    openings: tuple[Opening, ...],
    cars: tuple[Car, ...],
    *,
    share: float,
    rate: float,
) -> tuple[Person, ...]:
    """People who come out of doors and side streets in bursts; at most 250.

    Persons are added while the frames in which one is in view stay within `share`; cars and posts
    may then still hide somebody.
    """
    total = len(cameras)
    target = share * total * float(rng.uniform(0.9, 1.12))
    slack = max(2.0, 0.03 * total)
    covered: set[int] = set()
    found: list[Person] = []
    for _ in range(600):
        if len(covered) >= target - slack or len(found) > 200:
            break
        plan = _candidate(rng, cameras, profile, openings, cars, rate)
        if plan is None or len(covered | plan.frames) > target + slack:
            continue
        covered |= plan.frames
        found.append(plan.person)
        company = int(rng.choice([0, 1, 2, 4, 9], p=[0.35, 0.25, 0.15, 0.13, 0.12]))
        for other in _company(rng, plan.person, profile, company):
            frames = _frames(other, cameras, profile, cars, rate)
            if frames is not None and len(covered | frames) <= target + slack:
                covered |= frames
                found.append(other)
    # Others who are in view only while somebody is anyway.
    for _ in range(round(total * share * 0.8)):
        plan = _candidate(rng, cameras, profile, openings, cars, rate)
        if plan is not None and plan.frames <= covered and len(found) < 250:
            found.append(plan.person)
    return tuple(found)


def _candidate(
    rng: np.random.Generator,
    cameras: tuple[Camera, ...],
    profile: Profile,
    openings: tuple[Opening, ...],
    cars: tuple[Car, ...],
    rate: float,
) -> _Plan | None:
    """Somebody who leaves a door or a side street ahead of the camera at a random moment."""
    start = int(rng.integers(-15, len(cameras)))
    camera = cameras[max(start, 0)]
    near = [o for o in openings if 4.0 < (o.z0 + o.z1) / 2 - camera.z < 30.0]
    if not near:
        return None
    origin = near[int(rng.integers(len(near)))]
    person = _walk(rng, profile, origin, openings, start / rate)
    frames = _frames(person, cameras, profile, cars, rate)
    if not frames:
        return None
    return _Plan(person, frames)


def _walk(
    rng: np.random.Generator,
    profile: Profile,
    origin: Opening,
    openings: tuple[Opening, ...],
    begin: float,
) -> Person:
    """Out of an opening, along the pavement or across the road, and away by another opening."""
    pace = float(rng.uniform(1.0, 1.7))
    if rng.random() < 0.06:
        pace = float(rng.uniform(2.4, 3.2))
    inside, walk = profile.wall + 1.6, float(rng.uniform(profile.road + 0.5, profile.wall - 0.8))
    side, z = origin.side, (origin.z0 + origin.z1) / 2 + float(rng.uniform(-0.15, 0.15))
    points = [(side * inside, z), (side * (profile.wall - 0.2), z), (side * walk, z)]
    used = [origin]
    along = float(rng.choice([-1, 1]))
    crosses = rng.random() < 0.45
    if crosses:
        z += along * float(rng.uniform(0, 3))
        points += [(side * (profile.road + 0.3), z), (-side * (profile.road + 0.4), z + 0.3)]
        side = -side
        walk = float(rng.uniform(profile.road + 0.5, profile.wall - 0.8))
    goals = [
        o for o in openings
        if o.side == side and 3.0 < along * ((o.z0 + o.z1) / 2 - z) < 14.0
    ]  # fmt: skip
    if goals:
        goal = goals[int(rng.integers(len(goals)))]
        z = (goal.z0 + goal.z1) / 2
        used.append(goal)
        points += [(side * walk, z), (side * (profile.wall - 0.2), z), (side * inside, z)]
    else:
        points.append((side * walk, z + along * 40.0))
    way = []
    at = begin
    previous = points[0]
    for x, deep in points:
        at += math.hypot(x - previous[0], deep - previous[1]) / pace
        way.append((at, x, deep))
        previous = (x, deep)
    look = dress(rng, "north")
    return Person(look, tuple(way), (0.0, along), tuple(used), float(rng.uniform(0, 6.28)))


def _company(
    rng: np.random.Generator, leader: Person, profile: Profile, count: int
) -> list[Person]:
    """People on nearly the same way: a little later, a little to the side."""
    others = []
    for k in range(count):
        late = float(rng.uniform(0.25, 0.55)) * (k + 1) * (0.5 if count > 3 else 1.0)
        aside = float(rng.uniform(-0.7, 0.7))
        way = []
        for t, x, z in leader.way:
            beyond = abs(x) > profile.wall - 0.4
            limit = profile.wall - 0.35
            moved = x if beyond else min(max(x + aside, -limit), limit)
            way.append((t + late, moved, z if beyond else z + aside * 0.6))
        others.append(
            Person(
                dress(rng, "north"),
                tuple(way),
                leader.faces,
                leader.openings,
                float(rng.uniform(0, 6.28)),
            )
        )
    return others


def _frames(
    person: Person,
    cameras: tuple[Camera, ...],
    profile: Profile,
    cars: tuple[Car, ...],
    rate: float,
) -> frozenset[int] | None:
    """The frames in which the person is in view; None where they would be hit or come too near."""
    first = max(0, math.floor(person.way[0][0] * rate))
    last = min(len(cameras) - 1, math.ceil(person.way[-1][0] * rate))
    frames = []
    for k in range(first, last + 1):
        where = person.at(k / rate)
        if where is None:
            continue
        camera = cameras[k]
        for car in cars:
            along = abs(car.z + car.speed * k / rate - where.z)
            if abs(car.x - where.x) < 1.3 and along < half_length(car.kind) + 0.5:
                return None
        column, _, depth = project_point(camera, where.x, 0.0, where.z)
        if depth < 0.5:
            continue
        tall = camera.focal * person.look.height / depth
        inside = -tall * 0.12 < column < camera.width + tall * 0.12
        if inside and tall > _LARGEST * camera.height:
            return None
        if inside and tall >= _SMALLEST * camera.height and abs(where.x) < profile.wall + 0.1:
            frames.append(k)
    return frozenset(frames)
