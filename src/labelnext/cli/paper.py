"""`paper`: the figures and the table of the paper, on any data."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from labelnext.cli.options import (
    Classes,
    HoldOut,
    Json,
    Labels,
    Maps,
    Pool,
    Set,
    SplitBy,
    Test,
    class_names,
)
from labelnext.cli.studies import Workers, configured

Figures = Annotated[
    list[str] | None,
    typer.Option("--figure", metavar="N", help="4 to 12, or all; repeatable."),
]


def paper(
    out: Annotated[Path, typer.Argument(help="Folder for everything; go on there if it exists.")],
    figures: Figures = None,
    table: Annotated[
        bool, typer.Option("--table", help="Table 1: what the data sets hold.")
    ] = False,
    labels: Labels = None,
    pool: Pool = None,
    test: Test = None,
    hold_out: HoldOut = None,
    split_by: SplitBy = "time",
    seeds: Annotated[int, typer.Option(min=1, help="Paired seeds.")] = 5,
    cycles: Annotated[int, typer.Option(min=1, help="Rounds of labelling.")] = 14,
    budget: Annotated[int, typer.Option(min=1, help="Images a cycle.")] = 500,
    ceiling: Annotated[
        bool, typer.Option("--ceiling/--no-ceiling", help="Also train on the whole pool.")
    ] = True,
    images: Annotated[
        int | None, typer.Option(min=1, help="Figure 4: size of the pool, where none is given.")
    ] = None,
    measured: Annotated[
        bool, typer.Option("--measured", help="Figure 4: this machine's times, not the paper's.")
    ] = False,
    classes: Classes = None,
    maps: Maps = None,
    detector: Annotated[str, typer.Option(help="Detector to use.")] = "fire-fpn",
    preset: Annotated[str, typer.Option(help="corrected, authors-code or plus.")] = "corrected",
    workers: Workers = None,
    changes: Set = None,
    json: Json = False,
) -> None:
    """Figures 4 to 12 and Table 1 of the paper, on your data.

    Each figure is written to OUT/paper as PNG, SVG and CSV, and its numbers are printed. Figures
    share their runs with each other and with `labelnext audit OUT`: nothing is computed twice.
    Figure 4 needs no data, Table 1 any source; the others need --labels, --pool and a test set.
    """  # fmt: skip
    from dataclasses import asdict

    import labelnext.report.paper as pages
    from labelnext.audit import Replay, index_sources
    from labelnext.audit.paper import asked
    from labelnext.cli import show
    from labelnext.errors import LabelnextError
    from labelnext.rounds import setup

    wanted = asked(figures or (), table=table, images=images, measured=measured)
    config = configured(preset, classes, budget, detector, changes)
    plan = Replay(out, config, (), tuple(range(seeds)), cycles, ceiling)
    sources: setup.Sources = {"initial": labels or [], "pool": pool or [], "test": test or []}
    command = shlex.join(["labelnext", *sys.argv[1:]])
    with show.progress_bar() as progress:
        imported = []
        if any(sources.values()):
            imported = index_sources(
                plan, sources, kept=class_names(config.classes, maps), hold_out=hold_out,
                split_by=split_by, progress=progress,
            )  # fmt: skip
        made = pages.make(wanted, plan, command=command, workers=workers, progress=progress)
    if json:
        show.as_json({"made": [asdict(one) for one in made.items], "problems": made.problems})
    else:
        show.imports(imported)
        _print(made)
    if made.problems:
        raise LabelnextError("Not all could be made.\n" + "\n".join(made.problems))


def _print(made: Any) -> None:
    """Each figure's numbers, what the paper found, and where the files are."""
    from labelnext.cli import show

    for one in made.items:
        print(f"{one.title}: {one.caption}" if one.caption else one.title)
        for table in one.tables:
            if table.caption:
                print(table.caption)
            show.table(table.heads, table.rows)
        if one.found:
            print(f"The paper: {one.found}")
        print(f"Written: {', '.join(one.files)}\n")
