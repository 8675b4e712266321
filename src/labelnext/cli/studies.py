"""`audit` and `demo`: the loop replayed on labelled data, arm against arm."""

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
    merge,
    settings,
)

Arms = Annotated[
    list[str] | None,
    typer.Option("--arm", metavar="ARM", help="strategy or strategy[argument=value]; repeatable."),
]
Ceiling = Annotated[
    bool, typer.Option("--ceiling", help="Also train on the whole pool, once a seed.")
]
Workers = Annotated[int, typer.Option(min=1, help="Processes side by side.")]


def audit(
    out: Annotated[Path, typer.Argument(help="Folder for everything; go on there if it exists.")],
    labels: Labels = None,
    pool: Pool = None,
    test: Test = None,
    hold_out: HoldOut = None,
    split_by: SplitBy = "time",
    arms: Arms = None,
    seeds: Annotated[int, typer.Option(min=1, help="Paired seeds.")] = 3,
    cycles: Annotated[int, typer.Option(min=1, help="Rounds of labelling.")] = 5,
    budget: Annotated[int, typer.Option(min=1, help="Images a cycle.")] = 15,
    ceiling: Ceiling = False,
    classes: Classes = None,
    maps: Maps = None,
    detector: Annotated[str, typer.Option(help="Detector to use.")] = "fire-fpn",
    preset: Annotated[str, typer.Option(help="corrected, authors-code or plus.")] = "corrected",
    workers: Workers = 1,
    title: Annotated[str, typer.Option(help="Heading of the report.")] = "",
    changes: Set = None,
    json: Json = False,
) -> None:
    """Replay the loop on labelled data and say which arm wins, with intervals.

    Labels are needed throughout: the initial set by --labels, the pool by --pool.
    Everything that is finished is kept: the same command goes on where it was stopped.
    """  # fmt: skip
    from labelnext.audit import Replay, parse
    from labelnext.errors import LabelnextError
    from labelnext.rounds import setup

    if not labels or not pool:
        raise LabelnextError("An audit needs labelled data: give both --labels and --pool.")

    values = {
        "preset": preset, "classes": classes or ["person"], "budget": budget,
        "detector": {"name": detector},
    }  # fmt: skip
    plan = Replay(
        out,
        setup.configure(merge(values, settings(changes))),
        tuple(parse(arm) for arm in arms or ["divergence", "guided-random"]),
        tuple(range(seeds)), cycles, ceiling,
    )  # fmt: skip
    sources = {"initial": labels, "pool": pool, "test": test or []}
    command = shlex.join(["labelnext", *sys.argv[1:]])
    how = {"kept": class_names(plan.config.classes, maps), "hold_out": hold_out,
           "split_by": split_by}  # fmt: skip
    _replay(plan, sources, how, workers, title or f"Audit: {out.name}", command, json)


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for everything.")] = Path("demo"),
    arms: Arms = None,
    seeds: Annotated[int, typer.Option(min=1, help="Paired seeds.")] = 2,
    cycles: Annotated[int, typer.Option(min=1, help="Rounds of labelling.")] = 3,
    ceiling: Ceiling = False,
    workers: Workers = 2,
    changes: Set = None,
    json: Json = False,
) -> None:
    """The whole loop on an embedded synthetic street: divergence against guided random."""
    import labelnext.audit.demo as street
    from labelnext.cli import show

    with show.progress_bar() as progress:
        sources = street.write_street(out / "data", progress=progress)
    plan = street.plan(
        out, arms=arms or street.ARMS, seeds=seeds, cycles=cycles, ceiling=ceiling,
        settings=merge(dict(street.SETTINGS), settings(changes)),
    )  # fmt: skip
    command = shlex.join(["labelnext", *sys.argv[1:]])
    _replay(plan, sources, {}, workers, "Demo: the synthetic street", command, json)


def _replay(
    plan: Any, sources: Any, how: dict[str, Any], workers: int, title: str, command: str,
    json: bool,
) -> None:  # fmt: skip
    from dataclasses import asdict

    from labelnext import audit as room
    from labelnext import report
    from labelnext.cli import show

    with show.progress_bar() as progress:
        imported = room.index_sources(plan, sources, progress=progress, **how)
        room.replay(plan, workers=workers, progress=progress)
        study = room.study(plan, title=title, command=command, settings={"workers": workers})
    page = report.write(study, plan.folder / "report")
    rows = report.table(study)
    if json:
        show.as_json({"cycles": [asdict(row) for row in rows], "verdict": report.verdict(study),
                      "report": str(page)})  # fmt: skip
        return
    show.imports(imported)
    show.table(report.COLUMNS, [report.cells(row) for row in rows])
    print(report.verdict(study))
    print(f"\nThe report is {page}")
