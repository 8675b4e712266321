"""One Pascal VOC annotation: an XML file with the image's size and its objects."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element

import numpy as np

from labelnext.data.formats.common.label_files import bounded, numbers, whole
from labelnext.data.formats.common.xml_records import Record, records, root
from labelnext.errors import DataError
from labelnext.json_fields import show
from labelnext.types import GroundTruth

_LARGEST_SIDE = 1_000_000
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_FLAGS = {
    "0": 0, "0.0": 0, "false": 0, "1": 1, "1.0": 1, "true": 1, "": None, "unspecified": None,
}  # fmt: skip


class Annotation(NamedTuple):
    """What a file says.

    Attributes:
        width: In pixels; 0 where the file gives none.
        height: The same.
        truth: The objects, unclipped.
        lines: Line of each object.
        others: Objects left out since their class is none of those asked for, by name.
        at_zero: Boxes with a corner at 0, where counting begins with 1.
    """

    width: int
    height: int
    truth: GroundTruth
    lines: tuple[int, ...]
    others: Counter[str]
    at_zero: int


class _Object(NamedTuple):
    name: str
    line: int
    corners: list[float]
    difficult: int | None
    truncated: int | None
    occluded: int | None


def parse(path: Path, places: Mapping[str, int], *, one_based: bool) -> Annotation:
    """Read an annotation file.

    Args:
        path: The file.
        places: Index of each class by name.
        one_based: Whether corners are pixels counted from 1, the last included; if not, edges
            counted from 0.

    Raises:
        DataError: With file and line: no XML (see `xml_records`), another root than `annotation`,
            an object without name or box, a corner that is no number, a flag that is not 0 or 1,
            a size that is no number of pixels; or the file has more than 16 MiB.
    """
    top = root(bounded(path))
    if top.tag != "annotation":
        raise _error(path, top, f"the root is {show(top.tag)} where 'annotation' is expected.")
    width, height = _size(path, top)
    found = [_object(path, element) for element in top.findall("object")]
    kept = [one for one in found if one.name in places]
    corners = np.array([one.corners for one in kept], np.float64).reshape(-1, 4)
    shift = np.array([1, 1, 0, 0]) if one_based else np.zeros(4)
    truth = GroundTruth.from_boxes(
        corners - shift,
        [places[one.name] for one in kept],
        [one.difficult == 1 for one in kept],
        truncation=[np.nan if one.truncated is None else one.truncated for one in kept],
        occlusion=[-1 if one.occluded is None else one.occluded for one in kept],
    )
    return Annotation(
        width,
        height,
        truth,
        tuple(one.line for one in kept),
        Counter(one.name for one in found if one.name not in places),
        int((corners[:, :2] < 1).any(axis=1).sum()) if one_based else 0,
    )


def class_names(path: Path) -> set[str]:
    """Names of the objects in a file.

    Raises:
        DataError: See `parse`, as far as names go.
    """
    return {_name(path, element) for element in records(bounded(path), {"object"})}


def _size(path: Path, top: Record) -> tuple[int, int]:
    """Width and height; (0, 0), as careless tools write, counts as not given."""
    element = top.find("size")
    if element is None:
        return 0, 0
    sides = []
    for side in ("width", "height"):
        (value,) = numbers(path, _where(element), [_text(path, element, side)])
        sides.append(
            whole(path, _where(element), f"the {side}", value, least=0, most=_LARGEST_SIDE)
        )
    return (sides[0], sides[1]) if all(sides) else (0, 0)


def _object(path: Path, element: Element) -> _Object:
    box = element.find("bndbox")
    if box is None:
        raise _error(path, element, "the object has no 'bndbox'.")
    corners = numbers(path, _where(box), [_text(path, box, side) for side in _SIDES])
    flags = [_flag(path, element, name) for name in ("difficult", "truncated", "occluded")]
    return _Object(_name(path, element), _line(element), corners, *flags)


def _name(path: Path, element: Element) -> str:
    name = _text(path, element, "name")
    if not name:
        raise _error(path, element, "'name' is empty.")
    return name


def _flag(path: Path, element: Element, name: str) -> int | None:
    text = (element.findtext(name) or "").strip().lower()
    if text not in _FLAGS:
        raise _error(path, element, f"{name!r} must be 0 or 1. Got {show(text)} instead.")
    return _FLAGS[text]


def _text(path: Path, element: Element, name: str) -> str:
    text = element.findtext(name)
    if text is None:
        raise _error(path, element, f"the {element.tag} has no {name!r}.")
    return text.strip()


def _line(element: Element) -> int:
    return getattr(element, "line", 0)


def _where(element: Element) -> str:
    return f"line {_line(element)}"


def _error(path: Path, element: Element, problem: str) -> DataError:
    return DataError(path, problem, record=_where(element), remedy="Correct or remove it.")
