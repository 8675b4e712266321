"""Caltech Pedestrian: videos (`.seq`, or extracted images) with their objects (`.vbb`).

A folder as distributed: `set00/V000.seq` and `annotations/set00/V000.vbb`, anywhere below the
location and however nested (`videos/set00/V000.seq`, `set00/set00/V000.seq`, `.vbb` beside `.seq`).
Extracted frames are found as `set00/V000/I00029.jpg`, `set00_V000_I00029.jpg` or
`set00_V000_29.png` (numbers count from 0, as in the toolbox of Dollár et al.); where a video's
`.seq` is there too, that is read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from labelnext.data import filters
from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import Lazy
from labelnext.data.formats.caltech import vbb
from labelnext.data.formats.common import label_files
from labelnext.data.video import seq
from labelnext.errors import ArgumentError, DataError
from labelnext.types import GroundTruth, ImageRecord, Sample

CLASSES = vbb.CLASSES
_IGNORED = tuple(CLASSES.index(name) for name in ("people", "person?"))
_SUFFIXES = (".seq", ".vbb", ".jpg", ".jpeg", ".png")
_FILE = re.compile(r"(?:.*/)?(set\d\d)/(V\d\d\d)\.(seq|vbb)", re.ASCII)
_IMAGE = re.compile(r"(?:.*/)?(set\d\d)[/_](V\d\d\d)[/_]I?(\d{1,7})\.(?:jpe?g|png)", re.ASCII)
_PART = re.compile(r"(\d\d?)(?:-(\d\d?))?", re.ASCII)


@dataclass
class _Video:
    """Where one video's files are, relative to the location."""

    name: str
    seq: str = ""
    vbb: str = ""
    images: list[tuple[int, str]] = field(default_factory=list)


def read(
    location: Path,
    *,
    filter: str | None = None,
    every: int = 1,
    sets: str | int | None = None,
    regions: bool = True,
) -> Lazy:
    """Read a folder of Caltech Pedestrian.

    A frame of a `.seq` has the key `<path of the .seq>/frame_000029`, the `.seq` as its path, and
    the byte its record begins at as its place. Videos are called `set00/V000`. Frames beyond those
    that the `.vbb` labels, and videos without one, are unlabelled. See `caltech.vbb` for boxes and
    visibility; tracks are the ids of the `.vbb`.

    A damaged `.vbb` leaves its video unlabelled, a damaged `.seq` is left out; the notes say so.

    Args:
        location: The folder.
        filter: `text` or `authors-code` (see `data.filters`), applied to the boxes as labelled.
        every: Take frames every-1, 2·every-1, …, as the toolbox does: 30 gives the frames 29, 59,
            … that tests on this data set are made on.
        sets: Sets to read, such as `0-5` (the training sets), `6-10`, `3`, `0+2+4-5`; all by
            default.
        regions: Whether `people` and `person?` are regions to ignore, as in the usual protocol;
            otherwise they are objects like others.

    Raises:
        ArgumentError: An option is not of those values.
        DataError: The folder cannot be listed or holds no video; while samples are drawn: every
            `.seq`, or every `.vbb`, is bad.
    """
    keep = filters.named(filter, "caltech", CLASSES)
    if type(every) is not int or every < 1:
        raise ArgumentError("caltech.read", "every", expected="an integer from 1", got=repr(every))
    if type(regions) is not bool:
        raise ArgumentError("caltech.read", "regions", expected="true or false", got=repr(regions))
    wanted = _wanted(sets)
    videos = [video for video in _videos(location) if wanted is None or video.name[:5] in wanted]
    if not videos:
        raise DataError(
            location,
            f"holds no video of Caltech Pedestrian{'' if sets is None else f' in sets {sets}'}.",
            remedy="Give the folder that holds set00/V000.seq and annotations/set00/V000.vbb.",
        )
    options = _Options(location, keep, every, regions)
    count = sum(_count(video, options) for video in videos)
    return Lazy(CLASSES, lambda notes: _samples(videos, options, notes), count)


@dataclass(frozen=True)
class _Options:
    root: Path
    keep: filters.Filter
    every: int
    regions: bool


def _wanted(sets: str | int | None) -> frozenset[str] | None:
    """Names of the sets that an option asks for."""
    if sets is None:
        return None
    numbers: set[int] = set()
    for part in str(sets).split("+"):
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise ArgumentError(
                "caltech.read", "sets", expected="such as 0-5, 3 or 0+2+4-5", got=repr(sets)
            )
        first = int(match[1])
        numbers.update(range(first, int(match[2] or first) + 1))
    return frozenset(f"set{number:02d}" for number in numbers)


def _videos(location: Path) -> list[_Video]:
    """Every video below a folder, in the order of their names; of several copies the first."""
    found: dict[str, _Video] = {}
    for key in label_files.listed(location, location, _SUFFIXES):
        match = _FILE.fullmatch(key) or _IMAGE.fullmatch(key)
        if match is None:
            continue
        name = f"{match[1]}/{match[2]}"
        video = found.setdefault(name, _Video(name))
        if match[3] == "seq":
            video.seq = video.seq or key
        elif match[3] == "vbb":
            video.vbb = video.vbb or key
        else:
            video.images.append((int(match[3]), key))
    videos = [video for _, video in sorted(found.items()) if video.seq or video.images]
    for video in videos:
        first: dict[int, str] = {}
        for number, key in sorted(video.images):
            first.setdefault(number, key)
        video.images = list(first.items())
    return videos


def _count(video: _Video, options: _Options) -> int:
    if not video.seq:
        return sum((number + 1) % options.every == 0 for number, _ in video.images)
    try:
        return seq.read_header(options.root / video.seq).count // options.every
    except DataError:  # said when it is drawn
        return 0


def _samples(videos: list[_Video], options: _Options, notes: list[str]) -> Iterator[Sample]:
    skips, bad, used = label_files.Skips(options.root), [], 0
    for video in videos:
        labels = _labels(video, options, skips, notes)
        try:
            for record in _records(video, options, notes):
                used += 1
                sample = options.keep(_sample(record, labels, video, options))
                if sample is not None:
                    yield _fitted(sample, video)
        except DataError as error:
            bad.append(error)
            where = label_files.relative(Path(error.source), options.root)
            notes.append(f"{where}: {error.problem.rstrip('.')}; the video is left out")
    if bad and not used:
        raise bad[0]
    skips.finish()


def _labels(
    video: _Video, options: _Options, skips: label_files.Skips, notes: list[str]
) -> vbb.VideoLabels | None:
    if not video.vbb:
        notes.append(f"{video.name}: there is no {video.name}.vbb; its frames are unlabelled")
        return None
    found: list[vbb.VideoLabels] = []
    path = options.root / video.vbb

    def make() -> Sample:
        found.append(vbb.read(path))
        return Sample(whole)

    whole = ImageRecord(video.name, str(path), 0, 0)
    notes += skips.sample(whole, make).problems
    return found[0] if found else None


def _records(video: _Video, options: _Options, notes: list[str]) -> Iterator[ImageRecord]:
    """The wanted frames of a video."""
    if not video.seq:
        for number, key in video.images:
            if (number + 1) % options.every == 0:
                yield ImageRecord(key, str(options.root / key), 0, 0, video.name, number)
        return
    if video.images:
        notes.append(
            f"{video.name}: {len(video.images):,} extracted images passed over for the .seq"
        )
    path = options.root / video.seq
    header = seq.read_header(path)
    for frame in seq.frames(path, notes):
        if (frame.index + 1) % options.every == 0:
            yield ImageRecord(
                f"{video.seq}/frame_{frame.index:06d}", str(path), header.width, header.height,
                video.name, frame.index, frame.seconds, place=frame.place,
            )  # fmt: skip


def _sample(
    record: ImageRecord, labels: vbb.VideoLabels | None, video: _Video, options: _Options
) -> Sample:
    """A frame with its boxes as the `.vbb` has them."""
    assert record.frame is not None
    if labels is None:
        return Sample(record)
    if record.frame >= labels.frames:
        return Sample(record, None, (f"{video.vbb} labels {labels.frames:,} frames, not this one",))
    truth = labels.truth(record.frame)
    if options.regions:
        for region in _IGNORED:
            truth.ignore[truth.classes == region] = True
    return Sample(record, truth)


def _fitted(sample: Sample, video: _Video) -> Sample:
    record, truth = sample.record, sample.truth
    if truth is None or not record.width:
        return sample
    fitted, problems = fit_boxes(truth, record.width, record.height, _names(video, record, truth))
    return Sample(record, fitted, sample.problems + problems)


def _names(video: _Video, record: ImageRecord, truth: GroundTruth) -> list[str]:
    assert truth.tracks is not None or not len(truth)
    ids = [] if truth.tracks is None else truth.tracks.tolist()
    return [f"{video.vbb}, frame {record.frame}, object id {number}" for number in ids]
