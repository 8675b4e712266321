"""Entry points: detectors, strategies, readers, oracles by name; built-ins by the same door."""

import json
import re
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
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
        LabelnextError: No such name; the message lists the known ones.
    """
    return _point(group, name).load()


def require(group: str, name: str) -> None:
    """Refuse a name that is not registered, or whose module cannot be entered.

    What that module imports late is not imported.

    Raises:
        LabelnextError: No such name; the message lists the known ones. Or what the module raises,
            such as for an extra that is not installed.
    """
    import_module(_point(group, name).module)


def by_path(text: str) -> Any:
    """The object at `module:name`, where name may have dots.

    Raises:
        LabelnextError: There is no such module, or it cannot be imported; there is no such name in
            it.
    """
    module, _, name = text.partition(":")
    if not module or not name:
        raise LabelnextError(f"{text!r} is not of the form module:name.")
    try:
        found: Any = import_module(module)
    except LabelnextError:
        raise
    except Exception as error:  # whatever a third party's module does when it is imported
        raise LabelnextError(
            f"{module} cannot be imported: {type(error).__name__}: {error}. Give the command in "
            "the folder that it lies in, or install it."
        ) from error
    for part in name.split("."):
        if not hasattr(found, part):
            has = ", ".join(sorted(n for n in vars(found) if not n.startswith("_"))) or "nothing"
            raise LabelnextError(f"There is no {part} in {module}. It has: {has}.")
        found = getattr(found, part)
    return found


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
