"""`audit` and `demo`: the loop replayed on labelled data, arm against arm."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from labelnext.rounds.config import Config

Arms = Annotated[
    list[str] | None,
    typer.Option(
        "--arm", metavar="ARM",
        help="strategy or strategy[argument=value]; paper for the paper's five, all for every "
        "strategy that can run here; repeatable. [divergence, hybrid, guided-random, random]",
    ),
]  # fmt: skip
Ceiling = Annotated[
    bool, typer.Option("--ceiling", help="Also train on the whole pool, once a seed.")
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes side by side. [as many as there are cores]")
]
EstimateOnly = Annotated[
    bool, typer.Option("--estimate", help="Say how long it will take, and stop.")
]


def audit(
    out: Annotated[Path, typer.Argument(help="Folder for everything; go on there if it exists.")],
    labels: Labels = None,
    pool: Pool = None,
    test: Test = None,
    hold_out: HoldOut = None,
    split_by: SplitBy = "time",
    arms: Arms = None,
    seeds: Annotated[int, typer.Option(min=1, help="Paired seeds; six can prove a gain.")] = 6,
    cycles: Annotated[int, typer.Option(min=1, help="Rounds of labelling.")] = 5,
    budget: Annotated[int, typer.Option(min=1, help="Images a cycle.")] = 15,
    ceiling: Ceiling = False,
    classes: Classes = None,
    maps: Maps = None,
    detector: Annotated[str, typer.Option(help="Detector to use.")] = "fire-fpn",
    preset: Annotated[str, typer.Option(help="corrected, authors-code or plus.")] = "corrected",
    workers: Workers = None,
    estimate: EstimateOnly = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="An answer in minutes, and less certain; in OUT/quick.")
    ] = False,
    minutes: Annotated[
        float, typer.Option(min=0.1, help="How long --quick may take, about.")
    ] = 10.0,
    title: Annotated[str, typer.Option(help="Heading of the report.")] = "",
    changes: Set = None,
    json: Json = False,
) -> None:
    """Replay the loop on labelled data and say which arm wins, with intervals.

    Labels are needed throughout: the initial set by --labels, the pool by --pool.
    Everything that is finished is kept: the same command goes on where it was stopped, and one
    with more --seeds, --cycles or arms adds to it. A run that fails loses no other.
    """  # fmt: skip
    from labelnext import audit as room
    from labelnext.errors import LabelnextError

    if not labels or not pool:
        raise LabelnextError("An audit needs labelled data: give both --labels and --pool.")

    chosen = room.choose(arms)
    config = configured(preset, classes, budget, detector, changes)
    plan = room.Replay(out, config, chosen.arms, tuple(range(seeds)), cycles, ceiling)
    sources = {"initial": labels, "pool": pool, "test": test or []}
    how = {"kept": class_names(plan.config.classes, maps), "hold_out": hold_out,
           "split_by": split_by}  # fmt: skip
    wanted = {"workers": workers, "optional": chosen.optional, "estimate": estimate,
              "minutes": minutes if quick else None}  # fmt: skip
    heading = title or f"{'Quick audit' if quick else 'Audit'}: {out.name}"
    _replay(plan, sources, how, wanted, heading, json)


def configured(
    preset: str, classes: list[str] | None, budget: int, detector: str, changes: list[str] | None
) -> "Config":
    """Settings that all runs of a replay share, from the options of a command."""
    from labelnext.rounds import setup

    values = {
        "preset": preset, "classes": classes or ["person"], "budget": budget,
        "detector": {"name": detector},
    }  # fmt: skip
    return setup.configure(merge(values, settings(changes)))


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for everything.")] = Path("demo"),
    arms: Annotated[
        list[str] | None,
        typer.Option("--arm", metavar="ARM", help="As for audit. [divergence, guided-random]"),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Paired seeds.")] = 2,
    cycles: Annotated[int, typer.Option(min=1, help="Rounds of labelling.")] = 3,
    ceiling: Ceiling = False,
    workers: Workers = None,
    estimate: EstimateOnly = False,
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
    wanted = {"workers": workers, "estimate": estimate}
    _replay(plan, sources, {}, wanted, "Demo: the synthetic street", json)


def _replay(
    plan: Any, sources: Any, how: dict[str, Any], wanted: dict[str, Any], title: str, json: bool
) -> None:
    """Index, estimate, run, report; exit status 1 where something failed."""
    from labelnext import audit as room
    from labelnext import report
    from labelnext.audit import judge
    from labelnext.cli import show

    optional = wanted.get("optional", frozenset())
    room.buildable(plan, optional)  # an unknown strategy stops before anything is read
    workers = wanted["workers"] or room.workers_for(plan)
    with show.progress_bar() as progress:
        imported = room.index_sources(plan, sources, progress=progress, **how)
    if not json:
        show.imports(imported)
    ready = room.prepare(plan, workers=workers, optional=optional, minutes=wanted.get("minutes"))
    if wanted["estimate"]:
        _print_estimate(ready, json)
        return
    show.say(ready.estimate.words)
    if "unlabelled" in ready.settings:
        show.say(str(ready.settings["unlabelled"]))
    for name, why in {**ready.left_out, **ready.doubtful}.items():
        show.say(f"{name} {'is left out' if name in ready.left_out else 'will fail'}: {why}")
    command = shlex.join(["labelnext", *sys.argv[1:]])
    with show.progress_bar() as progress:
        done = room.conduct(ready, workers=workers, title=title, command=command, progress=progress)
    judged = judge.judge(done.study)
    page = report.write(done.study, ready.plan.folder / "report", judgement=judged)
    rows = report.table(done.study)
    if json:
        show.as_json(_document(done, judged, rows, page))
    else:
        shown = report.columns(rows)
        show.table(shown, [report.cells(row, shown) for row in rows])
        print(judge.text(judged))
        if "certainty" in ready.settings:
            print(ready.settings["certainty"])
        print(f"Checked: {done.checked.words}")
        print(f"\nThe report is {page}")
    for problem in done.problems:
        show.say(f"error: {problem}")
    if done.problems:
        raise typer.Exit(1)


def _document(done: Any, judged: Any, rows: Any, page: Path) -> Mapping[str, object]:
    from dataclasses import asdict

    from labelnext.audit import judge

    return {
        "cycles": [asdict(row) for row in rows], "verdict": judge.text(judged),
        "judgement": judge.as_json(judged), "checked": done.checked.words,
        "problems": list(done.problems), "report": str(page),
    }  # fmt: skip


def _print_estimate(ready: Any, json: bool) -> None:
    from labelnext.cli import show

    found = ready.estimate
    if json:
        show.as_json({
            "seconds": found.seconds, "words": found.words, "cycles": found.course.total,
            "done": found.course.done, "workers": found.workers, "left_out": ready.left_out,
            "doubtful": ready.doubtful, **ready.settings,
        })  # fmt: skip
        return
    print(found.words)
    for name, why in {**ready.left_out, **ready.doubtful}.items():
        print(f"{name} {'is left out' if name in ready.left_out else 'will fail'}: {why}")
    for name, value in ready.settings.items():
        if name != "left out":
            print(f"{name}: {value}")
