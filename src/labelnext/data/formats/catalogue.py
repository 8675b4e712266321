"""Every format that is known, built in or from a plug-in."""

import inspect
from typing import Any, NamedTuple

from labelnext import plugins


class Format(NamedTuple):
    """One format.

    Attributes:
        name: As users name it.
        what: What it is, in one line.
        read: Whether it is read.
        written: Whether it is written.
        options: Names of the reader's options.
        write_options: Names of the writer's options, beside those that every writer has.
    """

    name: str
    what: str
    read: bool
    written: bool
    options: tuple[str, ...]
    write_options: tuple[str, ...]


OF_EVERY_WRITER = {"samples", "classes", "place", "predictions"}


def catalogue() -> list[Format]:
    """Formats sorted by name; what a format is comes from the first line of its module."""
    readers, writers = plugins.names("readers"), plugins.names("writers")
    found = []
    for name in sorted({*readers, *writers}):
        read = plugins.load("readers", name) if name in readers else None
        write = plugins.load("writers", name) if name in writers else None
        module = inspect.getmodule(read or write)
        what = (inspect.getdoc(module) or "").partition("\n")[0]
        options = tuple(part for part in _options(read))
        others = tuple(part for part in _options(write) if part not in OF_EVERY_WRITER)
        found.append(Format(name, what, read is not None, write is not None, options, others))
    return found


def _options(function: Any) -> list[str]:
    """Names of a function's parameters, without the first: the location."""
    return [] if function is None else list(inspect.signature(function).parameters)[1:]
