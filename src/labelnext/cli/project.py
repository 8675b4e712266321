"""`init`, `add`, `status` and `report`."""

from collections.abc import Sequence
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
    ProjectFolder,
    Replace,
    Set,
    SplitBy,
    Test,
    class_names,
    merge,
    settings,
)


def init(
    folder: Annotated[Path, typer.Argument(help="The new project's folder.")],
    labels: Labels = None,
    pool: Pool = None,
    test: Test = None,
    hold_out: HoldOut = None,
    split_by: SplitBy = "time",
    replace: Replace = False,
    classes: Classes = None,
    maps: Maps = None,
    detector: Annotated[str, typer.Option(help="Detector to use.")] = "fire-fpn",
    strategy: Annotated[str, typer.Option(help="Strategy that picks.")] = "divergence",
    oracle: Annotated[
        str, typer.Option(help="Who labels: files (people), or simulated (the pool's labels).")
    ] = "files",
    budget: Annotated[
        str,
        typer.Option(metavar="AMOUNT", help="A cycle: 500 (images), 2000 boxes, 40h or 300 EUR."),
    ] = "500",
    seed: Annotated[int, typer.Option(help="Every draw derives from it.")] = 0,
    preset: Annotated[str, typer.Option(help="corrected, authors-code or plus.")] = "corrected",
    weights: Annotated[
        Path | None, typer.Option(help="Start from these weights instead of training.")
    ] = None,
    changes: Set = None,
    json: Json = False,
) -> None:
    """Make a project from sources such as coco:labels.json, video:DIR or "images:DIR/*.jpg".

    Given again, it adds what is new in the sources and leaves the rest as it is; `labelnext add`
    does that for other sources.
    """  # fmt: skip
    from labelnext.cli import show
    from labelnext.rounds import setup

    values = {
        "seed": seed, "preset": preset, "classes": classes or ["person"], "budget": budget,
        "oracle": oracle, "detector": {"name": detector}, "strategy": {"name": strategy},
    }  # fmt: skip
    if weights is not None:
        values["initial_weights"] = str(weights.resolve())
    config = setup.configure(merge(values, settings(changes)))
    sources: setup.Sources = {"initial": labels or [], "pool": pool or [], "test": test or []}
    with show.progress_bar() as progress:
        reports = setup.set_up(
            folder, config, sources, kept=class_names(config.classes, maps), hold_out=hold_out,
            split_by=split_by, replace=replace, progress=progress,
        )  # fmt: skip
    said = f"The project is {folder}. Next: labelnext run -C {folder} --cycles 1"
    _show_imports(folder, reports, said, json)


def add(
    project: ProjectFolder = Path(),
    labels: Labels = None,
    pool: Pool = None,
    test: Test = None,
    hold_out: HoldOut = None,
    split_by: SplitBy = "time",
    replace: Replace = False,
    maps: Maps = None,
    json: Json = False,
) -> None:
    """Add images to a project, whatever it has done so far; its settings stay as they are.

    Finished rounds are kept, and the next one scores what is new. An image that is there already
    stays as it is, and in its role.
    """
    from labelnext.cli import show
    from labelnext.rounds import loop, overview, setup

    sources: setup.Sources = {"initial": labels or [], "pool": pool or [], "test": test or []}
    with overview.opened(project, writing=True) as opened:
        with show.progress_bar() as progress:
            reports = setup.add(
                opened, sources, kept=class_names(opened.config.classes, maps), hold_out=hold_out,
                split_by=split_by, replace=replace, progress=progress,
            )  # fmt: skip
        remarks = setup.remarks(opened, reports)
        advice = loop.advice(opened, loop.where(opened))
    _show_imports(project, reports, "\n".join([*remarks, advice]), json)


def _show_imports(folder: Path, reports: Sequence[Any], said: str, json: bool) -> None:
    from dataclasses import asdict

    from labelnext.cli import show

    if json:
        show.as_json({"project": str(folder), "sources": [asdict(found) for found in reports]})
        return
    show.imports(reports)
    print(said)


def status(
    project: ProjectFolder = Path(),
    target: Annotated[
        float | None, typer.Option(help="Miss rate at FPPI 1 that is wanted: how far is it?")
    ] = None,
    json: Json = False,
) -> None:
    """Show where the loop stands, what it cost, what comes next, and what that will bring."""
    from labelnext.cli import show
    from labelnext.rounds import loop, overview
    from labelnext.rounds.accounts import statement
    from labelnext.rounds.outlook import returns

    with overview.opened(project) as opened:
        seen = overview.overview(opened)
        advice = loop.advice(opened, seen.stand)
        account = statement.statement(opened)
        ahead = returns.forecast(opened, target=target, results=seen.results)
    if json:
        show.as_json(
            {**overview.as_dict(seen), "cost": statement.as_dict(account),
             "forecast": returns.as_dict(ahead)}
        )  # fmt: skip
        return
    print(seen.headline)
    show.table(seen.heads, seen.rows)
    for line in [*statement.lines(account), *returns.lines(ahead)]:
        print(line)
    print(advice)


def report(
    project: ProjectFolder = Path(),
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the page. [PROJECT/report]")
    ] = None,
    top: Annotated[int, typer.Option(min=0, help="Frames to show a cycle.")] = 6,
    json: Json = False,
) -> None:
    """Write the project's report: one page and the pictures in it."""
    from labelnext.cli import show

    page = write_report(project, out or project / "report", top=top)
    if json:
        show.as_json({"report": str(page)})
    else:
        print(f"The report is {page}")


def write_report(project: Path, out: Path, *, top: int = 6) -> Path:
    """Write a project's report; returns the page."""
    from labelnext import report as pages
    from labelnext.rounds import overview

    with overview.opened(project) as opened:
        study = overview.study(opened, command=f"labelnext run -C {project}", top=top)
    return pages.write(study, out)
