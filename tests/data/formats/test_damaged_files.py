"""Damaged and hostile files, a thousand of each format: a clear error, or a whole data set."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labelnext import plugins
from tests.data.formats.shared.bases import BASES

ROOT = Path(__file__).parents[3]
COUNT = 1000


def test_every_reader_is_checked_here() -> None:
    assert sorted(BASES) == plugins.names("readers")


@pytest.mark.parametrize("name", BASES)
def test_damaged_files(name: str, tmp_path: Path) -> None:
    share = -(-COUNT // len(BASES[name]))
    reports = [_run(base.__name__, name, share, tmp_path) for base in BASES[name]]
    failures = [failure for report in reports for failure in report["failures"]]
    assert not failures, "\n".join(failures[:20])
    assert sum(report["count"] for report in reports) >= COUNT
    noticed = [report["outcomes"].get("error", 0) + report["outcomes"].get("said", 0)
               for report in reports]  # fmt: skip
    assert all(noticed)


def _run(base: str, name: str, count: int, folder: Path) -> dict[str, Any]:
    place = folder / base
    (place / "tmp").mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.data.formats.shared.child", name, base, str(count), place],
        capture_output=True, text=True, cwd=ROOT, timeout=500,
        env={**os.environ, "TMPDIR": str(place / "tmp"), "OMP_NUM_THREADS": "1",
             "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
    )  # fmt: skip
    current = place / "current.txt"
    last = current.read_text() if current.exists() else "the undamaged data set"
    assert done.returncode == 0, f"{base} ended at {last}:\n{done.stderr[-3000:]}"
    found: dict[str, Any] = json.loads(done.stdout)
    return found
