"""Lays a street out: houses with gaps, parked and moving cars, trees, lamps and look-alikes."""

from typing import NamedTuple

import numpy as np

from labelnext.data.synthetic.canvas import Colour
from labelnext.data.synthetic.car import Car
from labelnext.data.synthetic.props import LOOKALIKES, Prop
from labelnext.data.synthetic.wardrobe import jitter, pick
from labelnext.data.synthetic.world import Assets, Building, Opening

_PAINT: dict[str, tuple[Colour, ...]] = {
    "south": (
        (206, 206, 204), (66, 70, 76), (172, 44, 40), (60, 92, 150), (232, 232, 228),
        (120, 150, 120), (214, 180, 90), (40, 42, 46),
    ),
    "north": (
        (44, 46, 50), (90, 94, 100), (130, 132, 134), (216, 166, 32), (96, 34, 32),
        (36, 48, 72), (196, 198, 198), (62, 70, 60),
    ),
}  # fmt: skip
_KINDS = {
    "south": ("hatch", "hatch", "hatch", "sedan", "van"),
    "north": ("suv", "sedan", "sedan", "suv", "pickup", "van"),
}


class Rows(NamedTuple):
    """The houses of both sides and the side streets between them."""

    buildings: tuple[Building, ...]
    gaps: tuple[Opening, ...]


def houses(rng: np.random.Generator, assets: Assets, start: float, end: float) -> Rows:
    """Two rows of houses from `start` to `end` metres along the street."""
    buildings: list[Building] = []
    gaps: list[Opening] = []
    for side in (-1, 1):
        z = start - float(rng.uniform(0, 8))
        since = 0.0
        while z < end:
            front = int(rng.integers(len(assets.fronts)))
            buildings.append(Building(side, z, front))
            z += assets.fronts[front].width
            since += assets.fronts[front].width
            if since > 24 and rng.random() < 0.55:
                width = float(rng.uniform(5, 8))
                gaps.append(Opening(side, z, z + width))
                z += width
                since = 0.0
    return Rows(tuple(buildings), tuple(gaps))


def doors(assets: Assets, rows: Rows) -> tuple[Opening, ...]:
    """Every door of the rows."""
    found = []
    for building in rows.buildings:
        front = assets.fronts[building.front]
        for door in front.doors:
            # Seen from the street, the right-hand row's textures run against z.
            z = building.z0 + (door if building.side < 0 else front.width - door)
            found.append(Opening(building.side, z - 0.5, z + 0.5))
    return tuple(found)


def paint(rng: np.random.Generator, city: str) -> Colour:
    """A car's colour."""
    return jitter(rng, pick(rng, _PAINT[city]), 8)


def parked(
    rng: np.random.Generator,
    assets: Assets,
    rows: Rows,
    crossings: tuple[float, ...],
    start: float,
    end: float,
    density: float,
) -> list[Car]:
    """Cars along both kerbs, none before a side street or on a crossing."""
    cars: list[Car] = []
    if assets.profile.parking > assets.profile.road:
        return cars
    for side in (-1, 1):
        z = start + float(rng.uniform(0, 5))
        while z < end:
            free = all(
                not (gap.side == side and gap.z0 - 3.5 < z < gap.z1 + 3.5) for gap in rows.gaps
            ) and all(abs(z - crossing) > 4.4 for crossing in crossings)
            if free and rng.random() < density:
                kind = pick(rng, _KINDS[assets.city])
                x = side * (assets.profile.parking + float(rng.normal(0, 0.08)))
                colour = (232, 232, 228) if kind == "van" else paint(rng, assets.city)
                cars.append(Car(kind, colour, x, z, toward=side < 0, lights=False))
                z += float(rng.uniform(5.3, 6.5))
            else:
                z += float(rng.uniform(3, 9))
    return cars


def furniture(
    rng: np.random.Generator, assets: Assets, rows: Rows, start: float, end: float, looks: float
) -> list[Prop]:
    """Lamps and trees at a regular pace, signs, and look-alikes with `looks` a metre and side."""
    profile = assets.profile
    kerb = profile.road + 0.55
    found: list[Prop] = []
    for side in (-1, 1):
        for kind, pace in (("lamp", 22.0), ("tree", 13.0), ("sign", 30.0)):
            z = start + float(rng.uniform(0, pace))
            while z < end:
                if kind != "tree" or rng.random() < 0.75:
                    variant = int(rng.integers(8))
                    found.append(Prop(kind, variant, side * kerb, z + float(rng.normal(0, 0.5))))
                z += pace
        for _ in range(int(rng.poisson(looks * (end - start)))):
            kind = pick(rng, LOOKALIKES)
            near_wall = kind in ("statue", "column") or rng.random() < 0.3
            x = profile.wall - 0.75 if near_wall else kerb + float(rng.uniform(-0.1, 0.3))
            found.append(Prop(kind, int(rng.integers(8)), side * x, float(rng.uniform(start, end))))
    for gap in rows.gaps:
        found.append(Prop("signal", int(rng.integers(3)), gap.side * (kerb - 0.1), gap.z0 - 0.4))
    return found
