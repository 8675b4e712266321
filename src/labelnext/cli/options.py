"""Options that several commands share, and `--set section.key=value`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from labelnext.errors import LabelnextError

ProjectFolder = Annotated[
    Path, typer.Option("--project", "-C", help="The project's folder.", show_default=True)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, for machines.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="A setting, as section.key=value; repeatable.", metavar="KEY=VALUE"),
]
Classes = Annotated[
    list[str] | None, typer.Option("--class", help="A class to detect; repeatable. [person]")
]

Maps = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="OLD=NEW", help="Take a class under another name; repeatable."),
]
Pool = Annotated[
    list[str] | None,
    typer.Option("--pool", metavar="SOURCE", help="Images to choose from; repeatable."),
]
Budget = Annotated[
    str | None,
    typer.Option(
        "--budget",
        metavar="AMOUNT",
        help="For the rounds selected now: 500 (images), 2000 boxes, 40h or 300 EUR.",
    ),
]
Labels = Annotated[
    list[str] | None,
    typer.Option("--labels", metavar="SOURCE", help="Labelled images to start from; repeatable."),
]
Test = Annotated[
    list[str] | None,
    typer.Option("--test", metavar="SOURCE", help="Labelled images to measure on; repeatable."),
]
HoldOut = Annotated[
    float | None,
    typer.Option(
        "--hold-out",
        min=0.0,
        max=0.9,
        metavar="SHARE",
        help="Take a share of the pool as the test set; --split-by says which.",
    ),
]
SplitBy = Annotated[
    str,
    typer.Option(
        "--split-by",
        metavar="WAY",
        help="What --hold-out takes: time (the last part of every video), or whole groups by "
        "video, folder, name:REGEX, duplicates or image.",
    ),
]
Replace = Annotated[
    bool, typer.Option("--replace", help="Take changed files and labels in place of old ones.")
]


def pairs(option: str, texts: Sequence[str] | None) -> list[tuple[str, str]]:
    """The two sides of each `NAME=VALUE`.

    Raises:
        LabelnextError: One is not of that form.
    """
    found = []
    for text in texts or ():
        name, equals, given = text.partition("=")
        if not equals or not name.strip() or not given.strip():
            raise LabelnextError(f"{option} {text!r} is not of the form NAME=VALUE.")
        found.append((name.strip(), given.strip()))
    return found


def class_names(classes: Sequence[str], maps: Sequence[str] | None) -> dict[str, str] | list[str]:
    """Classes to keep: their names, or with `--map OLD=NEW` what each is kept as.

    Raises:
        LabelnextError: A new name is none of the classes; or a pair is not of that form.
    """
    renamed = dict(pairs("--map", maps))
    for old, new in renamed.items():
        if new not in classes:
            raise LabelnextError(
                f"--map {old}={new}: {new!r} is none of the classes to detect "
                f"({', '.join(classes)}). Map to one of them, or give it with --class."
            )
    return {**{name: name for name in classes}, **renamed} if renamed else list(classes)


def settings(pairs: list[str] | None) -> dict[str, Any]:
    """Nested settings from `section.key=value`; values are JSON, a bare word is text.

    Raises:
        LabelnextError: Not of that form.
    """
    tree: dict[str, Any] = {}
    for pair in pairs or []:
        path, equals, text = pair.partition("=")
        *sections, key = path.strip().split(".")
        if not equals or not key:
            raise LabelnextError(
                f"--set {pair!r} is not of the form section.key=value, for example train.epochs=12."
            )
        table = tree
        for section in sections:
            table = table.setdefault(section, {})
        table[key] = value(text.strip())
    return tree


def value(text: str) -> Any:
    """A JSON value, or the text itself if it is none."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Tables are merged, everything else is replaced."""
    merged = dict(base)
    for key, new in changes.items():
        old = merged.get(key)
        merged[key] = merge(old, new) if isinstance(old, dict) and isinstance(new, dict) else new
    return merged
