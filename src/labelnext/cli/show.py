"""What people see: progress bars on standard error, tables and JSON on standard output."""

import json
import math
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from labelnext.cli.pace import Pace
from labelnext.protocols import Progress

_QUIET_SECONDS = 10.0
_NOTES = 10
_FIGURE = re.compile(r"[-–−+]?\d|[–-]$|$")


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A live bar on a terminal, elsewhere a line every ten seconds: how far, and how fast."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
        TextColumn("{task.fields[figures]}"),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)


def imports(reports: Sequence[Any]) -> None:
    """Print what each import did: a line of figures, then what needs a person's eye."""
    for found in reports:
        print(found.summary())
        for text in found.notes:
            print(f"  {text}")
        for kind in ("missing", "broken", "changed", "problems", "duplicates"):
            notes = getattr(found, kind)
            for note in notes[:_NOTES]:
                print(f"  {kind}: {note}")
            if len(notes) > _NOTES:
                print(f"  … and {len(notes) - _NOTES} more {kind}; --json lists them all")


def say(text: str) -> None:
    """A line for people while a command runs; standard output is left to its answer."""
    print(text, file=sys.stderr, flush=True)


def as_json(value: object) -> None:
    """Print one JSON document; NaN becomes null."""
    print(json.dumps(_plain(value), indent=2))


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], caption: str = "") -> None:
    """Print a table; columns of figures are set to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    drawn = Table(*heads, box=box.SIMPLE_HEAD, title=caption or None, title_justify="left")
    for i, column in enumerate(drawn.columns[1:], start=1):
        column.justify = "left" if any(_is_words(row[i]) for row in rows) else "right"
    for row in rows:
        drawn.add_row(*(number(cell) for cell in row))
    width = None if sys.stdout.isatty() else 160
    Console(width=width, highlight=False, markup=False).print(drawn)


def number(cell: object) -> str:
    """A cell as text: three decimals for a fraction, a dash for nothing."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "–"
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def _is_words(cell: object) -> bool:
    return isinstance(cell, str) and not _FIGURE.match(cell)


class _Lines:
    def __init__(self) -> None:
        self._last, self._pace = time.monotonic(), Pace()

    def __call__(self, task: str, done: int, total: int, **figures: float) -> None:
        self._pace.see(task, done)
        now = time.monotonic()
        if now - self._last >= _QUIET_SECONDS:
            self._last = now
            pace = _pace(self._pace, task, total, figures)
            far = f"{done}/{total}" if total else "running"
            line = f"{task}: {far}{pace and f'  {pace}'}{_figures(figures)}"
            print(line, file=sys.stderr, flush=True)


class _Bars:
    def __init__(self, bars) -> None:  # type: ignore[no-untyped-def]
        self._bars, self._ids, self._pace = bars, {}, Pace()  # type: ignore[var-annotated]

    def __call__(self, task: str, done: int, total: int, **figures: float) -> None:
        self._pace.see(task, done)
        if task not in self._ids or done < self._bars.tasks[self._ids[task]].completed:
            if task in self._ids:
                self._bars.remove_task(self._ids.pop(task))
            self._ids[task] = self._bars.add_task(task, total=None, figures="", pace="")
        self._bars.update(
            self._ids[task], completed=done, total=total or None,
            figures=_figures(figures).strip(), pace=_pace(self._pace, task, total, figures),
        )  # fmt: skip


def _pace(pace: Pace, task: str, total: int, figures: Mapping[str, float]) -> str:
    """Words of the pace, but where a job knows better itself, or does not know how long it is."""
    return "" if "minutes left" in figures or not total else pace.words(task, total)


def _figures(figures: Mapping[str, float]) -> str:
    return "".join(f"  {name} {value:.4g}" for name, value in figures.items())


def _plain(value: object) -> object:
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
