"""VoTT 2 JSON: an export of many images or video frames, or one file an asset."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from labelnext.data import video
from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import SampleSet
from labelnext.data.formats.common.json_items import object_items, value_at
from labelnext.data.formats.common.label_files import listed
from labelnext.data.formats.common.paths import find, inside
from labelnext.data.formats.common.tools import Places, Tally, chosen_folder, enclosing
from labelnext.errors import DataError
from labelnext.json_fields import Fields, show
from labelnext.types import GroundTruth, ImageRecord, Sample

_SUFFIX = "-asset.json"
_IMAGES, _FRAME = (0, 1), 3  # VoTT's AssetType: unknown, image, 2 video, video frame, TFRecord
_VISITED = 1  # AssetState: 0 not visited, 1 visited, 2 tagged
_LARGEST_SIDE = 10**6
_LONGEST = 1e7  # seconds
_EARLY = 1e-3  # seconds; VoTT rounds times to 6 decimals, players to less


def read(location: Path, *, images: str | None = None, videos: str | None = None) -> SampleSet:
    """Read a JSON export of VoTT 2, or a project's folder with its `*-asset.json` files.

    A region is its `boundingBox`; polygons count in the notes. The first tag of a region is its
    class. The project's tags come first, in its order. Assets not visited are unlabelled; those
    visited without regions are labelled and empty. An asset's `path` is of the machine that it was
    labelled on, so images are looked for by `name` in the file's folder, in `images/` and in
    `vott-json-export/` there; the name is the key.

    A frame of a video (`clip.mp4#t=2.533333`) is the image that VoTT exported under that name,
    where there is one; else the frame that is shown at that time in the video, found by its table.
    Without the video, an exported image counts as a still.

    In a folder, a file that cannot be understood is left out, and a note says so.

    Args:
        location: The export, or the folder (or `.vott` file) of a project.
        images: Folder of the images; absolute, or relative to the file.
        videos: Folder of the videos, in the same way; by default as for images.

    Raises:
        DataError: It is no such JSON, a record of it is damaged, or a name leads outside; with the
            file, the asset and what to do.
    """
    project = location.suffix.lower() == ".vott"
    base = location if location.is_dir() else location.parent
    chosen = chosen_folder(location, images, option="images")
    folders = [chosen] if chosen else [base, base / "images", base / "vott-json-export"]
    films = chosen_folder(location, videos, option="videos")
    reader = _Reader(folders, [films] if films else folders)
    if location.is_dir() or project:
        items = list(reader.folder(base, location if project else None))
    else:
        items = list(reader.export(location))
    return SampleSet(reader.places.names(), items, [*reader.notes, *reader.tally.notes()])


class _Asset(NamedTuple):
    record: Fields
    name: str
    state: int
    width: int
    height: int


class _Reader:
    def __init__(self, folders: list[Path], films: list[Path]) -> None:
        self._folders, self._films = folders, films
        self._keys: set[str] = set()
        self.places, self.tally = Places(), Tally()
        self.notes: list[str] = []

    def export(self, path: Path) -> Iterator[Sample]:
        """The assets of one file."""
        self._tags(path)

        def handle(_: int, pair: tuple[str, object]) -> Sample | None:
            return self._sample(Fields(path, f"asset {show(pair[0])}", pair[1]))

        found = object_items(path, "assets", "asset", handle)
        yield from (sample for sample in found if sample is not None)

    def folder(self, folder: Path, project: Path | None) -> Iterator[Sample]:
        """The assets of a folder of files."""
        projects = [project] if project else sorted(folder.glob("*.vott"))
        if len(projects) == 1:
            self._tags(projects[0])
        names = [n for n in listed(folder, folder, {".json"}) if n.endswith(_SUFFIX)]
        faults: list[DataError] = []
        for name in names:
            try:
                sample = self._sample(Fields(folder / name, "the asset", _whole(folder / name)))
            except DataError as error:
                faults.append(error)
                where = name if error.record is None else f"{name}, {error.record}"
                self.notes.append(f"{where}: {error.problem.rstrip('.')}; left out")
                continue
            if sample is not None:
                yield sample
        if not names:
            raise DataError(
                folder,
                f"holds no file *{_SUFFIX}.",
                remedy="Give the folder of a VoTT project, or the JSON file of an export.",
            )
        if len(faults) == len(names):
            raise faults[0]

    def _tags(self, path: Path) -> None:
        tags = value_at(path, "tags")
        if tags is None:
            return
        if not isinstance(tags, list):
            raise DataError(path, f"'tags' must be a list. Got {show(tags)}.", remedy="Mend it.")
        for i, entry in enumerate(tags):
            self.places.add(Fields(path, f"tag #{i}", entry).text("name"))

    def _sample(self, record: Fields) -> Sample | None:
        asset = self._asset(record)
        if asset is None:
            return None
        truth, names = self._regions(record)
        image = self._image(asset)
        if image is None:
            return None
        if image.key in self._keys:
            raise record.error(
                f"is of {show(image.key)}, as is another asset.", "Keep one of the two."
            )
        self._keys.add(image.key)
        if not len(truth) and asset.state < _VISITED:
            return Sample(image)
        if not image.width:
            return Sample(image, truth)
        return Sample(image, *fit_boxes(truth, image.width, image.height, names))

    def _asset(self, record: Fields) -> _Asset | None:
        asset = Fields(record.source, f"{record.record}, 'asset'", record.values.get("asset"))
        kind = asset.integer("type") if asset.has("type") else 1
        if kind not in (*_IMAGES, _FRAME):
            if kind != 2:  # the video itself is named beside its frames
                self.tally.left_out("assets that are no images and no frames")
            return None
        width, height = 0, 0
        if asset.has("size"):
            size = Fields(record.source, f"{asset.record}, 'size'", asset.values["size"])
            width, height = (_side(size, name) for name in ("width", "height"))
            if not (width and height):  # half a size is none
                width, height = 0, 0
        state = asset.integer("state") if asset.has("state") else _VISITED
        return _Asset(asset, asset.text("name"), state, width, height)

    def _regions(self, record: Fields) -> tuple[GroundTruth, list[str]]:
        entries = record.values.get("regions") or []
        if not isinstance(entries, list):
            raise record.error(f"'regions' must be a list. Got {show(entries)}.", "Mend it.")
        boxes, classes, names = [], [], []
        for i, entry in enumerate(entries):
            region = Fields(record.source, f"{record.record}, region #{i}", entry)
            box = self._box(region)
            tags = region.values.get("tags")
            if not isinstance(tags, list) or not tags:
                self.tally.left_out("regions without a tag")
                continue
            if len(tags) > 1:
                self.tally.left_out("further tags of regions with several", len(tags) - 1)
            first = Fields(region.source, region.record, {"tag": tags[0]})
            boxes.append(box)
            classes.append(self.places.add(first.text("tag")))
            names.append(region.record)
        return GroundTruth.from_boxes(boxes, classes), names

    def _box(self, region: Fields) -> list[float]:
        if region.values.get("type", "RECTANGLE") not in ("RECTANGLE", "SQUARE"):
            self.tally.enclosed("polygons")
        if region.has("boundingBox"):
            box = Fields(
                region.source, f"{region.record}, 'boundingBox'", region.values["boundingBox"]
            )
            left, top, width, height = (
                box.number(name, low=-1e9, high=1e9) for name in ("left", "top", "width", "height")
            )
            return [left, top, left + width, top + height]
        points = region.values.get("points")
        if not isinstance(points, list) or not points:
            raise region.error("has neither 'boundingBox' nor 'points'.", "Label it again.")
        corners = [Fields(region.source, f"{region.record}, point", point) for point in points]
        return enclosing([[c.number(axis, low=-1e9, high=1e9) for axis in "xy"] for c in corners])

    def _image(self, asset: _Asset) -> ImageRecord | None:
        record = asset.record
        key = inside(asset.name, record.source, field="name", record=record.record)
        if not record.has("timestamp") and "#t=" not in key:
            return ImageRecord(key, find(key, self._folders), asset.width, asset.height)
        film, seconds = self._moment(asset, key)
        path = Path(find(film, self._films))
        why, frame = _in_video(asset, film, path, seconds)
        for name in (key, f"{key}.jpg", f"{key}.jpeg", f"{key}.png"):
            image = find(name, self._folders)
            if not os.path.isfile(image):  # noqa: PTH113 (of any length)
                continue
            if frame is not None:
                return replace(frame, key=name, path=image, place=None)
            return ImageRecord(name, image, asset.width, asset.height)
        if frame is None:
            self.tally.left_out(f"frames of {film}, which {why}")
        return frame

    def _moment(self, asset: _Asset, key: str) -> tuple[str, float]:
        """Name of a frame's video, and its time there."""
        record = asset.record
        film, _, time = key.partition("#t=")
        values: dict[str, Any] = record.values
        if not record.has("timestamp"):
            try:
                values = {"timestamp": float(time)}
            except ValueError:
                raise record.error(f"{show(key)} tells no time.", "Export it again.") from None
        moment = Fields(record.source, record.record, values)
        seconds = moment.number("timestamp", low=0, high=_LONGEST)
        if record.has("parent"):
            parent = Fields(record.source, f"{record.record}, 'parent'", record.values["parent"])
            film = inside(parent.text("name"), record.source, field="name", record=parent.record)
        return film, seconds


def _in_video(
    asset: _Asset, film: str, path: Path, seconds: float
) -> tuple[str, ImageRecord | None]:
    """The frame that is shown at a time; or why there is none."""
    try:
        table = video.scan(path, cuts=False)
    except FileNotFoundError:
        return "is not there", None
    except DataError as error:
        return error.problem.rstrip("."), None
    frame = max(0, int(np.searchsorted(table.seconds, seconds + _EARLY, side="right")) - 1)
    width, height = (int(side) for side in table.sizes[frame])
    size = (asset.width or width, asset.height or height)
    key = f"{film}/frame_{frame:06d}"
    return "", ImageRecord(
        key, str(path), *size, film, frame, float(table.seconds[frame]), place=table.place(frame)
    )


def _whole(path: Path) -> dict[str, Any]:
    """One asset's file."""
    return {name: value_at(path, name) for name in ("asset", "regions")}


def _side(size: Fields, name: str) -> int:
    value = size.number(name, low=0, high=_LARGEST_SIDE) if size.has(name) else 0
    return int(value)
