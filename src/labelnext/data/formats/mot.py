"""MOTChallenge: videos as folders of frames, with seqinfo.ini, img1/ and gt/gt.txt."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import Lazy
from labelnext.data.formats.frame_folders import numbered
from labelnext.data.formats.label_files import given_names
from labelnext.data.formats.mot_files import Info, Rows, read_info, read_truth
from labelnext.errors import DataError
from labelnext.types import GroundTruth, ImageRecord, Sample

# Numbers 1 to 12 of MOT16 and MOT17, and MOT20's 13.
CLASSES = (
    "pedestrian", "person on vehicle", "car", "bicycle", "motorbike", "non-motorized vehicle",
    "static person", "distractor", "occluder", "occluder on the ground", "occluder full",
    "reflection", "crowd",
)  # fmt: skip


class _Video(NamedTuple):
    """One sequence.

    Attributes:
        name: Its folder relative to the data set's; of a data set of one, the folder's name.
        prefix: What keys begin with.
        info: What its seqinfo.ini says.
        frames: Key of each frame by its number, from 1.
        labels: Its gt.txt; None where there is none.
    """

    name: str
    prefix: str
    info: Info
    frames: dict[int, str]
    labels: Path | None


def read(location: Path, *, classes: str | Sequence[str] | None = None) -> Lazy:
    """Read one sequence (a folder with seqinfo.ini), or all of a folder, up to two folders down.

    Boxes count from 1, so left, top, width, height become [left-1, top-1, left-1+width,
    top-1+height]. They reach beyond the image where its edge cuts a person off: they are clipped,
    and the part cut off is their truncation. A line that is not to be considered (0 in the seventh
    column) becomes a box to ignore, of its own class; `visibility` the visible fraction, and the id
    the track. MOT's evaluation takes detections on classes 2, 7, 8 and 12 for neither right nor
    wrong: to do so, map them to `pedestrian`.

    A frame is number - 1 in its video, and seconds are frame / frameRate. Frames without boxes are
    labelled and empty if their sequence has a gt.txt, else unlabelled. A key is the image's path
    relative to `location`.

    Args:
        location: The folder.
        classes: Names of the classes 1, 2, …, as a list or separated by `|`; by default MOT's 13.

    Raises:
        ArgumentError: `classes` is empty or names one twice.
        DataError: There is no sequence, or a file of one is bad; with the line and what to do.
    """
    names = CLASSES if classes is None else given_names("mot.read", classes)
    videos = [_video(location, path) for path in _infos(location)]
    count = sum(len(video.frames) for video in videos)
    return Lazy(names, partial(_samples, location, videos, len(names)), count)


def _infos(location: Path) -> list[Path]:
    for pattern in ("seqinfo.ini", "*/seqinfo.ini", "*/*/seqinfo.ini"):
        if found := sorted(location.glob(pattern)):
            return found
    raise DataError(
        location,
        "holds no sequence: no seqinfo.ini is there or up to two folders below.",
        remedy="Give the folder of a sequence, with seqinfo.ini, img1/ and gt/, or one above.",
    )


def _video(location: Path, path: Path) -> _Video:
    folder = path.parent
    inner = folder.relative_to(location).as_posix()
    info = read_info(path)
    labels = folder / "gt" / "gt.txt"
    return _Video(
        location.name if inner == "." else inner,
        "" if inner == "." else f"{inner}/",
        info,
        numbered(location, folder / info.folder),
        labels if labels.exists() else None,
    )


def _samples(
    location: Path, videos: list[_Video], classes: int, notes: list[str]
) -> Iterator[Sample]:
    cut = 0
    for video in videos:
        rows = None if video.labels is None else read_truth(video.labels, classes)
        labelled = () if rows is None else np.unique(rows.frame).tolist()
        for number in sorted({*video.frames, *labelled}):
            record = _record(location, video, number)
            if rows is None:
                yield Sample(record)
                continue
            truth, problems, beyond = _truth(video, rows, number)
            cut += beyond
            yield Sample(record, truth, problems)
        if len(video.frames) != video.info.length:
            notes.append(
                f"{video.prefix}seqinfo.ini: seqLength is {video.info.length}, but "
                f"{len(video.frames)} frames are there"
            )
    if cut:
        notes.append(f"{cut} boxes reach beyond the image; clipped, the rest is their truncation")


def _record(location: Path, video: _Video, number: int) -> ImageRecord:
    info = video.info
    missing = f"{video.prefix}{info.folder}/{number:06d}{info.suffix}"
    key = video.frames.get(number, missing)
    return ImageRecord(
        key,
        f"{location}/{key}",
        info.width,
        info.height,
        video.name,
        number - 1,
        (number - 1) / info.rate,
    )


def _truth(video: _Video, rows: Rows, number: int) -> tuple[GroundTruth, tuple[str, ...], int]:
    """Labels of a frame, what was done about them, and how many were cut off by the edge."""
    these = rows.of(number)
    width, height = video.info.width, video.info.height
    corner = rows.xywh[these, :2] - 1
    xyxy = np.concatenate([corner, corner + rows.xywh[these, 2:]], axis=1)
    shares, inner = _cut(xyxy, width, height)
    partly = (shares > 0) & (shares < 1)
    tracks = rows.track[these]
    truth = GroundTruth.from_boxes(
        np.where(partly[:, None], inner, xyxy),
        rows.kind[these] - 1,
        rows.considered[these] == 0,
        rows.visible[these],
        truncation=shares,
        tracks=tracks,
    )
    names = [f"{video.prefix}gt/gt.txt, frame {number}, id {track}" for track in tracks.tolist()]
    truth, problems = fit_boxes(truth, width, height, names)
    return truth, problems, int(partly.sum())


def _cut(
    xyxy: Float64[np.ndarray, "n 4"], width: int, height: int
) -> tuple[Float64[np.ndarray, "n"], Float64[np.ndarray, "n 4"]]:
    """The share of each box beyond the image, 1 for one without area, and the box inside it."""
    inner = np.clip(xyxy, 0, [width, height, width, height])
    size, kept = xyxy[:, 2:] - xyxy[:, :2], inner[:, 2:] - inner[:, :2]
    flat = (size <= 0).any(axis=1) | (kept <= 0).any(axis=1)
    area = np.where(flat, 1, size.prod(axis=1))
    return np.where(flat, 1, 1 - kept.prod(axis=1) / area), inner
