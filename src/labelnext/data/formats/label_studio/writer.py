"""Label Studio tasks to import: labels as annotations, a detector's boxes as predictions."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from labelnext.data.formats.common.paths import inside
from labelnext.data.formats.common.tools import checked, checked_predictions, xml_text
from labelnext.data.formats.common.written import Losses, Place, Written, leave
from labelnext.data.formats.label_studio.reader import CONFIG, TASKS
from labelnext.files import write_atomic, write_text
from labelnext.types import Detections, GroundTruth, ImageRecord, Sample


def write(
    location: Path,
    samples: Iterable[Sample],
    classes: Sequence[str],
    *,
    place: Place = leave,
    predictions: Mapping[str, Detections] | None = None,
    url_prefix: str = "/data/local-files/?d=",
    model_version: str = "labelnext",
) -> Written:
    """Write tasks so that `label_studio.read` gives the samples back, boxes to 12 digits.

    A labelling configuration, `label_config.xml`, is written beside the tasks. By default tasks
    name their images as Label Studio's local storage does: set LOCAL_FILES_SERVING_ENABLED=true and
    LOCAL_FILES_DOCUMENT_ROOT to the folder of the tasks. Regions to ignore have `ignore` in their
    `meta.text`; video, frame and seconds are part of a task's data. One task is in memory at a
    time; the file is replaced in one step.

    Args:
        location: The JSON file, or a folder for `tasks.json`.
        samples: In any number; sizes must be known.
        classes: Class names.
        place: Told where each image goes: below the folder of the tasks, by its key.
        predictions: By key; become predictions of their task, with the mean of their scores.
        url_prefix: What stands before the percent-encoded key in the name of an image.
        model_version: What Label Studio shows as the source of the predictions.

    Raises:
        ArgumentError: A class index is beyond `classes`; a box is not finite.
        DataError: A size is not known, or a class has characters that XML cannot hold.
    """
    path = location if location.suffix.lower() == ".json" else location / TASKS
    written = _Writer(path.parent, classes, place, predictions, url_prefix, model_version)

    def fill(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="\n") as handle:
            handle.write("[")
            for number, sample in enumerate(samples):
                handle.write(",\n" if number else "\n")
                handle.write(json.dumps(written.task(sample), ensure_ascii=False, allow_nan=False))
            handle.write("\n]\n")

    config = _config(path, classes)
    write_atomic(path, fill)
    write_text(path.parent / CONFIG, config)
    return Written(written.images, written.objects, written.losses.counts)


class _Writer:
    def __init__(
        self,
        folder: Path,
        classes: Sequence[str],
        place: Place,
        predictions: Mapping[str, Detections] | None,
        url_prefix: str,
        model_version: str,
    ) -> None:
        self._folder, self._classes, self._place = folder, classes, place
        self._predictions, self._prefix = predictions, url_prefix
        self._version = model_version
        self.images = self.objects = 0
        self.losses = Losses("ignore")

    def task(self, sample: Sample) -> dict[str, object]:
        """One task as Label Studio imports it."""
        record = sample.record
        truth = checked("labelstudio", sample, self._classes)
        self._place(record, self._folder / inside(record.key, "the samples", field="key"))
        self.images += 1
        self.objects += len(truth)
        self.losses.count(truth)
        task: dict[str, object] = {"data": self._data(record)}
        if sample.truth is not None:
            regions = list(self._regions(record, truth))
            task["annotations"] = [
                {"result": regions, "was_cancelled": False, "ground_truth": False}
            ]
        given = None if self._predictions is None else self._predictions.get(record.key)
        found = checked_predictions("labelstudio", given, self._classes)
        if found is not None:
            task["predictions"] = [
                {
                    "model_version": self._version,
                    "score": float(found.scores.mean()),
                    "result": list(self._predicted(record, found)),
                }
            ]
        return task

    def _data(self, record: ImageRecord) -> dict[str, object]:
        data: dict[str, object] = {"image": self._prefix + quote(record.key)}
        if record.video is not None and record.frame is not None:
            data |= {"video": record.video, "frame": record.frame}
            if record.seconds is not None:
                data["seconds"] = record.seconds
        return data

    def _regions(self, record: ImageRecord, truth: GroundTruth) -> Iterator[dict[str, object]]:
        for i, box in enumerate(truth.xyxy.tolist()):
            region = self._region(record, f"{i}", box, int(truth.classes[i]))
            if truth.ignore[i]:
                region["meta"] = {"text": ["ignore"]}
            yield region

    def _predicted(self, record: ImageRecord, found: Detections) -> Iterator[dict[str, object]]:
        for i, box in enumerate(found.xyxy.tolist()):
            region = self._region(record, f"p{i}", box, int(found.classes[i]))
            yield {**region, "score": float(found.scores[i])}

    def _region(
        self, record: ImageRecord, name: str, box: Sequence[float], place: int
    ) -> dict[str, object]:
        x, y = 100 / record.width, 100 / record.height
        return {
            "id": name,
            "from_name": "label",
            "to_name": "image",
            "type": "rectanglelabels",
            "original_width": record.width,
            "original_height": record.height,
            "image_rotation": 0,
            "value": {
                "x": box[0] * x,
                "y": box[1] * y,
                "width": (box[2] - box[0]) * x,
                "height": (box[3] - box[1]) * y,
                "rotation": 0,
                "rectanglelabels": [self._classes[place]],
            },
        }


def _config(path: Path, classes: Sequence[str]) -> str:
    labels = "".join(f"    <Label value={quoteattr(xml_text(path, name))}/>\n" for name in classes)
    return (
        '<View>\n  <Image name="image" value="$image"/>\n'
        f'  <RectangleLabels name="label" toName="image">\n{labels}  </RectangleLabels>\n</View>\n'
    )
