"""The Penn-Fudan pedestrians: one text file of 1-based inclusive corners for each picture."""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import SampleSet
from labelnext.data.formats.common.label_files import Skips, read_lines
from labelnext.errors import DataError
from labelnext.json_fields import show
from labelnext.types import GroundTruth, ImageRecord, Sample

CLASSES = ("person",)
_FOLDERS = ("images", "PNGImages")
_SUFFIXES = (".png", ".jpg", ".jpeg")
_LARGEST = 10**6

_SIZE = re.compile(r"Image size \(X x Y x C\) : (\d+) x (\d+) x \d+$", re.ASCII)
_COUNT = re.compile(r"Objects with ground truth : (\d+)\b", re.ASCII)
_BOX = re.compile(
    r'Bounding box for object (\d+) "[^"]*" \(Xmin, Ymin\) - \(Xmax, Ymax\)'
    r" : \((-?\d+), (-?\d+)\) - \((-?\d+), (-?\d+)\)$",
    re.ASCII,
)


def read(location: Path) -> SampleSet:
    """Read a folder that holds `Annotation/*.txt` and the pictures in `PNGImages/` or `images/`.

    A box (Xmin, Ymin) - (Xmax, Ymax) counts pixels from 1 and includes both corners, so it becomes
    [Xmin-1, Ymin-1, Xmax, Ymax]. Every object is a `person`. A key is the picture's path relative
    to the folder. Pictures without an annotation file are unlabelled, and so, with the reason among
    the sample's problems, are those whose annotation file cannot be understood.

    Raises:
        DataError: The folder is not laid out so, or none of its annotation files can be understood;
            with the file, the line and what to do.
    """
    annotations = location / "Annotation"
    try:
        files = sorted(path for path in annotations.iterdir() if path.suffix == ".txt")
    except OSError as error:
        raise DataError(
            annotations,
            f"cannot be listed: {error.strerror}.",
            remedy="Give the folder that holds Annotation/ and PNGImages/ (or images/).",
        ) from None
    if not files:
        raise DataError(
            annotations, "holds no .txt file.", remedy="Put the annotation files there."
        )
    pictures = _pictures(location)
    items: list[Sample] = []
    skips = Skips(location)
    for path in files:
        key = pictures.pop(path.stem, f"{_FOLDERS[1]}/{path.stem}{_SUFFIXES[0]}")
        record = ImageRecord(key, str(location / key), 0, 0)
        items.append(skips.sample(record, partial(_sample, record, path)))
    skips.finish()
    for key in pictures.values():
        found = (f"there is no annotation file {Path(key).stem}.txt: taken as unlabelled",)
        items.append(Sample(ImageRecord(key, str(location / key), 0, 0), None, found))
    items.sort(key=lambda sample: sample.record.key)
    return SampleSet(CLASSES, items)


def _sample(record: ImageRecord, path: Path) -> Sample:
    width, height, truth = _parse(path)
    truth, found = fit_boxes(truth, width, height, _names(path, len(truth)))
    return Sample(replace(record, width=width, height=height), truth, found)


def _names(path: Path, boxes: int) -> list[str]:
    return [f"{path.name}, object {i}" for i in range(1, boxes + 1)]


def _pictures(location: Path) -> dict[str, str]:
    """Key of each picture by its name without suffix."""
    found: dict[str, str] = {}
    for folder in _FOLDERS:
        if not (location / folder).is_dir():
            continue
        for path in sorted((location / folder).iterdir()):
            if path.suffix.lower() in _SUFFIXES:
                found.setdefault(path.stem, f"{folder}/{path.name}")
    if not found:
        raise DataError(
            location,
            "holds no pictures (.png or .jpg) in PNGImages/ or images/.",
            remedy="Put the pictures there.",
        )
    return found


def _parse(path: Path) -> tuple[int, int, GroundTruth]:
    """Width, height and boxes of one annotation file."""
    size: tuple[int, int] | None = None
    count: int | None = None
    corners: list[list[int]] = []
    for number, line in enumerate(read_lines(path), start=1):
        where = f"line {number}"
        if line.startswith("Image size"):
            size = _size(path, where, line)
        elif line.startswith("Objects with ground truth"):
            count = _whole(path, where, _match(_COUNT, path, where, line).group(1))
        elif line.startswith("Bounding box"):
            corners.append(_box(path, where, line, expected=len(corners) + 1))
    if size is None or count is None:
        raise DataError(
            path,
            "lacks the line 'Image size' or 'Objects with ground truth'.",
            remedy="It may be cut off: get the file again.",
        )
    if count != len(corners):
        raise DataError(
            path,
            f"announces {count} objects but has {len(corners)} bounding boxes.",
            remedy="It may be cut off: get the file again.",
        )
    return *size, GroundTruth.from_boxes([[x1 - 1, y1 - 1, x2, y2] for x1, y1, x2, y2 in corners])


def _size(path: Path, where: str, line: str) -> tuple[int, int]:
    match = _match(_SIZE, path, where, line)
    width, height = (_whole(path, where, text) for text in match.groups())
    if not width or not height:
        raise DataError(
            path, f"{show(line)} has no area.", record=where, remedy="Correct that line."
        )
    return width, height


def _box(path: Path, where: str, line: str, *, expected: int) -> list[int]:
    values = [_whole(path, where, text) for text in _match(_BOX, path, where, line).groups()]
    if values[0] != expected:
        raise DataError(
            path,
            f"is about object {values[0]} where object {expected} should follow.",
            record=where,
            remedy="Number the objects 1, 2, 3, … and give each one box.",
        )
    return values[1:]


def _match(pattern: re.Pattern[str], path: Path, where: str, line: str) -> re.Match[str]:
    match = pattern.match(line.rstrip())
    if match is None:
        raise DataError(
            path,
            f"cannot be understood: {show(line)}.",
            record=where,
            remedy="Compare it with the same line of another annotation file.",
        )
    return match


def _whole(path: Path, where: str, text: str) -> int:
    value = int(text) if len(text) <= 20 else _LARGEST + 1
    if abs(value) > _LARGEST:
        raise DataError(
            path, f"{show(text)} is not a size in pixels.", record=where, remedy="Correct it."
        )
    return value
