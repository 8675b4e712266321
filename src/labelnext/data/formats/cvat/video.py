"""Tracks of CVAT's video XML as labelled frames, made one frame at a time."""

import os
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import NamedTuple

import numpy as np

from labelnext.data.boxes import fit_boxes
from labelnext.data.dataset import Lazy
from labelnext.data.formats.common.tools import Places, Tally
from labelnext.data.formats.common.xml_records import Record
from labelnext.data.formats.cvat.xml import SHAPES, Attributes, Task, Upright, upright
from labelnext.data.pool.folder import SUFFIXES
from labelnext.data.video import FrameTable, scan
from labelnext.errors import ArgumentError, DataError
from labelnext.json_fields import show
from labelnext.types import GroundTruth, ImageRecord, Sample

_NUMBERED = re.compile(r"frame_(\d{1,9})", re.ASCII | re.IGNORECASE)


class Knot(NamedTuple):
    """One box of a track as the file has it."""

    frame: int
    outside: bool
    occluded: bool
    ignore: bool
    shape: Upright


class Tracks:
    """Every track of a file in flat arrays: 70 bytes a box."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.numbers, self.classes = array("q"), array("q")
        self._starts = array("q", [0])
        self._frames, self._flags, self._boxes = array("q"), array("b"), array("d")
        self._known: set[int] = set()
        self._owners: set[str] = set()

    def __len__(self) -> int:
        return len(self.numbers)

    def add(self, path: Path, element: Record, places: Places, auto: bool) -> None:
        """Read one `<track>`.

        Raises:
            DataError: It is damaged, or of another task than those before.
        """
        track = Attributes(path, element)
        self._owners.add(element.get("task_id", ""))
        if len(self._owners) > 1:
            raise track.error(
                "is of another task than those before it, so frames are not told apart.",
                "Export each task of the project by itself.",
            )
        number = track.whole("id", most=2**53) if "id" in element.attrib else self.seen
        if number in self._known:
            raise track.error(f"has the id {number}, which another one has.")
        self._known.add(number)
        place = places.add(track.text("label"))
        if element.get("source") == "auto":
            self.tally.made_by_model(taken=auto)
            if not auto:
                return
        knots = sorted(_knots(path, element, self.tally), key=lambda knot: knot.frame)
        for before, after in pairwise(knots):
            if before.frame == after.frame:
                raise track.error(f"has two shapes on frame {after.frame}.")
        self.numbers.append(number)
        self.classes.append(place)
        for knot in knots:
            self._frames.append(knot.frame)
            self._flags.append(knot.outside | knot.occluded << 1 | knot.ignore << 2)
            self._boxes.extend([*knot.shape.xyxy, knot.shape.rotation])
        self._starts.append(len(self._frames))

    @property
    def seen(self) -> int:
        """How many `<track>` there were, those left out too."""
        return len(self._known)

    @cached_property
    def _arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Frames `[n]`, flags `[n]`, boxes with angle `[n, 5]`; once all tracks are added."""
        return (
            np.array(self._frames, np.int64),
            np.array(self._flags, np.int8),
            np.array(self._boxes, np.float64).reshape(-1, 5),
        )

    def knots(self, track: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Frames `[k]`, flags `[k]`, and boxes with angle `[k, 5]` of a track."""
        part = slice(self._starts[track], self._starts[track + 1])
        frames, flags, boxes = self._arrays
        return frames[part], flags[part], boxes[part]

    def last(self) -> int:
        """The last frame that a track is on; -1 where there is none."""
        frames, flags, _ = self._arrays
        inside = frames[(flags & 1) == 0]
        return int(inside.max()) if len(inside) else -1

    def on(self, track: int, frame: int) -> tuple[list[float], int] | None:
        """Box and flags of a track on a frame; None where it is not there."""
        frames, flags, boxes = self.knots(track)
        at = int(np.searchsorted(frames, frame, side="right")) - 1
        if at < 0 or flags[at] & 1:
            return None
        box = boxes[at]
        if frames[at] != frame and at + 1 < len(frames):
            part = (frame - frames[at]) / (frames[at + 1] - frames[at])
            step = boxes[at + 1] - box
            step[4] = (step[4] + 180) % 360 - 180  # the shorter way round
            box = box + part * step
        return Upright(box[:4].tolist(), float(box[4])).enclosing(), int(flags[at])


def _knots(path: Path, element: Record, tally: Tally) -> Iterator[Knot]:
    for child in element:
        shape = Attributes(path, child)
        if child.tag not in SHAPES:
            tally.left_out(f"elements <{show(child.tag)[1:-1]}>")
            continue
        found = upright(shape, tally)
        if found is not None:
            yield Knot(
                shape.whole("frame"),
                shape.flag("outside"),
                shape.flag("occluded"),
                shape.marked("ignore"),
                found,
            )


def video_samples(
    path: Path,
    task: Task,
    tracks: Tracks,
    classes: tuple[str, ...],
    frames: Path | None,
    video: str | None,
) -> Lazy:
    """The frames of a task with the tracks on them (see `cvat.read`).

    Raises:
        DataError: There is no such video file, or no image in the folder of frames.
    """
    found = _Frames(path, task, tracks, frames, video)

    def make(notes: list[str]) -> Iterator[Sample]:
        notes += [*tracks.tally.notes(), *found.notes]
        yield from _samples(found, tracks)

    return Lazy(classes, make, len(found.numbers))


def _samples(found: "_Frames", tracks: Tracks) -> Iterator[Sample]:
    spans = [tracks.knots(track)[0] for track in range(len(tracks))]
    first = np.array([span[0] if len(span) else 2**62 for span in spans], np.int64)
    waiting = np.argsort(first, kind="stable")[::-1].tolist()
    active: list[int] = []
    for number in found.numbers:
        while waiting and first[waiting[-1]] <= number:
            active.append(waiting.pop())
        on = {track: tracks.on(track, number) for track in active}
        active = [track for track in active if on[track] or number < spans[track][-1]]
        there = {track: box for track, box in sorted(on.items()) if box is not None}
        truth = GroundTruth.from_boxes(
            [box for box, _ in there.values()],
            [tracks.classes[track] for track in there],
            [bool(flags & 4) for _, flags in there.values()],
            occlusion=[flags >> 1 & 1 for _, flags in there.values()],
            tracks=[tracks.numbers[track] for track in there],
        )
        yield found.sample(number, truth)


class _Frames:
    """Which frames there are, and where."""

    def __init__(
        self, path: Path, task: Task, tracks: Tracks, frames: Path | None, video: str | None
    ) -> None:
        self._path, self._size = path, task.size
        self._video: Path | None = None
        self.name = task.name or path.stem
        self.notes: list[str] = []
        self._names: dict[int, str] = {}
        self._table: FrameTable | None = None
        self._folder = frames or path.parent / "images"
        if video is not None:
            self._video = _video_file(path, video)
            self.name = self._video.name
            self._table = self._scanned(self._video)
        elif self._folder.is_dir():
            self._names = self._listed()
        if frames is not None and not self._names and video is None:
            raise DataError(frames, "holds no image.", remedy="Give the folder with the frames.")
        numbers: Sequence[int] = sorted(self._names) or self._counted(task, tracks)
        if not self._names and self._video is None:
            self.notes.append(
                f"{path.name}: no frames beside it: name their folder or the video, as in "
                "cvat[frames=images]: or cvat[video=clip.mp4]:"
            )
        self.numbers = [number for number in numbers if number not in task.deleted]
        if tracks.last() > (numbers[-1] if numbers else -1):
            self.notes.append(
                f"{path.name}: tracks go on to frame {tracks.last()}, the frames end at "
                f"{numbers[-1] if numbers else 0}: what lies beyond is left out"
            )

    def sample(self, number: int, truth: GroundTruth) -> Sample:
        """A frame with its labels fitted."""
        width, height = self._size
        if self._video is not None:
            key, path = f"{self.name}/frame_{number:06d}", str(self._video)
        else:
            name = self._names.get(number, f"frame_{number:06d}.PNG")
            key = f"{self._folder.name}/{name}"
            path = str(self._folder / name)
        record = ImageRecord(key, path, width, height, self.name, number)
        if self._table is not None and number < len(self._table):
            seconds, place = float(self._table.seconds[number]), self._table.place(number)
            record = replace(record, seconds=seconds if isfinite(seconds) else None, place=place)
        if not width or not height:
            return Sample(record, truth)
        numbers = [-1] * len(truth) if truth.tracks is None else truth.tracks.tolist()
        names = [f"{self._path.name}, track {track}, frame {number}" for track in numbers]
        return Sample(record, *fit_boxes(truth, width, height, names))

    def _scanned(self, path: Path) -> FrameTable | None:
        try:
            return scan(path, cuts=False)
        except DataError as error:
            self.notes.append(f"{path.name}: {error.problem}")
            return None

    def _listed(self) -> dict[int, str]:
        names = sorted(
            name
            for name in os.listdir(self._folder)  # noqa: PTH208
            if os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122
            and not name.startswith(".")
            and name.isprintable()
        )
        numbered: dict[int, str] = {}
        for name in names:
            match = _NUMBERED.fullmatch(os.path.splitext(name)[0])  # noqa: PTH122
            if match is not None:
                numbered.setdefault(int(match[1]), name)
        if len(numbered) == len(names):
            return numbered
        self.notes.append(
            f"{self._folder.name}: not all images are named frame_NUMBER, so they are frames 0, 1, "
            "2, … in the order of their names"
        )
        return dict(enumerate(names))

    def _counted(self, task: Task, tracks: Tracks) -> Sequence[int]:
        """Frames by what the task says; by the tracks where it says nothing, or two things."""
        counts = []
        if task.frames is not None:
            counts.append(task.frames)
        if task.stop is not None:
            counts.append(max(0, (task.stop - task.start) // task.step + 1))
        # Newer versions of CVAT leave deleted frames out of the size.
        if len(counts) == 2 and counts[0] not in (counts[1], counts[1] - len(task.deleted)):
            self.notes.append(
                f"{self._path.name}: <size> says {counts[0]} frames, <start_frame> to <stop_frame> "
                f"{counts[1]}: taken to end with the tracks"
            )
            counts = []
        if counts:
            return range(task.start, task.start + counts[-1] * task.step, task.step)
        return range(min(task.start, tracks.last() + 1), tracks.last() + 1, task.step)


def _video_file(path: Path, video: str) -> Path:
    if not isinstance(video, str) or not video.strip() or "\0" in video:
        raise ArgumentError("cvat", "video", expected="the name of a video file", got=show(video))
    found = path.parent / video
    if not found.is_file():
        raise DataError(
            found,
            "is no file, although the option 'video' names it.",
            remedy=f"Give video as an absolute path, or relative to {path.parent}.",
        )
    return found
