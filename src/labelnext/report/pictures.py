"""A picked frame as pictures: the image scaled down, and its pixel scores laid over it."""

import io
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image as Pil
from PIL import UnidentifiedImageError

from labelnext.rounds.results import PickedFrame

_GREY = 96  # background of a heatmap whose image cannot be read


class Scale(NamedTuple):
    """Pixel scores that the ends of the colour scale stand for."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Pictures:
    """What there is to show of a frame.

    Attributes:
        image: RGB, scaled down; None where the file cannot be read.
        problem: Why not; empty where it can.
        heat: Pixel scores over the greyed image; None without usable scores.
        heat_problem: Why not; empty where there are.
        size: (height, width) of the stored image, whose pixels boxes are in; None if unknown.
    """

    image: UInt8[np.ndarray, "h w 3"] | None
    problem: str
    heat: UInt8[np.ndarray, "h w 3"] | None
    heat_problem: str
    size: tuple[int, int] | None


def pictures(frame: PickedFrame, scale: Scale, *, width: int) -> Pictures:
    """Read a frame's image and lay its pixel scores over it, at most `width` pixels wide.

    A broken file or broken scores become a reason in words; nothing raises.
    """
    image, size, problem = _read(frame.path, width)
    heat, heat_problem = None, _score_problem(frame)
    if not heat_problem and frame.pixel_scores is not None:
        ground = _ground(image, frame.pixel_scores.shape, width)
        heat = overlay(frame.pixel_scores, ground, scale)
    return Pictures(image, problem, heat, heat_problem, size)


def scale_of(frames: list[PickedFrame]) -> Scale:
    """One scale for frames whose scores have the same unit: from 0 (or below) to the highest."""
    usable = [f.pixel_scores for f in frames if not _score_problem(f)]
    ends = [(float(s.min()), float(s.max())) for s in usable if s is not None]
    low = min([0.0, *(low for low, _ in ends)])
    high = max([low, *(high for _, high in ends)])
    return Scale(low, high if high > low else low + 1.0)


def overlay(
    scores: Float32[np.ndarray, "h w"], ground: UInt8[np.ndarray, "gh gw"], scale: Scale
) -> UInt8[np.ndarray, "gh gw 3"]:
    """Colour pixel scores over a grey image: the higher, the brighter and the more opaque."""
    height, width = ground.shape
    shrink = scores.shape[0] * scores.shape[1] > height * width
    how = cv2.INTER_AREA if shrink else cv2.INTER_LINEAR
    fitted = cv2.resize(scores, (width, height), interpolation=how)
    share = np.clip((fitted - scale.low) / (scale.high - scale.low), 0, 1)
    return _blend(share, ground)


def gradient(steps: int = 9) -> list[str]:
    """The colour scale over mid-grey, as CSS colours from low to high."""
    share = np.linspace(0, 1, steps, dtype=np.float32)[None]
    colours = _blend(share, np.full(share.shape, 128, np.uint8))[0]
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in colours]


def jpeg(picture: UInt8[np.ndarray, "h w 3"]) -> bytes:
    """Encode for the page; the same pixels give the same bytes."""
    out = io.BytesIO()
    Pil.fromarray(picture).save(out, "JPEG", quality=74, optimize=True, subsampling=2)
    return out.getvalue()


def _read(
    path: str, width: int
) -> tuple[UInt8[np.ndarray, "h w 3"] | None, tuple[int, int] | None, str]:
    try:
        with Pil.open(path) as opened:
            size = (opened.height, opened.width)
            small = (width, max(1, round(opened.height * width / opened.width)))
            if small[0] >= opened.width:
                small = opened.size
            opened.draft("RGB", small)
            picture = opened.convert("RGB")
            if picture.size != small:
                picture = picture.resize(small, Pil.Resampling.LANCZOS)
            return np.asarray(picture), size, ""
    except UnidentifiedImageError:
        return None, None, "the file is not an image that can be read"
    except Pil.DecompressionBombError:
        return None, None, "the image has too many pixels to be shown safely"
    except OSError as error:
        return None, None, f"the file cannot be read: {error.strerror or error}"
    except (ValueError, SyntaxError, ZeroDivisionError) as error:
        return None, None, f"the file is damaged: {error}"


def _score_problem(frame: PickedFrame) -> str:
    scores = frame.pixel_scores
    if scores is None:
        return "this pick was made without any"
    if scores.size == 0:
        return "they are empty"
    if not np.isfinite(scores).all():
        return "they hold NaN or infinity"
    return ""


def _ground(
    image: UInt8[np.ndarray, "h w 3"] | None, shape: tuple[int, ...], width: int
) -> UInt8[np.ndarray, "h w"]:
    if image is not None:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    shown = min(width, shape[1])
    return np.full((max(1, round(shape[0] * shown / shape[1])), shown), _GREY, np.uint8)


def _blend(
    share: Float32[np.ndarray, "h w"], ground: UInt8[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 3"]:
    from matplotlib import colormaps

    colour = colormaps["inferno"](0.12 + 0.88 * share)[..., :3] * 255
    opacity = (0.08 + 0.82 * np.sqrt(share))[..., None]
    mixed = colour * opacity + 0.85 * ground[..., None] * (1 - opacity)
    return np.asarray(mixed.round(), np.uint8)
