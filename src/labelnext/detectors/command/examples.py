"""Labelled images as a COCO file with image files beside it, for programs of any kind."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from labelnext.box_checks import check_boxes
from labelnext.coco_entries import box_entry
from labelnext.errors import LabelnextError
from labelnext.files import disk_errors, write_atomic, write_text
from labelnext.protocols import Progress, quiet
from labelnext.types import Example, GroundTruth

FILE, FOLDER = "instances.json", "images"
_SUFFIXES = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "BMP": ".bmp", "WEBP": ".webp"}
_ORIENTATION = 0x0112
_LONGEST = 80  # characters of a key in a file's name


def write(
    folder: Path,
    examples: Sequence[Example],
    classes: Sequence[str],
    progress: Progress = quiet,
) -> Path:
    """Write `instances.json` and `images/` into a folder; what is there already stays.

    Category k + 1 is class k. `file_name` is relative to the folder of the file, and `key` is the
    name of the image in the project. Ignored objects have `iscrowd` and `ignore` of 1; masks are
    compressed run lengths.

    An image file that any program reads as labelnext does is linked (copied where that cannot be);
    one that is turned by its EXIF orientation, has more than 8 bits, a palette or transparency, or
    is no file of its own, is written as PNG.

    Returns:
        The COCO file.

    Raises:
        DataError: An image cannot be read.
        ProjectError: The disk is full, or the folder cannot be written.
    """
    target = folder / FILE
    if target.exists():
        return target
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for number, example in enumerate(examples, start=1):
        check_boxes("fit", "examples", example.truth, len(classes), example.key)
        file, width, height = _place(folder / FOLDER, number, example)
        name = f"{FOLDER}/{file.name}"
        images.append(
            {"id": number, "file_name": name, "width": width, "height": height, "key": example.key}
        )
        for entry in _annotations(example.truth, (height, width)):
            annotations.append({"id": len(annotations) + 1, "image_id": number, **entry})
        progress("gather", number, len(examples))
    categories = [{"id": i, "name": name} for i, name in enumerate(classes, start=1)]
    document = {"images": images, "annotations": annotations, "categories": categories}
    write_text(target, json.dumps(document, ensure_ascii=False))
    return target


def digest(examples: Sequence[Example], classes: Sequence[str]) -> str:
    """A hash of keys, labels and classes; pixels are trusted to go with the keys."""
    state = hashlib.sha256(json.dumps(list(classes)).encode())
    for example in examples:
        state.update(json.dumps([example.key, len(example.truth)]).encode())
        for part in (example.truth.xyxy, example.truth.classes, example.truth.ignore):
            state.update(np.ascontiguousarray(part).tobytes())
        masks = example.truth.masks
        state.update(repr(None if masks is None else masks.tolist()).encode())
    return state.hexdigest()


def _place(folder: Path, number: int, example: Example) -> tuple[Path, int, int]:
    """The image's file in the folder, its width and its height."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", Path(example.key).stem)[-_LONGEST:].strip("_")
    stem = f"{number:06d}" + (f"-{plain}" if plain else "")
    source = None if example.file is None else Path(example.file)
    head = None if source is None else _head(source)
    if source is not None and head is not None:
        suffix, width, height = head
        target = folder / (stem + suffix)
        if not target.exists():
            _link(source, target)
        return target, width, height
    pixels, target = example.load(), folder / (stem + ".png")
    if not target.exists():
        picture = Pillow.fromarray(pixels)
        write_atomic(target, lambda path: picture.save(path, "PNG", compress_level=1))
    return target, pixels.shape[1], pixels.shape[0]


def _head(file: Path) -> tuple[str, int, int] | None:
    """Suffix, width and height of an image file that needs no change; None for any other."""
    try:
        with Pillow.open(file) as image:
            plain = image.mode in ("RGB", "L") and image.format in _SUFFIXES
            if plain and image.getexif().get(_ORIENTATION, 1) in (0, 1):
                return _SUFFIXES[str(image.format)], image.width, image.height
    except Exception:  # decoders raise anything; reading the pixels says what is wrong
        pass
    return None


def _link(source: Path, target: Path) -> None:
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source.resolve(), target)
            return
        except OSError:
            pass  # another file system, or one without links
    if not source.is_file():
        raise LabelnextError(f"{source} is gone. Put the file back.")
    write_atomic(target, lambda path: shutil.copyfile(source, path))


def _annotations(truth: GroundTruth, size: tuple[int, int]) -> list[dict[str, object]]:
    found = []
    masks = [None] * len(truth) if truth.masks is None else truth.masks.tolist()
    for category, xyxy, ignore, mask in zip(
        truth.classes.tolist(), truth.xyxy.tolist(), truth.ignore.tolist(), masks, strict=True
    ):
        entry = box_entry(category, xyxy)
        if mask is not None:
            entry["segmentation"] = {"size": list(size), "counts": mask.decode()}
        found.append(entry | {"iscrowd": 1, "ignore": 1} if ignore else entry)
    return found
