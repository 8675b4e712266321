"""How long people took: a CSV list of tasks, or the JSON export of Label Studio."""

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote

from labelnext.errors import DataError
from labelnext.json_fields import Fields, load_json, show

_COUNTS = ("new", "kept", "deleted")
_COLUMNS = ("key", "seconds", *_COUNTS)
_EXAMPLE = "It needs a first line such as key,seconds or key,seconds,new,kept,deleted."


class Timing(NamedTuple):
    """One timed task.

    Attributes:
        name: Key of the image, or the name of its file.
        seconds: A person's work, above 0.
        counts: Boxes drawn, kept and deleted; None where the file does not say.
        record: Line or task, for errors.
    """

    name: str
    seconds: float
    counts: tuple[int, int, int] | None
    record: str


def read_timings(path: Path) -> list[Timing]:
    """The timed tasks of a file: `.json` is an export of Label Studio, anything else CSV.

    CSV has a line of heads and the columns `key` and `seconds`, and may have `new`, `kept` and
    `deleted`, all three. From Label Studio comes the `lead_time` of each annotation that was
    submitted; of several on one task the one that was changed last counts, as its labels do.

    Raises:
        DataError: With the file and the line or task: it cannot be read, a column is missing,
            unknown or double, a time is not above 0, a count is not whole, an image is there twice.
    """
    found = _label_studio(path) if path.suffix.lower() == ".json" else _csv(path)
    seen: dict[str, str] = {}
    for timing in found:
        if timing.name in seen:
            raise DataError(
                path, f"{show(timing.name)} is timed there and at {seen[timing.name]}.",
                record=timing.record, remedy="Keep one of the two, or their sum.",
            )  # fmt: skip
        seen[timing.name] = timing.record
    return found


def _csv(path: Path) -> list[Timing]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(
            path, f"cannot be read: {error.strerror}.", remedy="Check the path."
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(
            path, f"is not UTF-8 text (byte {error.start}).", remedy="Save it as UTF-8."
        ) from None
    rows = csv.reader(io.StringIO(text), strict=True)
    try:
        heads = [head.strip() for head in next(rows, [])]
        _check_heads(path, heads)
        return [
            _timing(path, f"line {rows.line_num}", heads, row)
            for row in rows
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise DataError(
            path, f"is not CSV: {error}.", record=f"line {rows.line_num}", remedy=_EXAMPLE
        ) from None


def _check_heads(path: Path, heads: list[str]) -> None:
    missing = [name for name in _COLUMNS[:2] if name not in heads]
    half = [name for name in _COUNTS if name not in heads]
    if missing or 0 < len(half) < len(_COUNTS):
        problem = f"lacks the column {(missing or half)[0]!r}"
    elif unknown := [head for head in heads if head not in _COLUMNS]:
        problem = f"has an unknown column {show(unknown[0])}"
    elif double := [head for head in heads if heads.count(head) > 1]:
        problem = f"has the column {double[0]!r} twice"
    else:
        return
    raise DataError(path, f"{problem} (it has {show(', '.join(heads))}).", record="line 1",
                    remedy=_EXAMPLE)  # fmt: skip


def _timing(path: Path, record: str, heads: list[str], row: list[str]) -> Timing:
    if len(row) != len(heads):
        raise DataError(
            path, f"has {len(row)} cells under {len(heads)} heads.", record=record,
            remedy="Put names with commas in quotes.",
        )  # fmt: skip
    cells = dict(zip(heads, (cell.strip() for cell in row), strict=True))
    counts = None
    if _COUNTS[0] in cells:
        new, kept, deleted = (_whole(path, record, name, cells[name]) for name in _COUNTS)
        counts = (new, kept, deleted)
    return Timing(cells["key"], _seconds(path, record, cells["seconds"]), counts, record)


def _seconds(path: Path, record: str, value: object) -> float:
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        seconds = math.nan
    if isinstance(value, bool) or not 0 < seconds < math.inf:
        raise DataError(
            path, f"'seconds' must be a number above 0. Got {show(value)} instead.", record=record,
            remedy="Leave out tasks that were not timed; write decimals with a point.",
        )  # fmt: skip
    return seconds


def _whole(path: Path, record: str, name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise DataError(
            path,
            f"{name!r} must be a whole number of boxes. Got {show(text)} instead.",
            record=record,
            remedy="Leave the columns new, kept and deleted out to have them counted.",
        )
    return int(text)


def _label_studio(path: Path) -> list[Timing]:
    tasks = load_json(path)
    if not isinstance(tasks, list):
        raise DataError(
            path, f"must be a list of tasks. Got {show(tasks)} instead.",
            remedy="Export JSON (not JSON-MIN, not COCO) from Label Studio, or give a CSV file.",
        )  # fmt: skip
    found = []
    for place, entry in enumerate(tasks):
        task = Fields(path, f"task #{place}", entry)
        done = _annotation(task)
        if done is not None and done.get("lead_time") is not None:
            seconds = _seconds(path, f"{task.record}, lead_time", done["lead_time"])
            found.append(Timing(_image(task), seconds, None, task.record))
    if tasks and not found:
        raise DataError(
            path, "has no annotation with a 'lead_time'.",
            remedy="Export JSON (not JSON-MIN, not COCO) from Label Studio, or give a CSV file.",
        )  # fmt: skip
    return found


def _annotation(task: Fields) -> Mapping[str, object] | None:
    """The submitted annotation that was changed last."""
    given = task.values.get("annotations")
    done = [
        one
        for one in (given if isinstance(given, list) else [])
        if isinstance(one, dict) and not one.get("was_cancelled")
    ]
    return max(done, key=lambda one: str(one.get("updated_at") or one.get("created_at") or ""),
               default=None)  # fmt: skip


def _image(task: Fields) -> str:
    """Name of the task's image file, without folders and URL."""
    data = task.values.get("data")
    name = data.get("image") if isinstance(data, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise task.error(
            "names no image in its data.", "Name it as 'image' in the labelling setup."
        )
    plain = unquote(name.partition("?d=")[2] or name.partition("?")[0])
    return PurePosixPath(plain.replace("\\", "/")).name
