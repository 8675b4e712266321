"""The command line: parses, calls, shows. Nothing here decides anything."""

import sys
from typing import Any

from labelnext.errors import LabelnextError

_INTERRUPTED = 130


def main() -> None:
    """Run the command line; an expected error is one line, and the exit status is 1."""
    import typer

    from labelnext.cli.app import app

    usage_error: Any = typer.BadParameter.__mro__[2]  # ClickException, wherever typer keeps it
    try:
        status = app(standalone_mode=False)
    except LabelnextError as error:
        print(f"error: {error}", file=sys.stderr)
        status = 1
    except (KeyboardInterrupt, typer.Abort):
        status = _INTERRUPTED
    except BrokenPipeError:
        status = 141
    except usage_error as error:
        error.show()
        status = error.exit_code
    if status == _INTERRUPTED:  # typer, too, makes an exit status of an interrupt
        print("stopped; give the same command again to go on from here", file=sys.stderr)
    sys.exit(status if isinstance(status, int) else 0)
