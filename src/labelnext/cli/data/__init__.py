"""`labelnext data …`: look at, check, convert and split data sets; one command a file."""

import typer

import labelnext.cli.data.check as check
import labelnext.cli.data.formats as formats

app = typer.Typer(no_args_is_help=True, help="Look at, check, convert and split data sets.")

app.command("check")(check.check)
app.command("formats")(formats.formats)
