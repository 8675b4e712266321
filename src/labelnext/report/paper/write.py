"""Write the paper's figures: PNG, SVG, and a CSV of what they show."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from labelnext.audit.paper import DataSet, Figure, Times
from labelnext.errors import LabelnextError
from labelnext.files import write_bytes, write_text
from labelnext.report.drawing import prints
from labelnext.report.paper import draw, tables
from labelnext.report.paper.points import points
from labelnext.report.paper.tables import Row, Table
from labelnext.report.style import Theme
from labelnext.rounds.results import Study

Written = tuple[list[Table], list[Path]]


def write_figure(figure: Figure, study: Study, folder: Path, *, cycles: int) -> Written:
    """Write one of Fig. 5 to 12 as `figure-<n>.png`, `.svg` and `.csv`.

    Args:
        figure: From `audit.paper.figure`.
        study: From `audit.paper.gather`; what is missing of it is missing in the figure.
        folder: Made if absent.
        cycles: Of the study's own budget.

    Returns:
        The numbers in short, and the files.

    Raises:
        LabelnextError: Nothing of what the figure shows has been measured.
    """
    shown = points(figure, study, cycles=cycles)
    if not any(one.curves or one.series for one in shown):
        raise LabelnextError(
            f"Figure {figure.number} has nothing to show: none of its arms has a cycle that was "
            "measured on objects to find. Give test images that hold some."
        )
    stem = f"figure-{figure.number}"
    files = _pictures(folder, stem, partial(draw.panels, shown))
    files.append(_csv(folder / f"{stem}.csv", tables.CSV, tables.long_rows(shown)))
    return tables.summaries(shown), files


def write_times(found: Times, folder: Path) -> Written:
    """Write Fig. 4 as `figure-4.png`, `.svg` and `.csv`; see `write_figure`."""
    files = _pictures(folder, "figure-4", partial(draw.completion, found))
    heads = ("images_a_cycle", "images_in_all", "hours")
    files.append(_csv(folder / "figure-4.csv", heads, tables.completion_rows(found)))
    return [tables.completion(found)], files


def write_counts(found: Sequence[DataSet], folder: Path) -> Written:
    """Write Table 1 as `table-1.csv` and `table-1.md`; see `write_figure`."""
    table = tables.counts(found)
    lines = [table.heads, ("---",) * len(table.heads), *table.rows]
    text = "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)
    write_text(folder / "table-1.md", text)
    return [table], [_csv(folder / "table-1.csv", table.heads, table.rows), folder / "table-1.md"]


def _pictures(folder: Path, stem: str, drawn: Callable[[Theme], Any]) -> list[Path]:
    files = []
    for suffix, data in zip(("png", "svg"), prints(stem, drawn), strict=True):
        path = folder / f"{stem}.{suffix}"
        write_bytes(path, data)
        files.append(path)
    return files


def _csv(path: Path, heads: Sequence[str], rows: Iterable[Row]) -> Path:
    """One row a line; what is not defined is left empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    for row in rows:
        writer.writerow(["" if cell is None or cell != cell else cell for cell in row])
    write_text(path, out.getvalue())
    return path
