"""Entry points: detectors, strategies, readers, oracles by name; built-ins by the same door."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from labelnext.errors import LabelnextError

GROUPS = {
    "detectors": "detector", "strategies": "strategy", "readers": "reader", "oracles": "oracle",
}  # fmt: skip


def names(group: str) -> list[str]:
    """The names registered in a group, sorted."""
    return sorted({point.name for point in _points(group)})


def load(group: str, name: str) -> Any:
    """The object registered under a name.

    Raises:
        LabelnextError: No such name; the message lists the known ones.
    """
    for point in _points(group):
        if point.name == name:
            return point.load()
    known = ", ".join(names(group)) or "none"
    raise LabelnextError(f"There is no {GROUPS[group]} called {name!r}. Known: {known}.")


def _points(group: str) -> list[EntryPoint]:
    if group not in GROUPS:
        raise LabelnextError(f"There is no plug-in group {group!r}. Known: {', '.join(GROUPS)}.")
    return list(entry_points(group=f"labelnext.{group}"))
