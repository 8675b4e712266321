"""Rooms on packages that may be absent: refused when the room is entered, imported when used.

Importing torch takes seconds, which making a project need not wait for.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec

from labelnext.errors import MissingExtraError


def late(
    room: str, where: Mapping[str, str], *, feature: str, extra: str, packages: Sequence[str]
) -> Callable[[str], object]:
    """The `__getattr__` of a room, by which its names are imported when they are asked for.

    Args:
        room: `__name__` of the room.
        where: The module of the room that each name is in.
        feature: What users know it as.
        extra: Of labelnext, which installs the packages.
        packages: What it needs.

    Raises:
        MissingExtraError: A package is not there, which is found out without importing it; or, when
            a name is asked for, it cannot be imported.
    """
    if not all(map(_there, packages)):
        raise MissingExtraError(feature, extra)

    def get(name: str) -> object:
        if name not in where:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        try:
            for package in packages:
                import_module(package)
        except ImportError as missing:
            raise MissingExtraError(feature, extra) from missing
        return getattr(import_module(f"{room}.{where[name]}"), name)

    return get


def _there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):  # as little as None in sys.modules
        return False
