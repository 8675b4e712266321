"""The package runs as a module too."""

import subprocess
import sys


def test_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "labelnext", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("labelnext ")
