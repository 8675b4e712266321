"""Any source into any format that is written: classes chosen, images placed, losses said."""

import inspect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool

from labelnext import plugins
from labelnext.data.boxes import fit_boxes
from labelnext.data.export import FORMATS
from labelnext.data.formats.catalogue import OF_EVERY_WRITER
from labelnext.data.formats.common.written import Written
from labelnext.data.formats.common.written_folder import scratch
from labelnext.data.pixels import UnusableImageError
from labelnext.data.placing import Placer, move, named, sized
from labelnext.data.pool.remote import is_url
from labelnext.data.predicted import Predicted
from labelnext.data.selection import ClassSelection, chosen
from labelnext.data.source import Source, open_source
from labelnext.errors import ArgumentError, DataError, LabelnextError
from labelnext.protocols import Progress, quiet
from labelnext.types import Detections, Sample


class Converted(NamedTuple):
    """What a conversion did.

    Attributes:
        source: The source, with its reader.
        target: Where it was written.
        format: The format.
        images: Images written, labelled or not.
        objects: Boxes written.
        lost: What the format cannot hold, in words, with counts.
        dropped: Boxes of classes that were not kept, by class.
        placed: Images copied, linked, exported from videos, or there already.
        failed: Images that could not be placed or read, with the reason.
        problems: What was found and done about labels, one sentence each.
        notes: What concerns no single image.
    """

    source: str
    target: str
    format: str
    images: int
    objects: int
    lost: Mapping[str, int]
    dropped: Mapping[str, int]
    placed: Mapping[str, int]
    failed: Sequence[str]
    problems: Sequence[str]
    notes: Sequence[str]


def convert(
    spec: str | Path | Source,
    out: Path,
    to: str,
    *,
    classes: Sequence[str] | None = None,
    renamed: Mapping[str, str] | None = None,
    images: str = "copy",
    predictions: Path | None = None,
    predictions_images: Path | None = None,
    options: Mapping[str, Any] | None = None,
    frame_format: str = "jpeg",
    force: bool = False,
    some: Bool[np.ndarray, "images"] | None = None,
    progress: Progress = quiet,
) -> Converted:
    """Write a source in another format.

    All is put together in a hidden folder beside `out` and moved to its place at the end, so what
    is there before stays as it is if anything fails, and no file is replaced by one with another
    content unless `force`. (A folder that holds something is filled directly by writers with an
    option `split`, which add splits to it and refuse to replace one.) An image that cannot be read
    is recorded; its labels are written all the same where its size is known.

    Args:
        spec: The source, `reader:place`, or one that is open.
        out: The file or folder to write, as the format has it.
        to: Name of the format.
        classes: Names of the source's classes to keep; None for all.
        renamed: New names by old ones; several may become one.
        images: `copy`, `link` (hard links, where the file system has them) or `none`.
        predictions: A detector's boxes as COCO results, for formats that hold pre-labels.
        predictions_images: The COCO file whose ids they use; needed where the results are a bare
            list and the source is no COCO file.
        options: Of the writer.
        frame_format: `png` or `jpeg`, for frames in video files.
        force: Replace files that are there.
        some: Which of the source's images, in its order; None for all.
        progress: Told how many images are done.

    Raises:
        DataError: The source cannot be used, `out` is or lies in the source, other files are there,
            or no image could be written.
        LabelnextError: There is no such format, option or class.
    """
    write = plugins.load("writers", to)
    arguments = _checked_options(to, write, options or {})
    if frame_format not in FORMATS:
        raise ArgumentError(
            "convert", "frame_format", expected=" or ".join(FORMATS), got=repr(frame_format)
        )
    source = spec if isinstance(spec, Source) else open_source(spec)
    out = Path(out).absolute()
    _check_apart(source, out)
    kept = chosen(source.spec, source.classes, classes, renamed or {})
    selection = ClassSelection(source.spec, source.classes, kept)
    found = None
    if predictions is not None:
        ids = predictions_images or (source.location if source.spec.startswith("coco") else None)
        found = Predicted(predictions, ids, kept, selection.classes)
    stream = _Stream(source, selection, found, frame_format, some, progress)
    adds = "split" in inspect.signature(write).parameters
    if adds and out.is_dir() and any(out.iterdir()):
        placer = Placer(images, (out.parent, out.parent), force=force)
        written = _write(write, out, stream, placer, arguments)
    else:
        with scratch(out) as begun:
            placer = Placer(images, (begun, out.parent), force=force)
            written = _write(write, begun / out.name, stream, placer, arguments)
            move(begun, out.parent, force=force, among=out, there=placer.there)
    notes = [*source.notes, *([] if found is None else found.notes())]
    failed = [*stream.failed, *placer.failed]
    return Converted(
        source.spec, str(out), to, written.images, written.objects, dict(written.lost),
        dict(stream.dropped), dict(placer.done), failed, stream.problems, notes,
    )  # fmt: skip


class _Stream:
    """The samples as a writer gets them; it remembers what it found on the way."""

    def __init__(
        self,
        source: Source,
        selection: ClassSelection,
        found: Predicted | None,
        frame_format: str,
        some: Bool[np.ndarray, "images"] | None,
        progress: Progress,
    ) -> None:
        self._source, self._selection, self._found = source, selection, found
        self._frame_format, self._some, self._progress = frame_format, some, progress
        self.source, self.classes = source.spec, selection.classes
        # Filled as samples are drawn: that it is empty before says nothing.
        self.predictions: dict[str, Detections] | None = None if found is None else {}
        self.dropped: Counter[str] = Counter()
        self.failed: list[str] = []
        self.problems: list[str] = []

    def __iter__(self) -> Iterator[Sample]:
        for done, sample in enumerate(self._source.samples(), start=1):
            wanted = self._some is None or self._some[done - 1]
            made = self._sample(sample) if wanted else None
            if made is not None:
                yield made
            self._progress("convert", done, max(self._source.total, done))

    def _sample(self, sample: Sample) -> Sample | None:
        sample, dropped = self._selection(sample)
        self.dropped.update(dropped)
        self.problems += [f"{sample.record.key}: {problem}" for problem in sample.problems]
        key = sample.record.key
        try:
            record = sized(named(sample.record, self._frame_format))
        except UnusableImageError as error:
            self.failed.append(f"{key}: {error}; left out, as its size is not known")
            return None
        if self._found is not None and self.predictions is not None:
            boxes = self._found.find(key)
            if boxes is not None:
                self.predictions[record.key] = boxes
        truth = sample.truth
        if truth is not None and not sample.record.width:
            truth, clipped = fit_boxes(truth, record.width, record.height)
            self.problems += [f"{key}: {problem}" for problem in clipped]
        return replace(sample, record=record, truth=truth)


def _write(
    write: Any, out: Path, stream: _Stream, placer: Placer, arguments: Mapping[str, Any]
) -> Written:
    written: Written = write(
        out,
        stream,
        stream.classes,
        place=placer,
        predictions=stream.predictions,
        **arguments,
    )
    if not written.images:
        first = f" The first: {stream.failed[0]}." if stream.failed else ""
        raise DataError(
            stream.source,
            f"has no image that can be written.{first}",
            remedy="Check that the images are where the labels say.",
        )
    return written


def _checked_options(to: str, write: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    parameters = list(inspect.signature(write).parameters)[1:]
    known = [name for name in parameters if name not in OF_EVERY_WRITER]
    wrong = [name for name in options if name not in known]
    if wrong:
        raise LabelnextError(
            f"The writer {to} has no option {', '.join(wrong)}. Options: "
            f"{', '.join(known) or 'none'}."
        )
    return dict(options)


def _check_apart(source: Source, out: Path) -> None:
    if is_url(source.root):
        return
    place, target = source.location.resolve(), out.resolve()
    if target == place or (place.is_dir() and target.is_relative_to(place)):
        raise DataError(
            out,
            f"is {'the source itself' if target == place else f'inside the source {place}'}.",
            remedy="Write elsewhere; the source is never changed.",
        )
    if place.is_relative_to(target):
        raise DataError(out, f"holds the source {place}.", remedy="Write to a folder of its own.")
