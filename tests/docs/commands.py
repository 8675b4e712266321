"""The page of commands, made from their own help: `python -m tests.docs.commands` writes it.

With `--print` it goes to standard output instead.
"""

import sys
from pathlib import Path

from typer.testing import CliRunner

from labelnext.cli.app import app

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
HEAD = "# Commands\n\nGenerated from `--help`; see CONTRIBUTING.md.\n"


def names() -> list[str]:
    """Every command; one of a group as `group command`."""
    found = [command.name for command in app.registered_commands if command.name]
    for group in app.registered_groups:
        commands = group.typer_instance.registered_commands if group.typer_instance else []
        found += [f"{group.name} {command.name}" for command in commands]
    return found


def page() -> str:
    """The page as it should be."""
    parts = [HEAD]
    for name in names():
        shown = CliRunner().invoke(
            app, [*name.split(), "--help"], env={"COLUMNS": "88"}, prog_name="labelnext"
        )
        parts.append(f"## {name}\n\n```\n{shown.stdout.strip()}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), encoding="utf-8")
