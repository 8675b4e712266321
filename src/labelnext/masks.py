"""Masks of objects: COCO's compressed run lengths, read, unpacked, moved and painted.

A mask is the compressed `counts` of COCO's run-length encoding, of the size of its image; None is
an object without one. The codec is faster-coco-eval's; whatever comes from outside is checked and
brought to one form, so that equal masks are equal bytes.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Bool, Int16, Int64, Shaped

from labelnext.errors import ArgumentError
from labelnext.numerics import opencv
from labelnext.types import GroundTruth

IGNORED = -1
"""In a painted map: neither object nor background."""

MOST_PIXELS = 1 << 26
_LONGEST = 1 << 24  # outline of a polygon in pixels; longer ones take the codec minutes

Masks = Shaped[np.ndarray, "n"]  # of objects: bytes or None
Plane = Bool[np.ndarray, "_h _w"]


def pack(planes: Bool[np.ndarray, "n h w"]) -> Masks:
    """Masks from planes of pixels."""
    packed = np.empty(len(planes), object)
    for i, plane in enumerate(planes):
        packed[i] = bytes(
            _codec().encode(np.asfortranarray(plane[..., None], np.uint8))[0]["counts"]
        )
    return packed


def unpack(masks: Masks, size: tuple[int, int]) -> Bool[np.ndarray, "n h w"]:
    """Planes of pixels; all False for an object without a mask.

    Args:
        masks: Of an image of that size.
        size: (height, width).

    Raises:
        ArgumentError: A mask is damaged or of another size.
    """
    planes = np.zeros((len(masks), *size), bool)
    for i, counts in enumerate(masks.tolist()):
        if counts is not None:
            planes[i] = _asked("decode", counts, i, size)[..., 0]
    return planes


def read(value: object, size: tuple[int, int]) -> bytes | None:
    """The mask that COCO's `segmentation` means, or None where it is absent or empty.

    Args:
        value: Polygons, or run lengths, compressed or not.
        size: (height, width) of the image.

    Raises:
        ValueError: It is none of these, or of another size; says what is wrong with it.
    """
    if value is None or value == []:
        return None
    if size[0] * size[1] > MOST_PIXELS:
        raise ValueError(f"is of an image of more than {MOST_PIXELS:,} pixels")
    if isinstance(value, list):
        parts = _codec().frPyObjects(_polygons(value, size), *size)
        runs: Any = parts[0] if len(parts) == 1 else _codec().merge(parts)
    elif isinstance(value, dict):
        runs = _runs(value, size)
    else:
        raise ValueError("is neither a list of polygons nor run lengths")
    try:
        counts = _codec().toUncompressedRLE([runs])[0]["counts"]
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"holds damaged run lengths ({error})") from None
    if sum(counts) != size[0] * size[1]:
        raise ValueError(f"holds damaged run lengths (of {sum(counts):,} pixels)")
    if 0 in counts[1:]:
        runs = _codec().merge([runs, runs])  # leaves runs of no pixel out
    return bytes(runs["counts"])


def lacking(truth: GroundTruth) -> int:
    """How many objects that count have no mask."""
    if truth.masks is None:
        return int((~truth.ignore).sum())
    without = np.array([mask is None for mask in truth.masks.tolist()], bool)
    return int((without & ~truth.ignore).sum())


def areas(masks: Masks, size: tuple[int, int]) -> Int64[np.ndarray, "n"]:
    """Pixels of each mask; 0 for an object without one.

    Raises:
        ArgumentError: A mask is damaged or of a larger image.
    """
    found = np.zeros(len(masks), np.int64)
    for i, counts in enumerate(masks.tolist()):
        if counts is not None:
            found[i] = _asked("area", counts, i, size)[0]
    return found


def to_coco(masks: Masks, size: tuple[int, int]) -> list[dict[str, object]]:
    """`segmentation` and `area` of COCO's annotations; neither for an object without a mask.

    Raises:
        ArgumentError: A mask is damaged or of a larger image.
    """
    sizes = areas(masks, size).tolist()
    return [
        {}
        if counts is None
        else {"segmentation": {"size": list(size), "counts": counts.decode()}, "area": area}
        for counts, area in zip(masks.tolist(), sizes, strict=True)
    ]


def moved(masks: Masks, size: tuple[int, int], move: Callable[[Plane], Plane]) -> Masks:
    """Every mask with its pixels moved; an object without one keeps none.

    Args:
        masks: Of an image of that size.
        size: (height, width).
        move: Gives the pixels of the changed image, which may be of another size.
    """
    changed = np.empty(len(masks), object)
    planes = unpack(masks, size)
    for i, counts in enumerate(masks.tolist()):
        changed[i] = None if counts is None else pack(move(planes[i])[None])[0]
    return changed


def resized(masks: Masks, size: tuple[int, int], to: tuple[int, int]) -> Masks:
    """Masks of the image at another size, (height, width): pixels that are covered by half."""
    if size == to:
        return masks
    cv2 = opencv()
    shrunk = to[0] * to[1] < size[0] * size[1]
    how = cv2.INTER_AREA if shrunk else cv2.INTER_LINEAR

    def move(plane: Plane) -> Plane:
        share = cv2.resize(plane.astype(np.float32), to[::-1], interpolation=how)
        covered: Plane = np.asarray(share) >= 0.5
        return covered

    return moved(masks, size, move)


def paint(truth: GroundTruth, size: tuple[int, int], classes: int) -> Int16[np.ndarray, "h w"]:
    """The class of every pixel: `classes` is the background, `IGNORED` the objects to ignore.

    Smaller objects are painted over larger ones, and objects that count over those to ignore; of
    these, one without a mask takes its box.

    Args:
        truth: Boxes and masks in pixels of an image of that size.
        size: (height, width).
        classes: How many there are without the background.

    Raises:
        ArgumentError: An object that counts has no mask; a mask is of another size.
    """
    if lacking(truth):
        raise ArgumentError(
            "masks.paint", "truth", expected="with a mask for every object that counts",
            got=f"{lacking(truth)} without", remedy="Name their source with masks=true.",
        )  # fmt: skip
    painted = np.full(size, classes, np.int16)
    if not len(truth):
        return painted
    known = np.array([None] * len(truth), object) if truth.masks is None else truth.masks
    order = np.lexsort((-areas(known, size), ~truth.ignore))
    for i in order.tolist():  # one plane at a time: an image may have hundreds
        if known[i] is None:
            x1, y1, x2, y2 = np.rint(truth.xyxy[i]).astype(int).clip(0)
            painted[y1:y2, x1:x2] = IGNORED
        else:
            (plane,) = unpack(known[i : i + 1], size)
            painted[plane] = IGNORED if truth.ignore[i] else truth.classes[i]
    return painted


def _polygons(value: Sequence[object], size: tuple[int, int]) -> list[list[float]]:
    """Polygons as the codec takes them."""
    found = []
    length = 0.0
    for polygon in value:
        if (
            not isinstance(polygon, list)
            or len(polygon) < 6
            or len(polygon) % 2
            or not {int, float}.issuperset(map(type, polygon))
        ):
            raise ValueError("holds a polygon that is not a list of x, y of at least three points")
        for side, part in zip(size[::-1], (polygon[::2], polygon[1::2]), strict=True):
            far = side + 16
            if not all(-far <= number <= side + far for number in part):  # NaN is within no bounds
                raise ValueError(f"holds a polygon far outside the image of {side} px")
            length += sum(abs(b - a) for a, b in pairwise([*part, part[0]]))
        found.append([float(number) for number in polygon])
    if length > _LONGEST:
        raise ValueError(f"holds polygons of {length:,.0f} px in all, more than {_LONGEST:,}")
    return found


def _runs(value: dict[Any, Any], size: tuple[int, int]) -> dict[str, object]:
    """Run lengths as the codec takes them."""
    if value.get("size") != list(size) or not {int}.issuperset(map(type, value["size"])):
        raise ValueError(f"must be of the image's size, [{size[0]}, {size[1]}]")
    counts = value.get("counts")
    if isinstance(counts, str) and counts.isascii():
        return {"size": list(size), "counts": counts.encode()}
    if (
        not isinstance(counts, list)
        or not {int}.issuperset(map(type, counts))
        or min(counts, default=-1) < 0
        or sum(counts) != size[0] * size[1]
    ):
        raise ValueError("must hold 'counts' that add up to the image's pixels, or their text")
    runs: dict[str, object] = _codec().frPyObjects({"size": list(size), "counts": counts}, *size)
    return runs


def _asked(what: str, counts: bytes, i: int, size: tuple[int, int]) -> Any:
    """What a function of the codec gives for one mask."""
    try:
        return getattr(_codec(), what)([{"size": list(size), "counts": counts}])
    except (ValueError, RuntimeError) as error:
        raise ArgumentError(
            "masks", "masks", expected=f"those of an image of {size[1]} x {size[0]} px",
            got=f"mask {i}, of which the codec says: {error}",
            remedy="Are the labels those of this image?",
        ) from error  # fmt: skip


@cache
def _codec() -> Any:
    """Heavy, and needed where there are masks only."""
    from faster_coco_eval import mask_api_new_cpp

    return mask_api_new_cpp
