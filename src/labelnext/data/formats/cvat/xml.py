"""Elements of CVAT's XML: attributes with every fault named, shapes as boxes, the task's own data.

Source: CVAT's "XML annotation format", version 1.1 (docs.cvat.ai, and what CVAT 2.x exports).
"""

import re
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element

from labelnext.data.formats.common.tools import Tally, ellipse, enclosing, turned
from labelnext.data.formats.common.xml_records import Record
from labelnext.errors import DataError
from labelnext.json_fields import show

LARGEST = 1e9
MOST_FRAMES = 10_000_000
SHAPES = frozenset(
    {"box", "polygon", "polyline", "points", "cuboid", "ellipse", "mask", "skeleton"}
)
_WHOLE = re.compile(r"-?\d{1,15}", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})([eE][-+]?\d{1,3})?", re.ASCII)
_STEP = re.compile(r"step=(\d{1,6})", re.ASCII)
_CORNERS = ("tl", "bl", "tr", "br")


class Attributes:
    """The attributes of one element, read one by one; errors name the file and the line."""

    __slots__ = ("element", "path")

    def __init__(self, path: Path, element: Element) -> None:
        self.path, self.element = path, element

    @property
    def name(self) -> str:
        """Name of the file and line, as problems of a sample begin."""
        return f"{self.path.name}, line {self.line}"

    @property
    def line(self) -> int:
        """Line of the file that the element begins on."""
        return self.element.line if isinstance(self.element, Record) else 0

    def error(self, problem: str, remedy: str = "Mend it, or export it again.") -> DataError:
        """A DataError about this element."""
        tag = show(self.element.tag).strip("'")
        return DataError(self.path, f"<{tag}> {problem}", record=f"line {self.line}", remedy=remedy)

    def text(self, name: str) -> str:
        """An attribute that must be there and not blank."""
        value = self.element.get(name)
        if value is None or not value.strip():
            raise self.error(f"must have an attribute {name!r}. Got {show(value)} instead.")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number of at most 1e9."""
        if default is not None and self.element.get(name) is None:
            return default
        return self._number(name, self.text(name))

    def whole(self, name: str, *, least: int = 0, most: int = MOST_FRAMES) -> int:
        """A whole number in [least, most]."""
        text = self.text(name).strip()
        if _WHOLE.fullmatch(text) is None or not least <= int(text) <= most:
            raise self.error(
                f"{name!r} must be a whole number from {least} to {most}. Got {show(text)} instead."
            )
        return int(text)

    def flag(self, name: str) -> bool:
        """0 or 1; absent is 0."""
        value = self.element.get(name, "0").strip().lower()
        if value not in ("0", "1", "false", "true"):
            raise self.error(f"{name!r} must be 0 or 1. Got {show(value)} instead.")
        return value in ("1", "true")

    def points(self) -> list[list[float]]:
        """`points="x,y;x,y;…"`."""
        found = []
        for pair in self.text("points").split(";"):
            parts = pair.split(",")
            if len(parts) != 2:
                raise self.error(f"'points' must be x,y;x,y;… Got {show(pair)} in it.")
            found.append([self._number("points", part) for part in parts])
        return found

    def marked(self, name: str) -> bool:
        """Whether it has an `<attribute>` of that name whose value is true."""
        return any(
            child.tag == "attribute"
            and child.get("name") == name
            and (child.text or "").strip().lower() == "true"
            for child in self.element
        )

    def _number(self, name: str, text: str) -> float:
        value = float(text) if _NUMBER.fullmatch(text.strip()) else float("nan")
        if not isfinite(value) or abs(value) > LARGEST:
            raise self.error(f"{name!r} must be a finite number. Got {show(text)} instead.")
        return value


class Upright(NamedTuple):
    """A shape as an upright box, and the angle to turn it by about its centre, in degrees."""

    xyxy: list[float]
    rotation: float = 0.0

    def enclosing(self) -> list[float]:
        """The upright box around the turned one."""
        x1, y1, x2, y2 = self.xyxy
        return turned(self.xyxy, self.rotation, ((x1 + x2) / 2, (y1 + y2) / 2))


def upright(shape: Attributes, tally: Tally) -> Upright | None:
    """A shape as a box; None for what has no extent (one point, an empty skeleton).

    Raises:
        DataError: An attribute is absent or no number.
    """
    kind = shape.element.tag
    if kind == "box":
        xyxy = [shape.number(name) for name in ("xtl", "ytl", "xbr", "ybr")]
        rotation = shape.number("rotation", 0.0)
        if rotation % 360:
            tally.enclosed("turned boxes")
        return Upright(xyxy, rotation)
    if kind == "mask":
        left, top, width, height = (shape.number(n) for n in ("left", "top", "width", "height"))
        tally.enclosed("masks")
        return Upright([left, top, left + width, top + height])
    if kind == "ellipse":
        tally.enclosed("ellipses")
        centre = (shape.number("cx"), shape.number("cy"))
        radii = (shape.number("rx"), shape.number("ry"))
        return Upright(ellipse(centre, radii, shape.number("rotation", 0.0)))
    points = _outline(shape)
    if len(points) < 2:
        tally.left_out("single points and empty skeletons")
        return None
    tally.enclosed({"points": "groups of points"}.get(kind, f"{kind}s"))
    return Upright(enclosing(points))


def _outline(shape: Attributes) -> list[list[float]]:
    kind = shape.element.tag
    if kind == "cuboid":
        names = [f"{corner}{side}" for corner in _CORNERS for side in (1, 2)]
        return [[shape.number(f"x{name}"), shape.number(f"y{name}")] for name in names]
    if kind == "skeleton":
        parts = [Attributes(shape.path, part) for part in shape.element if part.tag == "points"]
        return [point for part in parts if not part.flag("outside") for point in part.points()]
    return shape.points()


class Task(NamedTuple):
    """What `<meta>` says.

    Attributes:
        name: Of the task; empty where it has none.
        mode: `annotation`, `interpolation` or empty.
        labels: Class names, in order.
        size: Width and height of a video's frames; 0 where not given.
        frames: How many the task has; None where not given.
        start: First frame.
        stop: Last frame; None where not given.
        step: Only every so many-th frame is in the task.
        deleted: Frames taken out of the task.
    """

    name: str = ""
    mode: str = ""
    labels: tuple[str, ...] = ()
    size: tuple[int, int] = (0, 0)
    frames: int | None = None
    start: int = 0
    stop: int | None = None
    step: int = 1
    deleted: frozenset[int] = frozenset()


def task(path: Path, meta: Record) -> Task:
    """Read `<meta>`; its one child is called task, project or job.

    Raises:
        DataError: A size or a frame is no number.
    """
    owner = next((child for child in meta if child.tag in ("task", "project", "job")), meta)
    labels = [
        label.findtext("name") or ""
        for label in owner.iterfind("./labels/label")
        if label.find("parent") is None  # the points of skeletons
    ]
    size = meta.find(".//original_size")
    width, height = (_field(path, size, n, most=10**6) for n in ("width", "height"))
    return Task(
        name=(owner.findtext("name") or "").strip(),
        mode=(owner.findtext("mode") or "").strip(),
        labels=tuple(dict.fromkeys(name for name in labels if name.strip())),
        size=(width, height) if width and height else (0, 0),
        frames=_field(path, owner, "size"),
        start=_field(path, owner, "start_frame") or 0,
        stop=_field(path, owner, "stop_frame"),
        step=_step(owner),
        deleted=frozenset(_deleted(path, meta)),
    )


def _field(path: Path, owner: Element | None, name: str, most: int = MOST_FRAMES) -> int | None:
    element = None if owner is None else owner.find(name)
    if element is None or not (element.text or "").strip():
        return None
    text = (element.text or "").strip()
    if _WHOLE.fullmatch(text) is None or not 0 <= int(text) <= most:
        raise Attributes(path, element).error(
            f"must hold a whole number from 0 to {most}. Got {show(text)} instead."
        )
    return int(text)


def _step(owner: Element) -> int:
    found = _STEP.search(owner.findtext("frame_filter") or "")
    return max(1, int(found[1])) if found else 1


def _deleted(path: Path, meta: Record) -> Iterator[int]:
    for element in meta.iterfind(".//deleted_frames"):
        texts = [element.text or "", *(child.text or "" for child in element)]
        for text in " ".join(texts).replace(",", " ").split():
            if _WHOLE.fullmatch(text) is None:
                raise Attributes(path, element).error(
                    f"must hold numbers of frames. Got {show(text)} instead."
                )
            yield int(text)
