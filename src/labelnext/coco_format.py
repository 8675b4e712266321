"""COCO JSON, shared by readers, oracles and detectors: parsed with every part checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from labelnext.errors import DataError
from labelnext.json_fields import Fields, as_number, entries, load_json, show

_LARGEST = 1e9
Xywh = tuple[float, float, float, float]


class CocoImage(NamedTuple):
    """One entry of `images`; `width` and `height` are 0 where absent, `file_name` empty.

    `labelled` is true where the file does not say; `confirmed` only where it says so.
    """

    id: int
    file_name: str
    width: int
    height: int
    video: str | None
    frame: int | None
    seconds: float | None
    labelled: bool
    confirmed: bool
    segment: int = 0


class CocoBox(NamedTuple):
    """One entry of `annotations`; `category` counts from 0 in the order of `categories`.

    `score` is None where the file has none, as labels should. `visible_xywh`, `occlusion`,
    `truncation` and `track` are None where the file does not give them; `odd` names those of their
    fields that hold something else, which is not used. `segmentation` is as it stands in the file,
    where masks are asked for.
    """

    name: str
    image: int
    category: int
    xywh: Xywh
    ignore: bool
    visible: float
    score: float | None = None
    visible_xywh: Xywh | None = None
    occlusion: int | None = None
    truncation: float | None = None
    track: int | None = None
    odd: tuple[str, ...] = ()
    segmentation: object = None


@dataclass(frozen=True, slots=True)
class CocoFile:
    """A whole file; `categories` maps an id to its place in `classes`."""

    path: Path
    classes: tuple[str, ...]
    categories: Mapping[int, int]
    images: Mapping[int, CocoImage]
    boxes: tuple[CocoBox, ...]


def parse(path: Path, *, files: bool = True, boxes: bool = True, masks: bool = False) -> CocoFile:
    """Read a COCO file of boxes.

    Beyond COCO's own fields: an image may have `video` and `frame`, `seconds`, `segment` (the shot
    of the video, from 0), and `labelled` (false: nobody looked at it yet; true: somebody did, even
    if it has no boxes); an annotation `ignore` (1: neither right nor wrong to detect), `visible` or
    `vis_ratio` (the visible fraction of its area), `score` (it is a prediction), `visible_bbox`,
    `vis_bbox` or `bbox_vis` (the visible part), `occluded` (0 to 2), `truncated` (0 to 1) and
    `track_id` or `instance_id`.

    Args:
        path: The file.
        files: Whether images must name a file and give its size.
        boxes: Whether to read the annotations; without them `boxes` is empty.
        masks: Whether to keep each annotation's `segmentation`.

    Raises:
        DataError: With the file, the record and what to do.
    """
    top = load_json(path)
    if not isinstance(top, dict):
        raise not_an_object(path, show(top))
    classes, categories = _categories(path, top)
    images = _images(path, top, files)
    found = _boxes(path, top, images, categories, masks) if boxes else ()
    return CocoFile(path, classes, categories, images, found)


def not_an_object(path: Path, got: str) -> DataError:
    """The error for JSON that holds something else at its top."""
    return DataError(
        path,
        f"must be a JSON object with 'images', 'annotations' and 'categories'. Got {got} instead.",
        remedy="Give a COCO file of labels (a list is what COCO *results* look like).",
    )


def category_entry(path: Path, i: int, entry: object) -> tuple[int, str, Fields]:
    """Id and name of an entry of `categories`, and the record for further errors."""
    record = Fields(path, f"category #{i}", entry)
    number = record.integer("id")
    record.named("category", number)
    return number, record.text("name"), record


def image_entry(path: Path, i: int, entry: object, files: bool) -> tuple[CocoImage, Fields]:
    """An entry of `images`, and the record for further errors."""
    record = Fields(path, f"image #{i}", entry)
    number = record.integer("id")
    record.named("image", number)
    return _image(record, number, files), record


def box_entry(path: Path, i: int, entry: object) -> tuple[CocoBox, int | None, Fields]:
    """An entry of `annotations`, whose `category` is the id as it stands; its id; the record."""
    record = Fields(path, f"annotation #{i}", entry)
    number = None
    if record.has("id"):
        number = record.integer("id")
        record.named("annotation", number)
    return _box(record), number, record


def used_twice(record: Fields, kind: str) -> DataError:
    """The error for an id that another entry has."""
    return record.error("its id is used twice.", f"Give each {kind} its own id.")


def name_used_twice(record: Fields, name: str) -> DataError:
    """The error for a category whose name another has."""
    return record.error(f"its name {show(name)} is used twice.", "Merge the two categories.")


def file_used_twice(record: Fields, name: str) -> DataError:
    """The error for an image whose file another has."""
    return record.error(f"'file_name' {show(name)} is used twice.", "List each image once.")


def frame_used_twice(record: Fields, image: CocoImage) -> DataError:
    """The error for a frame that is there twice."""
    return record.error(
        f"frame {image.frame} of video {show(image.video)} is there twice.",
        "List each frame once.",
    )


def unknown_image(record: Fields, image: int, count: int) -> DataError:
    """The error for an annotation of an image that is not among the `count` of the file."""
    return record.error(
        f"'image_id' {image} is not the id of any of the {count} images.",
        "Remove the record, or add its image to 'images' of the labels.",
    )


def unknown_category(record: Fields, category: int, known: Iterable[int]) -> DataError:
    """The error for an annotation of a category that is not among those known."""
    some = ", ".join(str(number) for number in list(known)[:10]) or "none"
    return record.error(
        f"'category_id' {category} is not the id of any category (known: {some}).",
        "Correct it, or add the category to 'categories' of the labels.",
    )


def known_ids(
    record: Fields, images: Mapping[int, CocoImage], categories: Mapping[int, int]
) -> tuple[int, int]:
    """A record's image id and the place of its category, both of which must be known."""
    image = record.integer("image_id")
    if image not in images:
        raise unknown_image(record, image, len(images))
    category = record.integer("category_id")
    if category not in categories:
        raise unknown_category(record, category, categories)
    return image, categories[category]


def _categories(path: Path, top: dict[str, object]) -> tuple[tuple[str, ...], dict[int, int]]:
    classes: list[str] = []
    places: dict[int, int] = {}
    for i, entry in enumerate(entries(path, top, "categories", needed=True)):
        number, name, record = category_entry(path, i, entry)
        if number in places:
            raise used_twice(record, "category")
        if name in classes:
            raise name_used_twice(record, name)
        places[number] = len(classes)
        classes.append(name)
    return tuple(classes), places


def _images(path: Path, top: dict[str, object], files: bool) -> dict[int, CocoImage]:
    images: dict[int, CocoImage] = {}
    names: set[str] = set()
    frames: set[tuple[str, int]] = set()
    for i, entry in enumerate(entries(path, top, "images", needed=True)):
        image, record = image_entry(path, i, entry, files)
        if image.id in images:
            raise used_twice(record, "image")
        if image.file_name and image.file_name in names:
            raise file_used_twice(record, image.file_name)
        names.add(image.file_name)
        if image.video is not None and image.frame is not None:
            if (image.video, image.frame) in frames:
                raise frame_used_twice(record, image)
            frames.add((image.video, image.frame))
        images[image.id] = image
    return images


def _image(record: Fields, number: int, files: bool) -> CocoImage:
    has = record.has
    sized = files or has("width") or has("height")
    if has("video") != has("frame"):
        raise record.error(
            "has one of 'video' and 'frame' without the other.",
            "Give both (the video's name, and the frame's number in it), or neither.",
        )
    return CocoImage(
        id=number,
        file_name=record.text("file_name") if files or has("file_name") else "",
        width=record.integer("width", least=1) if sized else 0,
        height=record.integer("height", least=1) if sized else 0,
        video=record.text("video") if has("video") else None,
        frame=record.integer("frame", least=0) if has("frame") else None,
        seconds=record.number("seconds") if has("seconds") else None,
        labelled=record.flag("labelled") if has("labelled") else True,
        confirmed=record.flag("labelled"),
        segment=record.integer("segment", least=0) if has("segment") else 0,
    )


def _boxes(
    path: Path,
    top: dict[str, object],
    images: Mapping[int, CocoImage],
    categories: Mapping[int, int],
    masks: bool,
) -> tuple[CocoBox, ...]:
    boxes: list[CocoBox] = []
    numbers: set[int] = set()
    for i, entry in enumerate(entries(path, top, "annotations", needed=False)):
        box, number, record = box_entry(path, i, entry)
        if number is not None:
            if number in numbers:
                raise used_twice(record, "annotation")
            numbers.add(number)
        image, category = known_ids(record, images, categories)
        drawn = record.values.get("segmentation") if masks else None
        boxes.append(box._replace(image=image, category=category, segmentation=drawn))
    return tuple(boxes)


def _box(record: Fields) -> CocoBox:
    values = record.values
    visible = next((key for key in ("visible", "vis_ratio") if values.get(key) is not None), None)
    box = CocoBox(
        name=record.record,
        image=record.integer("image_id"),
        category=record.integer("category_id"),
        xywh=record.xywh("bbox"),
        ignore=record.flag("ignore") or record.flag("iscrowd"),
        visible=1.0 if visible is None else record.number(visible, low=0, high=1),
        score=record.number("score") if values.get("score") is not None else None,
    )
    return box if _MORE.isdisjoint(values) else _with_more(box, values)


# Many tools write these fields, and not all mean the same by them: what is of another form is left
# out, not an error.
_VISIBLE = ("visible_bbox", "vis_bbox", "bbox_vis")
_TRACK = ("track_id", "instance_id")
_MORE = frozenset((*_VISIBLE, "occluded", "truncated", *_TRACK))


def _with_more(box: CocoBox, values: Mapping[str, object]) -> CocoBox:
    names = (_VISIBLE, ("occluded",), ("truncated",), _TRACK)
    odd: list[str] = []
    found: list[Any] = []
    for keys, convert in zip(names, (_rectangle, _degree, _fraction, _track), strict=True):
        key = next((key for key in keys if values.get(key) is not None), None)
        value = None if key is None else convert(values[key])
        if key is not None and value is None:
            odd.append(key)
        found.append(value)
    visible, occlusion, truncation, track = found
    return box._replace(
        visible_xywh=visible,
        occlusion=occlusion,
        truncation=truncation,
        track=track,
        odd=tuple(odd),
    )


def _rectangle(value: object) -> Xywh | None:
    if not isinstance(value, list) or len(value) != 4:
        return None
    x, y, w, h = (as_number(part) for part in value)
    if x is None or y is None or w is None or h is None or max(map(abs, (x, y, w, h))) > _LARGEST:
        return None
    return x, y, w, h


def _degree(value: object) -> int | None:
    return int(value) if type(value) in (bool, int, float) and value in (0, 1, 2) else None


def _fraction(value: object) -> float | None:
    number = float(value) if type(value) is bool else as_number(value)
    return number if number is not None and 0 <= number <= 1 else None


def _track(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < 2**63 else None
