"""The pinhole camera of the synthetic street: world metres to pixels.

World axes: x to the right of the street, y up from the ground, z along the street. The camera
stands upright; a small pitch is a shift of the horizon, so vertical edges stay vertical.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

NEAR = 0.35
"""Nothing closer than this, in metres of depth, is drawn."""


class Camera(NamedTuple):
    """Where the camera is and how it sees.

    Attributes:
        x: Metres to the right of the street's middle.
        y: Height above the ground in metres.
        z: Metres along the street.
        yaw: Radians; positive turns to the right.
        focal: Focal length in pixels.
        width: Of the image, in pixels.
        height: Of the image, in pixels.
        horizon: Row of the horizon, in pixels from the top.
    """

    x: float
    y: float
    z: float
    yaw: float
    focal: float
    width: int
    height: int
    horizon: float


def project_point(camera: Camera, x: float, y: float, z: float) -> tuple[float, float, float]:
    """One world point as (column, row, depth in metres); behind the camera depth is negative."""
    dx, dz = x - camera.x, z - camera.z
    sin, cos = math.sin(camera.yaw), math.cos(camera.yaw)
    depth = dx * sin + dz * cos
    scale = camera.focal / (depth if abs(depth) > 1e-6 else 1e-6)
    across = dx * cos - dz * sin
    return camera.width / 2 + scale * across, camera.horizon + scale * (camera.y - y), depth


def to_view(camera: Camera, points: Float[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 3"]:
    """World points as (across, down from the camera, depth), all in metres."""
    sin, cos = math.sin(camera.yaw), math.cos(camera.yaw)
    dx, dz = points[:, 0] - camera.x, points[:, 2] - camera.z
    return np.stack([dx * cos - dz * sin, camera.y - points[:, 1], dx * sin + dz * cos], axis=1)


def to_image(camera: Camera, view: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 2"]:
    """View points in front of the camera as (column, row)."""
    scale = camera.focal / view[:, 2:]
    return view[:, :2] * scale + (camera.width / 2, camera.horizon)


def clip_near(view: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "m 3"]:
    """The part of a polygon in front of the near plane (empty when all of it is behind)."""
    depth = view[:, 2]
    if (depth >= NEAR).all():
        return view
    kept: list[np.ndarray] = []
    for i in range(len(view)):
        here, there = view[i], view[(i + 1) % len(view)]
        if here[2] >= NEAR:
            kept.append(here)
        if (here[2] >= NEAR) != (there[2] >= NEAR):
            share = (NEAR - here[2]) / (there[2] - here[2])
            kept.append(here + share * (there - here))
    return np.array(kept, np.float64).reshape(-1, 3)


@lru_cache(maxsize=8)
def _projection(camera: Camera) -> Float64[np.ndarray, "3 3"]:
    sin, cos = math.sin(camera.yaw), math.cos(camera.yaw)
    middle = camera.width / 2
    return np.array(
        [
            [camera.focal * cos + middle * sin, 0, -camera.focal * sin + middle * cos],
            [camera.horizon * sin, -camera.focal, camera.horizon * cos],
            [sin, 0, cos],
        ]
    )


def plane_homography(
    camera: Camera,
    origin: tuple[float, float, float],
    along: tuple[float, float, float],
    up: tuple[float, float, float],
) -> Float64[np.ndarray, "3 3"]:
    """Maps (s, t, 1) on the plane `origin + s·along + t·up` to homogeneous image coordinates."""
    offset = (origin[0] - camera.x, origin[1] - camera.y, origin[2] - camera.z)
    plane: Float64[np.ndarray, "3 3"] = _projection(camera) @ np.array((along, up, offset)).T
    return plane
