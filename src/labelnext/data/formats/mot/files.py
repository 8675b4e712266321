"""MOTChallenge's files: seqinfo.ini, and gt.txt of a million lines in compact arrays."""

import configparser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.data.formats.common.label_files import bounded, numbers, read_lines, whole
from labelnext.data.formats.common.paths import inside
from labelnext.errors import DataError
from labelnext.json_fields import show

_LARGEST_INFO = 1 << 16
_LARGEST_TRUTH = 1 << 28
_MOST_LINES = 3_000_000
_CHUNK = 1 << 22  # bytes parsed at a time
_LARGEST_SIDE = 1_000_000
_COLUMNS = 9
_FARTHEST = 1e9
_INFO = "Compare it with a seqinfo.ini of MOTChallenge."


class Info(NamedTuple):
    """What seqinfo.ini says: folder of the images, frames a second, their number and size."""

    folder: str
    rate: float
    length: int
    width: int
    height: int
    suffix: str


class Rows(NamedTuple):
    """The lines of a gt.txt, in the order of their frames.

    Attributes:
        frame: Number of the frame, from 1.
        track: Number of the object.
        xywh: Left, top, width, height; left and top counted from 1.
        considered: Whether the line counts in MOT's evaluation.
        kind: Number of the class, from 1.
        visible: Visible fraction; 1 where not known.
    """

    frame: Int64[np.ndarray, "n"]
    track: Int64[np.ndarray, "n"]
    xywh: Float64[np.ndarray, "n 4"]
    considered: Float64[np.ndarray, "n"]
    kind: Int64[np.ndarray, "n"]
    visible: Float64[np.ndarray, "n"]

    def of(self, frame: int) -> slice:
        """Where the lines of a frame are."""
        first, last = np.searchsorted(self.frame, [frame, frame + 1])
        return slice(int(first), int(last))


def read_info(path: Path) -> Info:
    """Read a seqinfo.ini.

    Raises:
        DataError: It is absent or no INI file, lacks the section [Sequence] or one of its keys, or
            a key's value is not of its kind.
    """
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string("\n".join(read_lines(path, largest=_LARGEST_INFO)))
    except configparser.Error as error:
        reason = " ".join(str(error.message).split())
        raise _info_error(path, None, f"is not an INI file: {show(reason)}.") from None
    if not parser.has_section("Sequence"):
        raise _info_error(path, None, "has no section [Sequence].")
    values = parser["Sequence"]
    rate = _number(path, values, "frameRate")
    if not 0 < rate <= 1000:
        raise _info_error(path, "frameRate", f"must be above 0, at most 1000. Got {rate:g}.")
    length, width, height = (
        whole(path, key, "the value", _number(path, values, key), least=least, most=most)
        for key, least, most in (
            ("seqLength", 0, 10**9),
            ("imWidth", 1, _LARGEST_SIDE),
            ("imHeight", 1, _LARGEST_SIDE),
        )
    )
    folder = inside(values.get("imDir", "img1") or "img1", path, field="imDir")
    suffix = values.get("imExt", ".jpg")
    if not suffix.startswith(".") or "/" in suffix or "\\" in suffix or len(suffix) > 9:
        raise _info_error(path, "imExt", f"must be a suffix such as .jpg. Got {show(suffix)}.")
    return Info(folder, rate, length, width, height, suffix)


def read_truth(path: Path, classes: int) -> Rows:
    """Read a gt.txt: `frame, id, left, top, width, height, considered, class, visibility`.

    A file of ten columns is of MOT15: its last three are a place in space, and every object is of
    class 1 and wholly visible. A visibility of -1 is not known. Memory is at most 170 bytes a line,
    and some 30 MB.

    Args:
        path: The file.
        classes: How many classes there are.

    Raises:
        DataError: With file and line: another number of columns, no number, a frame, id or class
            that is none; or it has more than 256 MiB or 3,000,000 lines.
    """
    table = np.empty((_count_lines(path), _COLUMNS), np.float64)
    filled = 0
    line = 1
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            chunk += handle.readline(_CHUNK)
            rows = _rows(path, chunk, line, classes)
            if filled + len(rows) > len(table):
                raise DataError(path, "grew while it was read.", remedy="Read it again.")
            table[filled : filled + len(rows)] = rows
            filled += len(rows)
            line += chunk.count(b"\n")
    table = table[:filled]
    if filled and (np.diff(table[:, 0]) < 0).any():
        table = table[np.argsort(table[:, 0], kind="stable")]
    visible = np.where(table[:, 8] < 0, 1, table[:, 8])
    frame, track, kind = (table[:, i].astype(np.int64) for i in (0, 1, 7))
    return Rows(frame, track, table[:, 2:6], table[:, 6], kind, visible)


def _number(path: Path, values: Mapping[str, str], key: str) -> float:
    if key not in values:
        raise _info_error(path, key, "is not there.")
    return numbers(path, key, [values[key].strip()])[0]


def _info_error(path: Path, key: str | None, problem: str) -> DataError:
    return DataError(path, problem, record=key, remedy=_INFO)


def _count_lines(path: Path) -> int:
    count = 1
    try:
        with bounded(path, largest=_LARGEST_TRUTH).open("rb") as handle:
            while chunk := handle.read(_CHUNK):
                count += chunk.count(b"\n")
    except OSError as error:
        raise DataError(
            path, f"cannot be read: {error.strerror}.", remedy="Check its permissions."
        ) from None
    if count > _MOST_LINES:
        raise DataError(
            path,
            f"has more than {_MOST_LINES:,} lines.",
            remedy="Check that it is one video's labels.",
        )
    return count


def _rows(path: Path, chunk: bytes, first: int, classes: int) -> Float64[np.ndarray, "n 9"]:
    """Lines of a piece of the file, nine columns each; `first` is the number of its first line."""
    data = chunk.removeprefix(b"\xef\xbb\xbf") if first == 1 else chunk
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        number = first + data.count(b"\n", 0, error.start)
        raise DataError(
            path, "is not plain text.", record=f"line {number}", remedy="Get the file again."
        ) from None
    rows = _at_once(lines)
    if rows is not None and _is_sound(rows, classes):
        return rows
    slow = [
        _row(path, f"line {number}", line, classes)
        for number, line in enumerate(lines, start=first)
        if line.strip()
    ]
    return np.array(slow, np.float64).reshape(-1, _COLUMNS)


def _at_once(lines: Sequence[str]) -> Float64[np.ndarray, "n 9"] | None:
    """The lines as numbers; None where one of them is not so plain."""
    if not any(line.strip() for line in lines):
        return np.empty((0, _COLUMNS), np.float64)
    try:
        rows = np.loadtxt(lines, np.float64, comments=None, delimiter=",", ndmin=2)
    except ValueError:
        return None
    if rows.shape[1] == _COLUMNS + 1:
        rows = np.concatenate([rows[:, :7], np.ones((len(rows), 2))], axis=1)
    return rows if rows.shape[1] == _COLUMNS else None


def _is_sound(rows: Float64[np.ndarray, "n 9"], classes: int) -> bool:
    """What `_row` checks, for all lines."""
    whole_ones = rows[:, [0, 1, 7]]
    return bool(
        (np.abs(rows) <= _FARTHEST).all()  # false for NaN
        and (whole_ones == np.floor(whole_ones)).all()
        and (whole_ones >= [1, -1, 1]).all()
        and (rows[:, 7] <= classes).all()
        and ((rows[:, 8] >= 0) | (rows[:, 8] == -1)).all()
        and (rows[:, 8] <= 1).all()
    )


def _row(path: Path, where: str, line: str, classes: int) -> list[float]:
    words = [word.strip() for word in line.split(",")]
    if len(words) not in (_COLUMNS, _COLUMNS + 1):
        raise DataError(
            path,
            f"has {len(words)} columns where 9 (or 10, in MOT15) are expected.",
            record=where,
            remedy="Correct it or remove the line.",
        )
    row = numbers(path, where, words)
    if len(row) > _COLUMNS:
        row = [*row[:7], 1.0, 1.0]
    most = int(_FARTHEST)
    whole(path, where, "the frame", row[0], least=1, most=most)
    whole(path, where, "the id", row[1], least=-1, most=most)
    whole(path, where, "the class", row[7], least=1, most=classes)
    if row[8] != -1 and not 0 <= row[8] <= 1:
        raise DataError(
            path,
            f"the visibility must be from 0 to 1, or -1. Got {row[8]:g} instead.",
            record=where,
            remedy="Correct it or remove the line.",
        )
    return row
