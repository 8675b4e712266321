"""The cycle's steps one by one, and `run` for all of them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from labelnext.cli.options import Budget, Classes, Json, ProjectFolder

Scoring = Annotated[
    str | None,
    typer.Option(
        "--scoring",
        metavar="MODE",
        help="exhaustive, or adaptive: of videos only the frames that can matter.",
    ),
]

Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Processes that score side by side, on a GPU each if several."),
]


def score(
    project: ProjectFolder = Path(),
    budget: Budget = None,
    scoring: Scoring = None,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Score the pool images that may still be picked: all, or as many as decide on the picks."""
    _step(project, "score", json, budget=budget, scoring=scoring, workers=workers)


def select(project: ProjectFolder = Path(), budget: Budget = None, json: Json = False) -> None:
    """Pick the next images to label; list them in rounds/NNNN/picks.csv, with frames of videos."""
    _step(project, "select", json, budget=budget)


def label(project: ProjectFolder = Path(), json: Json = False) -> None:
    """Ask for labels of the picks; with files, write images and pre-labels to rounds/NNNN."""
    _step(project, "label", json)


def ingest(
    project: ProjectFolder = Path(),
    partial: Annotated[
        bool, typer.Option("--partial", help="Go on without the images not labelled yet.")
    ] = False,
    accept_empty: Annotated[
        bool, typer.Option("--accept-empty", help="Take images without boxes for empty ones.")
    ] = False,
    timings: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="How long people took: CSV with key,seconds, or the JSON export of Label Studio.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Take in the labels that were made; some may come later."""
    from labelnext.cli import show
    from labelnext.rounds import loop, overview
    from labelnext.rounds.accounts import statement
    from labelnext.rounds.steps import labelling

    with overview.opened(project, writing=True) as opened:
        taken = labelling.ingest_all(
            opened, partial=partial, accept_empty=accept_empty, timings=timings
        )
        if not taken:
            loop.require(opened, "ingest")
        account = statement.statement(opened)
    if json:
        show.as_json([{"round": number, **of._asdict()} for number, of in taken.items()])
        return
    for number, of in taken.items():
        print(f"Round {number}: {of.new} images newly labelled, {of.changed} changed, "
              f"{len(of.missing)} without labels.")  # fmt: skip
        for remark in of.remarks:
            print(f"  {remark}")
        for key in of.missing[:5]:
            print(f"  waiting for {key}")
    if timings is not None:
        print(f"{sum(of.timed for of in taken.values())} tasks timed, newly or anew.")
    print(statement.spent_line(account))
    if not all(of.complete for of in taken.values()):
        print(
            "Label the rest and give the command again, or go on with --partial. Images that came "
            "back without boxes count as labelled with --accept-empty."
        )


def train(project: ProjectFolder = Path(), json: Json = False) -> None:
    """Train the initial detector, or retrain it on everything labelled so far."""
    _step(project, "train", json)


def evaluate(
    project: ProjectFolder = Path(),
    truth: Annotated[
        Path | None, typer.Option(help="COCO ground truth; with --predictions, no project needed.")
    ] = None,
    predictions: Annotated[Path | None, typer.Option(help="COCO results with scores.")] = None,
    subset: Annotated[str, typer.Option(help="all or reasonable.")] = "all",
    protocol: Annotated[str, typer.Option(help="standard or authors-code.")] = "standard",
    iou: Annotated[float | None, typer.Option(help="Overlap that counts as a match.")] = None,
    classes: Classes = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="SLICE", help="Also by height or visibility; repeatable."),
    ] = None,
    json: Json = False,
) -> None:
    """Measure detections: of two COCO files, or of a project's newest detector on its test set."""
    from labelnext.cli import show

    if truth is None and predictions is None:
        _step(project, "evaluate", json)
        return
    if truth is None or predictions is None:
        raise typer.BadParameter("--truth and --predictions belong together.")
    from labelnext.rounds.evaluation import evaluate_files, evaluate_slices, figures

    metrics = evaluate_files(
        truth, predictions, iou=iou, subset=subset, protocol=protocol, classes=classes
    )
    slices = {
        f"{kind} {name}": figures(of_slice)
        for kind in by or []
        for name, of_slice in evaluate_slices(
            truth, predictions, by=kind, iou=iou, protocol=protocol, classes=classes
        ).items()
    }
    found = figures(metrics)
    if json:
        show.as_json({**found, "slices": slices} if slices else found)
        return
    rows = [[figure, value, *(of[figure] for of in slices.values())]
            for figure, value in found.items()]  # fmt: skip
    show.table(["figure", "all", *slices], rows)


def run(
    project: ProjectFolder = Path(),
    cycles: Annotated[int, typer.Option(min=1, help="Rounds to complete in all.")] = 1,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write PROJECT/report at the end.")
    ] = True,
    budget: Budget = None,
    scoring: Scoring = None,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Go through the cycle until it is complete or people must label, and write the report.

    After each round a line says what the next is expected to bring, and whether to go on.
    Stopped at any point, the same command goes on from the last whole step.
    """
    import sys

    from labelnext.cli import show
    from labelnext.cli.project import write_report
    from labelnext.rounds import loop, overview
    from labelnext.rounds.accounts import statement
    from labelnext.rounds.outlook import returns

    how: dict[str, Any] = {"budget": budget, "scoring": scoring, "workers": workers}
    with overview.opened(project, writing=True, **how) as opened:
        with show.progress_bar() as progress:

            def told(_number: int) -> None:
                print(returns.line(returns.forecast(opened)), file=sys.stderr, flush=True)

            stand = loop.run(opened, cycles, progress, finished=told)
        advice = loop.advice(opened, stand)
        seen = overview.overview(opened)
        account = statement.statement(opened)
    page = write_report(project, project / "report") if report and seen.rows else None
    if json:
        show.as_json(
            {**overview.as_dict(seen), "cost": statement.as_dict(account),
             "report": page and str(page)}
        )  # fmt: skip
        return
    print(seen.headline)
    show.table(seen.heads, seen.rows)
    print(statement.ahead_line(account))
    print(advice)
    if page is not None:
        print(f"The report is {page}")


def _step(project: Path, step: str, json: bool, **how: Any) -> None:
    """Do one step if it is its turn, after the initial detector if need be; say what came of it."""
    from labelnext.cli import show
    from labelnext.rounds import loop, overview

    with overview.opened(project, writing=True, **how) as opened:
        with show.progress_bar() as progress:
            number = loop.reach(opened, step, progress)
            loop.advance(opened, loop.Stand(number, step, 0), progress)
        details: dict[str, Any] = overview.outcome(opened, number, step)
        advice = loop.advice(opened, loop.where(opened))
    if json:
        show.as_json(details)
        return
    for line in details.pop("lines"):
        print(line)
    print(advice)
