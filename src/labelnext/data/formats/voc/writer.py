"""Pascal VOC written: Annotations/*.xml, JPEGImages/ and the list ImageSets/Main/<split>.txt."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from labelnext.data.formats.common.label_files import read_lines
from labelnext.data.formats.common.paths import inside
from labelnext.data.formats.common.written import Losses, Place, Written, leave
from labelnext.data.formats.common.written_folder import Names, fitted, scratch
from labelnext.errors import ArgumentError, DataError
from labelnext.files import write_text
from labelnext.types import Detections, GroundTruth, Sample

_UNWRITABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SIDES = ("xmin", "ymin", "xmax", "ymax")


class _Object(NamedTuple):
    name: str
    corners: list[float]
    difficult: bool
    truncated: bool | None
    occluded: bool | None


def write(
    location: Path,
    samples: Iterable[Sample],
    classes: Sequence[str],
    *,
    place: Place = leave,
    predictions: Mapping[str, Detections] | None = None,
    split: str = "train",
    integers: bool = False,
) -> Written:
    """Write one split of a VOC data set into a folder; other splits may be there or follow.

    An image goes to `JPEGImages/` under its key without folders called `JPEGImages` or `images`,
    its labels to the same place below `Annotations/`. Corners count from 1, so a box is [x1 + 1,
    y1 + 1, x2, y2] with six decimals, which VOC's readers accept; one less than a pixel wide then
    has an `xmax` below its `xmin`. An unlabelled image is listed but has no annotation. The list
    is written last.

    Held: ignore as `difficult`; truncation and occlusion as 0 or 1, the degree counted as lost.

    Args:
        location: The folder.
        samples: With sizes, where there are boxes.
        classes: Class names.
        place: Told where each image belongs.
        predictions: Not held by the format; counted as lost.
        split: Name of the list.
        integers: Round corners to whole pixels, at least one wide, for tools that need them.

    Raises:
        ArgumentError: See `fitted`; or a class name cannot stand in XML.
        DataError: The list is there already.
        ProjectError: The disk is full or the folder cannot be written.
    """
    _check_names(classes)
    lists = location / "ImageSets" / "Main"
    file = lists / f"{inside(split, location, field='split')}.txt"
    if os.path.lexists(file):
        raise DataError(file, "is there already.", remedy="Write to another folder or split.")
    names = Names({"JPEGImages", "images"}, _listed(lists))
    losses = Losses("ignore", "truncation", "occlusion")
    stems: list[str] = []
    objects = 0
    with scratch(location / "Annotations") as folder:
        for sample in samples:
            name = names(sample.record.key)
            place(sample.record, location / "JPEGImages" / name)
            stems.append(os.path.splitext(name)[0])  # noqa: PTH122
            losses.unheld(sample.record, predictions)
            if sample.truth is None:
                continue
            truth = fitted("voc.write", sample, classes, losses)
            _count(losses, truth)
            objects += len(truth)
            tree = _annotation(sample, name, _objects(sample, truth, classes, integers))
            path = folder / f"{stems[-1]}.xml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(ElementTree.tostring(tree, "utf-8"))
        _move(folder, location / "Annotations")
        (location / "JPEGImages").mkdir(exist_ok=True)
    write_text(file, "".join(f"{stem}\n" for stem in stems))
    return Written(len(stems), objects, losses.counts)


def _check_names(classes: Sequence[str]) -> None:
    for name in classes:
        if not name or name != name.strip() or _UNWRITABLE.search(name):
            raise ArgumentError(
                "voc.write",
                "classes",
                expected="of names without control characters or spaces at their ends",
                got=ascii(name),
            )


def _listed(folder: Path) -> list[str]:
    return [line for path in folder.glob("*.txt") for line in read_lines(path) if line]


def _move(source: Path, target: Path) -> None:
    """Put files in their places; the folder itself, where there is none yet."""
    if not target.exists():
        source.replace(target)
        return
    for path in sorted(source.rglob("*.xml")):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)


def _count(losses: Losses, truth: GroundTruth) -> None:
    losses.count(truth)
    if truth.truncation is not None:
        shares = int(((truth.truncation > 0) & (truth.truncation < 1)).sum())
        if shares:
            losses.add("truncations, kept as yes or no", shares)
    if truth.occlusion is not None and (truth.occlusion > 1).any():
        losses.add("degrees of occlusion, kept as yes or no", int((truth.occlusion > 1).sum()))


def _objects(
    sample: Sample, truth: GroundTruth, classes: Sequence[str], integers: bool
) -> list[_Object]:
    corners = truth.xyxy + np.array([1, 1, 0, 0])
    if integers:
        record = sample.record
        first = np.minimum(np.round(truth.xyxy[:, :2]), [record.width - 1, record.height - 1]) + 1
        corners = np.concatenate([first, np.maximum(np.round(truth.xyxy[:, 2:]), first)], axis=1)
    return [
        _Object(
            classes[truth.classes[i]],
            corners[i].tolist(),
            bool(truth.ignore[i]),
            _yes(None if truth.truncation is None else float(truth.truncation[i])),
            _yes(None if truth.occlusion is None else float(truth.occlusion[i])),
        )
        for i in range(len(truth))
    ]


def _yes(value: float | None) -> bool | None:
    """Whether there is any of something; None where it is not known (NaN, -1)."""
    return None if value is None or not value >= 0 else value > 0


def _annotation(sample: Sample, name: str, objects: Sequence[_Object]) -> ElementTree.Element:
    record = sample.record
    top = ElementTree.Element("annotation")
    _put(top, "folder", "JPEGImages")
    _put(top, "filename", name)
    size = ElementTree.SubElement(top, "size")
    for side, value in (("width", record.width), ("height", record.height), ("depth", 3)):
        _put(size, side, value)
    _put(top, "segmented", 0)
    for one in objects:
        element = ElementTree.SubElement(top, "object")
        _put(element, "name", one.name)
        _put(element, "pose", "Unspecified")
        for flag, yes in (("truncated", one.truncated), ("occluded", one.occluded)):
            if yes is not None:
                _put(element, flag, int(yes))
        _put(element, "difficult", int(one.difficult))
        box = ElementTree.SubElement(element, "bndbox")
        for side, edge in zip(_SIDES, one.corners, strict=True):
            _put(box, side, f"{edge:.6f}".rstrip("0").rstrip("."))
    ElementTree.indent(top)
    return top


def _put(element: ElementTree.Element, name: str, value: object) -> None:
    ElementTree.SubElement(element, name).text = str(value)
