"""Lines of KITTI's label files: type, truncation, occlusion, box in the image, box in space."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from labelnext.data.formats.common.label_files import numbers, read_lines, whole
from labelnext.errors import DataError
from labelnext.types import GroundTruth

_COLUMNS = 15  # a 16th is a score; Datumaro gives labels one too, always 1
_DONT_CARE = "DontCare"
_SAME = {"Person": "Person_sitting"}  # tracking's name for it


class Line(NamedTuple):
    """What is used of a line: `truncation` is NaN and `occlusion` -1 where not given."""

    kind: str
    xyxy: Sequence[float]
    truncation: float
    occlusion: int
    track: int = -1


def read_objects(path: Path) -> list[Line]:
    """A label file of object detection: one image, 15 columns a line.

    Raises:
        DataError: With file and line: another number of columns, a score (a 16th column) other than
            1, which makes it a result, no number, truncation beyond 0 to 1 or occlusion beyond 0 to
            3 (-1: none).
    """
    found = []
    for number, line in enumerate(read_lines(path), start=1):
        if words := line.split():
            found.append(_line(path, f"line {number}", words, tracking=False))
    return found


def read_tracks(path: Path) -> dict[int, list[Line]]:
    """A label file of tracking: one video, frame and track before the columns of detection.

    Its truncation is a degree, 0 to 2: any above 0 becomes 1.

    Raises:
        DataError: See `read_objects`; or frame or track is no whole number.
    """
    found: dict[int, list[Line]] = {}
    for number, line in enumerate(read_lines(path), start=1):
        words = line.split()
        if not words:
            continue
        where = f"line {number}"
        first = numbers(path, where, words[:2])
        frame = whole(path, where, "the frame", first[0], least=0, most=10**9)
        track = whole(path, where, "the track", first[-1], least=-1, most=10**9)
        parsed = _line(path, where, words, tracking=True)
        found.setdefault(frame, []).append(parsed._replace(track=track))
    return found


def to_truth(lines: Iterable[Line], places: Mapping[str, int], others: Counter[str]) -> GroundTruth:
    """Labels of one image, unclipped.

    A box (left, top, right, bottom) is taken as it stands: KITTI counts pixels from 0, and its own
    evaluation takes right - left as the width. A `DontCare` region concerns every class, so it
    becomes a region to ignore of each.

    Args:
        lines: Of one image.
        places: Index of each class by name.
        others: Counts objects of other types, which are left out.
    """
    rows: list[tuple[Line, int, bool]] = []
    for line in lines:
        if line.kind == _DONT_CARE:
            rows += [(line, place, True) for place in places.values()]
        elif line.kind in places:
            rows.append((line, places[line.kind], False))
        else:
            others[line.kind] += 1
    return GroundTruth.from_boxes(
        [line.xyxy for line, _, _ in rows],
        [place for _, place, _ in rows],
        [ignore for _, _, ignore in rows],
        truncation=[line.truncation for line, _, _ in rows],
        occlusion=[line.occlusion for line, _, _ in rows],
        tracks=[-1 if ignore else line.track for line, _, ignore in rows],
    )


def _line(path: Path, where: str, words: Sequence[str], *, tracking: bool) -> Line:
    columns = _COLUMNS + (2 if tracking else 0)
    if len(words) == columns + 1:
        if numbers(path, where, words[-1:]) != [1]:
            raise DataError(
                path,
                f"has a score in column {columns + 1}: these are results, not labels.",
                record=where,
                remedy="Give the label files that people made.",
            )
        words = words[:-1]
    if len(words) != columns:
        raise DataError(
            path,
            f"has {len(words)} columns where {columns} are expected.",
            record=where,
            remedy="Correct it or remove the line.",
        )
    words = words[-_COLUMNS:]
    truncated, occluded, *rest = numbers(path, where, words[1:])
    if truncated != -1 and not 0 <= truncated <= (2 if tracking else 1):
        raise DataError(
            path,
            f"the truncation must be from 0 to {2 if tracking else 1}, or -1. Got {truncated:g}.",
            record=where,
            remedy="Correct it or remove the line.",
        )
    degree = whole(path, where, "the occlusion", occluded, least=-1, most=3)
    kind = _SAME.get(words[0], words[0])
    share = float("nan") if truncated == -1 else min(truncated, 1.0)
    if tracking and truncated > 0:
        share = 1.0
    return Line(kind, rest[1:5], share, -1 if degree == 3 else degree)
