"""Caltech Pedestrian's `.vbb` files: the objects of one video, frame by frame.

A MATLAB file (version 5 to 7) with a struct `A`: nFrame; objLists, a cell a frame with a struct
array of objects (id, counted from 1; pos and posv, [left top width height]; occl; lock); maxObj;
objInit; objLbl, the label of each id; objStr, objEnd, objHide, altered, log and logLen, which are
not needed here.

MATLAB counts pixels from 1, so the left edge of the pixel at `left` lies at left - 1: a box is
[l-1, t-1, l-1+w, t-1+h]. An object with occl = 0 is wholly visible. With occl = 1, posv is its
visible part; posv = 0 says nothing of it (visible fraction 1, as where it is not known), and
posv = pos means that nothing is visible (fraction 0).

Source: PAPER §6; the evaluation of Dollár et al. for the meaning of posv.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64

from labelnext.data.formats.common import mat_safety
from labelnext.errors import DataError
from labelnext.json_fields import show
from labelnext.types import GroundTruth

CLASSES = ("person", "people", "person?", "person-fa")
_LARGEST = 1e6  # pixels
_REMEDY = "It may be damaged: get the file again."


@dataclass(frozen=True, slots=True)
class VideoLabels:
    """Objects of all frames in a few arrays, in the order of the frames.

    Attributes:
        frames: How many frames the file labels.
        begin: Where each frame's objects begin; those of frame f are begin[f] to begin[f + 1].
        ids: Number of each object, the same in every frame of the video, from 1.
        classes: Index into `CLASSES`.
        pos: [left, top, width, height], counted from 1.
        posv: The same of the visible part; zeros where not given.
        occluded: Whether the object is marked as occluded.
    """

    frames: int
    begin: Int64[np.ndarray, "frames1"]
    ids: Int64[np.ndarray, "n"]
    classes: Int64[np.ndarray, "n"]
    pos: Float64[np.ndarray, "n 4"]
    posv: Float64[np.ndarray, "n 4"]
    occluded: Bool[np.ndarray, "n"]

    def truth(self, frame: int) -> GroundTruth:
        """Objects of a frame, unclipped; nothing is ignored; tracks are the ids."""
        part = slice(self.begin[frame], self.begin[frame + 1])
        pos, posv, occluded = self.pos[part], self.posv[part], self.occluded[part]
        given = occluded & (posv != 0).any(axis=1)
        hidden = given & (posv == pos).all(axis=1)
        area, seen = pos[:, 2] * pos[:, 3], posv[:, 2] * posv[:, 3]
        share = np.clip(seen / np.where(area > 0, area, 1), 0, 1)
        visible = np.where(hidden, 0.0, np.where(given, share, 1.0))
        return GroundTruth.from_boxes(
            _corners(pos),
            self.classes[part],
            visible=visible,
            visible_xyxy=np.where((given & ~hidden)[:, None], _corners(posv), np.nan),
            occlusion=occluded.astype(np.int64),
            tracks=self.ids[part],
        )


def read(path: Path) -> VideoLabels:
    """Read a `.vbb` file.

    Raises:
        DataError: It is no such file, or an object in it is not what it should be; with frame (from
            0) and object (from 1, in that frame).
    """
    found = np.asarray(mat_safety.load(path, ["A"]).get("A")).reshape(-1)
    if not mat_safety.is_struct(found, "nFrame", "objLists", "objLbl") or len(found) != 1:
        raise DataError(
            path, "lacks the struct 'A' with nFrame, objLists and objLbl.", remedy="Give a .vbb."
        )
    top = found[0]
    lists = np.asarray(top["objLists"]).reshape(-1)
    count = _numbers(path, "nFrame", top["nFrame"], 1)[0]
    if lists.dtype != object or count != len(lists):
        raise DataError(
            path, f"nFrame is {count:g}, but objLists has {len(lists):,} frames.", remedy=_REMEDY
        )
    labels = [_label(value) for value in np.asarray(top["objLbl"]).reshape(-1)]
    return _gathered(path, lists, labels)


class _Object(NamedTuple):
    id: int
    label: int
    pos: list[float]
    posv: list[float]
    occluded: bool


def _gathered(path: Path, lists: np.ndarray, labels: list[str]) -> VideoLabels:
    begin, objects = [0], []
    for frame, entry in enumerate(lists):
        for i, one in enumerate(_objects(path, frame, entry), start=1):
            objects.append(_object(path, f"frame {frame}, object {i}", one, labels))
        begin.append(len(objects))
    return VideoLabels(
        len(lists),
        np.array(begin, np.int64),
        np.array([one.id for one in objects], np.int64),
        np.array([one.label for one in objects], np.int64),
        np.array([one.pos for one in objects], np.float64).reshape(-1, 4),
        np.array([one.posv for one in objects], np.float64).reshape(-1, 4),
        np.array([one.occluded for one in objects], bool),
    )


def _objects(path: Path, frame: int, entry: object) -> np.ndarray:
    """The structs of a frame; a frame without objects may hold an empty array of any kind."""
    if isinstance(entry, np.ndarray) and not entry.size:
        return entry.reshape(-1)
    if not mat_safety.is_struct(entry, "id", "pos"):
        raise DataError(
            path, f"{show(entry)} is no list of objects.", record=f"frame {frame}", remedy=_REMEDY
        )
    assert isinstance(entry, np.ndarray)
    return entry.reshape(-1)


def _object(path: Path, where: str, one: Any, labels: list[str]) -> _Object:
    number = _numbers(path, f"{where}, id", one["id"], 1)[0]
    if number != int(number) or not 1 <= number <= len(labels):
        raise DataError(
            path, f"id {number:g} is none of 1 to {len(labels)}.", record=where, remedy=_REMEDY
        )
    label = labels[int(number) - 1]
    if label not in CLASSES:
        known = ", ".join(CLASSES)
        raise DataError(
            path,
            f"label {show(label)} is none of {known}.",
            record=where,
            remedy="Rename it: only Caltech's own labels are read.",
        )
    names = one.dtype.names
    posv = [0.0] * 4
    if "posv" in names and np.size(one["posv"]) and not _is_nan(one["posv"]):
        posv = _numbers(path, f"{where}, posv", one["posv"], 4)
    occluded = "occl" in names and np.size(one["occl"]) and _flag(path, where, one["occl"])
    pos = _numbers(path, f"{where}, pos", one["pos"], 4)
    return _Object(int(number), CLASSES.index(label), pos, posv, bool(occluded))


def _is_nan(value: object) -> bool:
    """Whether a box is not given, as NaN says too."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and bool(np.isnan(value).all())


def _flag(path: Path, where: str, value: object) -> bool:
    return _numbers(path, f"{where}, occl", value, 1)[0] != 0


def _numbers(path: Path, where: str, value: object, count: int) -> list[float]:
    if isinstance(value, np.ndarray) and value.size == count and value.dtype.kind in "biuf":
        found = value.reshape(-1).astype(np.float64)
        if (np.abs(found) <= _LARGEST).all():  # false for NaN
            return [float(number) for number in found]
    what = "a number" if count == 1 else f"{count} numbers"
    got = show(value.tolist() if isinstance(value, np.ndarray) and value.size < 10 else type(value))
    raise DataError(
        path,
        f"must be {what} of at most a million. Got {got} instead.",
        record=where,
        remedy=_REMEDY,
    )


def _label(value: object) -> str:
    """Text of a cell; empty for ids that were never used."""
    array = np.asarray(value).reshape(-1)
    return str(array[0]) if array.size == 1 and array.dtype.kind == "U" else ""


def _corners(boxes: Float64[np.ndarray, "n 4"]) -> Float64[np.ndarray, "n 4"]:
    first = boxes[:, :2] - 1
    return np.concatenate([first, first + boxes[:, 2:]], axis=1)
