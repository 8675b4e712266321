"""`plan`: hours and money of a whole loop for each size of a batch, before any of it is spent."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelnext.cli.options import Json

if TYPE_CHECKING:
    from labelnext.rounds.outlook.planning import Basis

HEADS = ("B", "b", "cycles", "scoring h", "training h", "machine h", "labelling h", "money", "days")


def plan(
    total: Annotated[
        list[int], typer.Option(min=1, metavar="B", help="Images to label in all; repeatable.")
    ],
    budget: Annotated[
        list[str] | None,
        typer.Option(metavar="b", help="Images a cycle; repeatable. [some round numbers]"),
    ] = None,
    images: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Plan for a pool of N frames, without a project."),
    ] = None,
    stills: Annotated[
        bool, typer.Option("--stills", help="With --images: the pool is stills, not video.")
    ] = False,
    project: Annotated[
        Path | None, typer.Option("--project", "-C", help="Plan for this project. [.]")
    ] = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="Time scoring and training here, for a minute or so.")
    ] = False,
    rate: Annotated[
        str | None, typer.Option(help="Money an hour of labelling, such as '25 EUR/h'.")
    ] = None,
    annotators: Annotated[
        int | None, typer.Option(min=1, help="How many share the labelling.")
    ] = None,
    image_seconds: Annotated[
        float | None, typer.Option(min=0, help="Labelling an image takes so long on average.")
    ] = None,
    json: Json = False,
) -> None:
    """Hours and money for labelling B images, b a cycle: of the machine, of people, and in all.

    In a project: what is left of its pool, its prices, and the times that its rounds took (or
    --measure). With --images: the paper's machine, whose Fig. 4 this is.
    """
    from labelnext.cli import show
    from labelnext.rounds.outlook import planning

    basis = _changed(_basis(images, stills, project, measure), rate, annotators, image_seconds)
    wanted = [_images(text, max(total)) for text in budget or ()]
    found = [
        (planning.plans(basis, whole, wanted or planning.sizes(whole)),
         planning.advise(basis, whole))
        for whole in total
    ]  # fmt: skip
    if json:
        show.as_json(_document(basis, found))
        return
    for line in basis.sources:
        print(line)
    show.table(HEADS, [_row(one, basis.rate) for plans, _ in found for one in plans])
    for whole, (_, advice) in zip(total, found, strict=True):
        print(f"For {whole:,} images:")
        for words in advice.words:
            print(f"  {words}")


def _basis(images: int | None, stills: bool, project: Path | None, measure: bool) -> "Basis":
    from labelnext.cli import show
    from labelnext.errors import LabelnextError
    from labelnext.rounds import overview
    from labelnext.rounds.config import NAME
    from labelnext.rounds.outlook import measuring, planning

    if images is not None:
        if project is not None or measure:
            raise LabelnextError("--images plans without a project: leave out -C and --measure.")
        return planning.of_paper(images, stills=stills)
    if stills:
        raise LabelnextError("--stills goes with --images; a project knows its pool.")
    folder = project or Path()
    if project is None and not (folder / NAME).exists():
        raise LabelnextError(
            "There is no project here to plan for. Give one with -C, or the size of a pool with "
            "--images."
        )
    with overview.opened(folder) as opened:
        machine = None
        if measure:
            with show.progress_bar() as progress:
                machine = measuring.measure(opened, progress)
        return planning.of_project(opened, machine)


def _changed(
    basis: "Basis", rate: str | None, annotators: int | None, image_seconds: float | None
) -> "Basis":
    from dataclasses import replace

    from labelnext.cost import parse_rate

    changes: dict[str, Any] = {}
    if rate is not None:
        changes["rate"] = parse_rate(rate)
    if annotators is not None:
        changes["annotators"] = annotators
    if image_seconds is not None:
        said = f"Labelling: {image_seconds:g} s an image, as given."
        changes |= {"image_seconds": image_seconds, "sources": (*basis.sources[:-1], said)}
    return replace(basis, **changes)


def _images(text: str, most: int) -> int:
    from labelnext.cost import parse
    from labelnext.errors import LabelnextError

    found = parse(text)
    if found.unit != "images" or not found.amount:
        raise LabelnextError(f"--budget {text!r}: a plan compares batches of images, such as 500.")
    if found.amount > most:
        raise LabelnextError(f"--budget {text}: a batch is at most the --total, {most:,} images.")
    return int(found.amount)


def _row(plan: Any, rate: Any) -> list[object]:
    hours = (plan.score_seconds, plan.train_seconds, plan.machine_seconds, plan.label_seconds)
    money = None if plan.money is None else f"{plan.money:,.0f} {rate.currency}".rstrip()
    return [
        f"{plan.total:,}", f"{plan.per_cycle:,}", f"{plan.cycles:,}",
        *(f"{seconds / 3600:,.1f}" for seconds in hours), money,
        f"{_days(plan):,.1f}",
    ]  # fmt: skip


def _days(plan: Any) -> float:
    """Calendar days: the machine works all round the clock, people eight hours of a day."""
    people = plan.label_seconds / plan.annotators / 3600
    return float(plan.machine_seconds / 3600 / 24 + people / 8)


def _document(basis: "Basis", found: list[Any]) -> dict[str, object]:
    from dataclasses import asdict

    from labelnext.rounds.outlook import planning

    return {
        "basis": planning.as_dict(basis),
        "plans": [
            {**asdict(one), "machine_seconds": one.machine_seconds, "seconds": one.seconds,
             "days": _days(one)}
            for plans, _ in found
            for one in plans
        ],
        "advice": [
            {"total": plans[0].total if plans else None, **asdict(advice)}
            for plans, advice in found
        ],
    }  # fmt: skip
