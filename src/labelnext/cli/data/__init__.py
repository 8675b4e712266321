"""`labelnext data …`: look at, check, convert and split data sets; one command a file."""

import typer

import labelnext.cli.data.check as check
import labelnext.cli.data.convert as convert
import labelnext.cli.data.duplicates as duplicates
import labelnext.cli.data.formats as formats
import labelnext.cli.data.split as split
import labelnext.cli.data.stats as stats

app = typer.Typer(no_args_is_help=True, help="Look at, check, convert and split data sets.")

app.command("check")(check.check)
app.command("convert")(convert.convert)
app.command("duplicates")(duplicates.duplicates)
app.command("formats")(formats.formats)
app.command("split")(split.split)
app.command("stats")(stats.stats)
