"""The paper's Table 1 for any data set: images, instances, sizes, type, and heights of boxes.

Samples are read once and not kept: memory grows with the number of classes, videos and different
image sizes only. Image files are opened for their size alone, and only where the labels lack it.

The table of the paper itself (PAPER §6) comes from its data sets with the filter `authors-code`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64

from labelnext import plugins
from labelnext.data import filters
from labelnext.data.formats.common.image_size import image_size
from labelnext.data.pixels import UnusableImageError
from labelnext.data.selection import ClassSelection, chosen
from labelnext.data.source import Source, open_source
from labelnext.protocols import Progress, quiet
from labelnext.types import GroundTruth, ImageRecord

EDGES = (0, 10, 20, 30, 50, 80, 120, 200, 300, 500, 800, 1200)
"""Where each bin of heights begins, in pixels; a height on an edge is in the bin above."""

# Medians are read off bins of 0.25 %, so that heights need not be kept.
_STEP = float(np.log(1.0025))
_LEAST, _MOST = 0.01, 1e6
_BINS = round((np.log(_MOST) - np.log(_LEAST)) / _STEP) + 1
_OFTEN = 64


@dataclass(frozen=True, slots=True)
class Instances:
    """Boxes of one class, or of all.

    Attributes:
        name: Of the class; empty for all.
        count: Boxes that are not ignored.
        images: Images with at least one such box.
        ignored: Boxes that are ignored; in all, a region for every class counts once.
        median_height: Of those counted, in pixels, to within 0.2 %; NaN where there are none.
        heights: How many of those counted lie in each bin of `EDGES`; the last is open.
    """

    name: str
    count: int
    images: int
    ignored: int
    median_height: float
    heights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of one source.

    Attributes:
        source: As given, with the reader's name.
        name: Short name of the source.
        images: Images and frames.
        labelled: Those with labels, even if with no boxes.
        left_out: Images that the filter leaves out; they count nowhere else.
        everything: Boxes of all classes.
        classes: Boxes of each class, in the data set's order.
        sizes: Widths and heights with their number of images, the commonest first.
        unknown_sizes: Images whose size neither the labels nor a readable file tell.
        kind: `stills`, `video` or `both`.
        videos: Number of videos.
        problems: How many problems the reader found with labels.
        notes: What it had to say that concerns no single image.
    """

    source: str
    name: str
    images: int
    labelled: int
    left_out: int
    everything: Instances
    classes: tuple[Instances, ...]
    sizes: tuple[tuple[int, int, int], ...]
    unknown_sizes: int
    kind: Literal["stills", "video", "both"]
    videos: int
    problems: int
    notes: tuple[str, ...]


def gather(
    spec: str | Path,
    *,
    filter: str | None = None,
    classes: Sequence[str] | None = None,
    renamed: Mapping[str, str] | None = None,
    progress: Progress = quiet,
) -> Statistics:
    """Read a source once and count.

    Args:
        spec: What to read, such as `coco:labels.json`; see `data.open_source`.
        filter: `text` or `authors-code`; see `data.filters`. It sees boxes as the reader gives
            them: clipped to their image.
        classes: Names of the classes that count, and that the filter `text` judges; all by default.
        renamed: New names by old ones; several may become one.
        progress: Told of `stats`.

    Raises:
        ArgumentError: There is no such filter, or not for this reader.
        DataError: The source cannot be read, or has none of the classes.
    """
    source = open_source(spec)
    call = plugins.parse_call(source.spec)
    assert call is not None  # a source's spec begins with its reader
    kept_as = chosen(source.spec, source.classes, classes, renamed) if renamed else classes
    only = tuple(kept_as or ()) if classes is not None else None
    keep = filters.named(filter, call.name, source.classes, only)
    select = ClassSelection(source.spec, source.classes, kept_as)
    tally = _Tally(len(select.classes))
    total = source.total
    done = 0
    for done, sample in enumerate(source.samples(), start=1):
        tally.problems += len(sample.problems)
        kept = keep(sample)
        if kept is not None:
            of = select(kept).sample
            tally.image(of.record)
            if of.truth is not None:
                tally.truth(of.truth)
        if done % _OFTEN == 0:
            progress("stats", done, max(total, done))
    progress("stats", done, done)
    return tally.result(source, select.classes, left_out=done - tally.images)


@dataclass
class _Tally:
    """Counts so far."""

    number: int
    images: int = 0
    labelled: int = 0
    videos: set[str] = field(default_factory=set)
    frames: int = 0
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    unknown: int = 0
    problems: int = 0
    filled: int = 0
    regions: int = 0

    def __post_init__(self) -> None:
        self.counts = np.zeros(self.number, np.int64)
        self.with_any = np.zeros(self.number, np.int64)
        self.ignored = np.zeros(self.number, np.int64)
        self.heights = np.zeros((self.number, len(EDGES)), np.int64)
        self.fine: dict[int, np.ndarray] = {}

    def image(self, record: ImageRecord) -> None:
        self.images += 1
        if record.video is not None:
            self.frames += 1
            self.videos.add(record.video)
        size = _size(record)
        if size is None:
            self.unknown += 1
        else:
            self.sizes[size] += 1

    def truth(self, truth: GroundTruth) -> None:
        self.labelled += 1
        self.ignored += np.bincount(truth.classes[truth.ignore], minlength=self.number)
        self.regions += len(np.unique(truth.xyxy[truth.ignore], axis=0))
        counted = truth.classes[~truth.ignore]
        if not len(counted):
            return
        heights = (truth.xyxy[:, 3] - truth.xyxy[:, 1])[~truth.ignore]
        per_class = np.bincount(counted, minlength=self.number)
        self.filled += 1
        self.counts += per_class
        self.with_any += per_class > 0
        bins = np.maximum(np.searchsorted(EDGES, _whole(heights), side="right") - 1, 0)
        np.add.at(self.heights, (counted, bins), 1)
        for i in np.flatnonzero(per_class).tolist():
            fine = self.fine.setdefault(i, np.zeros(_BINS, np.int64))
            fine += np.bincount(_fine(heights[counted == i]), minlength=_BINS)

    def result(self, source: Source, classes: Sequence[str], left_out: int) -> Statistics:
        rows = tuple(self._row(name, i) for i, name in enumerate(classes))
        fine = sum(self.fine.values(), np.zeros(_BINS, np.int64))
        heights = tuple(self.heights.sum(axis=0).tolist())
        everything = Instances(
            "", int(self.counts.sum()), self.filled, self.regions, _median(fine), heights
        )
        stills = self.images - self.frames
        notes = source.notes
        return Statistics(
            source.spec, source.name, self.images, self.labelled, left_out, everything, rows,
            tuple((*size, count) for size, count in self.sizes.most_common()), self.unknown,
            "both" if stills and self.frames else "video" if self.frames else "stills",
            len(self.videos), self.problems, tuple(notes),
        )  # fmt: skip

    def _row(self, name: str, i: int) -> Instances:
        fine = self.fine.get(i, np.zeros(1, np.int64))
        heights = tuple(self.heights[i].tolist())
        return Instances(
            name, int(self.counts[i]), int(self.with_any[i]), int(self.ignored[i]), _median(fine),
            heights,
        )  # fmt: skip


def _size(record: ImageRecord) -> tuple[int, int] | None:
    if record.width and record.height:
        return record.width, record.height
    if record.place is not None or "://" in record.path:
        return None
    try:
        return image_size(Path(record.path))
    except UnusableImageError:
        return None


def _whole(heights: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    # y + height - y is not height to the last bit, and the edges are whole pixels.
    return np.round(heights, 6)


def _fine(heights: Float64[np.ndarray, "n"]) -> Int64[np.ndarray, "n"]:
    logs = np.log(np.clip(heights, _LEAST, _MOST)) - np.log(_LEAST)
    bins: np.ndarray = np.rint(logs / _STEP).astype(np.int64)
    return bins


def _median(fine: Int64[np.ndarray, "bins"]) -> float:
    total = int(fine.sum())
    if not total:
        return float("nan")
    places = np.searchsorted(np.cumsum(fine), [(total + 1) // 2, total // 2 + 1])
    return float(np.exp(places * _STEP + np.log(_LEAST)).mean())
