"""What is wrong with a data set, image by image, in pixels; nothing is changed here."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal, NamedTuple

import numpy as np

from labelnext.data.boxes import fit_boxes
from labelnext.data.check import File, in_threads, other_size, read_file
from labelnext.data.dataset import Noting
from labelnext.data.review.doubles import SAME, Double, doubles
from labelnext.data.review.same_bytes import SameBytes
from labelnext.data.selection import ClassSelection
from labelnext.protocols import Dataset
from labelnext.types import GroundTruth, Sample

Severity = Literal["error", "warning", "note"]


class Kind(NamedTuple):
    """A kind of finding; an `error` is dropped or skipped at indexing, a `note` is no fault."""

    severity: Severity
    what: str


KINDS: Mapping[str, Kind] = {
    "missing": Kind("error", "images that are not there"),
    "broken": Kind("error", "images that cannot be used"),
    "swapped": Kind("error", "images whose labels have width and height swapped"),
    "size": Kind("error", "images of another size than their labels are for"),
    "record": Kind("error", "records or label files that cannot be used"),
    "outside": Kind("error", "boxes outside their image"),
    "no-area": Kind("error", "boxes without area"),
    "not-finite": Kind("error", "boxes that are not finite"),
    "beyond": Kind("warning", "boxes that reach beyond an edge"),
    "tiny": Kind("warning", "boxes of less than 1 px"),
    "whole": Kind("warning", "boxes that cover their whole image"),
    "double": Kind("warning", "boxes that are there twice"),
    "near-double": Kind("warning", "boxes that are nearly the same as another"),
    "unused": Kind("warning", "classes that no box has"),
    "said": Kind("warning", "other things that the reader says"),
    "same-bytes": Kind("note", "images with the same bytes as another"),
    "unlabelled": Kind("note", "images without labels"),
    "empty": Kind("note", "images labelled as empty"),
}
# How the sentences of readers, and of `fit_boxes`, end or what they hold.
_SENTENCES = (
    ("; clipped", "beyond"),
    ("lies outside the image", "outside"),
    ("no area; dropped", "no-area"),
    ("left out", "record"),
    ("; taken as unlabelled", "record"),
)
_EDGE = 1.0


class Finding(NamedTuple):
    """One thing that was found; `key` is empty where it concerns no single image."""

    kind: str
    key: str
    text: str


class Inspection(NamedTuple):
    """One image, and what was found about it.

    Attributes:
        sample: As the reader gave it.
        file: The image's file as it was found.
        truth: Boxes that indexing would keep; None where the image is not labelled or not usable.
        doubles: Boxes of `truth` that are there twice, or nearly.
        findings: In no particular order.
    """

    sample: Sample
    file: File
    truth: GroundTruth | None
    doubles: tuple[Double, ...]
    findings: tuple[Finding, ...]


class Validation:
    """A look at a whole data set. What `images` found is complete once all of it was drawn.

    Args:
        dataset: As a reader gives it.
        source: Its name, for errors.
        classes: Names of the classes to look at; None for all.
        workers: Threads that decode; by default one a CPU.

    Attributes:
        classes: Names of the classes looked at.
        counts: Findings by kind.
        images: Images seen.
        boxes: Boxes that indexing would keep, by class.
    """

    def __init__(
        self,
        dataset: Dataset,
        source: object,
        classes: Sequence[str] | None = None,
        workers: int | None = None,
    ) -> None:
        self._dataset, self._workers = dataset, workers
        self._select = ClassSelection(source, dataset.classes, classes)
        self.classes = self._select.classes
        self.counts: Counter[str] = Counter()
        self.images = 0
        self.boxes: Counter[str] = Counter()
        self._same = SameBytes()

    @property
    def faults(self) -> int:
        """How many errors and warnings there are."""
        return sum(count for kind, count in self.counts.items() if KINDS[kind].severity != "note")

    def inspections(self) -> Iterator[Inspection]:
        """Every image with what was found about it, in the source's order; memory is flat."""
        samples = (self._select(sample).sample for sample in self._dataset.samples())
        for found in in_threads(partial(inspect, classes=self.classes), samples, self._workers):
            self.images += 1
            self.counts.update(finding.kind for finding in found.findings)
            if found.truth is not None:
                self.boxes.update(self.classes[i] for i in found.truth.classes.tolist())
            if found.file.decoded.content:
                self._same.add(found.file.decoded.content, found.sample.record.key)
            yield found

    def findings(self) -> Iterator[Finding]:
        """What concerns no single image, or several; after all inspections were drawn."""
        notes = self._dataset.notes if isinstance(self._dataset, Noting) else ()
        for text in notes:
            yield self._counted(Finding(_kind(text) or "said", "", text))
        if self.boxes:
            for name in self.classes:
                if not self.boxes[name]:
                    yield self._counted(Finding("unused", "", f"{name}: no box has this class"))
        for key, first, others in self._same.found():
            more = f" and {others} more" if others else ""
            yield self._counted(
                Finding("same-bytes", key, f"has the same bytes as {first}{more}"), others + 1
            )

    def _counted(self, finding: Finding, count: int = 1) -> Finding:
        self.counts[finding.kind] += count
        return finding


def inspect(sample: Sample, classes: Sequence[str]) -> Inspection:
    """Look at one image and its boxes."""
    file = read_file(sample)
    key = sample.record.key
    texts = [(kind, text) for text in sample.problems if (kind := _kind(text))]
    truth = sample.truth
    if truth is None:
        texts.append(("unlabelled", "has no labels"))
    if file.state != "ok":
        texts.append((file.state, file.reason))
        return Inspection(sample, file, None, (), _findings(key, texts))
    kind = _size_fault(sample, file)
    if kind:
        texts.append((kind, other_size(sample.record, *file.decoded[1:])))
        return Inspection(sample, file, None, (), _findings(key, texts))
    pairs: list[Double] = []
    if truth is not None:
        truth, said = _fitted(truth, *file.decoded[1:])
        texts += said
        pairs = doubles(truth)
        texts += _of_boxes(truth, classes, *file.decoded[1:])
        texts += [_of_pair(truth, classes, pair) for pair in pairs]
        if not len(truth):
            texts.append(("empty", "is labelled and has no box"))
    return Inspection(sample, file, truth, tuple(pairs), _findings(key, texts))


def _size_fault(sample: Sample, file: File) -> str:
    record, (_, width, height) = sample.record, file.decoded
    named = (record.width or width, record.height or height)
    if named == (width, height):
        return ""
    return "swapped" if named == (height, width) else "size"


def _fitted(
    truth: GroundTruth, width: int, height: int
) -> tuple[GroundTruth, list[tuple[str, str]]]:
    finite = np.isfinite(truth.xyxy).all(axis=1)
    said = [
        ("not-finite", f"box {i}: {truth.xyxy[i].tolist()} is not finite; dropped")
        for i in np.flatnonzero(~finite).tolist()
    ]
    fitted, problems = fit_boxes(truth.take(finite), width, height)
    said += [(_kind(text) or "said", text) for text in problems]
    return fitted, said


def _of_boxes(
    truth: GroundTruth, classes: Sequence[str], width: int, height: int
) -> Iterator[tuple[str, str]]:
    sides = truth.xyxy[:, 2:] - truth.xyxy[:, :2]
    for i in np.flatnonzero((sides < 1).any(axis=1)).tolist():
        size = " x ".join(f"{side:.2f}" for side in sides[i].tolist())
        yield "tiny", f"{_shown(truth, classes, i)} is {size} px"
    whole = (sides >= np.array([width, height]) - _EDGE).all(axis=1) & ~truth.ignore
    for i in np.flatnonzero(whole).tolist():
        yield "whole", f"{_shown(truth, classes, i)} covers all of {width} x {height} px"


def _of_pair(truth: GroundTruth, classes: Sequence[str], pair: Double) -> tuple[str, str]:
    text = f"{_shown(truth, classes, pair.second)} overlaps {_shown(truth, classes, pair.first)}"
    return (
        "double" if pair.iou > SAME else "near-double",
        f"{text}: intersection over union {pair.iou:.3f}",
    )


def _shown(truth: GroundTruth, classes: Sequence[str], i: int) -> str:
    corners = ", ".join(f"{value:.1f}" for value in truth.xyxy[i].tolist())
    return f"{classes[int(truth.classes[i])]} [{corners}]"


def _kind(text: str) -> str:
    """The kind of finding that a sentence of a reader is; empty where it is said otherwise."""
    # No label file is what it is to be unlabelled, and counted as that.
    if ": taken as unlabelled" in text:
        return ""
    return next((kind for part, kind in _SENTENCES if part in text), "said")


def _findings(key: str, texts: Sequence[tuple[str, str]]) -> tuple[Finding, ...]:
    return tuple(Finding(kind, key, text) for kind, text in texts)


def usable(found: Inspection) -> Sample:
    """The sample with the size of its file and the boxes that indexing would keep."""
    _, width, height = found.file.decoded
    record = replace(found.sample.record, width=width, height=height)
    return replace(found.sample, record=record, truth=found.truth, problems=())
