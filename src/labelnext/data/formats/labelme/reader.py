"""LabelMe JSON, one file an image: rectangles, and other shapes as the boxes around them."""

import os
from collections.abc import Iterator
from functools import partial
from math import hypot
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import NamedTuple

from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import Lazy
from labelnext.data.formats.common.label_files import Skips, listed, read_bytes
from labelnext.data.formats.common.paths import inside
from labelnext.data.formats.common.tools import Places, Tally, enclosing
from labelnext.data.pool.folder import SUFFIXES
from labelnext.errors import ArgumentError, DataError
from labelnext.json_fields import Fields, as_number, parse_json, show
from labelnext.types import GroundTruth, ImageRecord, Sample

LARGEST = 1 << 27  # bytes: a file may hold its whole image as text
_LARGEST_SIDE = 10**6
_PLURALS = {
    "polygon": "polygons", "circle": "circles", "line": "lines", "linestrip": "line strips",
    "points": "groups of points", "oriented_rectangle": "turned boxes",
}  # fmt: skip


def read(location: Path, *, auto: bool = True) -> Lazy:
    """Read a folder of images with the files that LabelMe 3 to 5 wrote beside or near them.

    A file is about the image that `imagePath` names, relative to the file, where that exists in the
    folder; else about the image beside it of the same name. Images without a file are unlabelled.
    A key is the image's path relative to the folder. A rectangle is two corners in any order;
    polygons, circles (centre, and a point on the rim), lines, groups of points and turned boxes
    become the upright boxes that enclose them, and notes say how many; a mask is its rectangle; a
    single point is left out. A shape whose flags have `difficult` or `ignore` is an ignore region.
    `group_id` is not held: it joins parts of one image, not frames. Classes are the labels found,
    sorted, for which all files are read once more. `imageData` is not used.

    A file that cannot be understood is recorded, and its image taken as unlabelled.

    Args:
        location: The folder; everything below it is read.
        auto: Whether shapes with the flag `predicted` (see `labelme.writer`) count as labels. If
            not, images with no others are unlabelled.

    Raises:
        ArgumentError: `auto` is neither true nor false.
        DataError: The folder cannot be listed, holds no image and no such file, or none of its
            files can be understood.
    """
    if not isinstance(auto, bool):
        raise ArgumentError("labelme", "auto", expected="true or false", got=show(auto))
    if not location.is_dir():
        problem = "is not a folder." if location.exists() else "does not exist."
        raise DataError(location, problem, remedy="Give the folder with the images and files.")
    images = tuple(listed(location, location, SUFFIXES))
    files = tuple(listed(location, location, {".json"}))
    if not images and not files:
        raise DataError(location, "holds no image and no JSON file.", remedy="Check the path.")
    reader = _Reader(location, images, files, auto)
    return Lazy(reader.classes(), reader.samples, len({*images, *files}))


class _File(NamedTuple):
    """One label file: its values, and key of its image with a word on how it was found."""

    record: Fields
    key: str
    problem: str


class _Reader:
    def __init__(
        self, root: Path, images: tuple[str, ...], files: tuple[str, ...], auto: bool
    ) -> None:
        self._root, self._images, self._files, self._auto = root, images, files, auto
        self._known = frozenset(images)
        stems: dict[str, list[str]] = {}
        for key in images:
            stems.setdefault(_stem(key), []).append(key)
        self._by_stem = {stem: keys[0] for stem, keys in stems.items() if len(keys) == 1}
        self._places = Places()

    def classes(self) -> tuple[str, ...]:
        """Labels of all files that can be understood, sorted."""
        names: set[str] = set()
        for file in self._files:
            places = Places()
            try:
                self._labels(self._file(file), places, Tally())
            except DataError:
                continue  # said when the samples are drawn
            names.update(places.names())
        self._places = Places(sorted(names))
        return self._places.names()

    def samples(self, notes: list[str]) -> Iterator[Sample]:
        """Images with a file first, in the order of the files; then the others."""
        skips, tally = Skips(self._root), Tally()
        owners: dict[str, str] = {}
        for file in self._files:
            found: list[_File] = []
            beside = self._by_stem.get(_stem(file))
            record = ImageRecord(beside or file, str(self._root / (beside or file)), 0, 0)
            sample = skips.sample(record, partial(self._sample, file, found, tally))
            if not found and beside is None:
                notes.append(
                    f"{sample.problems[0].removesuffix('; taken as unlabelled')}; left out"
                )
            elif sample.record.key in owners:
                notes.append(
                    f"{file}: is about {sample.record.key}, as is {owners[sample.record.key]}; "
                    "left out"
                )
            else:
                owners[sample.record.key] = file
                yield sample
        skips.finish()
        for key in self._images:
            if key not in owners:
                yield Sample(ImageRecord(key, str(self._root / key), 0, 0))
        notes += tally.notes()

    def _sample(self, name: str, found: list[_File], tally: Tally) -> Sample:
        file = self._file(name)
        classes = len(self._places.names())
        truth, (width, height) = self._labels(file, self._places, tally)
        if len(self._places.names()) > classes:
            raise DataError(self._root / name, "changed while it was read.", remedy="Start again.")
        found.append(file)
        record = ImageRecord(file.key, str(self._root / file.key), width, height)
        problems = (file.problem,) if file.problem else ()
        if truth is None or not width:
            return Sample(record, truth, problems)
        names = [f"{name}, shape #{i}" for i in range(len(truth))]
        truth, clipped = fit_boxes(truth, width, height, names)
        return Sample(record, truth, (*problems, *clipped))

    def _file(self, name: str) -> _File:
        path = self._root / name
        data = read_bytes(path, largest=LARGEST)
        parsed = parse_json(path, data, again="save it again in LabelMe")
        record = Fields(path, "the file", parsed)
        if not isinstance(record.values.get("shapes"), list):
            raise DataError(
                path,
                f"must hold a list 'shapes'. Got {show(record.values.get('shapes'))} instead.",
                remedy="Is it of LabelMe? Move other files elsewhere.",
            )
        beside = self._by_stem.get(_stem(name))
        given = record.text("imagePath") if record.has("imagePath") else ""
        named = normpath(str(PurePosixPath(name).parent / given.replace("\\", "/")))
        if given and named in self._known:
            return _File(record, named, "")
        if beside is not None:
            said = f"{name}: {show(given)} is not in the folder; taken to be about {beside}"
            return _File(record, beside, said if given else "")
        if not given:
            raise record.error("lacks 'imagePath'.", "Put the image beside it.")
        return _File(record, inside(named, path, field="imagePath"), "")

    def _labels(
        self, file: _File, places: Places, tally: Tally
    ) -> tuple[GroundTruth | None, tuple[int, int]]:
        record = file.record
        width, height = (_side(record, name) for name in ("imageWidth", "imageHeight"))
        boxes, classes, ignore = [], [], []
        others = 0
        for i, entry in enumerate(record.values["shapes"]):
            shape = Fields(record.source, f"shape #{i}", entry)
            flags = shape.values.get("flags") or {}
            flags = Fields(record.source, f"shape #{i}, 'flags'", flags)
            label = shape.text("label")
            box = _box(shape, tally)
            if flags.flag("predicted"):
                tally.made_by_model(taken=self._auto)
                if not self._auto:
                    others += 1
                    continue
            if box is None:
                continue
            boxes.append(box)
            classes.append(places.add(label))
            ignore.append(
                flags.flag("difficult") or flags.flag("ignore") or shape.flag("difficult")
            )
        truth = GroundTruth.from_boxes(boxes, classes, ignore)
        size = (width, height) if width and height else (0, 0)
        return None if others and not boxes else truth, size


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]  # noqa: PTH122


def _side(record: Fields, name: str) -> int:
    """Width or height; 0 where the file has none, as old versions."""
    if not record.has(name):
        return 0
    value = record.integer(name, least=1)
    if value > _LARGEST_SIDE:
        raise record.error(f"{name!r} {value} is no size of an image.", "Correct it.")
    return value


def _box(shape: Fields, tally: Tally) -> list[float] | None:
    points = _points(shape)
    kind = shape.text("shape_type") if shape.has("shape_type") else "polygon"
    counts = {"rectangle": (2, 4), "mask": (2,), "circle": (2,)}.get(kind)  # some write 4 corners
    if counts is not None and len(points) not in counts:
        raise shape.error(f"a {kind} has 2 points. Got {len(points)}.", "Draw it again.")
    if kind == "circle":
        (x, y), rim = points
        radius = hypot(rim[0] - x, rim[1] - y)
        tally.enclosed("circles")
        return [x - radius, y - radius, x + radius, y + radius]
    if kind in ("rectangle", "mask"):
        return enclosing(points)
    if len(points) < 2:
        tally.left_out("single points")
        return None
    tally.enclosed(_PLURALS.get(kind, "other shapes"))
    return enclosing(points)


def _points(shape: Fields) -> list[list[float]]:
    points = shape.required("points", "a list of [x, y]")
    if not isinstance(points, list):
        raise shape.error(f"'points' must be a list. Got {show(points)}.", "Draw it again.")
    found = []
    for point in points:
        numbers = [as_number(part) for part in point] if isinstance(point, list) else []
        kept = [number for number in numbers if number is not None and abs(number) <= 1e9]
        if len(numbers) != 2 or len(kept) != 2:
            raise shape.error(f"{show(point)} is no point [x, y].", "Draw it again.")
        found.append(kept)
    return found
