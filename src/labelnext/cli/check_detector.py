"""`labelnext check-detector`: the checks of all detectors, on anybody's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelnext.cli.options import Classes, Json, settings

if TYPE_CHECKING:
    from labelnext.detectors.contract import Outcome

_MARKS = {"passed": "ok", "failed": "FAILED", "skipped": "-"}


def check_detector(
    detector: Annotated[
        str, typer.Argument(metavar="DETECTOR", help="MODULE:FACTORY, or a registered name.")
    ],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="ARGUMENT=VALUE", help="An argument of the detector; repeatable."
        ),
    ] = None,
    classes: Classes = None,
    images: Annotated[
        list[Path] | None,
        typer.Option(
            "--image",
            metavar="FILE",
            help="Look at this image too; repeatable. One that is looked up goes by this name.",
        ),
    ] = None,
    train: Annotated[
        list[str] | None,
        typer.Option(
            "--train", metavar="OPTION=VALUE", help="An option of fit; repeatable. [epochs=1]"
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Check that a detector holds to what labelnext expects of one, and explain what does not.

    MODULE is imported from here, or from what is installed. A detector that trains is trained half
    a dozen times on four small images. The exit status is 1 where a check failed.
    """  # fmt: skip
    import tempfile

    from labelnext.cli import show
    from labelnext.data.pixels import read_image
    from labelnext.detectors import contract

    with tempfile.TemporaryDirectory(prefix="labelnext-") as folder:
        subject = contract.Subject(
            _factory(detector), Path(folder), tuple(classes or ["person"]), settings(changes),
            settings(train) if train else None,
            {path.as_posix(): read_image(path) for path in images or ()},
        )  # fmt: skip
        with show.progress_bar() as progress:
            found = list(contract.run(subject, progress))
            whole = len(found) == len(contract.CHECKS)
            can = contract.abilities(subject) if whole else []
    failed = sum(one.state == "failed" for one in found)
    if json:
        show.as_json(_document(detector, can, found))
    else:
        _print(detector, can, found)
    if failed:
        raise typer.Exit(1)


def _factory(name: str) -> Any:
    """The factory under a name, or in a module that lies here or is installed."""
    from labelnext import plugins

    if ":" not in name:
        return plugins.load("detectors", name)
    with plugins.from_here():
        return plugins.by_path(name)


def _print(detector: str, can: Sequence[str], found: Sequence["Outcome"]) -> None:
    if can:
        print(f"{detector} {'; '.join(can)}.")
    width = max(len(one.check) for one in found)
    for one in found:
        fault = f"expected {one.expected}. Got {one.got}. {one.remedy}".rstrip()
        said = {"passed": one.words, "failed": fault, "skipped": f"{one.why}."}[one.state]
        print(f"{_MARKS[one.state]:<6}  {one.check:<{width}}  {said}")
    states = [one.state for one in found]
    print(
        f"{states.count('passed')} checks passed, {states.count('failed')} failed, "
        f"{states.count('skipped')} had nothing to look at."
        + ("" if can else " The others need what failed last.")
    )


def _document(detector: str, can: Sequence[str], found: Sequence["Outcome"]) -> dict[str, object]:
    from dataclasses import asdict

    states: list[str] = [one.state for one in found]
    return {
        "detector": detector, "found": list(can), "checks": [asdict(one) for one in found],
        **{state: states.count(state) for state in _MARKS},
    }  # fmt: skip
