"""CVAT XML 1.1, for images and for video: boxes, occlusion, tracks; other shapes as their boxes."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import Lazy
from labelnext.data.formats.common.paths import find, inside
from labelnext.data.formats.common.tools import Places, Tally, chosen_folder
from labelnext.data.formats.common.xml_records import Record, records
from labelnext.data.formats.cvat.video import Tracks, video_samples
from labelnext.data.formats.cvat.xml import SHAPES, Attributes, Task, task, upright
from labelnext.errors import ArgumentError, DataError
from labelnext.json_fields import show
from labelnext.types import GroundTruth, ImageRecord, Sample

_WANTED = frozenset({"meta", "image", "track"})
_FRAME_SUFFIXES = (".PNG", ".png", ".jpg", ".JPEG", ".jpeg")
_AUTO = "auto"


@dataclass
class _Survey:
    """What one pass over a file finds: classes and counts, and the tracks of a video."""

    task: Task = field(default_factory=Task)
    places: Places = field(default_factory=Places)
    images: int = 0
    tracks: Tracks = field(default_factory=Tracks)


def read(
    location: Path,
    *,
    images: str | None = None,
    frames: str | None = None,
    video: str | None = None,
    auto: bool = True,
) -> Lazy:
    """Read an XML file that CVAT exported, or a folder with `annotations.xml` in it.

    Which of the two formats it is shows by its elements: `<image>` or `<track>`. Classes are those
    of `<meta>`, in its order, then others that are used. Rectangles are taken as they are; turned
    ones, ellipses, polygons, polylines, groups of points, cuboids, skeletons and masks as the
    upright boxes that enclose them, and notes say how many. Tags and attributes are not held,
    except an attribute `ignore` whose value is true. `occluded` becomes 0 or 1 in `occlusion`. CVAT
    does not say which images were looked at, so those without shapes count as labelled and empty.

    *Images.* A key is the image's `name`, below its `subset` where it has one; files are looked for
    in `images/` beside the XML, then beside it. An export of a video task by frames gives frames.

    *Video.* Every frame of the task is a sample, those in `deleted_frames` left out. Between two
    boxes of a track that are not on neighbouring frames, position and angle go over linearly, as in
    CVAT, unless the first is `outside`; after a track's last box it stays until the last frame,
    unless that is `outside`. A polygon's enclosing box is moved, not the polygon.

    Args:
        location: The file or folder.
        images: Folder of the images; absolute, or relative to the file.
        frames: Folder of a video's frames, named frame_000000.PNG and so on as CVAT exports them,
            or else taken in the order of their names; by default `images/` beside the file.
        video: The video file that the frames are in, instead; its table gives places and times.
        auto: Whether shapes with `source="auto"`, made by a model and perhaps never looked at,
            count. If not, images with no others are unlabelled.

    Raises:
        DataError: It is no such XML, a record of it is damaged, or it names an image outside; with
            the file, the line and what to do.
    """
    if not isinstance(auto, bool):
        raise ArgumentError("cvat", "auto", expected="true or false", got=show(auto))
    path = location / "annotations.xml" if location.is_dir() else location
    found = _survey(path, auto)
    if not found.images:
        chosen = chosen_folder(location, frames, option="frames")
        return video_samples(path, found.task, found.tracks, found.places.names(), chosen, video)
    for name, value in (("frames", frames), ("video", video)):
        if value is not None:
            raise ArgumentError(
                "cvat", name, expected="left out: the file is of images", got=show(value)
            )
    folder = chosen_folder(location, images, option="images")
    reader = _Images(path, found, [path.parent / "images", path.parent], auto)
    if folder is not None:
        reader.folders = [folder]
    return Lazy(reader.places.names(), reader.samples, found.images)


def _survey(path: Path, auto: bool) -> _Survey:
    found = _Survey()
    reader = _Images(path, found, [], auto)
    keys: set[str] = set()
    for element in records(path, _WANTED):
        if element.tag == "meta":
            found.task = task(path, element)
            for name in found.task.labels:
                found.places.add(name)
        elif element.tag == "image":
            found.images += 1
            _check_new(Attributes(path, element), reader.key(element), keys)
            reader.labels(element, Tally())
        else:
            found.tracks.add(path, element, found.places, auto)
        if found.images and found.tracks.seen:
            raise Attributes(path, element).error("stands beside others: <image> and <track>.")
    if not found.images and not found.tracks.seen and found.task.mode != "interpolation":
        raise DataError(
            path,
            "has no <image> and no <track> in <annotations>.",
            remedy="Export the task as 'CVAT for images 1.1' or 'CVAT for video 1.1'.",
        )
    return found


def _check_new(image: Attributes, key: str, keys: set[str]) -> None:
    if key in keys:
        raise image.error(f"names {show(key)}, which another one does.", "List each image once.")
    keys.add(key)


class _Images:
    """Samples from the `<image>` elements of a file."""

    def __init__(self, path: Path, found: _Survey, folders: list[Path], auto: bool) -> None:
        self.path, self.folders = path, folders
        self.places, self._task, self._auto = found.places, found.task, auto

    def samples(self, notes: list[str]) -> Iterator[Sample]:
        """Every image in the file's order."""
        tally = Tally()
        classes = len(self.places.names())
        for element in records(self.path, {"image"}):
            yield self._sample(element, tally)
            if len(self.places.names()) > classes:
                raise Attributes(self.path, element).error("changed while it was read.")
        notes += tally.notes()

    def key(self, element: Record) -> str:
        """The image's name, below its subset."""
        image = Attributes(self.path, element)
        name = self._inside(image, "name")
        if element.get("subset") in (None, ""):
            return name
        return f"{self._inside(image, 'subset')}/{name}"

    def labels(
        self, element: Record, tally: Tally
    ) -> tuple[int, int, GroundTruth | None, list[str]]:
        """Width, height and boxes as they stand, with names for the boxes."""
        image = Attributes(self.path, element)
        sides = [image.whole(name, least=1, most=10**6) for name in ("width", "height")]
        boxes, classes, ignore, occluded, names = [], [], [], [], []
        others = 0
        for child in element:
            shape = Attributes(self.path, child)
            if child.tag not in SHAPES:
                if child.tag != "attribute":
                    tally.left_out(f"elements <{show(child.tag)[1:-1]}>")
                continue
            if child.get("source") == _AUTO:
                tally.made_by_model(taken=self._auto)
                if not self._auto:
                    others += 1
                    continue
            box = upright(shape, tally)
            place = self.places.add(shape.text("label"))
            if box is not None:
                boxes.append(box.enclosing())
                classes.append(place)
                ignore.append(shape.marked("ignore"))
                occluded.append(int(shape.flag("occluded")))
                names.append(shape.name)
        truth = GroundTruth.from_boxes(boxes, classes, ignore, occlusion=occluded)
        return sides[0], sides[1], None if others and not boxes else truth, names

    def _sample(self, element: Record, tally: Tally) -> Sample:
        width, height, truth, names = self.labels(element, tally)
        key = self.key(element)
        path = self._find(element, key)
        record = ImageRecord(key, path, width, height)
        if self._task.mode == "interpolation" and element.get("id") is not None:
            video = self._task.name or self.path.stem
            number = Attributes(self.path, element).whole("id")
            record = ImageRecord(key, path, width, height, video, number)
        if truth is None:
            return Sample(record)
        return Sample(record, *fit_boxes(truth, width, height, names))

    def _find(self, element: Record, key: str) -> str:
        """Where the file is; frames of videos are named without the suffix that they have."""
        names = list(dict.fromkeys([key, self._inside(Attributes(self.path, element), "name")]))
        if self._task.mode == "interpolation" and not Path(key).suffix:
            names = [name + suffix for name in names for suffix in ("", *_FRAME_SUFFIXES)]
        paths = (find(name, self.folders) for name in names)
        return next((path for path in paths if os.path.isfile(path)), find(key, self.folders))  # noqa: PTH113 (any length)

    def _inside(self, image: Attributes, name: str) -> str:
        record = f"line {image.line}"
        return inside(image.text(name), self.path, field=name, record=record)
