"""BDD100K detection and box tracking JSON, old and new, and other data in Scalabel's format.

A file is a list of frames, or {frames, groups, config}; a frame has `name`, `labels` (null or
absent where nothing is on it), in videos `videoName` and `frameIndex`, perhaps `size`. A label has
`category`, `box2d` {x1, y1, x2, y2}, `attributes` and, in videos, an `id` that stays with the
object. The files are read frame by frame.

Old files say person, bike and motor where new ones say pedestrian, bicycle and motorcycle.
`other person`, `other vehicle` and `trailer` are regions to ignore, as in the benchmark of box
tracking, and so are labels with the attribute `crowd`. Lanes, areas and masks have no box and are
left out; time of day, weather and scene are not kept.

Source: PAPER §6; the documentation of BDD100K and of Scalabel. A box is [x1, y1, x2, y2] as it
stands; Scalabel's own converters count x2 and y2 as the last pixel inside (`inclusive`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from labelnext.data import filters
from labelnext.data.dataset import Lazy
from labelnext.data.formats.bdd100k.images import ImageFolders
from labelnext.data.formats.common import json_items, label_files
from labelnext.data.formats.common.json_stream import walk
from labelnext.data.formats.common.json_survey import Survey, survey
from labelnext.data.formats.common.paths import inside
from labelnext.data.formats.common.tools import chosen_folder
from labelnext.errors import ArgumentError, DataError
from labelnext.json_fields import Fields, show
from labelnext.types import GroundTruth, ImageRecord, Sample

CLASSES = (
    "pedestrian", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
    "traffic light", "traffic sign", "other person", "other vehicle", "trailer",
)  # fmt: skip
_NEW = {"person": "pedestrian", "bike": "bicycle", "motor": "motorcycle"}
_IGNORED = frozenset({"other person", "other vehicle", "trailer"})
_NO_BOXES = re.compile(r"(?:lane|area|drivable area)(?:[/ ].*)?")
_CORNERS = ("x1", "y1", "x2", "y2")


def read(
    location: Path,
    *,
    images: str | None = None,
    names: str = "new",
    filter: str | None = None,
    inclusive: bool = False,
) -> Lazy:
    """Read a JSON file of BDD100K's detection labels, or a folder of those of box tracking.

    A key is the image's `name`, in videos `<videoName>/<name>`. Images are looked for in
    `images/100k/<split>`, `images/10k/<split>`, `images/track/<split>`, `images/` and beside the
    labels, below the folder that holds `labels/`; the split is the one that the path names.
    Occluded and truncated are kept as 1 and 0; tracks are numbered in the order in which they come.
    A frame without labels counts as labelled and empty.

    Classes are the thirteen above; categories of other data follow them, sorted. To know those, the
    file is looked through once before it is read.

    Args:
        location: The file; or a folder of files, one a video.
        images: Folder of the images, absolute or relative to the labels, where it is another.
        names: `new` for the new names of classes; `file` for those that stand in the file.
        filter: `text` or `authors-code` (see `data.filters`), applied to the boxes as labelled.
        inclusive: Whether x2 and y2 are the last pixel inside, as Scalabel's converters have it,
            so that the box ends at x2 + 1.

    Raises:
        ArgumentError: An option is not of those values.
        DataError: A file cannot be read or parsed, or a frame or label is not what it should be;
            of a folder, such a file is left out from there on, and the notes say so, unless no
            file can be used.
    """
    if names not in ("new", "file"):
        raise ArgumentError("bdd100k.read", "names", expected="new or file", got=repr(names))
    if type(inclusive) is not bool:
        raise ArgumentError(
            "bdd100k.read", "inclusive", expected="true or false", got=repr(inclusive)
        )
    chosen = chosen_folder(location, images, option="images")
    paths = _files(location)
    surveys = [_survey(path, alone=path == location) for path in paths]
    known = _NEW if names == "new" else {}
    classes = _classes(surveys, known)
    options = _Options(
        location, classes, known, filters.named(filter, "bdd100k", classes), chosen, inclusive
    )
    count = sum(found.counts["name"] for found in surveys)
    return Lazy(classes, lambda notes: _samples(paths, options, notes), count)


@dataclass(frozen=True)
class _Options:
    location: Path
    classes: tuple[str, ...]
    renamed: dict[str, str]
    keep: filters.Filter
    images: Path | None
    inclusive: bool


@dataclass
class _Drawing:
    """What one drawing of the samples has seen."""

    keys: set[str] = field(default_factory=set)
    tracks: dict[tuple[str, str], int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


def _files(location: Path) -> list[Path]:
    if not location.is_dir():
        return [location]
    paths = [location / key for key in label_files.listed(location, location, (".json",))]
    if not paths:
        raise DataError(location, "holds no JSON file.", remedy="Give BDD100K's labels.")
    return paths


def _survey(path: Path, *, alone: bool) -> Survey:
    try:
        return survey(path, ["name"], ["category"])
    except DataError:
        if alone:
            raise
        return Survey({"name": 0}, [])  # of many; said when it is drawn


def _classes(surveys: Sequence[Survey], renamed: dict[str, str]) -> tuple[str, ...]:
    """Names of the classes: BDD100K's own, as they are called here, then others."""
    found = {renamed.get(name, name) for one in surveys for name in one.texts}
    found = {name for name in found if name.strip() and not _NO_BOXES.fullmatch(name)}
    if renamed:
        return (*CLASSES, *sorted(found - set(CLASSES)))
    old = {new: name for name, new in _NEW.items()}
    own = [name for new in CLASSES for name in (old.get(new, new), new) if name in found]
    return (*dict.fromkeys(own), *sorted(found - set(own))) or CLASSES


def _samples(paths: list[Path], options: _Options, notes: list[str]) -> Iterator[Sample]:
    drawing, first = _Drawing(), None
    used = 0
    for path in paths:
        folders = ImageFolders(path, options.images)
        try:
            for sample in _frames(path, options, drawing, folders):
                used += 1
                if sample is not None:
                    yield sample
        except DataError as error:
            if path == options.location:
                raise
            first = first or error
            place = label_files.relative(path, options.location)
            where = place if error.record is None else f"{place}, {error.record}"
            notes.append(f"{where}: {error.problem.rstrip('.')}; left out from there on")
    if first is not None and not used:
        raise first
    notes += [f"{count:,} {what}" for what, count in sorted(drawing.counts.items())]
    if used and drawing.counts[_EMPTY] == used:
        notes.append("no frame has labels: every image counts as labelled and empty")


_EMPTY = "frames have no labels: taken as labelled and empty"
_BOXLESS = "labels have no box (lanes, areas, masks): left out"


def _frames(
    path: Path, options: _Options, drawing: _Drawing, folders: ImageFolders
) -> Iterator[Sample | None]:
    place = -1
    for place, entry in _entries(path):
        where = f"frame #{place}"
        try:
            made = _frame(Fields(path, where, entry), options, drawing, folders)
        except RecursionError:
            raise DataError(
                path, "nests too deeply.", record=where, remedy="Export it again."
            ) from None
        yield made
    if place < 0:
        raise DataError(
            path, "holds no frames.", remedy="Give a list of frames, or an object with 'frames'."
        )


def _entries(path: Path) -> Iterator[tuple[int, Any]]:
    """The frames of a file as they are parsed, with their places."""
    if not _is_object(path):
        yield from json_items.list_items(path, "frame", lambda place, entry: (place, entry))
        return
    for found in walk(path, ("frames",)):
        if found.at is None:
            raise DataError(
                path,
                f"'frames' must be a list. Got {show(found.value)} instead.",
                remedy="Mend it.",
            )
        if found.at >= 0:
            yield found.at, found.value


def _is_object(path: Path) -> bool:
    """Whether the file's top is an object; unreadable ones are left to the parser."""
    if not path.is_file():
        return False
    with path.open("rb") as handle:
        return handle.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def _frame(
    frame: Fields, options: _Options, drawing: _Drawing, folders: ImageFolders
) -> Sample | None:
    name = frame.text("name")
    frame.named("frame", show(name))
    name = inside(name, frame.source, field="name", record=frame.record)
    video, number = None, None
    if frame.has("videoName"):
        video = frame.text("videoName")
        number = frame.integer("frameIndex", least=0) if frame.has("frameIndex") else None
    if number is None:
        video = None
    full = name if video is None or name.startswith(f"{video}/") else f"{video}/{name}"
    key = inside(full, frame.source, field="name", record=frame.record)
    if key in drawing.keys:
        raise frame.error("its image is there twice.", "List each image once.")
    drawing.keys.add(key)
    width = height = 0
    if frame.has("size"):
        size = Fields(frame.source, f"{frame.record}, size", frame.values["size"])
        width, height = (size.integer(side, least=1) for side in ("width", "height"))
    truth, called = _truth(frame, video, options, drawing)
    record = ImageRecord(key, folders.find(key, name), width, height, video, number)
    kept = options.keep(Sample(record, truth))
    return None if kept is None else filters.fit(kept, called, frame.record)


class _Label(NamedTuple):
    box: list[float]
    category: int
    ignore: bool
    occlusion: int
    truncation: float
    track: int
    called: str


def _truth(
    frame: Fields, video: str | None, options: _Options, drawing: _Drawing
) -> tuple[GroundTruth, list[str]]:
    labels = frame.values.get("labels")
    if labels is None:
        drawing.counts[_EMPTY] += 1
        labels = []
    if not isinstance(labels, list):
        raise frame.error(f"'labels' must be a list. Got {show(labels)} instead.", "Mend it.")
    found: list[_Label] = []
    for i, entry in enumerate(labels):
        label = Fields(frame.source, f"{frame.record}, label #{i}", entry)
        if not label.has("box2d"):
            drawing.counts[_BOXLESS] += 1
            continue
        found.append(_label(label, video, options, drawing))
    truth = GroundTruth.from_boxes(
        [one.box for one in found],
        [one.category for one in found],
        [one.ignore for one in found],
        occlusion=[one.occlusion for one in found],
        truncation=[one.truncation for one in found],
        tracks=[one.track for one in found],
    )
    return truth, [one.called for one in found]


def _label(label: Fields, video: str | None, options: _Options, drawing: _Drawing) -> _Label:
    if label.has("score"):
        raise label.error(
            "has a 'score': these are predictions.", "Give labels; predictions are no truth."
        )
    name = label.text("category")
    name = options.renamed.get(name, name)
    if name not in options.classes:  # the look through the file has missed it
        raise label.error(f"'category' {show(name)} is no class with boxes.", "Correct it.")
    corners = Fields(label.source, f"{label.record}, box2d", label.values["box2d"])
    x1, y1, x2, y2 = (corners.number(side, low=-1e9, high=1e9) for side in _CORNERS)
    more = 1.0 if options.inclusive else 0.0
    has = Fields(label.source, f"{label.record}, attributes", label.values.get("attributes") or {})
    return _Label(
        [x1, y1, x2 + more, y2 + more],
        options.classes.index(name),
        name in _IGNORED or has.flag("crowd"),
        int(has.flag("occluded")) if has.has("occluded") else -1,
        float(has.flag("truncated")) if has.has("truncated") else float("nan"),
        -1 if video is None else _track(label, video, drawing),
        label.record,
    )


def _track(label: Fields, video: str, drawing: _Drawing) -> int:
    if not label.has("id"):
        return -1
    value = label.values["id"]
    if type(value) is not int:
        value = label.text("id")
    return drawing.tracks.setdefault((video, str(value)), len(drawing.tracks))
