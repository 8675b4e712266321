"""The picture while it is drawn: colour, self-lit share, and which person is seen at each pixel."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float64, Int32, UInt8

from labelnext.data.synthetic.camera import NEAR, Camera, clip_near, to_image, to_view

Sprite = UInt8[np.ndarray, "h w 4"]  # RGB multiplied by alpha, and alpha
Colour = tuple[int, int, int]

_SHIFT = 4
_UNIT = 1 << _SHIFT
_OPAQUE = 128


class Canvas:
    """Drawn from far to near: whatever comes later hides what came before.

    Attributes:
        pixels: RGB and, in the fourth channel, the share of the colour that shines by itself and so
            does not darken at night.
        owner: Number of the person seen at each pixel; 0 is nobody.
    """

    def __init__(self, height: int, width: int) -> None:
        self.pixels = np.zeros((height, width, 4), np.uint8)
        self.owner = np.zeros((height, width), np.uint8)
        self._owned = False

    def sprite(
        self,
        sprite: Sprite,
        left: int,
        top: int,
        *,
        owner: int = 0,
        columns: tuple[float, float] | None = None,
    ) -> int:
        """Blend a sprite in with its top-left pixel at (left, top).

        `columns` cuts it to what an opening between two vertical edges lets through. Returns the
        number of opaque pixels that fell inside the image.
        """
        height, width = self.owner.shape
        x0, x1 = max(left, 0), min(left + sprite.shape[1], width)
        if columns is not None:
            x0, x1 = max(x0, round(columns[0])), min(x1, round(columns[1]))
        y0, y1 = max(top, 0), min(top + sprite.shape[0], height)
        if x0 >= x1 or y0 >= y1:
            return 0
        part = sprite[y0 - top : y1 - top, x0 - left : x1 - left]
        alpha = part[:, :, 3]
        region = self.pixels[y0:y1, x0:x1]
        clear = cv2.bitwise_not(alpha)
        kept = cv2.multiply(region, cv2.merge([clear, clear, clear, clear]), scale=1 / 255)
        np.add(kept[:, :, :3], part[:, :, :3], out=region[:, :, :3])
        region[:, :, 3] = kept[:, :, 3]
        if owner or self._owned:
            self._owned = True
            opaque = alpha >= _OPAQUE
            self.owner[y0:y1, x0:x1][opaque] = owner
            return int(np.count_nonzero(opaque)) if owner else 0
        return 0

    def darken(self, mask: UInt8[np.ndarray, "h w"], left: int, top: int, strength: float) -> None:
        """Multiply the colour by `1 - strength·mask`: a shadow on the ground."""
        height, width = self.owner.shape
        x0, x1 = max(left, 0), min(left + mask.shape[1], width)
        y0, y1 = max(top, 0), min(top + mask.shape[0], height)
        if x0 >= x1 or y0 >= y1:
            return
        part = mask[y0 - top : y1 - top, x0 - left : x1 - left]
        light = cv2.convertScaleAbs(part, alpha=-strength, beta=255.0)
        full = np.full_like(light, 255)
        region = self.pixels[y0:y1, x0:x1]
        region[:] = cv2.multiply(region, cv2.merge([light, light, light, full]), scale=1 / 255)

    def polygon(
        self, points: Float64[np.ndarray, "n 2"], colour: Colour, glow: int = 0, hides: bool = True
    ) -> None:
        """Fill a polygon given in pixels; `hides` is False for what lies flat on the ground."""
        if len(points) >= 3:
            self.fill(fixed_point(points), colour, glow, hides)

    def fill(
        self, corners: Int32[np.ndarray, "n 2"], colour: Colour, glow: int, hides: bool
    ) -> None:
        """The same for corners that `fixed_point` made."""
        cv2.fillPoly(self.pixels, [corners], (*colour, glow), cv2.LINE_AA, _SHIFT)
        if self._owned and hides:
            cv2.fillPoly(self.owner, [corners], 0, cv2.LINE_8, _SHIFT)

    def patch(
        self,
        camera: Camera,
        corners: Sequence[Sequence[float]] | Float64[np.ndarray, "n 3"],
        colour: Colour,
        glow: int = 0,
        hides: bool = True,
    ) -> None:
        """Fill a flat polygon given in world metres, cut at the near plane."""
        view = clip_near(to_view(camera, np.asarray(corners, np.float64)))
        if len(view) >= 3:
            self.polygon(to_image(camera, view), colour, glow, hides)

    def patches(
        self, camera: Camera, corners: Float64[np.ndarray, "m k 3"], colour: Colour
    ) -> None:
        """Many flat polygons on the ground, in one colour."""
        count, sides = corners.shape[:2]
        view = to_view(camera, corners.reshape(-1, 3))
        if (view[:, 2] < NEAR).any():
            for polygon in corners:
                self.patch(camera, polygon, colour, hides=False)
            return
        fixed = fixed_point(to_image(camera, view)).reshape(count, sides, 2)
        for polygon in fixed:
            self.fill(polygon, colour, 0, hides=False)

    def disc(self, column: float, row: float, radius: float, colour: Colour, glow: int) -> None:
        """A filled circle, such as a lamp."""
        centre = (round((column - 0.5) * _UNIT), round((row - 0.5) * _UNIT))
        if max(abs(centre[0]), abs(centre[1])) < 1 << 20:
            size = max(1, round(radius * _UNIT))
            cv2.circle(self.pixels, centre, size, (*colour, glow), cv2.FILLED, cv2.LINE_AA, _SHIFT)


def fixed_point(points: Float64[np.ndarray, "n 2"]) -> Int32[np.ndarray, "n 2"]:
    """Pixels as OpenCV's fixed-point numbers; its pixel centres lie at integers, ours at halves."""
    fixed = points * _UNIT - (_UNIT / 2 - 0.5)
    return fixed.clip(-64000, 128000).astype(np.int32)
