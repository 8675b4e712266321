"""Entry points: detectors, strategies, readers, oracles by name; built-ins by the same door."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from labelnext.errors import LabelnextError

GROUPS = {
    "detectors": "detector", "strategies": "strategy", "readers": "reader",
    "writers": "writer", "oracles": "oracle",
}  # fmt: skip


def names(group: str) -> list[str]:
    """The names registered in a group, sorted."""
    return sorted({point.name for point in _points(group)})


def load(group: str, name: str) -> Any:
    """The object registered under a name.

    Raises:
        LabelnextError: No such name, or its module cannot be imported or lacks it; the message says
            which.
    """
    return _attribute(_entered(group, name), _point(group, name).attr)


def require(group: str, name: str) -> None:
    """Refuse a name that is not registered, or whose module cannot be entered.

    What that module imports late is not imported.

    Raises:
        LabelnextError: No such name, or its module cannot be imported, such as for want of an
            extra; the message says which.
    """
    _entered(group, name)


@contextmanager
def from_here() -> Iterator[None]:
    """Modules in the folder that the program runs in can be imported for the moment."""
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)


def by_path(text: str) -> Any:
    """The object at `module:name`, where name may have dots.

    Raises:
        LabelnextError: There is no such module, or it cannot be imported; there is no such name in
            it.
    """
    module, _, name = text.partition(":")
    if not module or not name:
        raise LabelnextError(f"{text!r} is not of the form module:name.")
    return _attribute(
        _imported(module, "Give the command in the folder that it lies in, or install it."), name
    )


class Call(NamedTuple):
    """A plug-in's name, the arguments for it, and what follows."""

    name: str
    arguments: dict[str, object]
    rest: str


_CALL = re.compile(r"(?P<name>[a-z][a-z0-9-]*)(?:\[(?P<arguments>[^\]]*)\])?", re.ASCII)


def parse_call(text: str) -> Call | None:
    """`name` or `name[argument=value,…]` at the beginning of a text; None if it begins otherwise.

    Values are JSON (`30`, `true`, `"mean"`); a bare word is taken as text. Dashes in the names of
    arguments become underscores.

    Raises:
        LabelnextError: A part in brackets is not of the form argument=value.
    """
    match = _CALL.match(text)
    if match is None:
        return None
    arguments: dict[str, object] = {}
    for part in filter(None, (match["arguments"] or "").split(",")):
        name, equals, value = part.partition("=")
        if not equals or not name.strip():
            raise LabelnextError(f"In {text!r}, {part!r} is not of the form argument=value.")
        arguments[name.strip().replace("-", "_")] = _value(value.strip())
    return Call(match["name"], arguments, text[match.end() :])


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _entered(group: str, name: str) -> ModuleType:
    point = _point(group, name)
    package = point.dist.name if point.dist else "its package"
    return _imported(
        point.module, f"It has the {GROUPS[group]} {name!r}: install {package} again, or mend it."
    )


def _imported(module: str, remedy: str) -> ModuleType:
    try:
        return import_module(module)
    except LabelnextError:
        raise
    except Exception as error:  # whatever a third party's module does when it is imported
        raise LabelnextError(
            f"{module} cannot be imported: {type(error).__name__}: {error}. {remedy}"
        ) from error


def _attribute(module: ModuleType, path: str) -> Any:
    found: Any = module
    for part in path.split("."):
        if not hasattr(found, part):
            has = ", ".join(sorted(n for n in vars(found) if not n.startswith("_"))) or "nothing"
            raise LabelnextError(f"There is no {part} in {module.__name__}. It has: {has}.")
        found = getattr(found, part)
    return found


def _point(group: str, name: str) -> EntryPoint:
    for point in _points(group):
        if point.name == name:
            return point
    known = ", ".join(names(group)) or "none"
    raise LabelnextError(f"There is no {GROUPS[group]} called {name!r}. Known: {known}.")


@cache
def _points(group: str) -> tuple[EntryPoint, ...]:
    """Of what is installed when it is first asked for: looking reads files of every package."""
    if group not in GROUPS:
        raise LabelnextError(f"There is no plug-in group {group!r}. Known: {', '.join(GROUPS)}.")
    return tuple(entry_points(group=f"labelnext.{group}"))
