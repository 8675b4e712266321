"""CVAT for images 1.1, written for CVAT to import: `annotations.xml`, and `images/` beside it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from labelnext.data.formats.common.paths import inside
from labelnext.data.formats.common.tools import (
    UNLABELLED,
    checked,
    checked_predictions,
    xml_text,
)
from labelnext.data.formats.common.written import IN_VIDEO, Losses, Place, Written, leave
from labelnext.files import write_atomic
from labelnext.types import Detections, GroundTruth, ImageRecord, Sample


def write(
    location: Path,
    samples: Iterable[Sample],
    classes: Sequence[str],
    *,
    place: Place = leave,
    predictions: Mapping[str, Detections] | None = None,
    task: str = "labelnext",
) -> Written:
    """Write samples so that `cvat.read` gives them back, boxes to the last digit.

    Every class gets an attribute `ignore`, true for regions to ignore. Predictions are written for
    images without labels only, as shapes with `source="auto"`; `cvat[auto=false]` reads the file
    without them. One image is in memory at a time; the file is replaced in one step.

    Args:
        location: A folder, or the XML file itself (its name ends by .xml).
        samples: In any number; sizes must be known.
        classes: Class names.
        place: Told where each image goes.
        predictions: By key.
        task: Name of the task.

    Raises:
        ArgumentError: A class index is beyond `classes`; a box is not finite.
        DataError: A size is not known, or a name holds characters that XML cannot hold.
    """
    path = location if location.suffix.lower() == ".xml" else location / "annotations.xml"
    written = _Writer(path, classes, place, predictions)

    def fill(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="\n") as handle:
            written.write(handle, samples, task)

    write_atomic(path, fill)
    return Written(written.images, written.objects, written.losses.counts)


class _Writer:
    def __init__(
        self,
        path: Path,
        classes: Sequence[str],
        place: Place,
        predictions: Mapping[str, Detections] | None,
    ) -> None:
        self._path, self._place, self._predictions = path, place, predictions
        self._classes = classes
        self._labels = [self._quoted(name) for name in classes]
        self.images = self.objects = 0
        self.losses = Losses("ignore", "occlusion")

    def write(self, handle: TextIO, samples: Iterable[Sample], task: str) -> None:
        handle.write(
            '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n'
            f"  <meta>\n    <task>\n      <name>{self._escaped(task)}</name>\n"
            "      <mode>annotation</mode>\n      <labels>\n"
        )
        for name in self._classes:
            handle.write(
                f"        <label>\n          <name>{self._escaped(name)}</name>\n"
                "          <attributes>\n            <attribute>\n"
                "              <name>ignore</name>\n              <mutable>False</mutable>\n"
                "              <input_type>checkbox</input_type>\n"
                "              <default_value>false</default_value>\n"
                "              <values>false</values>\n            </attribute>\n"
                "          </attributes>\n        </label>\n"
            )
        handle.write("      </labels>\n    </task>\n  </meta>\n")
        for sample in samples:
            handle.writelines(self._image(sample))
        handle.write("</annotations>\n")

    def _image(self, sample: Sample) -> Iterator[str]:
        record = sample.record
        truth = checked("cvat", sample, self._classes)
        name = inside(record.key, "the samples", field="key")
        self._place(record, self._path.parent / "images" / name)
        yield (
            f'  <image id="{self.images}" name={self._quoted(name)} '
            f'width="{record.width}" height="{record.height}">\n'
        )
        yield from self._boxes(truth)
        yield from self._predicted(record, sample.truth is not None)
        yield "  </image>\n"
        self.images += 1
        self.objects += len(truth)
        self.losses.count(truth)
        if sample.truth is None:
            self.losses.add(UNLABELLED)
        if record.video is not None:
            self.losses.add(IN_VIDEO)

    def _boxes(self, truth: GroundTruth) -> Iterator[str]:
        for i, box in enumerate(truth.xyxy.tolist()):
            degree = 0 if truth.occlusion is None else int(truth.occlusion[i])
            if degree > 1:
                self.losses.add("degrees of occlusion beyond partly")
            head = self._shape(int(truth.classes[i]), "manual", degree > 0, box)
            if truth.ignore[i]:
                yield f'{head}>\n      <attribute name="ignore">true</attribute>\n    </box>\n'
            else:
                yield f"{head}/>\n"

    def _predicted(self, record: ImageRecord, labelled: bool) -> Iterator[str]:
        given = None if self._predictions is None else self._predictions.get(record.key)
        found = checked_predictions("cvat", given, self._classes)
        if found is None:
            return
        if labelled:
            self.losses.add("predictions on images that have labels", len(found))
            return
        self.losses.add("scores of predictions", len(found))
        for box, place in zip(found.xyxy.tolist(), found.classes.tolist(), strict=True):
            yield f"{self._shape(place, 'auto', False, box)}/>\n"

    def _shape(self, place: int, source: str, occluded: bool, box: Sequence[float]) -> str:
        names = ("xtl", "ytl", "xbr", "ybr")
        sides = " ".join(f'{name}="{value!r}"' for name, value in zip(names, box, strict=True))
        return (
            f'    <box label={self._labels[place]} source="{source}" '
            f'occluded="{int(occluded)}" {sides} z_order="0"'
        )

    def _quoted(self, text: str) -> str:
        return quoteattr(xml_text(self._path, text))

    def _escaped(self, text: str) -> str:
        return escape(xml_text(self._path, text), {"\r": "&#13;"})
