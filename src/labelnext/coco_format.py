"""COCO JSON, shared by readers, oracles and detectors: parsed with every part checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labelnext.errors import DataError
from labelnext.json_fields import Fields, entries, load_json, show


@dataclass(frozen=True, slots=True)
class CocoImage:
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


@dataclass(frozen=True, slots=True)
class CocoBox:
    """One entry of `annotations`; `category` counts from 0 in the order of `categories`.

    `score` is None where the file has none, as labels should.
    """

    name: str
    image: int
    category: int
    xywh: tuple[float, float, float, float]
    ignore: bool
    visible: float
    score: float | None = None


@dataclass(frozen=True, slots=True)
class CocoFile:
    """A whole file; `categories` maps an id to its place in `classes`."""

    path: Path
    classes: tuple[str, ...]
    categories: Mapping[int, int]
    images: Mapping[int, CocoImage]
    boxes: tuple[CocoBox, ...]


def parse(path: Path, *, files: bool = True, boxes: bool = True) -> CocoFile:
    """Read a COCO file of boxes.

    Beyond COCO's own fields: an image may have `video` and `frame`, `seconds`, and `labelled`
    (false: nobody looked at it yet; true: somebody did, even if it has no boxes); an annotation
    `ignore` (1: neither right nor wrong to detect), `visible` or `vis_ratio` (the visible fraction
    of its area) and `score` (it is a prediction).

    Args:
        path: The file.
        files: Whether images must name a file and give its size.
        boxes: Whether to read the annotations; without them `boxes` is empty.

    Raises:
        DataError: With the file, the record and what to do.
    """
    top = load_json(path)
    if not isinstance(top, dict):
        raise DataError(
            path,
            f"must be a JSON object with 'images', 'annotations' and 'categories'. Got {show(top)}"
            " instead.",
            remedy="Give a COCO file of labels (a list is what COCO *results* look like).",
        )
    classes, categories = _categories(path, top)
    images = _images(path, top, files)
    found = _boxes(path, top, images, categories) if boxes else ()
    return CocoFile(path, classes, categories, images, found)


def _categories(path: Path, top: dict[str, object]) -> tuple[tuple[str, ...], dict[int, int]]:
    classes: list[str] = []
    places: dict[int, int] = {}
    for i, entry in enumerate(entries(path, top, "categories", needed=True)):
        record = Fields(path, f"category #{i}", entry)
        number = record.integer("id")
        record.named("category", number)
        if number in places:
            raise record.error("its id is used twice.", "Give each category its own id.")
        name = record.text("name")
        if name in classes:
            raise record.error(f"its name {show(name)} is used twice.", "Merge the two categories.")
        places[number] = len(classes)
        classes.append(name)
    return tuple(classes), places


def _images(path: Path, top: dict[str, object], files: bool) -> dict[int, CocoImage]:
    images: dict[int, CocoImage] = {}
    names: set[str] = set()
    frames: set[tuple[str, int]] = set()
    for i, entry in enumerate(entries(path, top, "images", needed=True)):
        record = Fields(path, f"image #{i}", entry)
        number = record.integer("id")
        record.named("image", number)
        if number in images:
            raise record.error("its id is used twice.", "Give each image its own id.")
        image = _image(record, number, files)
        if image.file_name and image.file_name in names:
            raise record.error(
                f"'file_name' {show(image.file_name)} is used twice.", "List each image once."
            )
        names.add(image.file_name)
        if image.video is not None and image.frame is not None:
            if (image.video, image.frame) in frames:
                raise record.error(
                    f"frame {image.frame} of video {show(image.video)} is there twice.",
                    "List each frame once.",
                )
            frames.add((image.video, image.frame))
        images[number] = image
    return images


def _image(record: Fields, number: int, files: bool) -> CocoImage:
    sized = files or record.has("width") or record.has("height")
    if record.has("video") != record.has("frame"):
        raise record.error(
            "has one of 'video' and 'frame' without the other.",
            "Give both (the video's name, and the frame's number in it), or neither.",
        )
    return CocoImage(
        id=number,
        file_name=record.text("file_name") if files or record.has("file_name") else "",
        width=record.integer("width", least=1) if sized else 0,
        height=record.integer("height", least=1) if sized else 0,
        video=record.text("video") if record.has("video") else None,
        frame=record.integer("frame", least=0) if record.has("frame") else None,
        seconds=record.number("seconds") if record.has("seconds") else None,
        labelled=record.flag("labelled") if record.has("labelled") else True,
        confirmed=record.flag("labelled"),
    )


def _boxes(
    path: Path,
    top: dict[str, object],
    images: Mapping[int, CocoImage],
    categories: Mapping[int, int],
) -> tuple[CocoBox, ...]:
    boxes: list[CocoBox] = []
    numbers: set[int] = set()
    for i, entry in enumerate(entries(path, top, "annotations", needed=False)):
        record = Fields(path, f"annotation #{i}", entry)
        if record.has("id"):
            number = record.integer("id")
            record.named("annotation", number)
            if number in numbers:
                raise record.error("its id is used twice.", "Give each annotation its own id.")
            numbers.add(number)
        boxes.append(_box(record, images, categories))
    return tuple(boxes)


def _box(record: Fields, images: Mapping[int, CocoImage], categories: Mapping[int, int]) -> CocoBox:
    image, category = known_ids(record, images, categories)
    visible = next((key for key in ("visible", "vis_ratio") if record.has(key)), None)
    return CocoBox(
        name=record.record,
        image=image,
        category=category,
        xywh=record.xywh("bbox"),
        ignore=record.flag("ignore") or record.flag("iscrowd"),
        visible=1.0 if visible is None else record.number(visible, low=0, high=1),
        score=record.number("score") if record.has("score") else None,
    )


def known_ids(
    record: Fields, images: Mapping[int, CocoImage], categories: Mapping[int, int]
) -> tuple[int, int]:
    """A record's image id and the place of its category, both of which must be known."""
    image = record.integer("image_id")
    if image not in images:
        raise record.error(
            f"'image_id' {image} is not the id of any of the {len(images)} images.",
            "Remove the record, or add its image to 'images' of the labels.",
        )
    category = record.integer("category_id")
    if category not in categories:
        known = ", ".join(str(number) for number in list(categories)[:10]) or "none"
        raise record.error(
            f"'category_id' {category} is not the id of any category (known: {known}).",
            "Correct it, or add the category to 'categories' of the labels.",
        )
    return image, categories[category]
