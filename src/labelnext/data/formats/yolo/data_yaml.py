"""The YAML file of a YOLO data set as Ultralytics has it: splits, class names, keypoints."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from labelnext.data.formats.common.label_files import MOST_CLASSES, read_bytes
from labelnext.errors import DataError
from labelnext.json_fields import show

SPLITS = ("train", "val", "test")
_LARGEST = 1_000_000
_DEEPEST = 20
_NULLS = {"", "~", "null", "Null", "NULL"}
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_REMEDY = "Mend it; see 'Dataset format' in Ultralytics' documentation."


class Config(NamedTuple):
    """What such a file says.

    Attributes:
        path: The data set's folder as it stands there; empty where it does not.
        splits: Folders or lists of images of each split that is there, as they stand.
        names: Class names; None where there are none.
        keypoints: Columns that an object's keypoints take in a label file; 0 without keypoints.
    """

    path: str
    splits: Mapping[str, tuple[str, ...]]
    names: tuple[str, ...] | None
    keypoints: int


def parse(path: Path) -> Config:
    """Read the file.

    `names` is a list, or a mapping from 0, 1, 2, …; without it, `nc` classes are called by their
    numbers. Scalars are read as text (YAML's own reading of `no`, `1:30` or `2020-01-01` is not
    wanted in names); aliases, which can make a short file a huge value, are refused.

    Raises:
        DataError: It is absent, larger than 1 MB, no YAML, or a key has a value of the wrong kind.
    """
    top = _load(path)
    if not isinstance(top, dict):
        raise _error(path, None, f"must be a mapping with 'names' and 'train'. Got {_show(top)}.")
    splits = {name: _places(path, name, top[name]) for name in SPLITS if _has(top, name)}
    names = _names(path, top["names"]) if _has(top, "names") else None
    if _has(top, "nc"):
        count = _number(path, "nc", top["nc"], MOST_CLASSES)
        names = tuple(str(i) for i in range(count)) if names is None else names
        if count != len(names):
            raise _error(path, "nc", f"is {count}, but there are {len(names)} names.")
    folder = _text(path, "path", top["path"]) if _has(top, "path") else ""
    keypoints = _keypoints(path, top["kpt_shape"]) if _has(top, "kpt_shape") else 0
    return Config(folder, splits, names, keypoints)


def check_names(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Class names, if each is text of its own.

    Raises:
        DataError: There are more than 10,000, one is empty, or two are equal.
    """
    if len(names) > MOST_CLASSES:
        raise _error(path, None, f"has {len(names):,} class names, more than {MOST_CLASSES:,}.")
    seen: dict[str, int] = {}
    for i, name in enumerate(names):
        if not name.strip() or "\0" in name:
            raise _error(path, f"name {i}", f"{show(name)} is not a name.")
        if name in seen:
            raise _error(path, f"name {i}", f"{show(name)} is also name {seen[name]}.")
        seen[name] = i
    return tuple(names)


def _load(path: Path) -> Any:
    data = read_bytes(path, largest=_LARGEST)
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        depth = 0
        for event in yaml.parse(data, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > _DEEPEST:
                problem = "an alias" if isinstance(event, yaml.AliasEvent) else "too deep a nesting"
                line = f"line {event.start_mark.line + 1}"
                raise _error(path, line, f"holds {problem}, which no data set needs.")
        return yaml.load(data, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = None if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "damaged"
        raise _error(path, where, f"is not YAML: {reason}.") from None
    except (ValueError, RecursionError) as error:
        raise _error(path, None, f"is not usable YAML: {error}.") from None


def _has(top: Mapping[str, Any], key: str) -> bool:
    value = top.get(key)
    return value is not None and not (isinstance(value, str) and value in _NULLS)


def _places(path: Path, key: str, value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(_text(path, key, part) for part in values)


def _names(path: Path, value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        wanted = [str(i) for i in range(len(value))]
        absent = next((number for number in wanted if number not in value), None)
        if absent is not None:
            raise _error(
                path, "names", f"must map 0 to {len(value) - 1} to names, but {absent} is absent."
            )
        value = [value[number] for number in wanted]
    if not isinstance(value, list):
        raise _error(path, "names", f"must be a list or a mapping. Got {_show(value)}.")
    return check_names(path, [_text(path, "names", name) for name in value])


def _keypoints(path: Path, value: Any) -> int:
    if not isinstance(value, list) or len(value) != 2:
        raise _error(path, "kpt_shape", f"must be [points, 2 or 3]. Got {_show(value)}.")
    points, columns = (_number(path, "kpt_shape", part, 10_000) for part in value)
    if columns not in (2, 3):
        raise _error(path, "kpt_shape", f"must be [points, 2 or 3]. Got {points} and {columns}.")
    return points * columns


def _number(path: Path, key: str, value: Any, most: int) -> int:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value) or int(value) > most:
        raise _error(path, key, f"must be a whole number from 0 to {most:,}. Got {_show(value)}.")
    return int(value)


def _text(path: Path, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise _error(path, key, f"must be text. Got {_show(value)}.")
    return value


def _show(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return show(value)


def _error(path: Path, where: str | None, problem: str) -> DataError:
    return DataError(path, problem, record=where, remedy=_REMEDY)
