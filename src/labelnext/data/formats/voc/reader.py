"""Pascal VOC: an XML file an image, in VOCdevkit's folders or beside the images (LabelImg)."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import Lazy
from labelnext.data.formats.common.label_files import (
    Skips,
    given_names,
    listed,
    read_lines,
    relative,
)
from labelnext.data.formats.common.paths import inside
from labelnext.data.formats.voc import xml as voc_xml
from labelnext.data.pool.folder import SUFFIXES
from labelnext.errors import DataError
from labelnext.types import ImageRecord, Sample

_ANNOTATIONS = ("Annotations", "annotations")
_IMAGES = ("JPEGImages", "images", "Images")
_LONGEST_LIST = 1 << 28  # bytes
_FLAGGED = re.compile(r"(.*\S)\s+(?:-1|0|1)\s*", re.ASCII)  # in the lists of one class


class _Layout(NamedTuple):
    """Where things are.

    Attributes:
        root: The folder that keys are relative to.
        images: Folder of the images below it; empty for the root itself.
        annotations: Folder of the annotations; empty where they lie beside the images.
        keys: Images, those that annotations alone speak of included.
        second: Of images with the same name but for the suffix, all but the first.
    """

    root: Path
    images: str
    annotations: str
    keys: tuple[str, ...]
    second: frozenset[str]


def read(
    location: Path,
    *,
    split: str = "all",
    one_based: bool = True,
    classes: str | Sequence[str] | None = None,
) -> Lazy:
    """Read a Pascal VOC data set.

    Layouts: `Annotations/` and `JPEGImages/` (or `images/`), as in one year's folder of VOCdevkit;
    or annotations beside their images, as LabelImg writes them. Images and annotations belong
    together by their names; `filename` in the file, which tools leave stale, is not used. Images
    without annotations are unlabelled. A key is the image's path relative to `location`.

    VOC counts pixels from 1 and includes both corners, so a box becomes [xmin-1, ymin-1, xmax,
    ymax]. LabelImg and others write edges counted from 0 into the same fields, loosely: that is
    half a pixel to one pixel off; `one_based=False` takes corners as they stand. `difficult`
    becomes ignore, `truncated` a truncation of 1 or 0, `occluded` an occlusion of 1 or 0. Decimals
    are accepted. Parts of objects (`part`) are left aside.

    Args:
        location: The folder.
        split: `all`, or the name of a list in `ImageSets/Main/`; beside images, of a subfolder.
        one_based: See above.
        classes: Class names in order, as a list or separated by `|`; objects of others are left
            out, and counted in the notes. By default the names found, sorted, for which all
            annotation files are read once more.

    Raises:
        ArgumentError: `classes` is empty or names one twice.
        DataError: The layout is neither of these, or no annotation can be used; with what to do.
    """
    layout = _find(location, str(split))
    names = _found_names(layout) if classes is None else given_names("voc.read", classes)
    places = {name: i for i, name in enumerate(names)}
    return Lazy(names, partial(_samples, layout, places, one_based), len(layout.keys))


def _samples(
    layout: _Layout, places: dict[str, int], one_based: bool, notes: list[str]
) -> Iterator[Sample]:
    skips = Skips(layout.root)
    others: Counter[str] = Counter()
    labelled = at_zero = 0

    def make(record: ImageRecord, path: Path) -> Sample:
        nonlocal at_zero, labelled
        labelled += 1
        found = voc_xml.parse(path, places, one_based=one_based)
        others.update(found.others)
        at_zero += found.at_zero
        return _sample(record, relative(path, layout.root), found)

    for key in layout.keys:
        record = ImageRecord(key, f"{layout.root}/{key}", 0, 0)
        path = _annotation(layout, key)
        if key in layout.second:
            problem = f"{path.name} belongs to another image of that name; taken as unlabelled"
            yield Sample(record, None, (problem,))
        elif os.path.lexists(path):
            yield skips.sample(record, partial(make, record, path))
        else:
            yield Sample(record)
    skips.finish()
    if not labelled:
        notes.append("no image has an annotation (.xml)")
    if others:
        most = ", ".join(f"{name} {count}" for name, count in others.most_common(5))
        notes.append(f"{others.total()} objects of other classes are left out ({most})")
    if at_zero:
        notes.append(
            f"{at_zero} boxes begin at 0, where VOC counts from 1: if these files count from 0, "
            "give one_based=false"
        )


def _sample(record: ImageRecord, name: str, found: voc_xml.Annotation) -> Sample:
    truth, problems = found.truth, tuple[str, ...]()
    if found.width:
        lines = [f"{name}, line {number}" for number in found.lines]
        truth, problems = fit_boxes(truth, found.width, found.height, lines)
    return Sample(replace(record, width=found.width, height=found.height), truth, problems)


def _found_names(layout: _Layout) -> tuple[str, ...]:
    names: set[str] = set()
    for key in layout.keys:
        path = _annotation(layout, key)
        if os.path.lexists(path):
            try:
                names |= voc_xml.class_names(path)
            except DataError:
                continue  # said when the samples are drawn
    return tuple(sorted(names))


def _find(location: Path, split: str) -> _Layout:
    annotations = next((name for name in _ANNOTATIONS if (location / name).is_dir()), "")
    images = next((name for name in _IMAGES if (location / name).is_dir()), "")
    if annotations and images:
        return _listed(location, images, annotations, split)
    years = sorted(path.parent.name for path in location.glob("*/Annotations"))[:5]
    if years:
        raise DataError(
            location,
            f"holds the VOC data sets {', '.join(years)}.",
            remedy=f"Give one of them: voc:{location / years[0]}.",
        )
    if split != "all":
        images = inside(split, location, field="split")
    return _listed(location, images if split != "all" else "", "", "all")


def _listed(root: Path, images: str, annotations: str, split: str) -> _Layout:
    """The layout with the images of a split."""
    stems: dict[str, str] = {}
    second: set[str] = set()
    for key in listed(root, root / images, SUFFIXES):
        if stems.setdefault(_stem(key, images), key) != key:
            second.add(key)
    places = annotations or images
    count = 0
    for name in listed(root, root / places, {".xml"}):
        stem = _stem(name, places)
        stems.setdefault(stem, f"{images}/{stem}.jpg" if images else f"{stem}.jpg")
        count += 1
    if not count and not (annotations and stems):  # Annotations/ may be empty, but not all
        raise DataError(
            root / places,
            "holds no annotations (.xml).",
            remedy="Give the folder with Annotations/ and JPEGImages/, or with .xml beside images.",
        )
    if split == "all":
        return _Layout(root, images, annotations, (*sorted({*stems.values(), *second}),),
                       frozenset(second))  # fmt: skip
    keys = [stems.get(stem, f"{images}/{stem}.jpg") for stem in _split(root, split, stems)]
    return _Layout(root, images, annotations, tuple(dict.fromkeys(keys)), frozenset())


def _split(root: Path, split: str, known: dict[str, str]) -> Iterator[str]:
    """Names in the list of a split; a list of one class has a flag behind each."""
    folder = root / "ImageSets" / "Main"
    path = folder / f"{inside(split, root, field='split')}.txt"
    if not os.path.isfile(path):  # noqa: PTH113 (a name of any length)
        there = ", ".join(sorted(other.stem for other in folder.glob("*.txt"))[:10]) or "none"
        raise DataError(
            path, f"does not exist; there are: {there}.", remedy="Ask for one of those, or all."
        )
    for number, line in enumerate(read_lines(path, largest=_LONGEST_LIST), start=1):
        if not line.strip():
            continue
        flagged = _FLAGGED.fullmatch(line)
        name = line if line in known or flagged is None else flagged[1]
        name = name if name in known else name.strip()
        yield inside(name, path, field="image", record=f"line {number}")


def _stem(key: str, folder: str) -> str:
    stem = os.path.splitext(key)[0]  # noqa: PTH122
    return stem.removeprefix(f"{folder}/") if folder else stem


def _annotation(layout: _Layout, key: str) -> Path:
    folder = layout.annotations or layout.images
    return layout.root / folder / f"{_stem(key, layout.images)}.xml"
