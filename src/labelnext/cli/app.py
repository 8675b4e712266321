"""The commands by name. Heavy imports wait until a command runs, so `--help` stays quick."""

from typing import Annotated

import typer

import labelnext.cli.check_detector as check_detector
import labelnext.cli.data as data
import labelnext.cli.doctor as doctor
import labelnext.cli.paper as paper
import labelnext.cli.plan as plan
import labelnext.cli.project as project
import labelnext.cli.steps as steps
import labelnext.cli.strategies as strategies
import labelnext.cli.studies as studies

app = typer.Typer(
    name="labelnext",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Which images and video frames to label next, and whether that beats random.",
)

app.command("init")(project.init)
app.command("add")(project.add)
app.command("status")(project.status)
app.command("score")(steps.score)
app.command("select")(steps.select)
app.command("label")(steps.label)
app.command("ingest")(steps.ingest)
app.command("train")(steps.train)
app.command("evaluate")(steps.evaluate)
app.command("run")(steps.run)
app.command("report")(project.report)
app.command("plan")(plan.plan)
app.command("audit")(studies.audit)
app.command("demo")(studies.demo)
app.command("paper")(paper.paper)
app.command("strategies")(strategies.strategies)
app.command("doctor")(doctor.doctor)
app.command("check-detector")(check_detector.check_detector)
app.add_typer(data.app, name="data")


def _version(wanted: bool) -> bool:
    if wanted:
        from labelnext import __version__

        print(f"labelnext {__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass
