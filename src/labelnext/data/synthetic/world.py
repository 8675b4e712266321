"""What there is on a street, and where people are at any moment."""

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import UInt8

from labelnext.data.synthetic.car import Car
from labelnext.data.synthetic.facade import Facade, facade
from labelnext.data.synthetic.figure import Look
from labelnext.data.synthetic.ground import Ground, Profile, ground
from labelnext.data.synthetic.props import Bank, Prop, bank


class Opening(NamedTuple):
    """A door or a side street: side -1 left or 1 right, and its edges along the street."""

    side: int
    z0: float
    z1: float


class Building(NamedTuple):
    """A house front on one side of the street, from z0 on."""

    side: int
    z0: float
    front: int


class Where(NamedTuple):
    """A person at one moment: place, the way faced (x, z), phase of the gait, stride."""

    x: float
    z: float
    forward: tuple[float, float]
    phase: float
    stride: float


@dataclass(frozen=True, slots=True)
class Person:
    """Someone and their way through the street.

    Attributes:
        look: Build and clothes.
        way: (seconds, x, z) to pass, in order; outside these times the person is not there.
        faces: The way someone who stands still looks (x, z).
        openings: Doors and side streets on the way; beyond the house fronts only what they let
            through is seen.
        phase: Of the gait at the start, radians.
    """

    look: Look
    way: tuple[tuple[float, float, float], ...]
    faces: tuple[float, float] = (0.0, -1.0)
    openings: tuple[Opening, ...] = ()
    phase: float = 0.0

    def at(self, seconds: float) -> Where | None:
        """Where the person is; None before the first and after the last point of the way."""
        if not self.way[0][0] <= seconds <= self.way[-1][0]:
            return None
        x, z, gone, speed = self._place(seconds)
        ahead, behind = self._place(seconds + 0.3), self._place(seconds - 0.3)
        dx, dz = ahead[0] - behind[0], ahead[1] - behind[1]
        far = math.hypot(dx, dz)
        forward = (dx / far, dz / far) if far > 0.05 else self.faces
        # Two steps of a walk are 0.83 body heights; a run has longer steps, not only more of them.
        cycle = 0.83 * self.look.height * max(1.0, speed / 1.3) ** 0.6
        return Where(x, z, forward, self.phase + 2 * math.pi * gone / cycle, min(1.4, speed / 1.3))

    def _place(self, seconds: float) -> tuple[float, float, float, float]:
        seconds = min(max(seconds, self.way[0][0]), self.way[-1][0])
        gone = 0.0
        for (t0, x0, z0), (t1, x1, z1) in zip(self.way, self.way[1:], strict=False):
            length = math.hypot(x1 - x0, z1 - z0)
            if seconds <= t1:
                share = (seconds - t0) / max(t1 - t0, 1e-9)
                speed = length / max(t1 - t0, 1e-9)
                return x0 + share * (x1 - x0), z0 + share * (z1 - z0), gone + share * length, speed
            gone += length
        return self.way[-1][1], self.way[-1][2], gone, 0.0


@dataclass(frozen=True, slots=True)
class Light:
    """How the scene is lit and how the camera sees it.

    Attributes:
        name: For the tags: sun, overcast, dusk or night.
        dark: 0 day to 1 night, at the start and at the end of the video.
        tint: Gain of red, green, blue.
        sun: Strength of cast shadows, 0 to 1.
        slant: Metres a shadow reaches to the right for each metre of height.
        noise: Standard deviation of the sensor's noise in grey levels by day.
        blur: Standard deviation of the lens's blur in pixels at 240 rows.
        haze: 0 clear to 1.
        drift: Depth of the exposure's slow change.
        gain: Exposure.
        contrast: 1 leaves it alone.
    """

    name: str
    dark: tuple[float, float]
    tint: tuple[float, float, float]
    sun: float
    slant: float
    noise: float
    blur: float
    haze: float
    drift: float
    gain: float = 1.0
    contrast: float = 1.0


@dataclass(frozen=True)
class Assets:
    """Textures that all scenes of a city share."""

    city: str
    profile: Profile
    ground: Ground
    fronts: tuple[Facade, ...]
    bank: Bank
    reduced: dict[tuple[int, int, int], UInt8[np.ndarray, "h w 4"]] = field(default_factory=dict)

    def texture(self, front: int, fewer_columns: int, fewer_rows: int) -> np.ndarray:
        """A front's texture, its columns and rows halved so many times."""
        key = (front, fewer_columns, fewer_rows)
        if key not in self.reduced:
            full = self.fronts[front].texture
            size = (
                max(2, full.shape[1] >> fewer_columns),
                max(2, full.shape[0] >> fewer_rows),
            )
            self.reduced[key] = cv2.resize(full, size, interpolation=cv2.INTER_AREA)
        return self.reduced[key]


@dataclass(frozen=True, slots=True)
class World:
    """One scene or one video's street."""

    assets: Assets
    light: Light
    backdrop: UInt8[np.ndarray, "h w 4"]
    buildings: tuple[Building, ...]
    gaps: tuple[Opening, ...]
    cars: tuple[Car, ...]
    props: tuple[Prop, ...]
    people: tuple[Person, ...]
    crossings: tuple[float, ...] = ()


PROFILES = {
    "south": (
        Profile(road=3.9, wall=6.6, parking=2.9, lane=1.0),
        Profile(road=4.6, wall=7.6, parking=3.6, lane=1.5),
        Profile(road=3.3, wall=6.4, parking=2.3, lane=0.8),
    ),
    "north": (
        Profile(road=5.3, wall=8.3, parking=4.3, lane=1.7),
        Profile(road=4.6, wall=7.3, parking=3.65, lane=1.4),
        Profile(road=3.7, wall=6.8, parking=math.inf, lane=1.6),
    ),
}


@lru_cache(maxsize=8)
def assets(seed: int, city: str, variant: int) -> Assets:
    """Make the textures of a city; `variant` chooses the street's cross-section."""
    rng = np.random.default_rng([seed, variant, 0 if city == "south" else 1, 77])
    profile = PROFILES[city][variant % len(PROFILES[city])]
    fronts = tuple(facade(rng, city) for _ in range(10))
    return Assets(city, profile, ground(rng, city, profile), fronts, bank(rng, city))
