"""Label Studio JSON and JSON-MIN: boxes in percent of the image; the newest annotation counts."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import Lazy
from labelnext.data.formats.common import xml_records
from labelnext.data.formats.common.json_items import list_items
from labelnext.data.formats.common.tools import Places, Tally, chosen_folder
from labelnext.data.formats.label_studio.images import ImageNames
from labelnext.data.formats.label_studio.regions import NoSizeError, Regions
from labelnext.errors import ArgumentError, DataError
from labelnext.json_fields import Fields, show
from labelnext.types import GroundTruth, ImageRecord, Sample

CONFIG = "label_config.xml"
TASKS = "tasks.json"
_NO_RESULTS: tuple[()] = ()


def read(
    location: Path,
    *,
    images: str | None = None,
    image: str | None = None,
    annotator: str | int | None = None,
) -> Lazy:
    """Read a JSON or JSON-MIN export (or an import file) of Label Studio 1.x: a list of tasks.

    Rectangles come in percent of `original_width` and `original_height`; turned rectangles (about
    their upper left corner), ellipses, polygons and brush strokes become the upright boxes that
    enclose them, and notes say how many. Key points, regions without a label and results that are
    no regions are left out and counted. The first label of a region is its class. A region whose
    `meta.text` has `ignore` is an ignore region. Classes are those of a `label_config.xml` beside
    the file, in its order, then others in the order in which they come.

    Of several annotations of a task the one that was changed last counts; cancelled ones (skipped
    tasks) and predictions do not. Tasks without annotation are unlabelled, those whose annotation
    has no regions are labelled and empty. `video`, `frame` and `seconds` of a task's data are kept.

    Images are looked for in the file's folder, then in `images/` there. A name that Label Studio
    made (`/data/upload/1/1a2b3c4d-a.jpg`, `/data/local-files/?d=x/a.jpg`, `s3://bucket/x/a.jpg`) is
    shortened from the front until a file is found: the longest part that leads to one is the key.

    Args:
        location: The file, or a folder with `tasks.json` in it.
        images: Folder of the images; absolute, or relative to the file.
        image: Name of the task's data that holds the image; by default `image`, or the only one
            that looks like one.
        annotator: Count only annotations of this person, by id or e-mail address.

    Raises:
        DataError: It is no such JSON, a task of it is damaged, or two tasks are of one image; with
            the file, the task and what to do.
    """
    if annotator is not None and (isinstance(annotator, bool) or not str(annotator).strip()):
        raise ArgumentError(
            "labelstudio", "annotator", expected="an id or an e-mail address", got=show(annotator)
        )
    folder = chosen_folder(location, images, option="images")
    path = location / TASKS if location.is_dir() else location
    folders = [folder] if folder else [path.parent, path.parent / "images"]
    reader = _Reader(path, ImageNames(path, folders, image), annotator)
    chosen = reader.survey()
    return Lazy(reader.places.names(), lambda notes: reader.samples(chosen, notes), len(chosen))


class _Task(NamedTuple):
    """A task and the annotation of it that counts; `results` is None where there is none."""

    record: Fields
    data: dict[str, Any]
    results: list[Any] | None
    problems: tuple[str, ...]
    predicted: bool
    changed: tuple[float, str]
    small: bool


class _Reader:
    def __init__(self, path: Path, names: ImageNames, annotator: str | int | None) -> None:
        self._path, self._names, self._annotator = path, names, annotator
        config = path.parent / CONFIG
        self.places = Places(_classes(config) if config.is_file() else ())

    def survey(self) -> set[int]:
        """Places of the tasks that count, with every task checked."""
        newest: dict[object, tuple[tuple[float, str], int]] = {}
        owners: dict[str, tuple[object, str]] = {}

        def handle(place: int, entry: object) -> None:
            task = self._task(place, entry)
            owner = task.record.values.get("id", f"#{place}") if task.small else place
            owner = owner if isinstance(owner, str | int) else f"#{place}"
            key, path = self._names.key(task.record, task.data)
            with suppress(NoSizeError):  # said with the sample
                self._regions(task, Tally(), Path(path))
            if owners.setdefault(key, (owner, task.record.record))[0] != owner:
                raise task.record.error(
                    f"is of the image {show(key)}, as is {owners[key][1]}.",
                    "Export one of the two tasks, or keep such images in folders of their own.",
                )
            if owner not in newest or task.changed >= newest[owner][0]:
                newest[owner] = (task.changed, place)

        for _ in list_items(self._path, "task", handle):
            pass
        if not newest:
            raise DataError(self._path, "holds no task.", remedy="Export the project again.")
        return {place for _, place in newest.values()}

    def samples(self, chosen: set[int], notes: list[str]) -> Iterator[Sample]:
        """The tasks that count, in the file's order."""
        tally = Tally()
        classes = len(self.places.names())

        def handle(place: int, entry: object) -> Sample | None:
            return self._sample(self._task(place, entry), tally) if place in chosen else None

        for sample in list_items(self._path, "task", handle):
            if sample is not None:
                yield sample
            if len(self.places.names()) > classes:
                raise DataError(self._path, "changed while it was read.", remedy="Start again.")
        notes += tally.notes()

    def _sample(self, task: _Task, tally: Tally) -> Sample:
        key, path = self._names.key(task.record, task.data)
        video, frame = task.data.get("video"), task.data.get("frame")
        record = ImageRecord(key, path, 0, 0)
        if isinstance(video, str) and video.strip() and type(frame) is int and 0 <= frame < 2**53:
            data = Fields(self._path, task.record.record, task.data)
            seconds = data.number("seconds") if data.has("seconds") else None
            record = ImageRecord(key, path, 0, 0, data.text("video"), frame, seconds)
        if task.predicted:
            tally.left_out("tasks' predictions and drafts, which are no labels")
        try:
            truth, (width, height), names = self._regions(task, tally, Path(path))
        except NoSizeError as error:
            problem = f"{task.record.record}: {error}; taken as unlabelled"
            return Sample(record, None, (*task.problems, problem))
        if truth is None or not width:
            return Sample(record, truth, task.problems)
        record = ImageRecord(
            key, path, width, height, record.video, record.frame, record.seconds
        )  # fmt: skip
        truth, found = fit_boxes(truth, width, height, names)
        return Sample(record, truth, (*task.problems, *found))

    def _regions(
        self, task: _Task, tally: Tally, path: Path
    ) -> tuple[GroundTruth | None, tuple[int, int], list[str]]:
        if task.results is None:
            return None, (0, 0), []
        regions = Regions(self._path, task.record.record, task.results, small=task.small)
        return regions.truth(self.places, tally, path)

    def _task(self, place: int, entry: object) -> _Task:
        record = Fields(self._path, f"task #{place}", entry)
        if isinstance(record.values.get("id"), int | str):
            record.named("task", show(record.values["id"]).strip("'"))
        if not record.has("data"):
            return self._small(record)
        data = record.values["data"]
        if not isinstance(data, dict):
            raise record.error(f"'data' must be an object. Got {show(data)}.", "Export it again.")
        name = "completions" if record.has("completions") else "annotations"
        given = record.values.get(name) or []
        if not isinstance(given, list):
            raise record.error(f"{name!r} must be a list. Got {show(given)}.", "Export it again.")
        kept = [
            Fields(self._path, f"{record.record}, annotation #{i}", part)
            for i, part in enumerate(given)
        ]
        skipped = sum(annotation.flag("was_cancelled") for annotation in kept)
        kept = [a for a in kept if not a.flag("was_cancelled") and self._counts(a, "completed_by")]
        predicted = any(record.values.get(part) for part in ("predictions", "drafts"))
        if not kept:
            why = f"{record.record}: it was skipped; taken as unlabelled"
            problems = (why,) if skipped else _NO_RESULTS
            return _Task(record, data, None, problems, predicted, (0.0, ""), False)
        newest = max(enumerate(kept), key=lambda pair: (_changed(pair[1]), pair[0]))[1]
        results = newest.required("result", "a list of regions")
        if not isinstance(results, list):
            raise newest.error(
                f"'result' must be a list. Got {show(results)} instead.", "Export it again."
            )
        return _Task(record, data, results, _NO_RESULTS, predicted, (0.0, ""), False)

    def _small(self, record: Fields) -> _Task:
        """A task of JSON-MIN: data and regions side by side, one entry an annotation."""
        data = record.values
        results = [
            region
            for value in data.values()
            if isinstance(value, list)
            for region in value
            if isinstance(region, dict) and not region.keys().isdisjoint(_GEOMETRY)
        ]
        annotated = results or record.has("annotation_id") or record.has("annotator")
        if not annotated or not self._counts(record, "annotator"):
            return _Task(record, data, None, _NO_RESULTS, False, (-1.0, ""), True)
        return _Task(record, data, results, _NO_RESULTS, False, _changed(record), True)

    def _counts(self, record: Fields, field: str) -> bool:
        """Whether an annotation is of the annotator that was asked for."""
        if self._annotator is None:
            return True
        value = record.values.get(field)
        values = [value.get("id"), value.get("email")] if isinstance(value, dict) else [value]
        return any(part is not None and str(part) == str(self._annotator) for part in values)


_GEOMETRY = frozenset({"x", "points", "rle", "radiusX"})


def _changed(record: Fields) -> tuple[float, str]:
    """When an annotation was changed last, such that later ones compare as greater."""
    text = record.values.get("updated_at") or record.values.get("created_at")
    if not isinstance(text, str):
        return 0.0, ""
    try:
        return datetime.fromisoformat(text).timestamp(), ""
    except (ValueError, OverflowError, OSError):
        return 0.0, text[:80]


def _classes(config: Path) -> list[str]:
    """Labels of a labelling configuration, in order."""
    labels = xml_records.root(config).iter("Label")
    return [name for label in labels if (name := label.get("value", "")).strip()]
