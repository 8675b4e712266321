"""Regions of one annotation of Label Studio as boxes in pixels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labelnext.data.formats.common.image_size import image_size
from labelnext.data.formats.common.tools import Places, Tally, ellipse, enclosing, turned
from labelnext.data.formats.label_studio.brush import BrushError, brush_box
from labelnext.data.pixels import UnusableImageError
from labelnext.errors import LabelnextError
from labelnext.json_fields import Fields, show
from labelnext.types import GroundTruth

_SHAPES = ("rectangle", "ellipse", "polygon", "brush", "keypoint")
_LARGEST_SIDE = 10**6


class NoSizeError(LabelnextError):
    """Percentages cannot become pixels; the message is the reason, without the file."""


class Regions:
    """The results of one annotation.

    Args:
        path: The file.
        task: What errors call the task.
        results: As parsed.
        small: Whether they are of JSON-MIN, where a region is not wrapped in a result.
    """

    def __init__(
        self, path: Path, task: str, results: Sequence[object], *, small: bool = False
    ) -> None:
        self._path, self._small = path, small
        self._results = [
            Fields(path, f"{task}, result #{i}", entry) for i, entry in enumerate(results)
        ]

    def truth(
        self, places: Places, tally: Tally, image: Path
    ) -> tuple[GroundTruth, tuple[int, int], list[str]]:
        """Boxes in pixels, the image's size (0 where no region says it), and the boxes' names.

        Args:
            places: Of the classes.
            tally: Told what is no upright box.
            image: The image's file, whose size counts where a region has none.

        Raises:
            DataError: A region is damaged.
            NoSizeError: No size is known, or the view was rotated.
        """
        labels = self._labels()
        boxes, classes, ignore, names = [], [], [], []
        whole: tuple[int, int] | None = None
        for result in self._results:
            shape = self._shape(result)
            if shape not in _SHAPES or shape == "keypoint":
                what = "key points" if shape == "keypoint" else "results that are no regions"
                if shape != "labels":
                    tally.left_out(what)
                continue
            own = self._size(result)
            if own is not None and whole is not None and own != whole:
                raise result.error(
                    f"is of an image of {own[0]} x {own[1]} px, those before it of "
                    f"{whole[0]} x {whole[1]} px.",
                    "Label the image again.",
                )
            whole = own or whole or _read_size(image)
            found = labels.get(_name(result), []) or self._own_labels(result)
            box = self._box(result, shape, whole, tally)
            if not found or box is None:
                tally.left_out("regions without a label" if not found else "empty brush strokes")
                continue
            if len(found) > 1:
                tally.left_out("further labels of regions with several", len(found) - 1)
            boxes.append(box)
            classes.append(places.add(found[0]))
            ignore.append(_is_ignored(result))
            names.append(result.record)
        return GroundTruth.from_boxes(boxes, classes, ignore), whole or (0, 0), names

    def _value(self, result: Fields) -> Fields:
        if self._small:
            return result
        return Fields(self._path, f"{result.record}, 'value'", result.required("value", "a region"))

    def _shape(self, result: Fields) -> str:
        """Kind of a result without `labels`, such as `rectangle`; `labels` where it is only that.

        JSON-MIN does not say; there it shows by the fields.
        """
        if not self._small:
            kind = result.text("type") if result.has("type") else "relation"
            return kind if kind == "labels" else kind.removesuffix("labels")
        fields = result.values
        for field, kind in (("radiusX", "ellipse"), ("points", "polygon"), ("rle", "brush")):
            if field in fields:
                return kind
        if "height" not in fields or "keypointlabels" in fields:
            return "keypoint"
        return "rectangle"

    def _labels(self) -> dict[str, list[str]]:
        """Labels by region: a region may be a result of its own, beside one with its shape."""
        found: dict[str, list[str]] = {}
        for result in self._results:
            if self._shape(result) == "labels" and _name(result):
                found.setdefault(_name(result), []).extend(self._own_labels(result))
        return found

    def _own_labels(self, result: Fields) -> list[str]:
        value = self._value(result)
        for name, labels in value.values.items():
            if not name.endswith("labels") or labels is None:
                continue
            texts = labels if isinstance(labels, list) else [labels]
            return [Fields(self._path, value.record, {name: text}).text(name) for text in texts]
        return []

    def _size(self, result: Fields) -> tuple[int, int] | None:
        if result.has("image_rotation") and result.number("image_rotation") % 360:
            raise NoSizeError(f"{result.record} was drawn on a rotated view of the image")
        if not result.has("original_width") and not result.has("original_height"):
            return None
        return _side(result, "original_width"), _side(result, "original_height")

    def _box(
        self, result: Fields, shape: str, size: tuple[int, int], tally: Tally
    ) -> list[float] | None:
        value = self._value(result)
        x, y = size[0] / 100, size[1] / 100
        if shape == "polygon":
            tally.enclosed("polygons")
            return enclosing([[px * x, py * y] for px, py in _points(value)])
        if shape == "brush":
            tally.enclosed("brush strokes")
            return _brush(value, size)
        rotation = _number(value, "rotation") if value.has("rotation") else 0.0
        left, top = _number(value, "x") * x, _number(value, "y") * y
        if shape == "ellipse":
            tally.enclosed("ellipses")
            radii = (_number(value, "radiusX") * x, _number(value, "radiusY") * y)
            return ellipse((left, top), radii, rotation)
        right = (_number(value, "x") + _number(value, "width")) * x
        bottom = (_number(value, "y") + _number(value, "height")) * y
        if rotation % 360:
            tally.enclosed("turned boxes")
        return turned([left, top, right, bottom], rotation, (left, top))


def _name(result: Fields) -> str:
    value = result.values.get("id")
    return value if isinstance(value, str) else ""


def _number(value: Fields, name: str) -> float:
    return value.number(name, low=-1e6, high=1e6)


def _side(result: Fields, name: str) -> int:
    value = result.number(name, low=1, high=_LARGEST_SIDE)
    if value != int(value):
        raise result.error(f"{name!r} must be a whole number. Got {value:g}.", "Mend that region.")
    return int(value)


def _points(value: Fields) -> list[list[float]]:
    points = value.required("points", "a list of [x, y]")
    if not isinstance(points, list) or not points:
        raise value.error(f"'points' must be a list. Got {show(points)}.", "Mend that region.")
    found = []
    for point in points:
        if not isinstance(point, list) or len(point) != 2:
            raise value.error(f"{show(point)} is no point [x, y].", "Mend that region.")
        parts = Fields(value.source, value.record, {"x": point[0], "y": point[1]})
        found.append([_number(parts, "x"), _number(parts, "y")])
    return found


def _brush(value: Fields, size: tuple[int, int]) -> list[float] | None:
    rle = value.required("rle", "the brush stroke's code")
    if not isinstance(rle, list):
        raise value.error(f"'rle' must be a list. Got {show(rle)}.", "Export it again.")
    try:
        return brush_box(rle, *size)
    except BrushError as error:
        raise value.error(f"'rle' {error}.", "Export it again.") from None


def _read_size(image: Path) -> tuple[int, int]:
    try:
        return image_size(image)
    except UnusableImageError as error:
        raise NoSizeError(
            f"has no 'original_width', and the image cannot be read ({error})"
        ) from None


def _is_ignored(result: Fields) -> bool:
    meta: Any = result.values.get("meta")
    texts = meta.get("text") if isinstance(meta, dict) else None
    return texts == "ignore" or (isinstance(texts, list) and "ignore" in texts)
