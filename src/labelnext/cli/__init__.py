"""The command line: parses, calls, shows. Nothing here decides anything."""

import sys

from labelnext.errors import LabelnextError


def main() -> None:
    """Run the command line; an expected error is one line, and the exit status is 1."""
    from labelnext.cli.app import app

    try:
        app()
    except LabelnextError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("stopped; give the same command again to go on from here", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
