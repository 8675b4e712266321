"""What a person gets to label: a folder with the images, pre-labels in COCO, and what to do."""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from labelnext.box_checks import check_boxes
from labelnext.coco_entries import predicted_entries
from labelnext.errors import DataError, ProjectError
from labelnext.files import write_atomic, write_text
from labelnext.json_fields import Fields, entries, load_json
from labelnext.types import Detections, ImageRecord

PRELABELS = "prelabels.json"
LABELS = "labels.json"
_REQUEST = ".request.json"  # what was asked for; pre-labels may get overwritten by a tool
_IMAGES = "images"
_FRAMES = "frames"  # made by the round: frames of videos, under names that say video and time
_README = "README.txt"
_TEXT = f"""Images to label

1. Load {_IMAGES}/ and {PRELABELS} (COCO boxes, what the detector sees) into your labelling tool.
2. Correct, add and remove boxes. Use the class names of {PRELABELS}; keep file names and sizes.
3. Export as COCO and save it in this folder as {LABELS}. Other names ending in .json are read too,
   in the order of their names; for an image in several of them the last counts.
4. Take the labels in:  labelnext ingest

Which images count as labelled?

- Every image that has a box in your file. Label an image wholly, or leave it without boxes.
- An image without boxes counts only if your file says that you looked at it: "labelled": true in
  its entry of "images". Tools list untouched images too, and an untouched image must not teach the
  detector that it is empty. If you went through all images:  labelnext ingest --accept-empty
- An image with "labelled": false never counts. Nor does one with a box that still has a "score" (a
  pre-label that nobody confirmed; most tools drop the score on export), unless it says
  "labelled": true.

You may hand in some images now and the rest later, or correct an image and hand it in again.
"""

_Document = dict[str, list[dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One image of a request: its key, its name in the folder, and its size (0 if unknown)."""

    key: str
    name: str
    width: int
    height: int


def write_request(
    folder: Path,
    images: Sequence[ImageRecord],
    prelabels: Sequence[Detections],
    classes: Sequence[str],
) -> None:
    """Make the folder, or add to it the images that it lacks; what is there stays as it is.

    A new folder appears whole or not at all. In an existing one new images count as asked for only
    when all of them are in place, so an interrupted call is repeated without harm.

    Raises:
        DataError: An image cannot be read, the folder not be written, or its pre-labels were
            overwritten.
        ArgumentError: Pre-labels are not finite or of unknown classes.
    """
    known = {asked.key: asked for asked in read_request(folder).values()}
    pairs = zip(images, prelabels, strict=True)
    wanted = [(image, boxes) for image, boxes in pairs if image.key not in known]
    if not wanted and folder.exists():
        return
    names = {image.key: _asked(image, folder).name for image, _ in wanted}
    document = _extended(_prelabels(folder), wanted, names, classes)
    asked = [*known.values(), *(_asked(image, folder) for image, _ in wanted)]
    into = folder if folder.exists() else folder.with_name(f".{folder.name}.partial")
    try:
        if into != folder and into.exists():
            shutil.rmtree(into)  # left over by an interrupted call
        (into / _IMAGES).mkdir(parents=True, exist_ok=True)
        for image, _ in wanted:
            _copy(Path(image.path), into / _IMAGES / names[image.key])
        (into / _README).write_text(_TEXT, encoding="utf-8")
        _write_whole(into / PRELABELS, document)
        _write_whole(into / _REQUEST, {"images": [asdict(one) for one in asked]})
        if into != folder:
            into.rename(folder)
    except (OSError, ProjectError) as error:
        if into != folder:
            shutil.rmtree(into, ignore_errors=True)
        if isinstance(error, ProjectError):
            raise
        raise DataError(
            error.filename or folder,
            f"cannot be copied or written: {error.strerror}.",
            remedy="Put the file back or free some space, and give the same command again.",
        ) from error


def read_request(folder: Path) -> dict[str, Asked]:
    """The images of a folder by their names; empty if nothing was asked yet.

    Raises:
        DataError: The record of what was asked is damaged.
    """
    path = folder / _REQUEST
    if not path.exists():
        return {}
    asked = {}
    for i, entry in enumerate(
        entries(path, Fields(path, "top", load_json(path)).values, "images", needed=True)
    ):
        record = Fields(path, f"image #{i}", entry)
        name = record.text("name")
        width, height = record.integer("width"), record.integer("height")
        asked[name] = Asked(record.text("key"), name, width, height)
    return asked


def safe_name(key: str, path: str) -> str:
    """A file name for an image that any system can hold, that depends on its key alone.

    The end of the key, with odd characters replaced, and eight digits of the key's hash, so that
    names differ even where only capital letters or folders do.
    """
    parts = PurePosixPath(key)
    stem = str(parts.parent / parts.stem)
    plain = re.sub(r"[^A-Za-z0-9]+", "_", stem).strip("_")[-60:] or "image"
    suffix = re.sub(r"[^a-z0-9.]", "", Path(path).suffix.lower())
    return f"{plain}-{hashlib.sha256(key.encode()).hexdigest()[:8]}{suffix}"


def _asked(image: ImageRecord, folder: Path) -> Asked:
    """What is asked for an image; one that was put into `frames/` of the folder keeps its name."""
    path = Path(image.path)
    name = path.name if path.parent == folder / _FRAMES else safe_name(image.key, image.path)
    return Asked(image.key, name, image.width, image.height)


def _prelabels(folder: Path) -> _Document:
    """The pre-labels as they are; empty lists if there are none."""
    path = folder / PRELABELS
    if not path.exists():
        return {"images": [], "annotations": []}
    top = Fields(path, "top", load_json(path)).values
    document = {}
    for part, mark in (("images", "key"), ("annotations", "score")):
        rows = [
            Fields(path, f"{part} #{i}", row)
            for i, row in enumerate(entries(path, top, part, needed=True))
        ]
        if not all(row.has(mark) for row in rows):
            raise DataError(
                path,
                "was overwritten: it holds more than pre-labels.",
                remedy=f"If these are labels, rename it to {LABELS} and give the command again.",
            )
        document[part] = [row.values for row in rows]
    return document


def _extended(
    document: _Document,
    wanted: Sequence[tuple[ImageRecord, Detections]],
    names: Mapping[str, str],
    classes: Sequence[str],
) -> _Document:
    images, annotations = list(document["images"]), list(document["annotations"])
    there = {entry["key"] for entry in images}
    for image, boxes in wanted:
        if image.key in there:  # an interrupted call came this far
            continue
        number = len(images) + 1
        entry: dict[str, object] = {
            "id": number,
            "file_name": names[image.key],
            "width": image.width,
            "height": image.height,
            "key": image.key,
            "labelled": False,
        }
        optional = {"video": image.video, "frame": image.frame, "seconds": image.seconds}
        images.append(entry | {k: v for k, v in optional.items() if v is not None})
        annotations += _annotations(image, number, len(annotations), boxes, len(classes))
    categories: list[dict[str, object]] = [
        {"id": i, "name": name} for i, name in enumerate(classes, start=1)
    ]
    return {"images": images, "annotations": annotations, "categories": categories}


def _annotations(
    image: ImageRecord, number: int, before: int, boxes: Detections, classes: int
) -> list[dict[str, object]]:
    """COCO annotations with scores."""
    check_boxes("FileOracle.request", "prelabels", boxes, classes, image.key)
    found: list[dict[str, object]] = []
    for _, entry in predicted_entries(boxes, image.width, image.height):
        found.append({"id": before + len(found) + 1, "image_id": number} | entry)
    return found


def _copy(source: Path, target: Path) -> None:
    """Copy bytes, whole or not at all; not a link, as a tool might change what it opens."""
    if not target.exists():
        write_atomic(target, lambda partial: shutil.copyfile(source, partial))


def _write_whole(path: Path, content: object) -> None:
    write_text(path, json.dumps(content, ensure_ascii=False, allow_nan=False))
