"""MOTChallenge: videos as folders of frames, with seqinfo.ini, img1/ and gt/gt.txt."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import Lazy
from labelnext.data.formats.common.frame_folders import numbered
from labelnext.data.formats.common.label_files import given_names, names_in
from labelnext.data.formats.mot.files import Info, Rows, read_info, read_truth
from labelnext.errors import DataError
from labelnext.types import GroundTruth, ImageRecord, Sample

# Numbers 1 to 12 of MOT16 and MOT17, and MOT20's 13.
CLASSES = (
    "pedestrian", "person on vehicle", "car", "bicycle", "motorbike", "non-motorized vehicle",
    "static person", "distractor", "occluder", "occluder on the ground", "occluder full",
    "reflection", "crowd",
)  # fmt: skip


_IMAGES = "img1"


class _Plan(NamedTuple):
    """What is the same for every sequence: root of the keys, number of classes, first pixel."""

    root: Path
    classes: int
    first: int


class _Video(NamedTuple):
    """One sequence.

    Attributes:
        name: Its folder relative to the data set's; of a data set of one, the folder's name.
        prefix: What keys begin with.
        info: What its seqinfo.ini says; None where there is none.
        frames: Key of each frame by its number, from 1.
        labels: Its gt.txt; None where there is none.
    """

    name: str
    prefix: str
    info: Info | None
    frames: dict[int, str]
    labels: Path | None


def read(
    location: Path, *, one_based: bool = True, classes: str | Sequence[str] | None = None
) -> Lazy:
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

    CVAT and Datumaro write no seqinfo.ini, but names in `gt/labels.txt`: then there are no seconds,
    sizes and clipping are left to indexing, and truncation is not known. They count from 0, too,
    which only `one_based=False` takes into account.

    Args:
        location: The folder.
        one_based: Whether left and top count from 1.
        classes: Names of the classes 1, 2, …, as a list or separated by `|`; by default those of
            `gt/labels.txt`, or else MOT's 13.

    Raises:
        ArgumentError: `classes` is empty or names one twice.
        DataError: There is no sequence, or a file of one is bad; with the line and what to do.
    """
    folders = _sequences(location)
    names = _names(folders) if classes is None else given_names("mot.read", classes)
    videos = [_video(location, folder) for folder in folders]
    count = sum(len(video.frames) for video in videos)
    plan = _Plan(location, len(names), 1 if one_based else 0)
    return Lazy(names, partial(_samples, plan, videos), count)


def _sequences(location: Path) -> list[Path]:
    for above in ("", "*/", "*/*/"):
        found = {path.parent for path in location.glob(f"{above}seqinfo.ini")}
        found |= {path.parent.parent for path in location.glob(f"{above}gt/gt.txt")}
        if found:
            return sorted(found)
    raise DataError(
        location,
        "holds no sequence: no seqinfo.ini or gt/gt.txt is there or up to two folders below.",
        remedy="Give the folder of a sequence, with seqinfo.ini, img1/ and gt/, or one above.",
    )


def _names(folders: Sequence[Path]) -> tuple[str, ...]:
    files = [folder / "gt" / "labels.txt" for folder in folders]
    found = {names_in(path): path for path in files if path.exists()}
    if len(found) > 1:
        first, second, *_ = found.values()
        raise DataError(
            second, f"names other classes than {first}.", remedy="Read the sequences one by one."
        )
    return next(iter(found), CLASSES)


def _video(location: Path, folder: Path) -> _Video:
    inner = folder.relative_to(location).as_posix()
    path, labels = folder / "seqinfo.ini", folder / "gt" / "gt.txt"
    info = read_info(path) if path.exists() else None
    images = folder / (_IMAGES if info is None else info.folder)
    return _Video(
        location.name if inner == "." else inner,
        "" if inner == "." else f"{inner}/",
        info,
        numbered(location, images),
        labels if labels.exists() else None,
    )


def _samples(plan: _Plan, videos: list[_Video], notes: list[str]) -> Iterator[Sample]:
    cut = 0
    for video in videos:
        rows = None if video.labels is None else read_truth(video.labels, plan.classes)
        labelled = () if rows is None else np.unique(rows.frame).tolist()
        for number in sorted({*video.frames, *labelled}):
            record = _record(plan.root, video, number)
            if rows is None:
                yield Sample(record)
                continue
            truth, problems, beyond = _truth(plan, video, rows, number)
            cut += beyond
            yield Sample(record, truth, problems)
        if video.info is not None and len(video.frames) != video.info.length:
            notes.append(
                f"{video.prefix}seqinfo.ini: seqLength is {video.info.length}, but "
                f"{len(video.frames)} frames are there"
            )
    if cut:
        notes.append(f"{cut} boxes reach beyond the image; clipped, the rest is their truncation")


def _record(root: Path, video: _Video, number: int) -> ImageRecord:
    info = video.info
    key = video.frames.get(number)
    if info is None:
        key = key or f"{video.prefix}{_IMAGES}/{number:06d}.jpg"
        return ImageRecord(key, f"{root}/{key}", 0, 0, video.name, number - 1)
    key = key or f"{video.prefix}{info.folder}/{number:06d}{info.suffix}"
    seconds = (number - 1) / info.rate
    return ImageRecord(
        key, f"{root}/{key}", info.width, info.height, video.name, number - 1, seconds
    )


def _truth(
    plan: _Plan, video: _Video, rows: Rows, number: int
) -> tuple[GroundTruth, tuple[str, ...], int]:
    """Labels of a frame, what was done about them, and how many were cut off by the edge."""
    these = rows.of(number)
    corner = rows.xywh[these, :2] - plan.first
    xyxy = np.concatenate([corner, corner + rows.xywh[these, 2:]], axis=1)
    truth = GroundTruth.from_boxes(
        xyxy,
        rows.kind[these] - 1,
        rows.considered[these] == 0,
        rows.visible[these],
        tracks=rows.track[these],
    )
    if video.info is None:
        return truth, (), 0
    width, height = video.info.width, video.info.height
    shares, inner = _cut(xyxy, width, height)
    partly = (shares > 0) & (shares < 1)
    truth = replace(truth, xyxy=np.where(partly[:, None], inner, xyxy), truncation=shares)
    names = [
        f"{video.prefix}gt/gt.txt, frame {number}, id {track}"
        for track in rows.track[these].tolist()
    ]
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
