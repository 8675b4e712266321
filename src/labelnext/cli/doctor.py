"""`doctor`: what this machine offers, what is installed, and what a project can expect."""

from pathlib import Path
from typing import Annotated

import typer

from labelnext.cli.options import Json


def doctor(
    project: Annotated[
        Path | None, typer.Option("--project", "-C", help="Look at this project too. [.]")
    ] = None,
    measure: Annotated[
        bool,
        typer.Option("--measure/--no-measure", help="Time the project's stages, half a minute."),
    ] = True,
    json: Json = False,
) -> None:
    """Say what this machine offers, what is installed, and how fast a project will go here.

    The exit status is 1 where something should be done.
    """
    from dataclasses import asdict

    from labelnext.cli import show
    from labelnext.rounds import overview
    from labelnext.rounds.config import NAME
    from labelnext.rounds.outlook import doctor as look
    from labelnext.rounds.outlook.rates import Rates, rates

    folder = project or Path()
    found = look.machine_findings(folder)
    measured: Rates | None = None
    if project is None and not (folder / NAME).exists():
        found += look.install_findings()
    else:
        with overview.opened(folder) as opened:
            named = opened.config.detector
            found += look.install_findings(named.name, **named.arguments)
            found += look.project_findings(opened)
            healthy = not any(finding.problem for finding in found)
            if measure and healthy and opened.pool_size():
                with show.progress_bar() as progress:
                    measured = rates(opened, progress)
                found += look.rate_findings(opened, measured)
    problems = [finding for finding in found if finding.problem]
    if json:
        show.as_json(
            {"findings": [asdict(finding) for finding in found], "problems": len(problems),
             "seconds": None if measured is None else asdict(measured)}
        )  # fmt: skip
    else:
        width = max(len(finding.topic) for finding in found)
        for finding in found:
            mark = "!" if finding.problem else " "
            print(f"{mark} {finding.topic:<{width}}  {finding.words}")
        if problems:
            print(f"{len(problems)} to look after, marked with !.")
    if problems:
        raise typer.Exit(1)
