"""`init`, `status` and `report`."""

from pathlib import Path
from typing import Annotated

import typer

from labelnext.cli.options import Classes, Json, ProjectFolder, Set, merge, settings


def init(
    folder: Annotated[Path, typer.Argument(help="The new project's folder.")],
    labels: Annotated[
        list[str] | None,
        typer.Option("--labels", metavar="SOURCE", help="Labelled images to start from."),
    ] = None,
    pool: Annotated[
        list[str] | None,
        typer.Option("--pool", metavar="SOURCE", help="Images to choose from; repeatable."),
    ] = None,
    test: Annotated[
        list[str] | None,
        typer.Option("--test", metavar="SOURCE", help="Labelled images to measure on."),
    ] = None,
    hold_out: Annotated[
        float | None,
        typer.Option(
            "--hold-out",
            min=0.0,
            max=0.9,
            metavar="SHARE",
            help="Take the last share of every pool video's frames as the test set instead.",
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take changed files and labels in place of old ones.")
    ] = False,
    classes: Classes = None,
    detector: Annotated[str, typer.Option(help="Detector to use.")] = "fire-fpn",
    strategy: Annotated[str, typer.Option(help="Strategy that picks.")] = "divergence",
    oracle: Annotated[
        str, typer.Option(help="Who labels: files (people), or simulated (the pool's labels).")
    ] = "files",
    budget: Annotated[int, typer.Option(help="Images a cycle.")] = 500,
    seed: Annotated[int, typer.Option(help="Every draw derives from it.")] = 0,
    preset: Annotated[str, typer.Option(help="corrected, authors-code or plus.")] = "corrected",
    weights: Annotated[
        Path | None, typer.Option(help="Start from these weights instead of training.")
    ] = None,
    changes: Set = None,
    json: Json = False,
) -> None:
    """Make a project from sources such as coco:labels.json, pennfudan:DIR or images:DIR.

    Given again, it adds what is new in the sources and leaves the rest as it is.
    """  # fmt: skip
    from dataclasses import asdict

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
            folder, config, sources, hold_out=hold_out, replace=replace, progress=progress
        )
    if json:
        show.as_json({"project": str(folder), "sources": [asdict(found) for found in reports]})
        return
    show.imports(reports)
    print(f"The project is {folder}. Next: labelnext run -C {folder} --cycles 1")


def status(project: ProjectFolder = Path(), json: Json = False) -> None:
    """Show where the loop stands, what it cost, and what comes next."""
    from labelnext.cli import show
    from labelnext.rounds import loop, overview

    with overview.opened(project) as opened:
        seen = overview.overview(opened)
        advice = loop.advice(opened, seen.stand)
    if json:
        show.as_json(overview.as_dict(seen))
        return
    print(seen.headline)
    show.table(overview.HEADS, seen.rows)
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
