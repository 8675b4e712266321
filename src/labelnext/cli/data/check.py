"""`labelnext data check`."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from labelnext.cli.options import Json

_SHOWN = 10


def check(
    sources: Annotated[
        list[str], typer.Argument(help="Data sets, such as coco:labels.json.", metavar="SOURCE")
    ],
    fix: Annotated[
        Path | None,
        typer.Option("--fix", help="Write a corrected copy (COCO) to this file.", metavar="OUT"),
    ] = None,
    classes: Annotated[
        list[str] | None, typer.Option("--class", help="Look at this class only; repeatable.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what is wrong with data sets, in pixels; exit with status 1 if something is.

    Every image is read whole. Nothing is changed: --fix writes a copy of one source, with boxes
    clipped, doubles dropped, and what cannot be used left out.
    """
    from labelnext.cli import show
    from labelnext.errors import LabelnextError

    if fix is not None and len(sources) != 1:
        raise LabelnextError("--fix corrects one source at a time. Give one SOURCE.")
    with show.progress_bar() as progress:
        found = [_check(source, fix, classes, json, progress) for source in sources]
    if json:
        show.as_json(found)
    else:
        for report in found:
            _show(report)
    if any(report["faults"] for report in found):
        raise typer.Exit(1)


def _check(
    spec: str, fix: Path | None, classes: list[str] | None, everything: bool, progress: Any
) -> dict[str, Any]:
    from labelnext.data.review.dataset_check import check_source

    most = None if everything else _SHOWN
    return check_source(spec, fix=fix, classes=classes, examples=most, progress=progress)


def _show(report: dict[str, Any]) -> None:
    from labelnext.cli import show

    print(
        f"{report['source']}: {report['images']} images, {sum(report['boxes'].values())} boxes, "
        f"{report['faults']} faults"
    )
    if report["kinds"]:
        show.table(
            ["kind", "severity", "count", "what"],
            [[k["kind"], k["severity"], k["count"], k["what"]] for k in report["kinds"]],
        )
    shown: Counter[str] = Counter()
    counts = {kind["kind"]: kind["count"] for kind in report["kinds"]}
    for finding in report["findings"]:
        shown[finding["kind"]] += 1
        print(f"  {finding['kind']}: {': '.join(filter(None, (finding['key'], finding['text'])))}")
    for kind, count in shown.items():
        if count == _SHOWN < counts[kind]:
            print(f"  … and {counts[kind] - count} more of {kind}; --json lists them all")
    if report["fix"] is not None:
        _show_fix(report["fix"])


def _show_fix(fixed: dict[str, Any]) -> None:
    print(f"Written to {fixed['file']}: {fixed['images']} images, {fixed['boxes']} boxes")
    for what, count in (*fixed["changes"].items(), *fixed["lost"].items()):
        print(f"  {count} {what}")
    print(
        f"Read it as {fixed['source']}"
        if fixed["source"]
        else "Its images lie in several folders: copy them beside it, by their keys."
    )
